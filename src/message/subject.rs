//! The two texts that are read before any other: the mail's subject and the line for a phone.

use super::counts::is_cut;
use super::headline::{Situation, duration, plural, severity};
use super::names::{role, short_key};
use super::time::short;
use super::{Alert, LONGEST_SUBJECT};
use crate::findings::{Group, Nature};
use crate::text::{ascii, cut, harmless};

/// The longest line that goes into one SMS.
const LONGEST_SMS: usize = 140;

/// The subject: the telling part first, and as much of the rest as there is room for.
pub(super) fn subject(alert: &Alert<'_>, situation: Situation) -> String {
    fitting(
        &format!("[KMS {}] ", mark(alert, situation)),
        &short_lines(alert, situation),
        LONGEST_SUBJECT,
    )
}

/// The one line for a phone.
pub(super) fn sms(alert: &Alert<'_>, situation: Situation) -> String {
    let at = short(alert.change.changed_at);
    fitting(
        &format!("KMS {} {at}: ", mark(alert, situation)),
        &short_lines(alert, situation),
        LONGEST_SMS,
    )
}

fn mark(alert: &Alert<'_>, situation: Situation) -> String {
    match situation {
        Situation::Recovered => "RECOVERED".to_owned(),
        _ => severity(alert, situation).to_string(),
    }
}

/// What happened, the longest form first.
fn short_lines(alert: &Alert<'_>, situation: Situation) -> Vec<String> {
    let alarm = harmless(&alert.change.name, 80);
    let groups = alert.findings.groups();
    let lines = match (situation, groups.first()) {
        (Situation::Errors, Some(lead)) => {
            let short = group_line(alert, lead);
            let others = groups.len().saturating_sub(1);
            let more = if others > 0 {
                format!(", +{others} more")
            } else {
                String::new()
            };
            let label = label(lead.key().nature);
            vec![
                format!("{label}{short} by {}{more}", role(&lead.key().role)),
                format!("{label}{short}{more}"),
            ]
        }
        (Situation::NothingFound | Situation::Errors, _) => vec![match alert.change.expected() {
            Some(count) => format!(
                "{count} KMS error{} counted, no event found: {alarm}",
                plural(count)
            ),
            None => format!("no event found: {alarm}"),
        }],
        (Situation::Test, _) => vec![format!("test of {alarm}, no KMS error found")],
        (Situation::Recovered, _) => vec![match duration(alert) {
            Some(duration) => format!("{alarm} is OK after {duration}"),
            None => format!("{alarm} is OK"),
        }],
        (Situation::Settled, _) => vec![format!("{alarm} has data now and is OK")],
        (Situation::TooLittleData, _) => vec![format!("{alarm} has too little data to tell")],
    };
    let place = place(alert);
    lines
        .into_iter()
        .flat_map(|line| [format!("{line}{place}"), line])
        .collect()
}

/// The account and the Region, to stand behind what happened.
fn place(alert: &Alert<'_>) -> String {
    let parts = [&alert.change.account, &alert.change.region];
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .map(|part| harmless(part, 40))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" - {}", parts.join(" "))
    }
}

/// What goes before calls that are no incident.
fn label(nature: Nature) -> &'static str {
    match nature {
        Nature::Incident => "",
        Nature::Own => "the alarm's own call: ",
        Nature::Probe => "harmless: ",
        Nature::DryRun => "harmless dry run: ",
    }
}

fn group_line(alert: &Alert<'_>, group: &Group) -> String {
    let (code, operation) = (
        harmless(&group.key().code, 60),
        harmless(&group.key().operation, 60),
    );
    let times = match (group.count(), is_cut(alert)) {
        (1, false) => String::new(),
        (count, false) => format!(" x{count}"),
        (count, true) => format!(" x{count}+"),
    };
    let key = short_key(group)
        .map(|key| format!(" {key}"))
        .unwrap_or_default();
    format!("{code}{times} {operation}{key}")
}

/// The first of the lines that fits, in ASCII; else the last one, cut.
fn fitting(start: &str, lines: &[String], most: usize) -> String {
    let mut whole = lines.iter().map(|line| ascii(&format!("{start}{line}")));
    let fits = whole.find(|line| line.len() <= most);
    let last = lines.last().map(String::as_str).unwrap_or_default();
    fits.unwrap_or_else(|| ascii(&cut(&format!("{start}{last}"), most)))
}
