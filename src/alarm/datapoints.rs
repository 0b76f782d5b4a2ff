//! The datapoints that CloudWatch evaluated, from the reason's data or from its text.
//!
//! Both say the same; SNS carries only the text. A datapoint's time is its start.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::lenient::{List, Number, Objects, Text, Time};

/// More than an alarm can evaluate; CloudWatch never sends that many.
const MAX_DATAPOINTS: usize = 1_500;

/// One value of the metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When it starts; it covers one period of the alarm from then on.
    pub start: Timestamp,
    /// The statistic's value.
    pub value: f64,
}

/// The data of a reason, as far as it is used.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReasonData<'a> {
    start_date: Time,
    #[serde(borrow)]
    pub(super) statistic: Text<'a>,
    pub(super) period: Number,
    pub(super) threshold: Number,
    recent_datapoints: List<Number>,
    evaluated_datapoints: Objects<Evaluated>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Evaluated {
    timestamp: Time,
    /// Missing when there was no data at that time.
    value: Number,
}

impl<'a> ReasonData<'a> {
    /// Reads the data; data that cannot be read counts as missing.
    pub(super) fn read(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The datapoints, oldest first: the evaluated ones, else those in the reason's text, else the
    /// recent values counted from the start date.
    pub(super) fn datapoints(&self, reason: &str) -> Vec<Datapoint> {
        let evaluated = self.evaluated_datapoints.iter();
        let mut datapoints: Vec<_> = evaluated
            .filter_map(|evaluated| {
                Some(Datapoint {
                    start: evaluated.timestamp.get()?,
                    value: evaluated.value.get()?,
                })
            })
            .take(MAX_DATAPOINTS)
            .collect();
        if datapoints.is_empty() {
            datapoints = in_text(reason);
        }
        if datapoints.is_empty() {
            datapoints = self.recent();
        }
        datapoints.sort_by_key(|datapoint| datapoint.start);
        datapoints
    }

    fn recent(&self) -> Vec<Datapoint> {
        let Some(first) = self.start_date.get() else {
            return Vec::new();
        };
        let period = self.period.get().and_then(whole).unwrap_or(60);
        let nth = |index: usize| {
            let seconds = period.checked_mul(u64::try_from(index).ok()?)?;
            let later = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
            first.checked_add(later).ok()
        };
        // A value that is not a number ends the list, because those after it would get a wrong
        // time.
        let values = self.recent_datapoints.iter().map_while(|value| value.get());
        let datapoints = values.take(MAX_DATAPOINTS).enumerate();
        datapoints
            .filter_map(|(index, value)| {
                let start = nth(index)?;
                Some(Datapoint { start, value })
            })
            .collect()
    }
}

/// Reads the datapoints from a reason such as `[26.0 (16/11/20 09:47:00)] was greater than …`.
fn in_text(reason: &str) -> Vec<Datapoint> {
    let mut datapoints = Vec::new();
    let mut before = "";
    for part in reason.split('(') {
        let value = before
            .trim_end()
            .rsplit(['[', ',', ' '])
            .next()
            .and_then(|word| word.parse::<f64>().ok());
        let start = part.split(')').next().and_then(day_first);
        if let (Some(value), Some(start)) = (value.filter(|value| value.is_finite()), start) {
            datapoints.push(Datapoint { start, value });
        }
        before = part;
    }
    datapoints.truncate(MAX_DATAPOINTS);
    datapoints
}

/// How many datapoints a reason speaks of. It lists at most five of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    /// How many crossed the threshold.
    pub(super) crossed: u64,
    /// How many were evaluated.
    pub(super) evaluated: u64,
}

/// Reads the numbers from a reason such as `Threshold Crossed: 10 out of the last 12 datapoints …`,
/// or `Threshold Crossed: 24 datapoints …`, when all of them crossed it.
pub(super) fn stated_in_text(reason: &str) -> Option<Stated> {
    let (_, rest) = reason.split_once("Crossed: ")?;
    let (crossed, rest) = rest.split_once(' ')?;
    let crossed = crossed.parse().ok()?;
    let evaluated = match rest.strip_prefix("out of the last ") {
        Some(rest) => rest.split(' ').next()?.parse().ok()?,
        None => crossed,
    };
    Some(Stated { crossed, evaluated })
}

/// Reads the threshold from a reason such as `… than the threshold (1.0) …`.
pub(super) fn threshold_in_text(reason: &str) -> Option<f64> {
    let (_, rest) = reason.split_once("threshold (")?;
    rest.split(')')
        .next()?
        .parse()
        .ok()
        .filter(|threshold: &f64| threshold.is_finite())
}

/// Reads `16/11/20 09:47:00`: the day comes first, the year has two digits, the time is UTC.
fn day_first(text: &str) -> Option<Timestamp> {
    let (date, time) = text.trim().split_once(' ')?;
    let [day, month, year] = three(date, '/')?;
    let [hour, minute, second] = three(time, ':')?;
    let year = 2000_i16.checked_add(i16::from(year))?;
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn three(text: &str, separator: char) -> Option<[i8; 3]> {
    let mut numbers = text
        .split(separator)
        .map(|number| number.parse::<i8>().ok().filter(|number| *number >= 0));
    let three = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(three)
}

/// A float as a count, if it is a whole number that is not negative.
pub fn whole(number: f64) -> Option<u64> {
    // Beyond 2^53 a float no longer counts in ones.
    let countable = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "just checked to be whole and in range"
    )]
    countable.then_some(number as u64)
}
