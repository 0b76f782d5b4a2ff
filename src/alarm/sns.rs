//! The message of an alarm's SNS action.

use jiff::Timestamp;
use serde::Deserialize;

use super::datapoints::ReasonData;
use super::error::Error;
use super::state_change::StateChange;
use super::unchecked::{Fields, Origin, Unchecked};
use super::watched::{MetricEntry, Watched};
use crate::lenient::{Number, Object, Objects, Text, Time};

/// The message of an alarm's SNS action. `Region` is left out on purpose: it is a long name, not an
/// id.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SnsAlarm<'a> {
    #[serde(borrow)]
    alarm_name: Text<'a>,
    alarm_arn: Text<'a>,
    alarm_description: Text<'a>,
    #[serde(rename = "AWSAccountId")]
    account: Text<'a>,
    new_state_value: Text<'a>,
    old_state_value: Text<'a>,
    new_state_reason: Text<'a>,
    state_change_time: Time,
    alarm_contributor_id: Text<'a>,
    trigger: Object<Trigger<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Trigger<'a> {
    #[serde(borrow)]
    metric_name: Text<'a>,
    namespace: Text<'a>,
    statistic: Text<'a>,
    period: Number,
    evaluation_periods: Number,
    threshold: Number,
    metrics: Objects<MetricEntry<'a>>,
}

impl StateChange {
    /// Reads the text of an SNS message. `now` is the time of a change whose own cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAlarm`] when the text is not a JSON object with an `AlarmName`;
    /// [`Error::Malformed`] when it is one and lacks the new state, or the time while there is no
    /// `now`.
    pub fn from_sns_message(text: &str, now: Option<Timestamp>) -> Result<Self, Error> {
        let message: SnsAlarm<'_> = serde_json::from_str(text).map_err(|_| Error::NotAnAlarm)?;
        if message.alarm_name.get().is_none() {
            return Err(Error::NotAnAlarm);
        }
        let trigger = message.trigger.get();
        let watched =
            trigger.map_or_else(Watched::default, |trigger| Watched::of(&trigger.metrics));
        Unchecked {
            shape: "alarm message from SNS",
            fields: Fields {
                name: "AlarmName",
                new_state: "NewStateValue",
                changed_at: "StateChangeTime",
            },
            origin: Origin {
                arn: message.alarm_arn.get(),
                account: message.account.get(),
                region: None,
            },
            name: message.alarm_name.get(),
            description: message.alarm_description.get(),
            new_state: message.new_state_value.get(),
            old_state: message.old_state_value.get(),
            reason: message.new_state_reason.get(),
            reason_data: &ReasonData::default(),
            changed_at: message.state_change_time.get().or(now),
            previous_changed_at: None,
            contributor: message.alarm_contributor_id.get(),
            namespace: trigger
                .and_then(|trigger| trigger.namespace.get())
                .or(watched.namespace),
            metric_name: trigger
                .and_then(|trigger| trigger.metric_name.get())
                .or(watched.metric_name),
            statistic: trigger
                .and_then(|trigger| trigger.statistic.get())
                .or(watched.statistic),
            period: trigger
                .and_then(|trigger| trigger.period.get())
                .or(watched.period),
            evaluation_periods: trigger.and_then(|trigger| trigger.evaluation_periods.get()),
            threshold: trigger.and_then(|trigger| trigger.threshold.get()),
        }
        .check()
    }
}
