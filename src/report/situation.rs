//! What kind of news an alert is, how bad it is, and its first sentence.

use serde::Serialize;

use super::alarm::Alarm;
use super::evidence::Evidence;
use super::group::Group;
use super::moment::Moment;
use super::number::{number, plural};
use super::window::SearchedWindow;
use crate::alarm::StateValue;
use crate::kms_error::Severity;
use crate::shown::{Shown, shown};

/// What kind of news an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Situation {
    /// Calls failed, and here they are.
    Errors,
    /// The alarm lasts, and other calls fail than before.
    FollowUp,
    /// The alarm still lasts.
    Reminder,
    /// The alarm went off, and all calls that were found are ignored.
    Ignored,
    /// The alarm went off, and nothing was found.
    NothingFound,
    /// The alarm went off because it got no data.
    NoData,
    /// The alarm's state was set by hand.
    Test,
    /// The alarm is over.
    Recovered,
    /// The alarm had too little data, and now it has enough and is OK.
    Settled,
    /// The alarm has too little data to tell.
    InsufficientData,
}

impl Situation {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let change = evidence.change;
        if let Some(told) = evidence.follow_up {
            return if told.is_reminder {
                Self::Reminder
            } else {
                Self::FollowUp
            };
        }
        match change.new_state {
            StateValue::Ok if change.is_recovery() => Self::Recovered,
            StateValue::Ok => Self::Settled,
            StateValue::InsufficientData => Self::InsufficientData,
            _ if evidence.findings.found > 0 => Self::Errors,
            _ if change.lacks_data() => Self::NoData,
            _ if change.is_set_by_hand()
                && evidence.findings.unreadable == 0
                && evidence.problems.is_empty()
                && evidence.is_searched() =>
            {
                Self::Test
            }
            _ if evidence.findings.ignored() > 0 => Self::Ignored,
            _ => Self::NothingFound,
        }
    }

    /// As bad as the worst of the application's groups. Not to know what failed, or to be blind, is
    /// bad too.
    pub(super) fn severity(self, groups: &[Group], evidence: &Evidence<'_>) -> Severity {
        let lead = groups.first().map(|lead| lead.severity);
        match self {
            // Somebody should set the state back, but nothing fails.
            Self::Reminder if evidence.is_searched() => lead.unwrap_or(Severity::Low),
            Self::Errors | Self::FollowUp | Self::Reminder => lead.unwrap_or(Severity::High),
            Self::Ignored if evidence.may_lack_calls() => Severity::High,
            Self::NothingFound | Self::NoData => Severity::High,
            Self::Ignored
            | Self::Test
            | Self::Recovered
            | Self::Settled
            | Self::InsufficientData => Severity::Info,
        }
    }

    /// The first sentence.
    pub(super) fn summary(
        self,
        alarm: &Alarm,
        groups: &[Group],
        evidence: &Evidence<'_>,
        window: &SearchedWindow,
    ) -> Shown {
        let name = &alarm.shown_name;
        let found = evidence.findings.found;
        let ignored = evidence.findings.ignored();
        // What is not shown is not denied either.
        let no_error = if ignored > 0 {
            "Only KMS errors that you ignore were found"
        } else {
            "No KMS error was found"
        };
        match self {
            Self::Errors | Self::FollowUp => groups.first().map_or_else(
                || shown!("{} call{} to KMS failed.", found, plural(found)),
                |lead| lead.sentence.clone(),
            ),
            Self::Reminder => reminder(alarm, groups, evidence, window),
            Self::Ignored if evidence.may_lack_calls() => {
                let are = if ignored == 1 { "is" } else { "are" };
                let counted = match evidence.change.expected() {
                    Some(counted) => shown!(
                        "The alarm {} counted {} KMS error{}.",
                        name,
                        number(counted),
                        plural(counted.count)
                    ),
                    None => shown!("The alarm {} went off.", name),
                };
                shown!(
                    "{} {} {} ignored, and no event was found that says what else failed.",
                    counted,
                    ignored,
                    are
                )
            }
            Self::Ignored => shown!(
                "The alarm {} went off because of {} KMS error{} that you ignore.",
                name,
                ignored,
                plural(ignored)
            ),
            Self::NothingFound => match evidence.change.expected() {
                Some(counted) => shown!(
                    "The alarm {} counted {} KMS error{}, but no event was found that says which calls failed.",
                    name,
                    number(counted),
                    plural(counted.count)
                ),
                None => shown!(
                    "The alarm {} went off, but no event was found that says which calls failed.",
                    name
                ),
            },
            Self::NoData => shown!(
                "The alarm {} went off because its metric has no data. KMS errors may go unnoticed: the CloudTrail \
                 trail, its log group or the metric filter may have stopped working.",
                name
            ),
            Self::Test => shown!(
                "This is a test: somebody set the alarm {} to {} by hand. {} from {} to {}.",
                name,
                alarm.new_state,
                no_error,
                window.start.full(),
                window.end.full()
            ),
            Self::Recovered => recovered(alarm, evidence, no_error),
            Self::Settled => match evidence.change.old_state {
                Some(StateValue::InsufficientData) => {
                    shown!("The alarm {} has data again and is OK.", name)
                }
                _ => shown!("The alarm {} is OK.", name),
            },
            Self::InsufficientData => shown!(
                "The alarm {} does not have enough data to tell whether KMS calls are failing.",
                name
            ),
        }
    }
}

/// That the alarm is over, and what failed.
fn recovered(alarm: &Alarm, evidence: &Evidence<'_>, no_error: &'static str) -> Shown {
    let (found, ignored) = (evidence.findings.found, evidence.findings.ignored());
    let after = match alarm.lasted() {
        Some(lasted) => shown!(" after {}", lasted),
        None => Shown::default(),
    };
    let total = match found {
        0 if evidence.is_searched() => shown!("{} in that time.", no_error),
        0 => shown!("Which KMS calls failed in that time could not be determined."),
        _ => {
            let at_least = if evidence.is_cut() { "At least " } else { "" };
            let others = match ignored {
                0 => Shown::default(),
                _ => shown!(", and {} that you ignore", ignored),
            };
            shown!(
                "{}{} KMS call{} failed in that time{}.",
                at_least,
                found,
                plural(found),
                others
            )
        }
    };
    shown!(
        "The alarm {} is OK again{}. {} OK means that no more failures were counted, not that the cause is fixed.",
        alarm.shown_name,
        after,
        total
    )
}

/// That the alarm lasts, and what fails.
fn reminder(
    alarm: &Alarm,
    groups: &[Group],
    evidence: &Evidence<'_>,
    window: &SearchedWindow,
) -> Shown {
    let at = evidence
        .follow_up
        .map_or(evidence.window.end, |told| told.at);
    let lasted = alarm.changed_at.span_to(&Moment::new(at, evidence.zone));
    let (name, since) = (&alarm.shown_name, window.start.full());
    let findings = evidence.findings;
    let unmailed = findings.aside.saturating_add(findings.ignored());
    match groups.first() {
        Some(lead) => shown!("Still in ALARM after {}: {}", lasted, lead.sentence),
        None if evidence.is_searched() && unmailed > 0 => shown!(
            "The alarm {} is still in ALARM after {}, and every KMS error since {} is ignored or below MailFrom.",
            name,
            lasted,
            since
        ),
        None if evidence.is_searched() => shown!(
            "The alarm {} is still in ALARM after {}, but no KMS error was added since {}.",
            name,
            lasted,
            since
        ),
        None => shown!(
            "The alarm {} is still in ALARM after {}. Which KMS calls failed since {} could not be determined.",
            name,
            lasted,
            since
        ),
    }
}

/// What identifies the incident. It is the same in all mails about it, so that mail programs keep them
/// together; the alarm's name serves where no call is known.
pub(super) fn headline(alarm: &Alarm, lead: Option<&Group>) -> Shown {
    match lead {
        Some(lead) => lead.headline.clone(),
        None => alarm.shown_name.cut(80),
    }
}
