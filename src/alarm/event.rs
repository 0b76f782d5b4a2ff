//! The events that an alarm's Lambda action and EventBridge send; what is inside them is the same.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::datapoints::{ReasonData, threshold_in_text, timestamp};
use super::parts::{Place, metric, missing, state, trimmed};
use super::{Error, StateChange};
use crate::lenient;

const LAMBDA_ACTION: &str = "alarm event of the Lambda action";
const EVENT_BRIDGE: &str = "alarm event from EventBridge";

/// The event of an alarm's Lambda action.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LambdaAction<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    alarm_arn: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    account_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    region: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    alarm_data: Option<Detail<'a>>,
}

/// The event that EventBridge delivers.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
#[derive(Deserialize)]
struct BridgeEvent<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    account: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    region: Option<Cow<'a, str>>,
    #[serde(default)]
    resources: Value,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    detail: Option<Detail<'a>>,
}

/// What the Lambda action and EventBridge have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    alarm_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    state: Option<State<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    previous_state: Option<State<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    configuration: Option<Configuration<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    value: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    reason_data: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "timestamp")]
    timestamp: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    description: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::number")]
    evaluation_periods: Option<f64>,
    #[serde(borrow, default, deserialize_with = "lenient::objects")]
    metrics: Vec<MetricEntry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetricEntry<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    metric_stat: Option<MetricStat<'a>>,
}

#[derive(Deserialize)]
struct MetricStat<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    metric: Option<MetricName<'a>>,
    #[serde(default, deserialize_with = "lenient::number")]
    period: Option<f64>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    stat: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct MetricName<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    name: Option<Cow<'a, str>>,
}

impl StateChange {
    /// Reads the event of an alarm's direct Lambda action.
    ///
    /// # Errors [`Error::NotAnAlarm`] when there is no `alarmData`; [`Error::Malformed`] when that
    /// lacks the name, the state or the time.
    pub fn from_lambda_action(event: &Value) -> Result<Self, Error> {
        let event = LambdaAction::deserialize(event).map_err(|_| Error::NotAnAlarm)?;
        let detail = event.alarm_data.ok_or(Error::NotAnAlarm)?;
        detail.state_change(
            LAMBDA_ACTION,
            trimmed(event.alarm_arn),
            trimmed(event.account_id),
            trimmed(event.region),
        )
    }

    /// Reads EventBridge's "CloudWatch Alarm State Change".
    ///
    /// # Errors [`Error::NotAnAlarm`] when there is no `detail` with an `alarmName`;
    /// [`Error::Malformed`] when that lacks the state or the time.
    pub fn from_event_bridge(event: &Value) -> Result<Self, Error> {
        let event = BridgeEvent::deserialize(event).map_err(|_| Error::NotAnAlarm)?;
        let detail = event
            .detail
            .filter(|detail| detail.alarm_name.is_some())
            .ok_or(Error::NotAnAlarm)?;
        let arn = event
            .resources
            .get(0)
            .and_then(Value::as_str)
            .map(Cow::Borrowed);
        detail.state_change(
            EVENT_BRIDGE,
            trimmed(arn),
            trimmed(event.account),
            trimmed(event.region),
        )
    }
}

impl Detail<'_> {
    fn state_change(
        self,
        shape: &'static str,
        arn: Option<String>,
        account: Option<String>,
        region: Option<String>,
    ) -> Result<StateChange, Error> {
        let name = trimmed(self.alarm_name).ok_or_else(|| missing(shape, "alarmName"))?;
        let now = self.state.ok_or_else(|| missing(shape, "state"))?;
        let (old_state, previous_changed_at) = self.previous_state.map_or((None, None), |before| {
            (state(before.value), before.timestamp)
        });
        let configuration = self.configuration.unwrap_or_default();
        let stat = configuration
            .metrics
            .into_iter()
            .find_map(|entry| entry.metric_stat);
        let (metric_name, period, statistic) = stat.map_or((None, None, None), |stat| {
            (stat.metric, stat.period, stat.stat)
        });
        let reason = trimmed(now.reason).unwrap_or_default();
        let data = now
            .reason_data
            .as_deref()
            .map(ReasonData::read)
            .unwrap_or_default();
        let place = Place::new(arn, account, region, &name);
        Ok(StateChange {
            name,
            description: trimmed(configuration.description),
            new_state: state(now.value).ok_or_else(|| missing(shape, "state.value"))?,
            old_state,
            changed_at: now
                .timestamp
                .ok_or_else(|| missing(shape, "state.timestamp"))?,
            previous_changed_at,
            metric: metric_name.and_then(|name| metric(name.namespace, name.name)),
            datapoints: data.datapoints(&reason),
            period: period.or(data.period).and_then(super::whole),
            evaluation_periods: configuration.evaluation_periods.and_then(super::whole),
            threshold: data.threshold.or_else(|| threshold_in_text(&reason)),
            statistic: trimmed(statistic).or(data.statistic),
            reason,
            arn: place.arn,
            account: place.account,
            region: place.region,
        })
    }
}
