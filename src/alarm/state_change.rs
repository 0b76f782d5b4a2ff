//! What a state change is, and what follows from it.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::datapoints::{Datapoint, stated_in_text, whole};

/// What CloudWatch says of an alarm when its state changes.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// The alarm's name.
    pub name: String,
    /// The alarm's ARN; old SNS messages have none.
    pub arn: Option<String>,
    /// The account that has the alarm.
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
    /// When the state before this one began. SNS does not say; a caller who finds out may fill it
    /// in.
    pub previous_changed_at: Option<Timestamp>,
    /// Which of an alarm's contributors changed, where an alarm watches several at once.
    pub contributor: Option<String>,
    /// The metric, the first one of an expression; composite alarms and log alarms have none.
    pub metric: Option<Metric>,
    /// The statistic, such as `Sum` or `SUM`; alarms on an expression have none.
    pub statistic: Option<String>,
    /// The length of one datapoint in seconds.
    pub period: Option<u64>,
    /// How many periods are evaluated.
    pub evaluation_periods: Option<u64>,
    /// The threshold, which the shapes other than SNS give only in the reason.
    pub threshold: Option<f64>,
    /// The datapoints that were evaluated, oldest first; empty when the state was set by hand.
    pub datapoints: Vec<Datapoint>,
}

/// How many events an alarm counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The number.
    pub count: u64,
    /// Whether it counted more, because its reason lists only its newest datapoints.
    pub at_least: bool,
}

/// The full name of a metric.
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
    /// There is not enough data to decide.
    InsufficientData,
    /// A state that CloudWatch did not have when this program was written.
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

impl StateChange {
    /// Whether the alarm went off before and is over now. An alarm that becomes OK after it had too
    /// little data has not recovered.
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        self.new_state == StateValue::Ok && matches!(self.old_state, None | Some(StateValue::Alarm))
    }

    /// Whether there are events to look for: the alarm went off, or it is over and is known to have
    /// begun.
    pub fn has_events_to_find(&self) -> bool {
        self.new_state == StateValue::Alarm
            || (self.is_recovery() && self.previous_changed_at.is_some())
    }

    /// Whether the alarm went off because CloudWatch received no data and treats that as breaching.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data>
    pub fn lacks_data(&self) -> bool {
        let reason = self.reason.to_ascii_lowercase();
        self.new_state == StateValue::Alarm
            && self.datapoints.is_empty()
            && reason.contains("no datapoints were received")
    }

    /// Whether somebody set the alarm to go off by hand: CloudWatch's own reasons begin otherwise. An
    /// alarm without a metric watches other alarms, whose reasons are of many forms.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>
    pub fn is_set_by_hand(&self) -> bool {
        let is_cloudwatchs = ["Threshold", "Insufficient Data", "Unchecked"]
            .iter()
            .any(|words| self.reason.starts_with(words));
        self.new_state == StateValue::Alarm
            && self.datapoints.is_empty()
            && self.metric.is_some()
            && !is_cloudwatchs
    }

    /// The datapoints that decided the state: those that crossed the threshold, or all of them when
    /// none is known to have crossed it.
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

    /// Whether the alarm watches the sum of one metric.
    pub fn is_sum(&self) -> bool {
        let statistic = self.statistic.as_deref();
        statistic.is_some_and(|statistic| statistic.eq_ignore_ascii_case("sum"))
    }

    /// How many events the alarm counted; `None` when the metric is not a sum of whole numbers, or
    /// when it is not known which datapoints crossed the threshold.
    #[must_use]
    pub fn expected(&self) -> Option<Counted> {
        if !self.is_sum() || self.new_state != StateValue::Alarm || self.datapoints.is_empty() {
            return None;
        }
        let deciding = self.deciding();
        let count = whole(deciding.iter().map(|datapoint| datapoint.value).sum())?;
        let listed = u64::try_from(deciding.len()).ok()?;
        let crossed = stated_in_text(&self.reason).map_or(listed, |stated| stated.crossed);
        (listed <= crossed).then_some(Counted {
            count,
            at_least: listed < crossed,
        })
    }

    /// A short id for this alert, the same however often and in whichever shape the change is
    /// delivered.
    ///
    /// CloudWatch may run an alarm's actions again for the same datapoints, so the id depends on
    /// the newest deciding datapoint and not on the time of the message. It depends only on the
    /// newest, because the reason's text may leave out older ones.
    #[must_use]
    pub fn alert_id(&self) -> String {
        let newest = self
            .deciding()
            .iter()
            .map(|datapoint| datapoint.start)
            .max();
        let alarm = self.arn.as_deref().unwrap_or(&self.name);
        let moment = newest.unwrap_or(self.changed_at).as_second();
        let mut identity = format!("{alarm}\n{}\n{moment}", self.new_state);
        if let Some(contributor) = &self.contributor {
            identity.extend(["\n", contributor]);
        }
        let digest = Sha256::digest(identity);
        let short = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        format!("{:012x}", short >> 16)
    }

    /// Whether a value is on the alarm's side of the threshold.
    fn crosses(&self, value: f64) -> bool {
        let Some(threshold) = self.threshold else {
            return true;
        };
        match self.comparison_operator() {
            "GreaterThanOrEqualToThreshold" => value >= threshold,
            "LessThanOrEqualToThreshold" => value <= threshold,
            "LessThanThreshold" => value < threshold,
            _ => value > threshold,
        }
    }

    /// On which side of the threshold the alarm goes off, in CloudWatch's words. In all three shapes
    /// only the reason's text says it; where it does not, it is the side of the alarm that this
    /// program makes.
    pub fn comparison_operator(&self) -> &'static str {
        if self.reason.contains("greater than or equal to") {
            "GreaterThanOrEqualToThreshold"
        } else if self.reason.contains("less than or equal to") {
            "LessThanOrEqualToThreshold"
        } else if self.reason.contains("less than") {
            "LessThanThreshold"
        } else {
            "GreaterThanThreshold"
        }
    }
}
