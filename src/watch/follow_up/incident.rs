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
        change.threshold = alarm.threshold().or(change.threshold);
        Some(Self {
            missing_data: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
            change,
            start,
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::primitives::DateTime;
    use serde_json::Value;

    use super::*;
    use crate::report::Trigger;

    #[test]
    fn a_pager_takes_it_for_the_incident_of_the_alert() {
        let event = include_str!("../../../events/sns-alarm.json");
        let event: Value = serde_json::from_str(event).unwrap();
        let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap();
        let told = StateChange::from_sns_message(message, None).unwrap();
        let metric = told.metric.clone().unwrap();
        // What AWS says of the same alarm when it is asked, by hand set to ALARM or not.
        for reason in [told.reason.as_str(), "A test"] {
            let alarm = MetricAlarm::builder()
                .alarm_name(&told.name)
                .set_alarm_arn(told.arn.clone())
                .metric_name(&metric.name)
                .namespace(&metric.namespace)
                .period(10)
                .statistic(Statistic::Sum)
                .evaluation_periods(1)
                .threshold(1.0)
                .state_reason(reason)
                .state_transitioned_timestamp(DateTime::from_secs(told.changed_at.as_second()))
                .build();
            let lasts = Incident::of(&alarm).unwrap().change;
            assert_eq!(Trigger::of(&lasts), Trigger::of(&told), "{reason}");
            assert_eq!(
                (lasts.name, lasts.arn, lasts.account, lasts.region),
                (
                    told.name.clone(),
                    told.arn.clone(),
                    told.account.clone(),
                    told.region.clone()
                )
            );
        }
    }
}
