//! What an alarm watches: a metric, an anomaly band around one, an expression, several contributors.

use serde_json::{Value, json};

use super::{exactly, from_sns};
use crate::alarm::{Metric, StateChange};

/// The same change of an alarm on these metrics, as SNS and as the Lambda action have it.
fn changes(reason: &str, metrics: &Value) -> [StateChange; 2] {
    let lambda = json!({
        "alarmArn": "arn:aws:cloudwatch:us-west-2:111122223333:alarm:kms",
        "alarmData": {
            "alarmName": "kms",
            "state": { "value": "ALARM", "reason": reason, "timestamp": "2026-11-23T09:52:20Z" },
            "configuration": { "metrics": metrics },
        },
    });
    let sns = json!({
        "AlarmName": "kms", "AlarmArn": "arn:aws:cloudwatch:us-west-2:111122223333:alarm:kms",
        "NewStateValue": "ALARM", "NewStateReason": reason, "StateChangeTime": "2026-11-23T09:52:20Z",
        "Trigger": { "Period": 60, "EvaluationPeriods": 1, "Metrics": in_capitals(metrics) },
    });
    [
        StateChange::from_sns_message(&sns.to_string(), None).unwrap(),
        StateChange::from_lambda_action(&lambda, None).unwrap(),
    ]
}

/// The metrics with their fields as SNS writes them.
fn in_capitals(metrics: &Value) -> Value {
    let text = metrics.to_string();
    let names = [
        (r#""id""#, r#""Id""#),
        (r#""expression""#, r#""Expression""#),
        (r#""returnData""#, r#""ReturnData""#),
        (r#""metricStat""#, r#""MetricStat""#),
        (r#""metric""#, r#""Metric""#),
        (r#""period""#, r#""Period""#),
        (r#""stat""#, r#""Stat""#),
        (r#""namespace""#, r#""Namespace""#),
        (r#""name""#, r#""MetricName""#),
    ];
    let text = names
        .iter()
        .fold(text, |text, (one, other)| text.replace(one, other));
    serde_json::from_str(&text).unwrap()
}

fn errors(return_data: bool) -> Value {
    let metric =
        json!({ "namespace": "Pattern1Application/KMSSecurity", "name": "KMSSecurityError" });
    let stat = json!({ "metric": metric, "period": 60, "stat": "Sum" });
    json!({ "id": "m1", "metricStat": stat, "returnData": return_data })
}

#[test]
fn an_anomaly_alarm_has_its_metric_and_count_in_every_shape() {
    let reason = "Thresholds Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 09:47:00)] was \
                  less than the lower thresholds [-0.2] or greater than the upper thresholds [1.04].";
    let band = json!({
        "id": "ad1", "expression": "ANOMALY_DETECTION_BAND(m1, 2)", "returnData": true,
    });
    let changes = changes(reason, &json!([errors(true), band]));
    for change in &changes {
        assert_eq!(change.metric, from_sns().metric);
        assert_eq!(change.expected(), Some(exactly(5)), "{change:?}");
        assert!(!change.is_set_by_hand());
    }
    assert_eq!(changes[0].window(), changes[1].window());
    assert_eq!(changes[0].alert_id(), changes[1].alert_id());
}

/// Which of them crossed the band is not known.
#[test]
fn an_anomaly_alarm_that_lists_more_than_crossed_has_no_count() {
    let reason = "Thresholds Crossed: 1 out of the last 2 datapoints [5.0 (23/11/26 09:47:00), 1.0 \
                  (23/11/26 09:46:00)] was greater than the upper thresholds [1.04, 1.04].";
    for change in changes(reason, &json!([errors(true)])) {
        assert_eq!(change.expected(), None, "{change:?}");
    }
}

#[test]
fn a_rate_is_no_count_in_any_shape() {
    let reason = "Threshold Crossed: 1 out of the last 1 datapoints [50.0 (23/11/26 09:47:00)] was \
                  greater than the threshold (5.0).";
    let rate = json!({ "id": "e1", "expression": "100*m1/m2", "returnData": true });
    let other = json!({ "id": "m2", "metricStat": {
        "metric": { "namespace": "AWS/KMS", "name": "Calls" }, "period": 60, "stat": "Sum",
    }, "returnData": false });
    for metrics in [
        json!([rate, errors(false), other]),
        json!([errors(false), other, rate]),
        json!([errors(true), rate]),
        json!([errors(false)]),
    ] {
        for change in changes(reason, &metrics) {
            assert_eq!(change.expected(), None, "{metrics}");
            let metric = change.metric.map(|Metric { name, .. }| name);
            assert_eq!(metric.as_deref(), Some("KMSSecurityError"), "{metrics}");
        }
    }
    for change in changes(reason, &json!([errors(true), other])) {
        assert_eq!(change.expected(), Some(exactly(50)));
    }
}

/// The reason's data may name the statistic of what the expression is made of.
#[test]
fn a_rate_stays_a_rate_when_its_data_name_a_sum() {
    let data = r#"{"statistic":"Sum","period":60,"startDate":"2026-11-23T09:47:00Z","recentDatapoints":[50]}"#;
    let rate = json!([{ "id": "e1", "expression": "100*m1/m2" }, errors(false)]);
    let mut alarm = json!({
        "alarmName": "kms", "configuration": { "metrics": rate },
        "state": { "value": "ALARM", "reasonData": data, "timestamp": "2026-11-23T09:52:20Z" },
    });
    let read = |alarm: &Value| {
        let event = json!({ "alarmData": alarm });
        StateChange::from_lambda_action(&event, None).unwrap()
    };
    assert_eq!(read(&alarm).datapoints.len(), 1);
    assert_eq!(read(&alarm).expected(), None);
    alarm["configuration"] = json!(null);
    assert_eq!(read(&alarm).expected(), Some(exactly(50)));
}

#[test]
fn two_contributors_of_one_alarm_are_two_alerts() {
    let sns = |contributor: Option<&str>| {
        let mut message = json!({
            "AlarmName": "by-role", "NewStateValue": "ALARM", "OldStateValue": "OK",
            "NewStateReason": "5 out of 10 contributors evaluated to ALARM",
            "AlarmArn": "arn:aws:cloudwatch:us-west-2:111122223333:alarm:by-role",
            "StateChangeTime": "2026-11-23T09:55:30.000+0000",
        });
        if let Some(contributor) = contributor {
            message["AlarmContributorId"] = json!(contributor);
        }
        StateChange::from_sns_message(&message.to_string(), None).unwrap()
    };
    let lambda = |contributor: Option<&str>| {
        let event = json!({
            "alarmArn": "arn:aws:cloudwatch:us-west-2:111122223333:alarm:by-role",
            "alarmData": {
                "alarmName": "by-role",
                "alarmContributor": { "id": contributor, "attributes": { "role": "a" } },
                "state": { "value": "ALARM", "timestamp": "2026-11-23T09:55:30.000+0000" },
            },
        });
        StateChange::from_lambda_action(&event, None).unwrap()
    };
    let contributors = [None, Some("6d442278dba546f6"), Some("b1b2c3d4e5f6a7b8")];
    let ids = contributors.map(|contributor| sns(contributor).alert_id());
    assert_ne!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_ne!(ids[1], ids[2]);
    assert_eq!(ids, contributors.map(|each| lambda(each).alert_id()));
}
