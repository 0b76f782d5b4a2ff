//! The numbers of an alert, and why they differ where they do.

use super::names::NAME;
use super::time::{moment, span};
use super::{Alert, Outcome, Search};
use crate::alarm::StateValue;
use crate::text::harmless;

/// Whether there may be more than was found, because a search did not come to its end.
pub(super) fn is_cut(alert: &Alert<'_>) -> bool {
    let incomplete = |search: &Search| search.outcome != Outcome::Complete;
    alert.searches.iter().any(incomplete)
}

/// What the alarm counted beside what was found.
pub(super) fn counts(alert: &Alert<'_>) -> String {
    let findings = alert.findings;
    let found = findings.found();
    let others = [
        findings.duplicates(),
        findings.unreadable(),
        findings.not_errors(),
    ];
    let matched = others.into_iter().fold(found, u64::saturating_add);
    let by_hand = alert.change.new_state == StateValue::Alarm
        && alert.change.metric.is_some()
        && alert.change.datapoints.is_empty();
    let counted = match alert.change.expected() {
        None if found == 0 => "Nothing was found.".to_owned(),
        None if by_hand => format!(
            "{found} found; the alarm counted nothing, for its state was set by hand, it seems."
        ),
        None => format!("{found} found."),
        Some(counted) if matched == counted => {
            format!("The alarm counted {counted}; {found} found.")
        }
        Some(counted) if matched > counted => {
            format!(
                "The alarm counted {counted}; {found} found, for the window searched is wider than the alarm's."
            )
        }
        Some(counted) if is_cut(alert) => {
            format!("The alarm counted {counted}; {found} found, for the search is not complete.")
        }
        Some(counted) if alert.searches.is_empty() => {
            format!("The alarm counted {counted}; nothing could be searched.")
        }
        Some(counted) => {
            let missing = counted.saturating_sub(matched);
            format!("The alarm counted {counted}; {found} found, {missing} not yet searchable.")
        }
    };
    let notes = [
        (
            findings.duplicates(),
            "One event was delivered twice",
            "events were delivered twice",
        ),
        (
            findings.not_errors(),
            "One matching event has no error",
            "matching events have no error",
        ),
        (
            findings.unreadable(),
            "One log message could not be read",
            "log messages could not be read",
        ),
    ];
    let notes = notes
        .into_iter()
        .filter_map(|(count, one, many)| match count {
            0 => None,
            1 => Some(format!("{one}.")),
            _ => Some(format!("{count} {many}.")),
        });
    let sample = findings
        .unreadable_sample()
        .map(|sample| format!("It begins: {}", harmless(sample, 200)));
    let sentences: Vec<_> = [counted].into_iter().chain(notes).chain(sample).collect();
    sentences.join(" ")
}

/// What was searched, and how far.
pub(super) fn searched(alert: &Alert<'_>, search: &Search) -> String {
    let pages = match search.pages {
        1 => "1 page".to_owned(),
        pages => format!("{pages} pages"),
    };
    let extent = match search.outcome {
        Outcome::Complete => format!("all of it ({pages})"),
        Outcome::OutOfTime => format!("only in part ({pages}), because time ran out"),
        Outcome::Failed if search.pages > 0 => {
            format!("only in part ({pages}), because it failed then")
        }
        Outcome::Failed => "without success".to_owned(),
    };
    format!(
        "Searched {} with the pattern of {}, log time {} to {} ({}): {extent}.",
        harmless(&search.log_group, NAME),
        harmless(&search.filter, NAME),
        moment(alert.window.start, alert.zone),
        moment(alert.window.end, alert.zone),
        span(alert.window.start, alert.window.end),
    )
}
