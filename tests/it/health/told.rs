//! What is mailed of the watch: when the alarm on it changes, and while it lasts.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    ALARM, FILTER, HEALTH, TOPIC, TRAIL, break_alarm, deployed, next_tick, published, set_alarm,
    tick, trail_event,
};
use crate::alert::mail;
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke_as, sample};
use kms_alarm::environment::Environment;

/// The environment of a function that knows its log group and its role.
fn environment() -> Environment {
    Environment {
        log_group_name: Some(TRAIL.to_owned()),
        role_arn: Some("arn:aws:iam::111122223333:role/alarm-function".to_owned()),
        ..crate::fake_aws::environment()
    }
}

/// A change of the alarm on the watch, as SNS brings it.
fn change(aws: &FakeAws, [old, new]: [&str; 2], reason: &str) -> Value {
    let mut event = sample("sns-alarm");
    let sns = &mut event["Records"][0]["Sns"];
    let mut message: Value = serde_json::from_str(sns["Message"].as_str().unwrap()).unwrap();
    message["AlarmName"] = json!(HEALTH);
    message["AlarmArn"] = json!(format!(
        "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{HEALTH}"
    ));
    message["NewStateValue"] = json!(new);
    message["OldStateValue"] = json!(old);
    message["NewStateReason"] = json!(reason);
    let now = aws.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    message["StateChangeTime"] = json!(now);
    message["Trigger"] = json!({
        "MetricName": "Problems", "Namespace": "kms-alarm", "StatisticType": "Statistic",
        "Statistic": "SUM", "Unit": null, "Dimensions": [{"value": "pattern1-logging", "name": "Name"}],
        "Period": 600, "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1.0,
        "TreatMissingData": "breaching", "EvaluateLowSampleCountPercentile": "",
    });
    sns["Message"] = json!(message.to_string());
    event
}

const CROSSED: &str = "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (23/11/26 10:47:00)] was greater than or \
    equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).";
const NO_DATA: &str = "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was \
    treated as [Breaching].";
const CALM: &str = "Threshold Crossed: 1 datapoint [0.0 (23/11/26 11:07:00)] was not greater than or equal to the \
    threshold (1.0).";

/// The alarm on the watch changes, a minute after the last tick.
async fn changes(aws: &FakeAws, states: [&str; 2], reason: &str) {
    tokio::time::advance(Duration::from_mins(1)).await;
    let at = aws.now().as_second();
    aws.by_hand(|world| {
        let alarm = world.alarms.get_mut(HEALTH).unwrap();
        alarm.state = json!({
            "StateValue": states[1], "StateTransitionedTimestamp": {"$seconds": at},
        });
        let state = if states[1] == "ALARM" { "ALARM" } else { "OK" };
        alarm.history.insert(0, (at, state));
    });
    let event = change(aws, states, reason);
    invoke_as(aws, &environment(), event).await.unwrap();
}

/// The subject and the text of the only new mail.
fn only_mail(aws: &FakeAws) -> (String, String) {
    let published = std::mem::take(&mut aws.state().published);
    assert_eq!(published.len(), 1, "{published:?}");
    let subject = published[0]["Subject"].as_str().unwrap().to_owned();
    (subject, mail(&published[0]))
}

/// A message waits in the queue, and the alarm on the watch has told it.
async fn goes_off_for_a_message(aws: &FakeAws) {
    aws.by_hand(|world| world.waiting = 1.0);
    next_tick(aws).await;
    changes(aws, ["OK", "ALARM"], CROSSED).await;
    only_mail(aws);
}

fn delete_filter(aws: &FakeAws, by: &str) {
    let at = aws.now();
    let parameters = json!({"filterName": FILTER, "logGroupName": TRAIL});
    let (timestamp, event) =
        trail_event(at, "logs.amazonaws.com", "DeleteMetricFilter", &parameters);
    let event = event.replace("alice", by);
    let mut state = aws.state();
    let group = state.world.log_groups.get_mut(TRAIL).unwrap();
    group.filters.remove(FILTER);
    group.events.push((timestamp, event));
}

#[tokio::test(start_paused = true)]
async fn a_repair_is_told_once_with_who_and_then_its_end() {
    let aws = deployed().await;
    next_tick(&aws).await;
    tokio::time::advance(Duration::from_mins(2)).await;
    delete_filter(&aws, "alice");
    next_tick(&aws).await;
    assert!(published(&aws).is_empty());
    changes(&aws, ["OK", "ALARM"], CROSSED).await;
    let (subject, text) = only_mail(&aws);
    assert!(
        subject.starts_with("[KMS HEALTH MEDIUM] metric filter deleted"),
        "{subject}"
    );
    assert!(
        text.contains("Deleted by alice (IAM user) with DeleteMetricFilter"),
        "{text}"
    );
    assert!(text.contains("The function made it again."), "{text}");
    for _ in 0..2 {
        next_tick(&aws).await;
    }
    assert!(published(&aws).is_empty());
    changes(&aws, ["ALARM", "OK"], CALM).await;
    let (subject, text) = only_mail(&aws);
    assert!(
        subject.starts_with("[KMS HEALTH OK] metric filter deleted"),
        "{subject}"
    );
    assert!(text.contains("alice"), "{text}");
    assert!(
        text.contains("finds nothing wrong any more, after 11 min"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named_whom_the_trail_does_not_prove() {
    // Too early, too late, of another filter, and our own role.
    for (when, parameters, by_us) in [
        (
            -10,
            json!({"filterName": FILTER, "logGroupName": TRAIL}),
            false,
        ),
        (
            6,
            json!({"filterName": FILTER, "logGroupName": TRAIL}),
            false,
        ),
        (
            -1,
            json!({"filterName": "other", "logGroupName": TRAIL}),
            false,
        ),
        (
            -1,
            json!({"filterName": FILTER, "logGroupName": "other"}),
            false,
        ),
        (
            -1,
            json!({"filterName": FILTER, "logGroupName": TRAIL}),
            true,
        ),
    ] {
        let aws = deployed().await;
        next_tick(&aws).await;
        let at = aws.now() + SignedDuration::from_mins(5 + when);
        let (timestamp, mut event) =
            trail_event(at, "logs.amazonaws.com", "DeleteMetricFilter", &parameters);
        if by_us {
            let mut own: Value = event.parse().unwrap();
            own["userIdentity"] = json!({
                "type": "AssumedRole",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/alarm-function"}},
            });
            event = own.to_string();
        }
        aws.by_hand(|world| {
            let group = world.log_groups.get_mut(TRAIL).unwrap();
            group.filters.remove(FILTER);
            group.events.push((timestamp, event));
        });
        next_tick(&aws).await;
        tokio::time::advance(Duration::from_mins(1)).await;
        changes(&aws, ["OK", "ALARM"], CROSSED).await;
        let (_, text) = only_mail(&aws);
        assert!(
            !text.contains("Deleted by"),
            "{when} {parameters} {by_us}: {text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_has_stopped_is_told_with_its_rule() {
    let aws = deployed().await;
    next_tick(&aws).await;
    let last = aws.now();
    tokio::time::advance(Duration::from_mins(1)).await;
    let rule = json!({"name": "pattern1-alarm-WatchRule-EXAMPLE"});
    let event = trail_event(aws.now(), "events.amazonaws.com", "DisableRule", &rule);
    aws.by_hand(|world| {
        world.log_groups.get_mut(TRAIL).unwrap().events.push(event);
    });
    tokio::time::advance(Duration::from_mins(10)).await;
    changes(&aws, ["OK", "ALARM"], NO_DATA).await;
    let (subject, text) = only_mail(&aws);
    assert!(
        subject.starts_with("[KMS HEALTH HIGH] the watch has stopped"),
        "{subject}"
    );
    let clock = last.strftime("%H:%M:%S").to_string();
    assert!(
        text.contains(&format!("its last tick came at 2026-11-23 {clock}")),
        "{text}"
    );
    assert!(
        text.contains("The rule was disabled by alice (IAM user)"),
        "{text}"
    );
    assert!(
        text.contains("aws events enable-rule --name pattern1-alarm-WatchRule-EXAMPLE"),
        "{text}"
    );
    next_tick(&aws).await;
    changes(&aws, ["ALARM", "OK"], CALM).await;
    let (subject, _) = only_mail(&aws);
    assert!(subject.starts_with("[KMS HEALTH OK]"), "{subject}");
}

#[tokio::test(start_paused = true)]
async fn a_new_alarm_that_becomes_ok_is_no_news() {
    let aws = deployed().await;
    next_tick(&aws).await;
    changes(&aws, ["INSUFFICIENT_DATA", "OK"], CALM).await;
    assert!(published(&aws).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_health_alarm_of_another_stack_is_an_alarm_like_any_other() {
    let aws = deployed().await;
    let event = change(&aws, ["OK", "ALARM"], CROSSED);
    let event = event
        .to_string()
        .replace("pattern1-logging-health", "other-health");
    invoke_as(&aws, &environment(), event.parse().unwrap())
        .await
        .unwrap();
    let (subject, _) = only_mail(&aws);
    assert!(!subject.contains("HEALTH"), "{subject}");
}

#[tokio::test(start_paused = true)]
async fn another_problem_is_told_while_the_first_lasts() {
    let aws = deployed().await;
    next_tick(&aws).await;
    goes_off_for_a_message(&aws).await;
    // Nothing new, and another number of messages is nothing new.
    aws.by_hand(|world| world.waiting = 3.0);
    next_tick(&aws).await;
    assert!(published(&aws).is_empty());
    delete_filter(&aws, "bob");
    tokio::time::advance(Duration::from_mins(5)).await;
    let event = tick(&aws);
    for _ in 0..2 {
        invoke_as(&aws, &environment(), event.clone())
            .await
            .unwrap();
    }
    // The second delivery found the filter repaired.
    let (subject, text) = only_mail(&aws);
    assert!(
        subject.starts_with("[KMS HEALTH MEDIUM] metric filter deleted"),
        "{subject}"
    );
    assert!(
        text.contains("found another problem and repaired it"),
        "{text}"
    );
    assert!(text.contains("by bob (IAM user)"), "{text}");
    assert!(!text.contains("queue"), "{text}");
    for _ in 0..3 {
        next_tick(&aws).await;
    }
    assert!(published(&aws).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_tick_twice_tells_the_same_with_the_same_id() {
    let aws = deployed().await;
    next_tick(&aws).await;
    goes_off_for_a_message(&aws).await;
    aws.by_hand(|world| {
        world
            .topics
            .get_mut(TOPIC)
            .unwrap()
            .subscriptions
            .remove("backup@example.com");
    });
    tokio::time::advance(Duration::from_mins(5)).await;
    let event = tick(&aws);
    for _ in 0..2 {
        invoke_as(&aws, &environment(), event.clone())
            .await
            .unwrap();
    }
    let published = published(&aws);
    assert_eq!(published.len(), 2);
    assert_eq!(published[0]["Message"], published[1]["Message"]);
}

#[tokio::test(start_paused = true)]
async fn without_the_alarm_on_it_the_watch_tells_itself() {
    let aws = deployed().await;
    next_tick(&aws).await;
    aws.by_hand(|world| {
        world.alarms.remove(HEALTH);
    });
    next_tick(&aws).await;
    let (subject, text) = only_mail(&aws);
    assert!(subject.contains("health alarm tells nobody"), "{subject}");
    assert!(text.contains(HEALTH), "{text}");
    for _ in 0..5 {
        next_tick(&aws).await;
    }
    assert!(published(&aws).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_notice_goes_out_when_nothing_can_be_looked_up() {
    let aws = deployed().await;
    next_tick(&aws).await;
    break_alarm(&aws);
    next_tick(&aws).await;
    aws.fail("logs:FilterLogEvents", How::Denied, 99);
    changes(&aws, ["OK", "ALARM"], CROSSED).await;
    let (subject, text) = only_mail(&aws);
    assert!(subject.starts_with("[KMS HEALTH HIGH]"), "{subject}");
    assert!(
        text.contains("What the ticks found could not be read"),
        "{text}"
    );
    assert!(
        text.contains("aws logs tail /aws/lambda/pattern1-alarm-AlarmFunction"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn checks_that_fail_twice_are_told() {
    let aws = deployed().await;
    aws.fail("logs:DescribeMetricFilters", How::Throttled, 99);
    for value in [0, 1] {
        assert_eq!(next_tick(&aws).await["Problems"], value);
    }
    aws.heal();
    changes(&aws, ["OK", "ALARM"], CROSSED).await;
    let (subject, text) = only_mail(&aws);
    assert!(subject.contains("checks could not be made"), "{subject}");
    assert!(
        text.contains("the metric filter: logs:DescribeMetricFilters"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_publish_that_fails_is_an_error_that_lambda_repeats() {
    let aws = deployed().await;
    next_tick(&aws).await;
    set_alarm(&aws, "Threshold", &json!(5.0));
    next_tick(&aws).await;
    aws.fail("sns:Publish", How::Denied, 99);
    let event = change(&aws, ["OK", "ALARM"], CROSSED);
    let error = invoke_as(&aws, &environment(), event.clone())
        .await
        .unwrap_err();
    assert!(error.contains("sns:Publish"), "{error}");
    aws.heal();
    invoke_as(&aws, &environment(), event).await.unwrap();
    let (_, text) = only_mail(&aws);
    assert!(text.contains("Threshold is 5, not 1"), "{text}");
    assert_eq!(aws.world().alarms[ALARM].settings["Threshold"], 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_problem_does_not_hide_the_next_sabotage_of_the_same_kind() {
    let aws = deployed().await;
    goes_off_for_a_message(&aws).await;
    for _ in 0..3 {
        delete_filter(&aws, "mallory");
        for ticks in 0..5 {
            next_tick(&aws).await;
            if ticks == 0 {
                let (subject, _) = only_mail(&aws);
                assert!(subject.contains("metric filter deleted"), "{subject}");
            }
        }
    }
    assert!(published(&aws).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_problem_that_could_not_be_told_is_told_by_the_next_tick() {
    for operation in ["cloudwatch:DescribeAlarms", "logs:FilterLogEvents"] {
        let aws = deployed().await;
        goes_off_for_a_message(&aws).await;
        delete_filter(&aws, "mallory");
        tokio::time::advance(Duration::from_mins(5)).await;
        aws.fail(operation, How::Throttled, 99);
        let _ = invoke_as(&aws, &environment(), tick(&aws)).await;
        assert!(published(&aws).is_empty(), "{operation}");
        aws.heal();
        next_tick(&aws).await;
        // What was repaired meanwhile is in the log, and in the mail of the end.
        changes(&aws, ["ALARM", "OK"], CALM).await;
        let mails = published(&aws);
        let told = mails
            .iter()
            .any(|mail| mail.to_string().contains("metric filter"));
        assert!(told, "{operation}: {mails:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_back_again_and_again_is_left_after_ten_repairs() {
    let aws = deployed().await;
    for repairs in 0..12 {
        delete_filter(&aws, "terraform");
        let line = next_tick(&aws).await;
        let repair = &line["health"]["problems"][0]["repair"];
        assert_eq!(*repair == "done", repairs < 10, "{line}");
    }
    tokio::time::advance(Duration::from_hours(24)).await;
    let line = next_tick(&aws).await;
    assert_eq!(line["health"]["problems"][0]["repair"], "done", "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_at_work_ends_no_problem() {
    let aws = deployed().await;
    let id = super::id(&aws);
    aws.by_hand(|world| {
        let topic = world.topics.get_mut(TOPIC).unwrap();
        topic.subscriptions.remove("backup@example.com");
        let other = format!("{TOPIC}:1234abcd-12ab-34cd-56ef-00000000000a");
        topic
            .subscriptions
            .insert("other@example.com".to_owned(), other);
    });
    assert_eq!(next_tick(&aws).await["Problems"], 1);
    // An update that CloudFormation sends again, because the code is new.
    let same = super::properties();
    let update = crate::invoke::request_about("Update", &id, &same, &same);
    let update = crate::invoke::signed(update, aws.now());
    aws.by_hand(|world| {
        let pending = crate::fake_aws::PENDING.to_owned();
        let topic = world.topics.get_mut(TOPIC).unwrap();
        topic
            .subscriptions
            .insert("backup@example.com".to_owned(), pending);
    });
    invoke_as(&aws, &environment(), update).await.unwrap();
    aws.by_hand(|world| {
        world
            .topics
            .get_mut(TOPIC)
            .unwrap()
            .subscriptions
            .remove("backup@example.com");
    });
    let line = next_tick(&aws).await;
    assert_eq!(line["health"]["is_paused"], true, "{line}");
    assert_eq!(line["Problems"], 1, "{line}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named_for_what_was_done_in_another_region() {
    let aws = deployed().await;
    next_tick(&aws).await;
    delete_filter(&aws, "alice");
    aws.by_hand(|world| {
        let group = world.log_groups.get_mut(TRAIL).unwrap();
        let (_, event) = group.events.last_mut().unwrap();
        *event = event.replacen('{', "{\"awsRegion\": \"eu-west-1\",", 1);
    });
    next_tick(&aws).await;
    changes(&aws, ["OK", "ALARM"], CROSSED).await;
    let (_, text) = only_mail(&aws);
    assert!(!text.contains("alice"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_others_added_to_the_alarm_survives_a_repair() {
    let aws = deployed().await;
    let theirs = "arn:aws:sns:ap-southeast-2:111122223333:pager";
    aws.by_hand(|world| {
        let settings = &mut world.alarms.get_mut(ALARM).unwrap().settings;
        let actions = settings["AlarmActions"].as_array_mut().unwrap();
        actions.push(json!(theirs));
        settings["InsufficientDataActions"] = json!([theirs]);
        settings["ActionsEnabled"] = json!(false);
    });
    next_tick(&aws).await;
    let settings = &aws.world().alarms[ALARM].settings;
    assert_eq!(settings["ActionsEnabled"], true);
    assert!(
        settings["AlarmActions"].to_string().contains("pager"),
        "{settings}"
    );
    assert_eq!(settings["InsufficientDataActions"], json!([theirs]));
}
