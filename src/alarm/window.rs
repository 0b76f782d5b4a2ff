//! The span of log time that holds the events which changed an alarm's state.
//!
//! A datapoint has the time of its start and covers what follows. The change comes later, often
//! minutes later, so a window that ends at the change and is one period long misses the events.
//! The window is therefore built around the datapoints, and around the change only when there are
//! none. It begins with the first datapoint that was evaluated, of which the reason may list only the
//! newest five.
//!
//! A log alarm has query results instead of datapoints. Each has the time of its query, which looked
//! at what was logged before.

use jiff::{SignedDuration, Timestamp};

use super::datapoints::stated_in_text;
use super::state_change::{StateChange, StateValue};

/// Metric filters count by the minute: with a period of 10 s the datapoint of 09:47:00 still counts
/// all events until 09:48:00.
const MIN_PERIOD: i64 = 60;
/// Clocks and log timestamps are not exact to the second.
const PADDING: i64 = 60;
/// How far the events may lie before a change without known datapoints, or before a query result:
/// how far its query looked back is in no message.
const LOOK_BACK: i64 = 10 * 60;
/// An alarm cannot look back further.
const MAX_LENGTH: i64 = 7 * 24 * 60 * 60;

/// A span of log time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub start: Timestamp,
    /// The last moment.
    pub end: Timestamp,
}

impl Window {
    /// The wider window to search when nothing was found: from ten minutes earlier to two minutes
    /// later.
    #[must_use]
    pub fn widened(self) -> Self {
        Self {
            start: shifted(self.start, -LOOK_BACK),
            end: shifted(self.end, 2 * 60),
        }
    }

    /// What of this window lies before the other one; `None` when nothing does.
    #[must_use]
    pub fn before(self, other: Self) -> Option<Self> {
        let end = other.start.checked_sub(SignedDuration::from_millis(1));
        let end = end.ok().filter(|end| self.start <= *end)?;
        Some(Self { end, ..self })
    }

    /// Whether a time lies in this window.
    #[must_use]
    pub fn has(&self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
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
    /// Where to look for the events of this change. For a recovery from an alarm whose beginning is
    /// known, that is the whole time in alarm.
    #[must_use]
    pub fn window(&self) -> Window {
        let period = seconds(self.period).max(MIN_PERIOD);
        let periods = seconds(self.evaluation_periods).max(1);
        let before = period.saturating_mul(periods).saturating_add(LOOK_BACK);
        let deciding = self.deciding();
        let first = deciding.iter().map(|datapoint| datapoint.start).min();
        let last = deciding.iter().map(|datapoint| datapoint.start).max();
        let (start, end) = match (&self.new_state, self.previous_changed_at, first, last) {
            (StateValue::Ok, Some(began), _, _) => {
                (shifted(began, -before), shifted(self.changed_at, PADDING))
            }
            (StateValue::Alarm, _, Some(first), Some(last)) if self.is_of_queries() => {
                let interval = self.query_interval().unwrap_or(LOOK_BACK);
                let first = self.first_evaluated(first, last, interval);
                let look_back = interval.max(LOOK_BACK);
                (shifted(first, -look_back), shifted(last, PADDING))
            }
            (StateValue::Alarm, _, Some(first), Some(last)) => {
                let first = self.first_evaluated(first, last, period);
                (
                    shifted(first, -PADDING),
                    shifted(last, period.saturating_add(PADDING)),
                )
            }
            _ => (
                shifted(self.changed_at, -before),
                shifted(self.changed_at, PADDING),
            ),
        };
        Window {
            // A recovery may claim to have begun after it ended.
            start: start.max(shifted(end, -MAX_LENGTH)).min(end),
            end,
        }
    }

    /// The end of the window: the last period that counted, whose events may still be on their way.
    #[must_use]
    pub fn last_period(&self) -> Window {
        let Window { start, end } = self.window();
        let last = self
            .deciding()
            .iter()
            .map(|datapoint| datapoint.start)
            .max();
        let last = last.map_or(start, |last| shifted(last, -PADDING));
        Window {
            start: last.clamp(start, end),
            end,
        }
    }

    /// The periods of the datapoints that decided the state, as far as they are listed. None where it
    /// is not known which time a datapoint stands for.
    #[must_use]
    pub fn deciding_periods(&self) -> Vec<Window> {
        if self.is_of_queries() {
            return Vec::new();
        }
        let period = seconds(self.period).max(MIN_PERIOD);
        let deciding = self.deciding().into_iter();
        deciding
            .map(|datapoint| {
                let next = shifted(datapoint.start, period);
                Window {
                    start: datapoint.start,
                    end: next
                        .checked_sub(SignedDuration::from_millis(1))
                        .unwrap_or(next),
                }
            })
            .collect()
    }

    /// When the first datapoint starts that was evaluated, given the first and the last of those that
    /// are listed. Without data in some periods it is earlier than the periods alone say.
    fn first_evaluated(&self, first: Timestamp, last: Timestamp, period: i64) -> Timestamp {
        let stated = stated_in_text(&self.reason);
        let evaluated = stated.map(|stated| stated.evaluated);
        let evaluated = seconds(evaluated.or(self.evaluation_periods)).max(1);
        let listed = u64::try_from(self.datapoints.len()).unwrap_or(u64::MAX);
        let unlisted = stated.map(|stated| stated.crossed.saturating_sub(listed));
        let before = |moment, periods| shifted(moment, -period.saturating_mul(periods));
        before(first, seconds(unlisted)).min(before(last, evaluated - 1))
    }

    /// Whether this is about a log alarm.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutLogAlarm.html>
    fn is_of_queries(&self) -> bool {
        self.reason.contains("query result")
    }

    /// How many seconds lie between two queries, as far as their results show.
    fn query_interval(&self) -> Option<i64> {
        let between = self.datapoints.array_windows().map(|[one, next]| {
            let between = next.start.duration_since(one.start);
            between.as_secs()
        });
        between.filter(|seconds| *seconds > 0).min()
    }
}

fn seconds(number: Option<u64>) -> i64 {
    i64::try_from(number.unwrap_or(0)).unwrap_or(i64::MAX)
}

/// The moment that many seconds later, or earlier if negative; it stops at the ends of time.
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
