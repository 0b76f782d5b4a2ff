//! The event of an alarm's Lambda action.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::alarm_data::AlarmData;
use super::error::Error;
use super::state_change::StateChange;
use super::unchecked::Origin;
use crate::lenient::{Object, Text};

/// The event of an alarm's Lambda action.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LambdaAction<'a> {
    #[serde(borrow)]
    alarm_arn: Text<'a>,
    account_id: Text<'a>,
    region: Text<'a>,
    alarm_data: Object<AlarmData<'a>>,
}

impl StateChange {
    /// Reads the event of an alarm's Lambda action. `now` is the time of a change whose own cannot
    /// be read.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAlarm`] when there is no `alarmData`; [`Error::Malformed`] when that lacks the
    /// name or the state, or the time while there is no `now`.
    pub fn from_lambda_action(event: &Value, now: Option<Timestamp>) -> Result<Self, Error> {
        let event = LambdaAction::deserialize(event).map_err(|_| Error::NotAnAlarm)?;
        let data = event.alarm_data.get().ok_or(Error::NotAnAlarm)?;
        let origin = Origin {
            arn: event.alarm_arn.get(),
            account: event.account_id.get(),
            region: event.region.get(),
        };
        data.state_change("alarm event of the Lambda action", origin, now)
    }
}
