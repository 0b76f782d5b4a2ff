//! What an alert says first: what kind of news it is, how bad, and the mail's first sentence.

use super::counts::is_cut;
use super::time::{moment, span};
use super::{Alert, Outcome, incident};
use crate::alarm::StateValue;
use crate::kms_error::Severity;
use crate::text::harmless;

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// Calls failed, and here they are.
    Errors,
    /// The alarm went off, and nothing was found.
    NothingFound,
    /// The alarm was set by hand, it seems.
    Test,
    /// The alarm is over.
    Recovered,
    /// The alarm had too little data, and now it has enough and is OK.
    Settled,
    /// The alarm cannot tell.
    TooLittleData,
}

impl Situation {
    pub(super) fn of(alert: &Alert<'_>) -> Self {
        match alert.change.new_state {
            StateValue::Ok if alert.change.is_recovery() => Self::Recovered,
            StateValue::Ok => Self::Settled,
            StateValue::InsufficientData => Self::TooLittleData,
            _ if alert.findings.found() > 0 => Self::Errors,
            // Only a state that CloudWatch evaluated has datapoints; that of an alarm on other
            // alarms has no metric either.
            _ if alert.change.datapoints.is_empty()
                && alert.change.metric.is_some()
                && alert.findings.is_empty()
                && alert.problems.is_empty()
                && is_searched(alert) =>
            {
                Self::Test
            }
            _ => Self::NothingFound,
        }
    }

    /// Its name in the JSON object.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::NothingFound => "nothingFound",
            Self::Test => "test",
            Self::Recovered => "recovered",
            Self::Settled => "settled",
            Self::TooLittleData => "insufficientData",
        }
    }
}

/// How bad it is: as bad as the worst group. Not to know what failed is bad too.
pub(super) fn severity(alert: &Alert<'_>, situation: Situation) -> Severity {
    match situation {
        Situation::Errors => alert.findings.severity().unwrap_or(Severity::High),
        Situation::NothingFound => Severity::High,
        Situation::Test | Situation::Recovered | Situation::Settled | Situation::TooLittleData => {
            Severity::Info
        }
    }
}

/// The mail's first sentence.
pub(super) fn sentence(alert: &Alert<'_>, situation: Situation) -> String {
    let change = alert.change;
    let alarm = harmless(&change.name, 255);
    match situation {
        Situation::Errors => incident::sentence(alert),
        Situation::NothingFound => {
            let counted = match change.expected() {
                Some(count) => format!("counted {count} KMS error{}", plural(count)),
                None => "went off".to_owned(),
            };
            format!("The alarm {alarm} {counted}, but which calls failed could not be found out.")
        }
        Situation::Test => format!(
            "The alarm {alarm} was set to {} by hand, it seems: this is a test of the alarm. No KMS error was found \
             from {} to {}.",
            harmless(&change.new_state.to_string(), 40),
            moment(alert.window.start, alert.zone),
            moment(alert.window.end, alert.zone),
        ),
        Situation::Recovered => {
            let after = duration(alert)
                .map(|duration| format!(" after {duration}"))
                .unwrap_or_default();
            let total = match alert.findings.found() {
                0 if is_searched(alert) => "No KMS error was found in that time.".to_owned(),
                0 => "Which calls to KMS failed in that time could not be found out.".to_owned(),
                found if is_cut(alert) => {
                    format!("At least {found} calls to KMS failed in that time.")
                }
                1 => "One call to KMS failed in that time.".to_owned(),
                found => format!("{found} calls to KMS failed in that time."),
            };
            format!("The alarm {alarm} is OK again{after}. {total}")
        }
        Situation::Settled => format!(
            "The alarm {alarm} has data now and is OK: no more calls to KMS fail than it allows. It did not go off \
             before."
        ),
        Situation::TooLittleData => format!(
            "The alarm {alarm} has too little data to tell whether calls to KMS fail. This says neither that they \
             do nor that they do not."
        ),
    }
}

/// Whether there was something to search, and all of it was.
fn is_searched(alert: &Alert<'_>) -> bool {
    let complete = |search: &super::Search| search.outcome == Outcome::Complete;
    !alert.searches.is_empty() && alert.searches.iter().all(complete)
}

/// How long the state before lasted.
pub(super) fn duration(alert: &Alert<'_>) -> Option<String> {
    alert
        .change
        .previous_changed_at
        .map(|began| span(began, alert.change.changed_at))
}

/// The ending of a noun that is counted.
pub(super) fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
