//! The state change of an alarm, in the three shapes in which CloudWatch tells of it.
//!
//! The same change gives the same [`StateChange`] whichever way it came, and the same
//! [`alert_id`](StateChange::alert_id) each time it is delivered. Nothing in a message is trusted:
//! times may lie at the end of time, periods may be enormous, and no calculation here overflows.

mod datapoints;
mod event;
mod parts;
mod sns;
mod window;

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub use self::datapoints::Datapoint;
pub use self::window::Window;

/// What CloudWatch says of an alarm at the moment its state changed.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// The alarm's name.
    pub name: String,
    /// The alarm's ARN; old SNS messages have none.
    pub arn: Option<String>,
    /// The account the alarm belongs to.
    pub account: Option<String>,
    /// The Region's id, such as `ap-southeast-2`; never its long name.
    pub region: Option<String>,
    /// The alarm's description, if it has one.
    pub description: Option<String>,
    /// The state the alarm is in now.
    pub new_state: StateValue,
    /// The state it was in before.
    pub old_state: Option<StateValue>,
    /// CloudWatch's reason, or that of whoever set the state by hand.
    pub reason: String,
    /// When the state changed.
    pub changed_at: Timestamp,
    /// When the state before this one began. SNS does not say it; a caller who finds out may fill
    /// it in.
    pub previous_changed_at: Option<Timestamp>,
    /// The metric; an alarm on other alarms, or on an expression, has none.
    pub metric: Option<Metric>,
    /// The statistic, such as `Sum` or `SUM`.
    pub statistic: Option<String>,
    /// The length of one datapoint in seconds.
    pub period: Option<u64>,
    /// How many datapoints are looked at.
    pub evaluation_periods: Option<u64>,
    /// The threshold, which the shapes other than SNS give in the reason only.
    pub threshold: Option<f64>,
    /// The datapoints that were evaluated, oldest first. None when the state was set by hand.
    pub datapoints: Vec<Datapoint>,
}

/// A metric's full name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The namespace, such as `Pattern1Application/KMSSecurity`.
    pub namespace: String,
    /// The metric's name, such as `KMSSecurityError`.
    pub name: String,
}

/// The state of an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateValue {
    /// The threshold is not crossed.
    Ok,
    /// The threshold is crossed.
    Alarm,
    /// There is not enough data to tell.
    InsufficientData,
    /// A state that CloudWatch did not have when this was written.
    Unknown(String),
}

impl From<&str> for StateValue {
    fn from(text: &str) -> Self {
        match text {
            "OK" => Self::Ok,
            "ALARM" => Self::Alarm,
            "INSUFFICIENT_DATA" => Self::InsufficientData,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

impl fmt::Display for StateValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Unknown(other) => other,
        })
    }
}

/// Why a message could not be read as a state change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The message is something else; it is to be passed on as it is.
    NotAnAlarm,
    /// The message speaks of an alarm but lacks what a state change must have.
    Malformed {
        /// The shape it was read as.
        shape: &'static str,
        /// What is missing or wrong, with the name of the field.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAlarm => formatter.write_str("the message is no alarm's state change"),
            Self::Malformed { shape, what } => {
                write!(formatter, "the {shape} is not as documented: {what}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl StateChange {
    /// Whether the alarm went off before and is over now. An alarm that is OK after it had too
    /// little data is not.
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        self.new_state == StateValue::Ok && matches!(self.old_state, None | Some(StateValue::Alarm))
    }

    /// The partition of the alarm's Region: `aws`, `aws-cn`, `aws-us-gov` or what the ARN says.
    #[must_use]
    pub fn partition(&self) -> &str {
        let named = self.arn.as_deref().and_then(|arn| arn.split(':').nth(1));
        named
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| partition_of(self.region.as_deref().unwrap_or_default()))
    }

    /// The datapoints that decided the state: those that crossed the threshold, or all when none
    /// can be told to have crossed it.
    #[must_use]
    pub fn deciding(&self) -> Vec<&Datapoint> {
        let crossed: Vec<_> = match self.new_state {
            StateValue::Alarm => self
                .datapoints
                .iter()
                .filter(|datapoint| self.crosses(datapoint.value))
                .collect(),
            _ => Vec::new(),
        };
        if crossed.is_empty() {
            self.datapoints.iter().collect()
        } else {
            crossed
        }
    }

    /// How many events the alarm counted. `None` unless the metric is a sum of whole things.
    #[must_use]
    pub fn expected(&self) -> Option<u64> {
        let is_sum = self
            .statistic
            .as_deref()
            .is_some_and(|statistic| statistic.eq_ignore_ascii_case("sum"));
        if !is_sum || self.new_state != StateValue::Alarm || self.datapoints.is_empty() {
            return None;
        }
        whole(
            self.deciding()
                .iter()
                .map(|datapoint| datapoint.value)
                .sum(),
        )
    }

    /// A short name for this alert, the same however often and in whichever shape the change is
    /// delivered.
    ///
    /// CloudWatch may run an alarm's actions again for the same datapoints, so the newest deciding
    /// datapoint counts and not the time of the message. Only the newest, because the reason's text
    /// may leave out older ones.
    #[must_use]
    pub fn alert_id(&self) -> String {
        let newest = self
            .deciding()
            .iter()
            .map(|datapoint| datapoint.start)
            .max();
        let alarm = self.arn.as_deref().unwrap_or(&self.name);
        let moment = newest.unwrap_or(self.changed_at).as_second();
        let digest = Sha256::digest(format!("{alarm}\n{}\n{moment}", self.new_state));
        let short = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        format!("{:012x}", short >> 16)
    }

    /// Whether a value lies on the alarm's side of the threshold, which only the reason's text
    /// tells in all three shapes.
    fn crosses(&self, value: f64) -> bool {
        let Some(threshold) = self.threshold else {
            return true;
        };
        if self.reason.contains("greater than or equal to") {
            value >= threshold
        } else if self.reason.contains("less than or equal to") {
            value <= threshold
        } else if self.reason.contains("less than") {
            value < threshold
        } else {
            value > threshold
        }
    }
}

/// The partition a Region lies in, by the prefix of its id.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// A number of things, or nothing when the number is none.
fn whole(number: f64) -> Option<u64> {
    // Beyond 2^53 a float no longer counts in ones.
    let countable = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "just checked to be whole and in range"
    )]
    countable.then_some(number as u64)
}

#[cfg(test)]
mod tests;
