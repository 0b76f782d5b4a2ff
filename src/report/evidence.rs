//! What a report is made of.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::guide::Guide;
use super::subscriptions::Subscriptions;
use super::usual::History;
use crate::alarm::{StateChange, StateValue, Window};
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

impl Evidence<'_> {
    /// Whether there may be more than was found, because a search did not come to its end or because
    /// there were too many kinds of errors to tell apart.
    pub(super) fn is_cut(&self) -> bool {
        self.searches.iter().any(|search| !search.is_complete()) || self.findings.ungrouped > 0
    }

    /// Whether there was something to search, and all of it was searched.
    pub(super) fn is_searched(&self) -> bool {
        Search::are_complete(self.searches)
    }

    /// Whether calls may have failed that are to be mailed and are not known here.
    pub(super) fn may_lack_calls(&self) -> bool {
        let (findings, change) = (self.findings, self.change);
        // Of an alarm that lasts, the alert told what it counted.
        let has_counted = change.new_state == StateValue::Alarm
            && !change.is_set_by_hand()
            && self.follow_up.is_none();
        let is_short = match change.expected() {
            Some(counted) => findings.decisive < counted.count,
            None => has_counted,
        };
        !self.is_searched()
            || is_short
            || findings.unreadable > 0
            || findings.lack_groups_from(self.mail_from)
    }
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
