//! How usual errors are: what the alarm's metric counted in the 14 days before.
//!
//! What must hold: nothing is claimed that the data does not show. A metric filter without a default
//! value writes nothing in quiet hours, and a metric that is new has no past, so the sentence says
//! when there is no data from earlier. What made the alarm go off is not among these errors.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::moment::Moment;
use crate::alarm::{Datapoint, whole};
use crate::shown::{Shown, shown};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
/// How many days the history covers.
const DAYS: usize = 14;

/// What a metric counted before.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    end: Timestamp,
    /// The sum of each hour that has data.
    hours: Vec<Datapoint>,
}

impl History {
    /// The length of one of its datapoints in seconds.
    pub const PERIOD: i32 = 3_600;

    /// When the history starts that ends at this moment.
    pub fn start(end: Timestamp) -> Timestamp {
        let length = SignedDuration::from_hours(24 * i64::try_from(DAYS).unwrap_or(0));
        end.checked_sub(length).unwrap_or(Timestamp::MIN)
    }

    /// These sums, without what is no number. An hour that is not wholly before the end may hold what
    /// the alert is about, so it does not count.
    pub fn new(end: Timestamp, sums: impl IntoIterator<Item = Datapoint>) -> Self {
        let hour = SignedDuration::from_secs(HOUR);
        let is_before = |sum: &Datapoint| {
            let until = sum.start.checked_add(hour);
            sum.value.is_finite()
                && sum.start >= Self::start(end)
                && until.is_ok_and(|until| until <= end)
        };
        Self {
            end,
            hours: sums.into_iter().filter(is_before).collect(),
        }
    }

    /// The sum of each day that has data or lies after one that has. A day has 24 hours, and the
    /// first one ends where the history does.
    fn days(&self) -> Vec<f64> {
        let mut days = Vec::new();
        for hour in &self.hours {
            let age = self.end.as_second().saturating_sub(hour.start.as_second());
            let day = usize::try_from((age - 1) / DAY).unwrap_or(0).min(DAYS - 1);
            if days.len() <= day {
                days.resize(day + 1, 0.0);
            }
            if let Some(sum) = days.get_mut(day) {
                *sum += hour.value;
            }
        }
        days
    }

    /// When the data begins.
    fn first(&self) -> Option<Timestamp> {
        self.hours.iter().map(|hour| hour.start).min()
    }
}

/// How usual errors are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usual {
    /// From when on errors were counted: 14 days before the end, or later if the data begins later.
    pub start: Moment,
    /// Until when: the beginning of what the alert is about.
    pub end: Moment,
    /// How many days that is, the oldest perhaps not a whole one.
    pub days: usize,
    /// On how many of them errors were counted.
    pub days_with_errors: usize,
    /// How many errors, if the metric counts in ones.
    pub errors: Option<u64>,
    /// The same in a sentence.
    pub sentence: Shown,
}

impl Usual {
    pub(super) fn new(history: &History, zone: &TimeZone) -> Self {
        let days = history.days();
        let is_whole = days.len() == DAYS;
        let start = if is_whole {
            History::start(history.end)
        } else {
            history.first().unwrap_or(history.end)
        };
        let bad: Vec<f64> = days.iter().copied().filter(|sum| *sum > 0.0).collect();
        let counts: Option<Vec<u64>> = bad.iter().map(|sum| whole(*sum)).collect();
        let sentence = if days.is_empty() {
            shown!("The metric has no data from the {} days before.", DAYS)
        } else {
            let seconds = history.end.as_second().saturating_sub(start.as_second());
            let hours = u64::try_from((seconds - 1) / HOUR + 1).unwrap_or(u64::MAX);
            let span = match hours {
                1 => shown!("hour before"),
                2..=24 => shown!("{} hours before", hours),
                _ => shown!("{} days before", days.len()),
            };
            let said = sentence(days.len(), bad.len(), counts.as_deref(), &span);
            let end = if is_whole {
                "."
            } else {
                "; there is no earlier data."
            };
            shown!("{}{}", said, end)
        };
        Self {
            start: Moment::new(start, zone),
            end: Moment::new(history.end, zone),
            days: days.len(),
            days_with_errors: bad.len(),
            errors: counts.map(|counts| counts.iter().copied().fold(0, u64::saturating_add)),
            sentence,
        }
    }
}

/// What was counted on how many days, where the counts are whole numbers.
fn sentence(days: usize, bad: usize, counts: Option<&[u64]>, span: &Shown) -> Shown {
    let on = |bad| {
        if bad == days {
            shown!("each of the {}", span)
        } else {
            shown!("{} of the {}", bad, span)
        }
    };
    match (bad, counts) {
        (0, _) => shown!("No KMS error was counted in the {}", span),
        (1, Some(&[1])) => shown!("One KMS error was counted in the {}", span),
        (1, Some(&[count])) if days == 1 => {
            shown!("{} KMS errors were counted in the {}", count, span)
        }
        (1, Some(&[count])) => shown!("{} KMS errors were counted on one of the {}", count, span),
        (_, None) if days == 1 => shown!("KMS errors were counted in the {}", span),
        (_, None) => shown!("KMS errors were counted on {}", on(bad)),
        (_, Some(counts)) => {
            let least = counts.iter().min().copied().unwrap_or(0);
            let most = counts.iter().max().copied().unwrap_or(0);
            let each = if least == most {
                shown!("{} a day", least)
            } else {
                shown!("{} to {} a day", least, most)
            };
            shown!("KMS errors were counted on {}, {}", on(bad), each)
        }
    }
}
