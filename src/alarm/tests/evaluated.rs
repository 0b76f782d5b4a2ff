//! Which datapoints an alarm evaluated, of which its reason may list only the newest five.

use serde_json::json;

use super::{at, exactly, from_sns};
use crate::alarm::{Counted, StateChange, Window};

/// A message from SNS about an alarm of this many one-minute periods, with this reason.
fn sns(periods: u64, reason: &str) -> StateChange {
    let message = json!({
        "AlarmName": "a", "NewStateValue": "ALARM", "NewStateReason": reason, "OldStateValue": "OK",
        "StateChangeTime": "2026-11-23T09:52:20.123+0000",
        "Trigger": {
            "MetricName": "m", "Namespace": "n", "Statistic": "SUM", "Period": 60,
            "EvaluationPeriods": periods, "Threshold": 1.0,
        },
    });
    StateChange::from_sns_message(&message.to_string(), None).unwrap()
}

#[track_caller]
fn check(change: &StateChange, counted: Option<Counted>, start: &str, end: &str) {
    assert_eq!(change.expected(), counted);
    let window = Window {
        start: at(&format!("2026-11-23T{start}Z")),
        end: at(&format!("2026-11-23T{end}Z")),
    };
    assert_eq!(change.window(), window);
}

fn at_least(count: u64) -> Counted {
    Counted {
        count,
        at_least: true,
    }
}

const FIVE: &str = "The most recent datapoints which crossed the threshold: [2.0 (23/11/26 09:47:00), \
                    2.0 (23/11/26 09:46:00), 2.0 (23/11/26 09:45:00), 2.0 (23/11/26 09:44:00), 2.0 \
                    (23/11/26 09:43:00)]";

#[test]
fn of_ten_periods_five_are_listed_and_all_are_searched() {
    let reason = format!(
        "Threshold Crossed: 10 out of the last 10 datapoints were greater than the threshold (1.0). \
         {FIVE} (minimum 10 datapoints for OK -> ALARM transition)."
    );
    check(
        &sns(10, &reason),
        Some(at_least(10)),
        "09:37:00",
        "09:49:00",
    );
    // What the reason says counts more than the trigger.
    check(&sns(1, &reason), Some(at_least(10)), "09:37:00", "09:49:00");
}

#[test]
fn the_last_period_is_the_end_of_the_window() {
    let reason = format!("Threshold Crossed: 10 out of the last 10 datapoints. {FIVE}");
    let change = sns(10, &reason);
    let last = Window {
        start: at("2026-11-23T09:46:00Z"),
        end: at("2026-11-23T09:49:00Z"),
    };
    assert_eq!(change.last_period(), last);
    let before = Window {
        start: at("2026-11-23T09:37:00Z"),
        end: at("2026-11-23T09:45:59.999Z"),
    };
    assert_eq!(change.window().before(last), Some(before));
    let single = from_sns();
    assert_eq!(single.last_period(), single.window());
    assert_eq!(single.window().before(single.last_period()), None);
}

#[test]
fn the_older_form_of_a_long_reason_is_read() {
    let reason =
        format!("Threshold Crossed: 24 datapoints were greater than the threshold (1.0). {FIVE}.");
    check(
        &sns(24, &reason),
        Some(at_least(10)),
        "09:23:00",
        "09:49:00",
    );
}

#[test]
fn what_crossed_may_be_fewer_than_what_was_evaluated() {
    let reason = format!(
        "Threshold Crossed: 5 out of the last 24 datapoints were greater than the threshold (1.0). \
         {FIVE} (minimum 5 datapoints for OK -> ALARM transition)."
    );
    check(&sns(24, &reason), Some(exactly(10)), "09:23:00", "09:49:00");
    let reason = "Threshold Crossed: 2 out of the last 3 datapoints [4.0 (23/11/26 09:49:00), 2.0 \
                  (23/11/26 09:47:00)] were greater than the threshold (1.0) (minimum 2 datapoints \
                  for OK -> ALARM transition).";
    check(&sns(1, reason), Some(exactly(6)), "09:46:00", "09:51:00");
}

#[test]
fn datapoints_with_gaps_between_them_are_all_searched() {
    let reason = "Threshold Crossed: 2 out of the last 2 datapoints [4.0 (23/11/26 09:49:00), 2.0 \
                  (23/11/26 09:40:00)] were greater than the threshold (1.0).";
    check(&sns(2, reason), Some(exactly(6)), "09:39:00", "09:51:00");
    let reason = format!("Threshold Crossed: 10 out of the last 10 datapoints. {FIVE}");
    let reason = reason.replace("09:43:00", "09:37:00");
    check(
        &sns(10, &reason),
        Some(at_least(10)),
        "09:31:00",
        "09:49:00",
    );
}

#[test]
fn a_reason_without_numbers_leaves_the_periods_to_the_trigger() {
    let reason =
        "Threshold Crossed: [4.0 (23/11/26 09:49:00)] was greater than the threshold (1.0).";
    check(&sns(3, reason), Some(exactly(4)), "09:46:00", "09:51:00");
}

#[test]
fn all_datapoints_are_counted_where_the_data_has_them() {
    let datapoints: Vec<_> = (38..48)
        .map(|minute| json!({ "timestamp": format!("2026-11-23T09:{minute}:00Z"), "value": 2.0 }))
        .collect();
    let data = json!({ "threshold": 1.0, "evaluatedDatapoints": datapoints }).to_string();
    let reason = format!(
        "Threshold Crossed: 10 out of the last 10 datapoints were greater than the threshold (1.0). \
         {FIVE}."
    );
    let event = json!({ "alarmData": {
        "alarmName": "a",
        "state": {
            "value": "ALARM", "reason": reason, "reasonData": data,
            "timestamp": "2026-11-23T09:52:20.123+0000",
        },
        "configuration": { "metrics": [{ "id": "m1", "metricStat": {
            "metric": { "namespace": "n", "name": "m" }, "period": 60, "stat": "Sum",
        }}] },
    }});
    let lambda = StateChange::from_lambda_action(&event, None).unwrap();
    check(&lambda, Some(exactly(20)), "09:37:00", "09:49:00");
    let sns = StateChange {
        arn: lambda.arn.clone(),
        ..sns(10, &reason)
    };
    assert_eq!(sns.window(), lambda.window());
    assert_eq!(sns.alert_id(), lambda.alert_id());
}

#[test]
fn a_query_result_is_about_the_time_before_it() {
    let change = |reason: &str| StateChange {
        metric: None,
        statistic: None,
        period: None,
        evaluation_periods: None,
        ..sns(1, reason)
    };
    let reason = "Threshold Crossed: 3 out of the last 3 query results [142.0 (23/11/26 09:55:00), \
                  135.0 (23/11/26 09:50:00), 120.0 (23/11/26 09:45:00)] were greater than the \
                  threshold (100.0) (minimum 3 datapoints for OK -> ALARM transition).";
    check(&change(reason), None, "09:35:00", "09:56:00");
    // Results that are not listed are as far apart as those that are.
    let reason = reason.replace("3 out of the last 3", "3 out of the last 5");
    check(&change(&reason), None, "09:25:00", "09:56:00");
    // Queries that are further apart than ten minutes look back at least to the one before.
    let reason = "Threshold Crossed: 2 out of the last 2 query results [3.0 (23/11/26 09:45:00), 4.0 \
                  (23/11/26 09:15:00)] were greater than the threshold (1.0).";
    check(&change(reason), None, "08:45:00", "09:46:00");
    let reason = "Threshold Crossed: 1 query result [3.0 (23/11/26 09:45:00)] was greater than the \
                  threshold (1.0).";
    check(&change(reason), None, "09:35:00", "09:46:00");
}

#[test]
fn absurd_numbers_in_a_reason_do_no_harm() {
    for number in [
        "0",
        "18446744073709551615",
        "99999999999999999999",
        "-1",
        "x",
    ] {
        for unit in ["datapoints", "query results"] {
            let reason = format!(
                "Threshold Crossed: {number} out of the last {number} {unit} [2.0 (23/11/26 \
                 09:47:00)] were greater than the threshold (1.0)."
            );
            let window = sns(10, &reason).window();
            assert!(window.start < window.end, "{reason}: {window:?}");
            let length = window.end.duration_since(window.start);
            assert!(length.as_hours() <= 7 * 24, "{reason}: {window:?}");
        }
    }
    let none = "Threshold Crossed: 0 out of the last 0 datapoints [2.0 (23/11/26 09:47:00)]";
    assert_eq!(sns(1, none).expected(), None);
    assert_eq!(from_sns().expected(), Some(exactly(7)));
}
