//! The event that EventBridge delivers for an alarm.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::alarm_data::AlarmData;
use super::error::Error;
use super::state_change::StateChange;
use super::unchecked::Origin;
use crate::lenient::{List, Object, Text};

/// The event "CloudWatch Alarm State Change".
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
#[derive(Default, Deserialize)]
#[serde(default)]
struct EventBridge<'a> {
    #[serde(borrow)]
    account: Text<'a>,
    region: Text<'a>,
    resources: List<Text<'a>>,
    detail: Object<AlarmData<'a>>,
}

impl StateChange {
    /// Reads EventBridge's "CloudWatch Alarm State Change". `now` is the time of a change whose own
    /// cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAlarm`] when there is no `detail` with an `alarmName`; [`Error::Malformed`]
    /// when that lacks the state, or the time while there is no `now`.
    pub fn from_event_bridge(event: &Value, now: Option<Timestamp>) -> Result<Self, Error> {
        let event = EventBridge::deserialize(event).map_err(|_| Error::NotAnAlarm)?;
        let detail = event.detail.get().filter(|detail| detail.is_of_an_alarm());
        let origin = Origin {
            arn: event.resources.first().and_then(Text::get),
            account: event.account.get(),
            region: event.region.get(),
        };
        let detail = detail.ok_or(Error::NotAnAlarm)?;
        detail.state_change("alarm event from EventBridge", origin, now)
    }
}
