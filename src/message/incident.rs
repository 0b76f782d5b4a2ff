//! The first sentence about failed calls: who, what, which key, how often, why.

use super::Alert;
use super::advice::advice_for;
use super::counts::is_cut;
use super::headline::plural;
use super::names::{key, role, sessions};
use super::time::span;
use crate::findings::{Group, Nature};
use crate::text::harmless;

/// The sentence about the leading group, and how much else there is.
pub(super) fn sentence(alert: &Alert<'_>) -> String {
    let groups = alert.findings.groups();
    let Some(lead) = groups.first() else {
        return String::new();
    };
    let first = match lead.key().nature {
        Nature::Incident => format!("{}.", failed(alert, lead)),
        Nature::Own => format!(
            "This is about the alarm itself, not about the application: its own function {}.",
            failed(alert, lead)
        ),
        Nature::Probe => format!(
            "No incident: {} looked at what it may not read, and goes on without it. {}.",
            lead.services()
                .newest()
                .next()
                .map_or_else(|| "an AWS service".to_owned(), |name| harmless(name, 60)),
            failed(alert, lead)
        ),
        Nature::DryRun => format!("No incident: {}.", asked(alert, lead)),
    };
    let others = u64::try_from(groups.len())
        .unwrap_or(u64::MAX)
        .saturating_sub(1);
    let calls = alert.findings.found().saturating_sub(lead.count());
    match others {
        0 => first,
        1 => format!(
            "{first} One more kind of error ({calls} call{}) is listed below.",
            plural(calls)
        ),
        _ => format!("{first} {others} more kinds of error ({calls} calls) are listed below."),
    }
}

/// `order-api (ECS task 8f3c2a1b…) could not Decrypt with key alias/orders 41 times in 4 min: the key
/// is disabled (DisabledException)`.
fn failed(alert: &Alert<'_>, group: &Group) -> String {
    let (who, what, times) = (who(group), what(group), times(alert, group));
    let cause = advice_for(group).cause;
    let code = harmless(&group.key().code, 60);
    format!("{who} could not {what} {times}: {cause} ({code})")
}

/// The same for calls that only asked.
fn asked(alert: &Alert<'_>, group: &Group) -> String {
    let (who, what, times) = (who(group), what(group), times(alert, group));
    let code = harmless(&group.key().code, 60);
    format!("{who} asked {times} with a dry run whether it may {what}, and it may ({code})")
}

fn who(group: &Group) -> String {
    let session = sessions(group)
        .map(|session| format!(" ({session})"))
        .unwrap_or_default();
    format!("{}{session}", role(&group.key().role))
}

fn what(group: &Group) -> String {
    let operation = harmless(&group.key().operation, 60);
    match key(group) {
        Some(key) => format!("{operation} with {key}"),
        None => operation,
    }
}

fn times(alert: &Alert<'_>, group: &Group) -> String {
    let times = match (group.count(), is_cut(alert)) {
        (1, false) => "once".to_owned(),
        (1, true) => "at least once".to_owned(),
        (count, false) => format!("{count} times"),
        (count, true) => format!("at least {count} times"),
    };
    match group.first().zip(group.last()) {
        Some((first, last)) if first.as_second() < last.as_second() => {
            format!("{times} in {}", span(first, last))
        }
        _ => times,
    }
}
