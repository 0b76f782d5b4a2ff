mod evaluated;
mod watched;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn exactly(count: u64) -> Counted {
    Counted {
        count,
        at_least: false,
    }
}

fn sns(event: &str) -> StateChange {
    let event: Value = serde_json::from_str(event).unwrap();
    StateChange::from_sns_message(
        event["Records"][0]["Sns"]["Message"].as_str().unwrap(),
        None,
    )
    .unwrap()
}

fn from_sns() -> StateChange {
    sns(include_str!("../../events/sns-alarm.json"))
}

fn from_lambda_action() -> StateChange {
    let event =
        serde_json::from_str(include_str!("../../events/lambda-action-alarm.json")).unwrap();
    StateChange::from_lambda_action(&event, None).unwrap()
}

fn from_event_bridge() -> StateChange {
    let event = serde_json::from_str(include_str!("../../events/event-bridge-alarm.json")).unwrap();
    StateChange::from_event_bridge(&event, None).unwrap()
}

/// A state change from the Lambda action, from the values that decide the window.
fn lambda_action(period: u64, reason_data: &Value, changed_at: &str) -> StateChange {
    let event = json!({
        "source": "aws.cloudwatch",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a",
        "alarmData": {
            "alarmName": "a",
            "state": {
                "value": "ALARM", "reason": "Threshold Crossed", "reasonData": reason_data.to_string(),
                "timestamp": changed_at,
            },
            "configuration": { "metrics": [{ "id": "m1", "metricStat": {
                "metric": { "namespace": "n", "name": "m" }, "period": period, "stat": "Sum",
            }}] },
        },
    });
    StateChange::from_lambda_action(&event, None).unwrap()
}

#[test]
fn the_three_shapes_say_the_same() {
    let (sns, lambda, bridge) = (from_sns(), from_lambda_action(), from_event_bridge());
    assert_eq!(lambda, bridge);
    // All that SNS leaves out.
    let lambda = StateChange {
        previous_changed_at: None,
        evaluation_periods: Some(1),
        ..lambda
    };
    assert_eq!(
        StateChange {
            statistic: Some("Sum".to_owned()),
            ..sns.clone()
        },
        lambda
    );
    assert_eq!(sns.name, "pattern1-logging-alarm");
    assert_eq!(sns.region.as_deref(), Some("ap-southeast-2"));
    assert_eq!(sns.account.as_deref(), Some("111122223333"));
    assert_eq!(sns.new_state, StateValue::Alarm);
    assert_eq!(sns.old_state, Some(StateValue::Ok));
    assert_eq!(sns.period, Some(10));
    assert_eq!(sns.threshold, Some(1.0));
    assert_eq!(sns.changed_at, at("2026-11-23T09:48:20.123Z"));
    assert_eq!(
        sns.datapoints,
        [Datapoint {
            start: at("2026-11-23T09:47:00Z"),
            value: 7.0
        }]
    );
    assert_eq!(sns.expected(), Some(exactly(7)));
}

#[test]
fn the_alert_id_is_the_same_for_every_shape_and_delivery() {
    let id = from_sns().alert_id();
    assert_eq!(id.len(), 12);
    assert_eq!(from_lambda_action().alert_id(), id);
    assert_eq!(from_event_bridge().alert_id(), id);
    let again = StateChange {
        changed_at: at("2026-11-23T09:49:30Z"),
        ..from_sns()
    };
    assert_eq!(again.alert_id(), id);
}

#[test]
fn the_alert_id_differs_where_the_news_differs() {
    let first = from_sns();
    let later = Datapoint {
        start: at("2026-11-23T09:57:00Z"),
        value: 7.0,
    };
    let others = [
        StateChange {
            arn: Some("arn:aws:cloudwatch:us-east-1:111122223333:alarm:b".to_owned()),
            ..first.clone()
        },
        StateChange {
            new_state: StateValue::Ok,
            ..first.clone()
        },
        StateChange {
            datapoints: vec![later],
            ..first.clone()
        },
        StateChange {
            datapoints: Vec::new(),
            ..first.clone()
        },
    ];
    for other in others {
        assert_ne!(other.alert_id(), first.alert_id(), "{other:?}");
    }
}

/// One published payload: the datapoint has to lie in the window although it ended before the
/// change.
#[track_caller]
fn check_published(period: u64, datapoint: &str, changed_at: &str, start: &str, end: &str) {
    let data = json!({
        "version": "1.0", "startDate": datapoint, "statistic": "Sum", "period": period, "threshold": 1.0,
        "recentDatapoints": [26.0], "evaluatedDatapoints": [{ "timestamp": datapoint, "value": 26.0 }],
    });
    let window = lambda_action(period, &data, changed_at).window();
    assert_eq!(
        window,
        Window {
            start: at(start),
            end: at(end)
        }
    );
}

#[test]
fn the_windows_of_four_published_payloads_hold_their_events() {
    // The AWS documentation's EventBridge event of several metrics.
    check_published(
        300,
        "2026-11-23T17:10:00.000+0000",
        "2026-11-23T17:20:48.554+0000",
        "2026-11-23T17:09:00Z",
        "2026-11-23T17:16:00Z",
    );
    // Guardian's production.
    check_published(
        60,
        "2026-11-23T15:29:00.000+0000",
        "2026-11-23T15:31:44.000+0000",
        "2026-11-23T15:28:00Z",
        "2026-11-23T15:31:00Z",
    );
    // The AWS documentation's EventBridge event of a single metric.
    check_published(
        300,
        "2026-11-23T16:59:00.000+0000",
        "2026-11-23T17:04:40.985+0000",
        "2026-11-23T16:58:00Z",
        "2026-11-23T17:05:00Z",
    );
    // The sample of the Lambda action.
    check_published(
        300,
        "2026-11-23T20:44:00.000+0000",
        "2026-11-23T20:50:27.000+0000",
        "2026-11-23T20:43:00Z",
        "2026-11-23T20:50:00Z",
    );
}

#[test]
fn a_period_of_ten_seconds_covers_the_minute_that_the_filter_counts() {
    let window = Window {
        start: at("2026-11-23T09:46:00Z"),
        end: at("2026-11-23T09:49:00Z"),
    };
    assert_eq!(from_sns().window(), window);
    assert_eq!(from_lambda_action().window(), window);
    let widened = Window {
        start: at("2026-11-23T09:36:00Z"),
        end: at("2026-11-23T09:51:00Z"),
    };
    assert_eq!(window.widened(), widened);
    assert_eq!(window.start_millis(), 1_795_427_160_000);
    assert_eq!(window.end_millis(), 1_795_427_340_000);
}

#[test]
fn without_datapoints_the_window_ends_at_the_change() {
    let change = StateChange {
        datapoints: Vec::new(),
        ..from_sns()
    };
    let window = Window {
        start: at("2026-11-23T09:37:20.123Z"),
        end: at("2026-11-23T09:49:20.123Z"),
    };
    assert_eq!(change.window(), window);
    assert_eq!(change.expected(), None);
}

#[test]
fn a_recovery_covers_the_time_in_alarm() {
    let mut change = sns(include_str!("../../events/sns-ok.json"));
    assert_eq!(change.new_state, StateValue::Ok);
    assert_eq!(change.expected(), None);
    change.previous_changed_at = Some(at("2026-11-23T09:48:20Z"));
    let window = Window {
        start: at("2026-11-23T09:37:20Z"),
        end: at("2026-11-23T10:01:24.456Z"),
    };
    assert_eq!(change.window(), window);
}

/// Found by a property test: the start lay behind the end, which CloudWatch Logs refuses.
#[test]
fn a_recovery_that_began_after_its_end_has_a_window_in_order() {
    let mut change = sns(include_str!("../../events/sns-ok.json"));
    change.previous_changed_at = Some(Timestamp::MAX);
    let window = change.window();
    assert!(window.start <= window.end, "{window:?}");
}

#[test]
fn only_datapoints_beyond_the_threshold_count() {
    let reason = "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (23/11/26 09:49:00), 0.0 (23/11/26 09:48:00), \
                  3.0 (23/11/26 09:47:00)] were greater than the threshold (1.0).";
    let datapoints = super::datapoints::ReasonData::default().datapoints(reason);
    let change = StateChange {
        reason: reason.to_owned(),
        datapoints,
        ..from_sns()
    };
    assert_eq!(change.datapoints.len(), 3);
    assert_eq!(change.expected(), Some(exactly(8)));
    let window = Window {
        start: at("2026-11-23T09:46:00Z"),
        end: at("2026-11-23T09:51:00Z"),
    };
    assert_eq!(change.window(), window);
    let below = StateChange {
        reason: "… less than the threshold (1.0)".to_owned(),
        ..change
    };
    assert_eq!(below.expected(), Some(exactly(0)));
}

#[test]
fn datapoints_without_a_value_are_missing_data() {
    let data = json!({
        "startDate": "2026-11-23T09:47:00.000+0000", "statistic": "Sum", "period": 60, "threshold": 1.0,
        "recentDatapoints": [3.0],
        "evaluatedDatapoints": [
            { "timestamp": "2026-11-23T09:48:00.000+0000" },
            { "timestamp": "2026-11-23T09:47:00.000+0000", "sampleCount": 3.0, "value": 3.0 },
        ],
    });
    let change = lambda_action(60, &data, "2026-11-23T09:50:00Z");
    assert_eq!(
        change.datapoints,
        [Datapoint {
            start: at("2026-11-23T09:47:00Z"),
            value: 3.0
        }]
    );
}

#[test]
fn the_start_date_serves_where_no_datapoint_has_a_time() {
    let data = json!({
        "startDate": "2026-11-23T09:47:00.000+0000", "statistic": "Sum", "period": 60, "recentDatapoints": [3.0, 4.0],
    });
    let starts = lambda_action(60, &data, "2026-11-23T09:50:00Z").datapoints;
    assert_eq!(
        starts[1],
        Datapoint {
            start: at("2026-11-23T09:48:00Z"),
            value: 4.0
        }
    );
}

#[test]
fn averages_and_fractions_are_not_counts() {
    let average = StateChange {
        statistic: Some("AVERAGE".to_owned()),
        ..from_sns()
    };
    assert_eq!(average.expected(), None);
    let start = at("2026-11-23T09:47:00Z");
    for value in [2.5, 1e300] {
        let change = StateChange {
            datapoints: vec![Datapoint { start, value }],
            ..from_sns()
        };
        assert_eq!(change.expected(), None, "{value}");
    }
}

#[test]
fn times_are_read_in_all_their_forms() {
    for time in [
        "2026-11-23T09:48:20.123+0000",
        "2026-11-23T09:48:20.123Z",
        "2026-11-23T09:48:20.123+00:00",
        " 2026-11-23T09:48:20.123+0000 ",
        "2026-11-23T20:48:20.123+1100",
    ] {
        let text =
            json!({ "AlarmName": "a", "NewStateValue": "OK", "StateChangeTime": time }).to_string();
        let change = StateChange::from_sns_message(&text, None).unwrap();
        assert_eq!(change.changed_at, at("2026-11-23T09:48:20.123Z"), "{time}");
    }
}

#[test]
fn an_old_message_without_an_arn_is_read() {
    let text = json!({
        "AlarmName": "a", "NewStateValue": "ALARM", "StateChangeTime": "2026-11-23T09:48:20.123+0000",
        "AWSAccountId": 111_122_223_333_u64, "Region": "US East (N. Virginia)", "AlarmDescription": null,
        "Trigger": "none",
    });
    let change = StateChange::from_sns_message(&text.to_string(), None).unwrap();
    assert_eq!(
        (change.arn.as_deref(), change.region.as_deref()),
        (None, None)
    );
    assert_eq!(change.account.as_deref(), Some("111122223333"));
    assert_eq!(
        (change.metric.clone(), change.description.clone()),
        (None, None)
    );
}

#[test]
fn an_arn_is_composed_in_the_regions_partition_if_that_is_known() {
    for (region, arn) in [
        (
            "cn-north-1",
            Some("arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:a"),
        ),
        (
            "us-isob-east-1",
            Some("arn:aws-iso-b:cloudwatch:us-isob-east-1:111122223333:alarm:a"),
        ),
        ("nz-north-1", None),
    ] {
        let event = json!({
            "account": "111122223333", "region": region,
            "detail": { "alarmName": "a", "state": { "value": "ALARM", "timestamp": "2026-11-23T09:48:20Z" } },
        });
        let change = StateChange::from_event_bridge(&event, None).unwrap();
        assert_eq!(change.arn.as_deref(), arn, "{region}");
        assert_eq!(change.region.as_deref(), Some(region));
    }
}

#[test]
fn a_message_about_something_else_differs_from_a_malformed_one() {
    for text in [
        "",
        "Hello",
        "[]",
        "7",
        "{}",
        r#"{"default":"x"}"#,
        r#"{"AlarmName":""}"#,
    ] {
        assert_eq!(
            StateChange::from_sns_message(text, None),
            Err(Error::NotAnAlarm),
            "{text}"
        );
    }
    let error = StateChange::from_sns_message(r#"{"AlarmName":"a","NewStateValue":"OK"}"#, None)
        .unwrap_err();
    let expected =
        "the alarm message from SNS is not as documented: StateChangeTime is missing or invalid";
    assert_eq!(error.to_string(), expected);
    assert_eq!(
        StateChange::from_lambda_action(&json!({ "alarmArn": "x" }), None),
        Err(Error::NotAnAlarm)
    );
    assert_eq!(
        StateChange::from_event_bridge(&json!({ "detail": {} }), None),
        Err(Error::NotAnAlarm)
    );
    let broken =
        StateChange::from_lambda_action(&json!({ "alarmData": { "alarmName": "a" } }), None);
    assert!(matches!(broken, Err(Error::Malformed { .. })), "{broken:?}");
}

#[test]
fn hostile_numbers_and_times_do_no_harm() {
    for time in [
        "-009999-01-03T00:00:00Z",
        "9999-12-30T21:00:00Z",
        "1970-01-01T00:00:00Z",
    ] {
        for number in [0_u64, 1, u64::MAX] {
            let data = json!({
                "startDate": time, "statistic": "Sum", "period": number, "recentDatapoints": [1e308, -1e308],
                "evaluatedDatapoints": [{ "timestamp": time, "value": 1e308 }, { "timestamp": "x", "value": "y" }],
            });
            let mut change = lambda_action(number, &data, time);
            change.evaluation_periods = Some(number);
            for datapoints in [Vec::new(), change.datapoints.clone()] {
                let change = StateChange {
                    datapoints,
                    ..change.clone()
                };
                let window = change.window().widened();
                assert!(
                    window.start <= window.end && window.start_millis() >= 0,
                    "{window:?}"
                );
                assert_eq!(change.expected(), None);
                assert_eq!(change.alert_id().len(), 12);
            }
        }
    }
}

#[test]
fn a_window_is_never_longer_than_an_alarm_can_look_back() {
    let ancient = Datapoint {
        start: at("2001-01-01T00:00:00Z"),
        value: 9.0,
    };
    let mut change = from_sns();
    change.datapoints.insert(0, ancient);
    let window = change.window();
    assert_eq!(window.end.duration_since(window.start).as_hours(), 7 * 24);
}

#[test]
fn an_unreadable_time_gives_way_to_that_of_the_invocation() {
    let now = at("2026-11-23T09:48:30Z");
    for time in [
        json!(null),
        json!(""),
        json!("2026 -11-23T09: 48:20Z"),
        json!("Monday 23 November, 2026 09:48:20 UTC"),
        json!(1_795_427_300_123_u64),
    ] {
        let sns = json!({ "AlarmName": "a", "NewStateValue": "ALARM", "StateChangeTime": time });
        let sns = sns.to_string();
        let data = json!({ "alarmName": "a", "state": { "value": "ALARM", "timestamp": time } });
        let lambda = json!({ "alarmData": data });
        let bridge = json!({ "detail": data });
        for change in [
            StateChange::from_sns_message(&sns, Some(now)),
            StateChange::from_lambda_action(&lambda, Some(now)),
            StateChange::from_event_bridge(&bridge, Some(now)),
        ] {
            assert_eq!(change.unwrap().changed_at, now, "{time}");
        }
        for error in [
            StateChange::from_sns_message(&sns, None),
            StateChange::from_lambda_action(&lambda, None),
            StateChange::from_event_bridge(&bridge, None),
        ] {
            assert!(matches!(error, Err(Error::Malformed { .. })), "{error:?}");
        }
    }
    let readable = include_str!("../../events/lambda-action-alarm.json");
    let readable = serde_json::from_str(readable).unwrap();
    let change = StateChange::from_lambda_action(&readable, Some(now)).unwrap();
    assert_eq!(change.changed_at, from_lambda_action().changed_at);
}

#[test]
fn an_unknown_state_is_kept() {
    let text =
        r#"{"AlarmName":"a","NewStateValue":"PANIC","StateChangeTime":"2026-11-23T09:48:20Z"}"#;
    let change = StateChange::from_sns_message(text, None).unwrap();
    assert_eq!(change.new_state, StateValue::Unknown("PANIC".to_owned()));
    assert_eq!(change.new_state.to_string(), "PANIC");
}
