//! The datapoints that CloudWatch evaluated, from the reason's data or from its text.
//!
//! Both say the same; SNS carries the text only. A datapoint's time is its start.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::lenient;

/// More datapoints than an alarm can evaluate are not CloudWatch's.
const MOST: usize = 1_500;

/// One value of the metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When it starts; it covers the alarm's period from then on.
    pub start: Timestamp,
    /// The statistic's value.
    pub value: f64,
}

/// What the data of a reason holds, of which only a few fields are used.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReasonData {
    #[serde(deserialize_with = "timestamp")]
    start_date: Option<Timestamp>,
    #[serde(deserialize_with = "statistic")]
    pub(super) statistic: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    pub(super) period: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub(super) threshold: Option<f64>,
    #[serde(deserialize_with = "numbers")]
    recent_datapoints: Vec<f64>,
    #[serde(deserialize_with = "lenient::objects")]
    evaluated_datapoints: Vec<Evaluated>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Evaluated {
    #[serde(deserialize_with = "timestamp")]
    timestamp: Option<Timestamp>,
    /// Missing when there was no data at that time.
    #[serde(deserialize_with = "lenient::number")]
    value: Option<f64>,
}

impl ReasonData {
    /// Reads the data; what cannot be read is as good as none.
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The datapoints, oldest first: the evaluated ones, else those in the reason's text, else the
    /// recent values counted from the start date.
    pub(super) fn datapoints(&self, reason: &str) -> Vec<Datapoint> {
        let evaluated = self.evaluated_datapoints.iter();
        let mut datapoints: Vec<_> = evaluated
            .filter_map(|evaluated| {
                Some(Datapoint {
                    start: evaluated.timestamp?,
                    value: evaluated.value?,
                })
            })
            .take(MOST)
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
        let Some(first) = self.start_date else {
            return Vec::new();
        };
        let period = self
            .period
            .and_then(super::whole)
            .and_then(|period| i64::try_from(period).ok())
            .unwrap_or(60);
        let nth = |index: usize| {
            let seconds = period.checked_mul(i64::try_from(index).ok()?)?;
            first.checked_add(SignedDuration::from_secs(seconds)).ok()
        };
        let values = self.recent_datapoints.iter().take(MOST).enumerate();
        values
            .filter_map(|(index, value)| {
                Some(Datapoint {
                    start: nth(index)?,
                    value: *value,
                })
            })
            .collect()
    }
}

/// Reads the datapoints out of a reason such as `[26.0 (16/11/20 09:47:00)] was greater than …`.
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
    datapoints.truncate(MOST);
    datapoints
}

/// Reads the threshold out of a reason such as `… than the threshold (1.0) …`.
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

/// Reads a time, whatever its offset looks like; spaces around it are tolerated.
pub(super) fn timestamp<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    Ok(lenient::text(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

fn statistic<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(lenient::text(deserializer)?.map(std::borrow::Cow::into_owned))
}

/// Values that are no numbers end the list, because those behind them would get a wrong time.
fn numbers<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let values = match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Array(values) => values,
        _ => Vec::new(),
    };
    Ok(values.iter().map_while(serde_json::Value::as_f64).collect())
}
