//! The watch: what its ticks find, repair and write, and what is mailed of it.

mod faults;
mod told;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake_aws::{Alarm, DELETED, Delivery, FakeAws, PENDING, Topic};
use crate::invoke::{Ended, deliver, invoke, request, request_about, sample, signed};

const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
const STATE_TOPIC: &str =
    "arn:aws:sns:ap-southeast-2:111122223333:pattern1-alarm-AlarmStateTopic-EXAMPLE";
const TRAIL: &str = "pattern1-logging-loggroup";
const FILTER: &str = "pattern1-logging-metricfilter";
const ALARM: &str = "pattern1-logging-alarm";
const HEALTH: &str = "pattern1-logging-health";
const EMAILS: &str = "oncall@example.com, backup@example.com";

/// The same properties as the tick of [`tick`] has.
fn properties() -> Value {
    json!({"Emails": EMAILS})
}

/// A CloudTrail event.
fn trail_event(at: Timestamp, source: &str, name: &str, parameters: &Value) -> (i64, String) {
    let event = json!({
        "eventID": format!("{name}-{at}"),
        "eventTime": at.to_string(),
        "eventSource": source,
        "eventName": name,
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "userName": "alice",
        },
        "requestParameters": parameters,
    });
    (at.as_millisecond(), event.to_string())
}

/// CloudTrail writes an event.
fn write_event(aws: &FakeAws, source: &str, name: &str, parameters: &Value) {
    let event = trail_event(aws.now(), source, name, parameters);
    let mut state = aws.state();
    let group = state.world.log_groups.get_mut(TRAIL).unwrap();
    group.events.push(event);
}

/// A stack that has been there for an hour, with two addresses that have confirmed, a trail that
/// writes, and the alarm on the watch.
async fn deployed() -> FakeAws {
    let aws = FakeAws::with_log_group();
    invoke(&aws, request("Create", &properties()))
        .await
        .unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS", "{}", aws.answer());
    aws.by_hand(|world| {
        let topic = world.topics.get_mut(TOPIC).unwrap();
        for (number, subscription) in topic.subscriptions.values_mut().enumerate() {
            *subscription = format!("{TOPIC}:1234abcd-12ab-34cd-56ef-00000000000{number}");
        }
        let mut heard = Topic::default();
        heard
            .subscriptions
            .insert("function".to_owned(), format!("{STATE_TOPIC}:1"));
        world.topics.insert(STATE_TOPIC.to_owned(), heard);
        let alarm = Alarm {
            settings: json!({
                "AlarmName": HEALTH, "ActionsEnabled": true, "AlarmActions": [STATE_TOPIC],
                "Threshold": 1.0,
            }),
            state: json!({"StateValue": "OK"}),
            ..Alarm::default()
        };
        world.alarms.insert(HEALTH.to_owned(), alarm);
    });
    tokio::time::advance(Duration::from_hours(1)).await;
    write_event(&aws, "kms.amazonaws.com", "Decrypt", &json!({}));
    aws.all_calls();
    aws
}

/// The ID of the stack's resource.
fn id(aws: &FakeAws) -> String {
    let answer = aws.answer();
    answer["PhysicalResourceId"].as_str().unwrap().to_owned()
}

/// A tick that is due now.
fn tick(aws: &FakeAws) -> Value {
    tick_at(aws.now())
}

fn tick_at(at: Timestamp) -> Value {
    let mut event = sample("watch-tick");
    event["time"] = json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    event["detail"]["ResourceProperties"]["Emails"] = json!(EMAILS);
    event
}

/// Five minutes pass, and the watch ticks. Returns the line that it wrote.
async fn next_tick(aws: &FakeAws) -> Value {
    tokio::time::advance(Duration::from_mins(5)).await;
    if aws.state().world.log_groups.contains_key(TRAIL) {
        write_event(aws, "kms.amazonaws.com", "Decrypt", &json!({}));
    }
    let event = tick(aws);
    invoke(aws, event).await.unwrap();
    line(aws)
}

/// The last line.
fn line(aws: &FakeAws) -> Value {
    aws.state().metrics.last().unwrap().clone()
}

fn kinds(line: &Value) -> Vec<&str> {
    let problems = line["health"]["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|problem| problem["kind"].as_str().unwrap())
        .collect()
}

fn published(aws: &FakeAws) -> Vec<Value> {
    aws.state().published.clone()
}

/// The calls that change something.
fn writes(calls: &[String]) -> Vec<&str> {
    let reads = ["Describe", "Filter", "Get", "List"];
    let is_read = |call: &str| {
        let (_, operation) = call.split_once(':').unwrap_or_default();
        reads.iter().any(|read| operation.starts_with(read))
    };
    let calls = calls.iter().map(String::as_str);
    calls.filter(|call| !is_read(call)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_tick_asks_seven_times_and_writes_nothing() {
    let aws = deployed().await;
    let before = aws.world();
    invoke(&aws, tick(&aws)).await.unwrap();
    let mut calls = aws.all_calls();
    calls.sort();
    assert_eq!(
        calls,
        [
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricStatistics",
            "logs:DescribeMetricFilters",
            "logs:FilterLogEvents",
            "sns:GetTopicAttributes",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
        ]
    );
    assert_eq!(aws.world(), before);
    let line = line(&aws);
    assert_eq!(line["Problems"], 0.0, "{line}");
    assert_eq!(line["Name"], "pattern1-logging");
    assert!(published(&aws).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deployment_writes_that_nothing_is_wrong() {
    let aws = FakeAws::with_log_group();
    invoke(&aws, request("Create", &properties()))
        .await
        .unwrap();
    assert_eq!(line(&aws)["Problems"], 0.0);
    assert_eq!(line(&aws)["Name"], "pattern1-logging");
    let id = id(&aws);
    let delete = request_about("Delete", &id, &json!({}), &properties());
    invoke(&aws, delete).await.unwrap();
    assert_eq!(aws.state().metrics.len(), 1);
}

/// What happens to a world, by hand.
type Sabotage = fn(&FakeAws);

/// What is sabotaged, the problem that the next tick finds, and whether it repairs it.
const SABOTAGES: [(&str, Sabotage, &str, bool); 19] = [
    (
        "the filter is deleted",
        |aws| {
            let groups = &mut aws.state().world.log_groups;
            groups.get_mut(TRAIL).unwrap().filters.remove(FILTER);
        },
        "filterGone",
        true,
    ),
    (
        "the filter's pattern is edited",
        |aws| {
            let groups = &mut aws.state().world.log_groups;
            let filter = groups.get_mut(TRAIL).unwrap().filters.get_mut(FILTER);
            filter.unwrap()["filterPattern"] = json!("ERROR");
        },
        "filterChanged",
        true,
    ),
    (
        "the filter feeds another metric",
        |aws| {
            let groups = &mut aws.state().world.log_groups;
            let filter = groups.get_mut(TRAIL).unwrap().filters.get_mut(FILTER);
            filter.unwrap()["metricTransformations"][0]["metricName"] = json!("Other");
        },
        "filterChanged",
        true,
    ),
    (
        "the alarm is deleted",
        |aws| {
            aws.state().world.alarms.remove(ALARM);
        },
        "alarmGone",
        true,
    ),
    (
        "the alarm's actions are turned off",
        |aws| set_alarm(aws, "ActionsEnabled", &json!(false)),
        "alarmChanged",
        true,
    ),
    (
        "the threshold is changed",
        |aws| set_alarm(aws, "Threshold", &json!(100.0)),
        "alarmChanged",
        true,
    ),
    (
        "the alarm's topic is taken away",
        |aws| set_alarm(aws, "AlarmActions", &json!([])),
        "alarmChanged",
        true,
    ),
    (
        "the topic is deleted",
        |aws| {
            aws.state().world.topics.remove(TOPIC);
        },
        "topicGone",
        true,
    ),
    (
        "the topic's policy is replaced",
        |aws| {
            let mut state = aws.state();
            let topic = state.world.topics.get_mut(TOPIC).unwrap();
            let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
            topic
                .attributes
                .insert("Policy".to_owned(), policy.to_owned());
        },
        "topicChanged",
        true,
    ),
    (
        "an address is unsubscribed",
        |aws| {
            let mut state = aws.state();
            let topic = state.world.topics.get_mut(TOPIC).unwrap();
            topic.subscriptions.remove("backup@example.com");
        },
        "addressesGone",
        false,
    ),
    (
        "nobody has confirmed any more",
        |aws| {
            let mut state = aws.state();
            let topic = state.world.topics.get_mut(TOPIC).unwrap();
            for subscription in topic.subscriptions.values_mut() {
                PENDING.clone_into(subscription);
            }
        },
        "nobodySubscribed",
        false,
    ),
    (
        "the log group is gone",
        |aws| {
            aws.state().world.log_groups.remove(TRAIL);
        },
        "logGroupGone",
        false,
    ),
    (
        "a message waits in the queue",
        |aws| aws.state().world.waiting = 2.0,
        "queueNotEmpty",
        false,
    ),
    (
        "the alarm on the watch is deleted",
        |aws| {
            aws.state().world.alarms.remove(HEALTH);
        },
        "healthAlarmGone",
        false,
    ),
    (
        "its threshold is raised",
        |aws| {
            let mut state = aws.state();
            let alarm = state.world.alarms.get_mut(HEALTH).unwrap();
            alarm.settings["Threshold"] = json!(1_000.0);
        },
        "healthAlarmGone",
        false,
    ),
    (
        "it no longer tells the function",
        |aws| {
            let mut state = aws.state();
            let alarm = state.world.alarms.get_mut(HEALTH).unwrap();
            alarm.settings["AlarmActions"] = json!([]);
        },
        "healthAlarmGone",
        false,
    ),
    (
        "the function is no longer subscribed to the alarm",
        |aws| {
            let mut state = aws.state();
            let topic = state.world.topics.get_mut(STATE_TOPIC).unwrap();
            topic.subscriptions.clear();
        },
        "alarmUnheard",
        false,
    ),
    (
        "the topic that the alarm notifies is deleted",
        |aws| {
            aws.state().world.topics.remove(STATE_TOPIC);
        },
        "alarmUnheard",
        false,
    ),
    (
        "its actions are turned off",
        |aws| {
            let mut state = aws.state();
            let alarm = state.world.alarms.get_mut(HEALTH).unwrap();
            alarm.settings["ActionsEnabled"] = json!(false);
        },
        "healthAlarmGone",
        false,
    ),
];

fn set_alarm(aws: &FakeAws, setting: &str, value: &Value) {
    let mut state = aws.state();
    let alarm = state.world.alarms.get_mut(ALARM).unwrap();
    alarm.settings[setting] = value.clone();
}

#[tokio::test(start_paused = true)]
async fn each_sabotage_is_found_and_ours_is_repaired() {
    for (what, sabotage, kind, repaired) in SABOTAGES {
        let aws = deployed().await;
        next_tick(&aws).await;
        let before = aws.world();
        sabotage(&aws);
        let sabotaged = aws.world();
        aws.all_calls();
        let line = next_tick(&aws).await;
        assert_eq!(kinds(&line), [kind], "{what}: {line}");
        assert_eq!(line["Problems"], 1.0, "{what}");
        let repair = &line["health"]["problems"][0]["repair"];
        assert_eq!(*repair == "done", repaired, "{what}: {line}");
        let mut after = aws.world();
        // The trail goes on.
        for (name, group) in &mut after.log_groups {
            group.events.clone_from(&before.log_groups[name].events);
        }
        if !repaired {
            assert_eq!(after, sabotaged, "{what}");
        } else if kind == "topicGone" {
            let topic = &after.topics[TOPIC];
            assert_eq!(topic.attributes, before.topics[TOPIC].attributes);
            let subscriptions: Vec<_> = topic.subscriptions.values().collect();
            assert_eq!(subscriptions, [PENDING, PENDING], "{what}");
        } else {
            // The policy is merged, which may order its statements otherwise.
            assert_eq!(after.log_groups, before.log_groups, "{what}");
            let alarm = |world: &crate::fake_aws::World| {
                let mut settings = world.alarms[ALARM].settings.clone();
                let fields = settings.as_object_mut().unwrap();
                fields.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
                settings
            };
            assert_eq!(alarm(&after), alarm(&before), "{what}");
            assert_eq!(
                after.alarms[ALARM].tags, before.alarms[ALARM].tags,
                "{what}"
            );
        }
        // In order again, or still not.
        let line = next_tick(&aws).await;
        match kind {
            "topicGone" => assert_eq!(kinds(&line), ["nobodySubscribed"], "{what}"),
            _ if repaired => assert_eq!(line["Problems"], 0.0, "{what}: {line}"),
            _ => assert_eq!(kinds(&line), [kind], "{what}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_left_is_told_by_its_place_only() {
    let aws = deployed().await;
    aws.by_hand(|world| {
        let topic = world.topics.get_mut(TOPIC).unwrap();
        DELETED.clone_into(topic.subscriptions.get_mut("backup@example.com").unwrap());
    });
    let line = next_tick(&aws).await;
    let problem = &line["health"]["problems"][0];
    assert_eq!(problem["details"], json!(["address 2 of 2"]));
    assert!(!line.to_string().contains('@'), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_has_not_confirmed_yet_is_no_problem() {
    let aws = deployed().await;
    aws.by_hand(|world| {
        let topic = world.topics.get_mut(TOPIC).unwrap();
        PENDING.clone_into(topic.subscriptions.get_mut("backup@example.com").unwrap());
    });
    assert_eq!(next_tick(&aws).await["Problems"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_trail_and_one_without_kms_are_told_apart() {
    for (other_events, hours, kind) in [
        (true, 2, None),
        (true, 23, None),
        (true, 25, Some("noKmsEvents")),
        (false, 2, Some("logGroupSilent")),
        (false, 25, Some("logGroupSilent")),
    ] {
        let aws = deployed().await;
        tokio::time::advance(Duration::from_hours(hours)).await;
        if other_events {
            write_event(&aws, "sts.amazonaws.com", "AssumeRole", &json!({}));
        }
        invoke(&aws, tick(&aws)).await.unwrap();
        let line = line(&aws);
        assert_eq!(kinds(&line), Vec::from_iter(kind), "{hours} h: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_carries_another_stacks_tag_is_told_and_left() {
    let aws = deployed().await;
    aws.by_hand(|world| {
        let alarm = world.alarms.get_mut(ALARM).unwrap();
        alarm.settings["Threshold"] = json!(100.0);
        alarm
            .tags
            .insert("kms-alarm:owner".to_owned(), "0123456789ab".to_owned());
        alarm
            .tags
            .insert("kms-alarm:stack".to_owned(), "theirs".to_owned());
    });
    let before = aws.world().alarms;
    let line = next_tick(&aws).await;
    assert_eq!(kinds(&line), ["alarmChanged"]);
    let repair = &line["health"]["problems"][0]["repair"]["failed"];
    assert!(
        repair.as_str().unwrap().contains("another stack's tag"),
        "{line}"
    );
    assert_eq!(aws.world().alarms, before);
}

#[tokio::test(start_paused = true)]
async fn tags_that_somebody_removed_do_not_keep_it_from_repairing() {
    let aws = deployed().await;
    aws.by_hand(|world| {
        let alarm = world.alarms.get_mut(ALARM).unwrap();
        alarm.settings["Threshold"] = json!(100.0);
        alarm.tags.clear();
    });
    let line = next_tick(&aws).await;
    assert_eq!(line["health"]["problems"][0]["repair"], "done", "{line}");
    let alarm = &aws.world().alarms[ALARM];
    assert_eq!(alarm.settings["Threshold"], 1.0);
    assert!(alarm.tags.contains_key("kms-alarm:owner"));
}

fn break_alarm(aws: &FakeAws) {
    set_alarm(aws, "Threshold", &json!(100.0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repaired_within_ten_minutes_of_a_request() {
    let aws = FakeAws::with_log_group();
    invoke(&aws, request("Create", &properties()))
        .await
        .unwrap();
    for minutes in [1, 5, 3] {
        tokio::time::advance(Duration::from_mins(minutes)).await;
        break_alarm(&aws);
        let before = aws.world().alarms;
        aws.all_calls();
        invoke(&aws, tick(&aws)).await.unwrap();
        assert_eq!(aws.world().alarms, before);
        assert_eq!(writes(&aws.all_calls()), Vec::<&str>::new());
        let line = line(&aws);
        assert!(!kinds(&line).contains(&"alarmChanged"), "{line}");
        assert_eq!(line["health"]["is_paused"], true, "{line}");
    }
    tokio::time::advance(Duration::from_mins(2)).await;
    invoke(&aws, tick(&aws)).await.unwrap();
    assert_eq!(aws.world().alarms[ALARM].settings["Threshold"], 1.0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repaired_while_a_request_is_at_work() {
    let aws = deployed().await;
    let id = id(&aws);
    // An Update that hangs at the filter.
    aws.fail("logs:PutMetricFilter", crate::fake_aws::How::Slow(7), 1);
    let update = request_about(
        "Update",
        &id,
        &properties(),
        &json!({"Emails": EMAILS, "Threshold": "7"}),
    );
    let update = signed(update, aws.now());
    let working = invoke(&aws, update);
    let ticking = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        invoke(&aws, tick(&aws)).await
    };
    let (worked, ticked) = tokio::join!(working, ticking);
    worked.unwrap();
    ticked.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS");
    assert_eq!(aws.world().alarms[ALARM].settings["Threshold"], 7.0);
    assert_eq!(line(&aws)["Problems"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_repair_gives_way_to_a_request_that_comes_meanwhile() {
    let aws = deployed().await;
    let id = id(&aws);
    break_alarm(&aws);
    aws.by_hand(|world| {
        let filters = &mut world.log_groups.get_mut(TRAIL).unwrap().filters;
        filters.remove(FILTER);
    });
    // The repair hangs at the filter; meanwhile the stack is deleted.
    aws.fail("logs:PutMetricFilter", crate::fake_aws::How::Slow(5), 1);
    let ticking = invoke(&aws, tick(&aws));
    let deleting = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let delete = request_about("Delete", &id, &json!({}), &properties());
        invoke(&aws, signed(delete, aws.now())).await
    };
    let (ticked, deleted) = tokio::join!(ticking, deleting);
    ticked.unwrap();
    deleted.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS", "{}", aws.answer());
    let world = aws.world();
    assert!(!world.alarms.contains_key(ALARM));
    assert!(!world.topics.contains_key(TOPIC));
    assert!(world.log_groups[TRAIL].filters.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tick_after_the_delete_makes_nothing() {
    let aws = deployed().await;
    let id = id(&aws);
    let delete = request_about("Delete", &id, &json!({}), &properties());
    invoke(&aws, signed(delete, aws.now())).await.unwrap();
    for _ in 0..4 {
        aws.all_calls();
        let line = next_tick(&aws).await;
        assert_eq!(line["health"]["problems"], json!([]), "{line}");
        assert!(writes(&aws.all_calls()).is_empty());
    }
    assert!(!aws.world().topics.contains_key(TOPIC));
}

#[tokio::test(start_paused = true)]
async fn a_tick_with_other_properties_than_the_last_deployment_repairs_nothing() {
    let aws = deployed().await;
    let before = aws.world().alarms;
    // A deployment may change the rule some minutes before the alarm.
    for value in [0, 0, 1] {
        tokio::time::advance(Duration::from_mins(5)).await;
        write_event(&aws, "kms.amazonaws.com", "Decrypt", &json!({}));
        let mut event = tick(&aws);
        event["detail"]["ResourceProperties"]["Threshold"] = json!("5");
        invoke(&aws, event).await.unwrap();
        assert_eq!(line(&aws)["Problems"], value, "{}", line(&aws));
        let unknown = &line(&aws)["health"]["unknown"][0];
        let why = unknown["why"].as_str().unwrap();
        assert!(why.contains("not those of the last deployment"), "{why}");
    }
    assert_eq!(aws.world().alarms, before);
}

#[tokio::test(start_paused = true)]
async fn after_an_update_the_new_properties_are_in_force() {
    let aws = deployed().await;
    let id = id(&aws);
    let new = json!({"Emails": EMAILS, "Threshold": "5"});
    let update = request_about("Update", &id, &properties(), &new);
    invoke(&aws, signed(update, aws.now())).await.unwrap();
    tokio::time::advance(Duration::from_mins(11)).await;
    break_alarm(&aws);
    let mut event = tick(&aws);
    event["detail"]["ResourceProperties"]["Threshold"] = json!("5");
    invoke(&aws, event).await.unwrap();
    assert_eq!(aws.world().alarms[ALARM].settings["Threshold"], 5.0);
}

#[tokio::test(start_paused = true)]
async fn an_update_after_a_repair_finds_everything_its_own() {
    let aws = deployed().await;
    let id = id(&aws);
    aws.by_hand(|world| {
        world.topics.remove(TOPIC);
    });
    next_tick(&aws).await;
    let new = json!({"Emails": EMAILS, "Threshold": "5"});
    let update = request_about("Update", &id, &properties(), &new);
    invoke(&aws, signed(update, aws.now())).await.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS", "{}", aws.answer());
    tokio::time::advance(Duration::from_mins(1)).await;
    let delete = request_about("Delete", &id, &json!({}), &new);
    invoke(&aws, signed(delete, aws.now())).await.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS", "{}", aws.answer());
    let world = aws.world();
    assert!(!world.topics.contains_key(TOPIC));
    assert!(world.log_groups[TRAIL].filters.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_tick_twice_repairs_once() {
    let aws = deployed().await;
    break_alarm(&aws);
    let event = tick(&aws);
    let (one, other) = (Delivery::named("one"), Delivery::named("other"));
    let minute = Duration::from_mins(1);
    let ended = tokio::join!(
        deliver(&aws, &one, event.clone(), minute),
        deliver(&aws, &other, event, minute)
    );
    assert_eq!(ended, (Ended::Done, Ended::Done));
    let puts = aws.all_calls();
    let puts = puts
        .iter()
        .filter(|call| *call == "cloudwatch:PutMetricAlarm");
    assert_eq!(puts.count(), 1);
    assert_eq!(aws.world().alarms[ALARM].settings["Threshold"], 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_day_of_health_says_and_changes_nothing() {
    let aws = deployed().await;
    let before = aws.world();
    for _ in 0..288 {
        assert_eq!(next_tick(&aws).await["Problems"], 0.0);
    }
    let calls = aws.all_calls();
    assert_eq!(writes(&calls), Vec::<&str>::new());
    assert_eq!(calls.len(), 288 * 7);
    assert!(published(&aws).is_empty());
    assert_eq!(aws.world().alarms, before.alarms);
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_event_without_its_input_is_refused_by_name() {
    let aws = deployed().await;
    for (pointer, field) in [
        ("/time", "time"),
        ("/detail/WatchMinutes", "detail.WatchMinutes"),
        ("/detail/StackId", "detail.StackId"),
        ("/detail/LogicalResourceId", "detail.LogicalResourceId"),
        ("/detail/ResourceProperties", "ResourceProperties"),
    ] {
        let mut event = tick(&aws);
        *event.pointer_mut(pointer).unwrap() = json!("");
        let error = invoke(&aws, event).await.unwrap_err();
        assert!(error.contains(field), "{pointer}: {error}");
    }
    let mut event = tick(&aws);
    event["detail"]["WatchMinutes"] = json!("90");
    let error = invoke(&aws, event).await.unwrap_err();
    assert!(error.contains("detail.WatchMinutes"), "{error}");
    let mut event = tick(&aws);
    event["detail"]["ResourceProperties"]["Period"] = json!("7");
    let error = invoke(&aws, event).await.unwrap_err();
    assert!(error.contains("Period"), "{error}");
    let mut event = tick(&aws);
    event["detail"]["ResourceProperties"]["Emails"] = json!("a@b@example.com");
    let error = invoke(&aws, event).await.unwrap_err();
    assert!(
        error.contains("Emails") && !error.contains("b@example"),
        "{error}"
    );
}
