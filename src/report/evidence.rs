//! What a report is made of.

use jiff::tz::TimeZone;

use super::subscriptions::Subscriptions;
use crate::alarm::{StateChange, Window};
use crate::findings::{Findings, Search};

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
    /// The topic's subscriptions, if they could be counted.
    pub subscriptions: Option<Subscriptions>,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}
