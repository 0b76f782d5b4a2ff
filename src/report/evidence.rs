//! What a report is made of.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::guide::Guide;
use super::subscriptions::Subscriptions;
use super::usual::History;
use crate::alarm::{StateChange, Window};
use crate::fault::Fault;
use crate::findings::{Findings, Search};
use crate::kms_error::Severity;

/// Everything that a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The alarm's state change.
    pub change: &'a StateChange,
    /// The span of log time that was searched last.
    pub window: Window,
    /// Whether the window was widened because nothing was found.
    pub widened: bool,
    /// How each metric filter that feeds the alarm was searched; none when none was found.
    pub searches: &'a [Search],
    /// What was found.
    pub findings: &'a Findings,
    /// What went wrong on the way, in plain sentences.
    pub problems: &'a [String],
    /// What is wrong with the settings.
    pub settings: &'a [String],
    /// The lowest severity that is mailed.
    pub mail_from: Severity,
    /// The topic's subscriptions, if they could be counted.
    pub subscriptions: Option<Subscriptions>,
    /// What a tick of the watch tells while the alarm lasts; none for a state change.
    pub follow_up: Option<FollowUp<'a>>,
    /// What the alarm's metric counted before, if it was asked.
    pub history: Option<&'a Result<History, Fault>>,
    /// Whom to ask and what to follow.
    pub guide: &'a Guide,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}

/// What a tick of the watch knows besides.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and all combinations occur"
)]
pub struct FollowUp<'a> {
    /// The time of the tick.
    pub at: Timestamp,
    /// The same each time the tick is delivered.
    pub alert_id: &'a str,
    /// Whether it reminds of an alarm that lasts. If not, it tells of kinds of errors that are new.
    pub is_reminder: bool,
    /// What raised the alarm, when nothing was added since.
    pub raised_by: Option<&'a Findings>,
    /// What the metric counted in the whole incident.
    pub total: Option<Total>,
    /// What is held back from now on.
    pub held_back: Option<HeldBack>,
    /// How the alarm treats missing data.
    pub missing_data: &'a str,
    /// Whether the metric filter writes a default value.
    pub has_default: bool,
    /// Whether nothing is known of the incident but what is not mailed.
    pub is_quiet: bool,
    /// Whether it is known what was mailed before.
    pub is_remembered: bool,
}

/// What a metric counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// From when on.
    pub since: Timestamp,
}

/// Until when the limit to mails holds errors back, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// Those that are less than HIGH.
    Ordinary(Timestamp),
    /// All of them.
    All(Timestamp),
}
