//! The message that an alarm's SNS action sends.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use super::datapoints::{ReasonData, threshold_in_text, timestamp};
use super::parts::{Place, metric, missing, state, trimmed};
use super::{Error, StateChange};
use crate::lenient;

const SHAPE: &str = "alarm message from SNS";

/// The message of an alarm's SNS action. `Region` is left out on purpose: it is a long name, not an
/// id.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsAlarm<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    alarm_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    alarm_arn: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    alarm_description: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        rename = "AWSAccountId",
        deserialize_with = "lenient::text"
    )]
    account: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    new_state_value: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    old_state_value: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    new_state_reason: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "timestamp")]
    state_change_time: Option<Timestamp>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    trigger: Option<Trigger<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trigger<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    metric_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    statistic: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::number")]
    period: Option<f64>,
    #[serde(default, deserialize_with = "lenient::number")]
    evaluation_periods: Option<f64>,
    #[serde(default, deserialize_with = "lenient::number")]
    threshold: Option<f64>,
}

impl StateChange {
    /// Reads the text of an SNS message.
    ///
    /// # Errors [`Error::NotAnAlarm`] when the text is no JSON object with an `AlarmName`;
    /// [`Error::Malformed`] when it is one and lacks the new state or the time.
    pub fn from_sns_message(text: &str) -> Result<Self, Error> {
        let message: SnsAlarm<'_> = serde_json::from_str(text).map_err(|_| Error::NotAnAlarm)?;
        let name = trimmed(message.alarm_name).ok_or(Error::NotAnAlarm)?;
        let trigger = message.trigger.unwrap_or_default();
        let reason = trimmed(message.new_state_reason).unwrap_or_default();
        let place = Place::new(
            trimmed(message.alarm_arn),
            trimmed(message.account),
            None,
            &name,
        );
        Ok(Self {
            name,
            description: trimmed(message.alarm_description),
            new_state: state(message.new_state_value)
                .ok_or_else(|| missing(SHAPE, "NewStateValue"))?,
            old_state: state(message.old_state_value),
            changed_at: message
                .state_change_time
                .ok_or_else(|| missing(SHAPE, "StateChangeTime"))?,
            previous_changed_at: None,
            metric: metric(trigger.namespace, trigger.metric_name),
            statistic: trimmed(trigger.statistic),
            period: trigger.period.and_then(super::whole),
            evaluation_periods: trigger.evaluation_periods.and_then(super::whole),
            threshold: trigger.threshold.or_else(|| threshold_in_text(&reason)),
            datapoints: ReasonData::default().datapoints(&reason),
            reason,
            arn: place.arn,
            account: place.account,
            region: place.region,
        })
    }
}
