//! The span of log time that was searched.

use serde::Serialize;

use super::evidence::Evidence;
use super::moment::Moment;

/// The span of log time that was searched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchedWindow {
    /// Its start.
    pub start: Moment,
    /// Its end.
    pub end: Moment,
    /// Whether it was made wider because nothing was found at first.
    pub widened: bool,
}

impl SearchedWindow {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        Self {
            start: Moment::new(evidence.window.start, evidence.zone),
            end: Moment::new(evidence.window.end, evidence.zone),
            widened: evidence.widened,
        }
    }
}
