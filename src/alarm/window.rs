//! The span of log time in which the events lie that changed an alarm's state.
//!
//! A datapoint names its start and covers what follows. The change comes later, often minutes
//! later, so a window that ends at the change and is one period long misses the events. Hence it is
//! built around the datapoints, and around the change only when there are none.

use jiff::{SignedDuration, Timestamp};

use super::{StateChange, StateValue};

/// Metric filters count by the minute: with a period of 10 s the datapoint of 09:47:00 still holds
/// all events until 09:48:00.
const SHORTEST_PERIOD: i64 = 60;
/// Clocks and log timestamps are not exact to the second.
const PADDING: i64 = 60;
/// How far the events may lie before a change of which no datapoint is known.
const LOOK_BACK: i64 = 10 * 60;
/// An alarm cannot look back further.
const LONGEST: i64 = 7 * 24 * 60 * 60;

/// A span of log time; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub start: Timestamp,
    /// The last moment.
    pub end: Timestamp,
}

impl Window {
    /// The wider window to search when nothing was found: ten minutes earlier, two minutes later.
    #[must_use]
    pub fn widened(self) -> Self {
        Self {
            start: shifted(self.start, -LOOK_BACK),
            end: shifted(self.end, 2 * 60),
        }
    }

    /// The start in milliseconds since 1970, as CloudWatch Logs wants it.
    #[must_use]
    pub fn start_millis(&self) -> i64 {
        self.start.as_millisecond().max(0)
    }

    /// The end in milliseconds since 1970, as CloudWatch Logs wants it.
    #[must_use]
    pub fn end_millis(&self) -> i64 {
        self.end.as_millisecond().max(0)
    }
}

impl StateChange {
    /// Where the events of this change are to be looked for. For a recovery of which the beginning
    /// is known, that is the whole time in alarm.
    #[must_use]
    pub fn window(&self) -> Window {
        let period = seconds(self.period).max(SHORTEST_PERIOD);
        let periods = seconds(self.evaluation_periods).max(1);
        let before = period.saturating_mul(periods).saturating_add(LOOK_BACK);
        let deciding = self.deciding();
        let first = deciding.iter().map(|datapoint| datapoint.start).min();
        let last = deciding.iter().map(|datapoint| datapoint.start).max();
        let (start, end) = match (&self.new_state, self.previous_changed_at, first, last) {
            (StateValue::Ok, Some(began), _, _) => {
                (shifted(began, -before), shifted(self.changed_at, PADDING))
            }
            (StateValue::Alarm, _, Some(first), Some(last)) => (
                shifted(first, -PADDING),
                shifted(last, period.saturating_add(PADDING)),
            ),
            _ => (
                shifted(self.changed_at, -before),
                shifted(self.changed_at, PADDING),
            ),
        };
        Window {
            // A recovery may claim to have begun after it ended.
            start: start.max(shifted(end, -LONGEST)).min(end),
            end,
        }
    }
}

fn seconds(number: Option<u64>) -> i64 {
    i64::try_from(number.unwrap_or(0)).unwrap_or(i64::MAX)
}

/// A moment so many seconds later, or earlier; at the end of time it stays there.
fn shifted(moment: Timestamp, seconds: i64) -> Timestamp {
    let end_of_time = if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    moment
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(end_of_time)
}
