//! What a mail says beside the errors while the alarm lasts.

use serde::Serialize;

use super::alarm::Alarm;
use super::evidence::{Evidence, HeldBack};
use super::moment::Moment;
use super::number::plural;
use crate::shown::{Shown, shown};

/// A mail while the alarm lasts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The time of the tick.
    pub at: Moment,
    /// From when on the log was searched.
    pub since: Moment,
    /// How many calls are left out, because they were mailed before or are not to be mailed.
    pub aside: u64,
    /// How many errors the metric counted in the whole incident, where that is known.
    pub total: Option<u64>,
    /// From when on it counted them.
    pub total_since: Option<Moment>,
    /// Until when errors are held back, because of the limit to mails.
    pub held_back_until: Option<Moment>,
    /// How long the alarm has lasted.
    #[serde(skip)]
    pub lasted: Shown,
    /// What is new, or was added.
    #[serde(skip)]
    pub sentence: Shown,
    /// What becomes of further errors, where that is not the usual.
    #[serde(skip)]
    pub limit: Option<Shown>,
    /// Why the alarm may last although nothing was added.
    #[serde(skip)]
    pub why: Shown,
    #[serde(skip)]
    pub(super) can_be_ended: bool,
}

impl FollowUp {
    pub(super) fn new(evidence: &Evidence<'_>, alarm: &Alarm) -> Option<Self> {
        let told = evidence.follow_up?;
        let moment = |at| Moment::new(at, evidence.zone);
        let (at, since) = (moment(told.at), moment(evidence.window.start));
        let lasted = alarm.changed_at.span_to(&at);
        let held_back = told.held_back.map(|held_back| match held_back {
            HeldBack::All(until) => (moment(until), "nothing about this incident is"),
            HeldBack::Ordinary(until) => (
                moment(until),
                "only HIGH and CRITICAL errors and reminders are",
            ),
        });
        let sentence = if told.is_reminder {
            let found = evidence.findings.found;
            let at_least = if evidence.is_cut() { "at least " } else { "" };
            let added = shown!(
                "Added since {}: {}{} call{}.",
                since.full(),
                at_least,
                found,
                plural(found)
            );
            let total = told.total.map(|total| {
                shown!(
                    "Counted by the metric since {}: {}.",
                    moment(total.since).full(),
                    total.count
                )
            });
            let added = Some(added).filter(|_| found > 0);
            Shown::joined(added.into_iter().chain(total), " ")
        } else {
            let is_new = if told.is_remembered {
                "Not mailed before. "
            } else {
                ""
            };
            shown!(
                "{}The alarm went off at {}, {} ago.",
                is_new,
                alarm.changed_at.full(),
                lasted
            )
        };
        Some(Self {
            total: told.total.map(|total| total.count),
            total_since: told.total.map(|total| moment(total.since)),
            limit: held_back.as_ref().map(|(until, what)| {
                shown!(
                    "Until {} {} mailed, because ten mails a day are the limit. The next mail has what comes meanwhile.",
                    until.full(),
                    *what
                )
            }),
            held_back_until: held_back.map(|(until, _)| until),
            aside: evidence.findings.aside,
            why: why(told.missing_data, told.has_default),
            can_be_ended: told.missing_data == "ignore",
            lasted,
            sentence,
            at,
            since,
        })
    }
}

/// Why an alarm may last without errors.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data>
fn why(missing_data: &str, has_default: bool) -> Shown {
    match (missing_data, has_default) {
        ("ignore", true) => shown!(
            "The alarm ignores missing data, so it stays in ALARM until its metric has a new value. The metric filter \
             writes one with every log event. Check that the trail still delivers events to the log group."
        ),
        ("ignore", false) => shown!(
            "The alarm ignores missing data, so it stays in ALARM until its metric has a new value. Without a \
             DefaultValue only another error writes one."
        ),
        ("breaching", _) => shown!(
            "The alarm treats missing data as breaching, so it stays in ALARM while its metric has no data. Check that \
             the trail still delivers events to the log group."
        ),
        _ => shown!(
            "The metric may count events that the search does not find, or somebody set the state by hand."
        ),
    }
}
