//! The incident: the alarm's last change to ALARM, as the alert was told of it.

use aws_sdk_cloudwatch::types::{MetricAlarm, Statistic};
use jiff::Timestamp;
use serde_json::json;

use crate::alarm::{Datapoint, StateChange};

/// An alarm that lasts.
pub(super) struct Incident {
    /// Its change to ALARM. What the alarm counted then is the alert's to tell, so it is left out.
    pub(super) change: StateChange,
    /// Where the alert's search began.
    pub(super) start: Timestamp,
    /// How the alarm treats missing data.
    pub(super) missing_data: String,
}

impl Incident {
    /// The incident of an alarm, if all that tells of it is there.
    pub(super) fn of(alarm: &MetricAlarm) -> Option<Self> {
        // Of the same form as what the Lambda action delivers, so that it is read in the same way.
        let transitioned = alarm
            .state_transitioned_timestamp()
            .or(alarm.state_updated_timestamp())?;
        let millis = transitioned.to_millis().ok()?;
        let changed_at = Timestamp::from_millisecond(millis).ok()?;
        let event = json!({
            "alarmArn": alarm.alarm_arn(),
            "alarmData": {
                "alarmName": alarm.alarm_name(),
                "state": {
                    "value": "ALARM",
                    "reason": alarm.state_reason(),
                    "reasonData": alarm.state_reason_data(),
                    "timestamp": changed_at.to_string(),
                },
                "configuration": {
                    "description": alarm.alarm_description(),
                    "evaluationPeriods": alarm.evaluation_periods(),
                    "metrics": [{"metricStat": {
                        "metric": {"namespace": alarm.namespace(), "name": alarm.metric_name()},
                        "period": alarm.period(),
                        "stat": alarm.statistic().map(Statistic::as_str),
                    }}],
                },
            },
        });
        let mut change = StateChange::from_lambda_action(&event, None).ok()?;
        let start = change.window().start;
        let datapoints = std::mem::take(&mut change.datapoints);
        // The reason may be of a later evaluation than the one that raised the alarm.
        let is_of_change = |first: &Datapoint| first.start <= change.changed_at;
        let start = match datapoints.first().filter(|first| is_of_change(first)) {
            Some(_) => start,
            None => change.window().start,
        };
        Some(Self {
            missing_data: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
            change,
            start,
        })
    }
}
