//! What happens in accounts between requests: people change things by hand, answers are lost,
//! deliveries overlap, requests are cancelled, tags and permissions arrive late. The stack can go
//! back from each of these, and nothing is lost on the way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloudformation::{INVENTED_ID, Stack, inhabited, log, owned};
use crate::fake_aws::{
    Alarm, AlarmKind, DELETED, Delivery, FakeAws, How, Lags, PENDING, Topic, World, default_policy,
};
use crate::invoke::{Ended, deliver, invoke, invoke_within, request, signed};

const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
const RENAMED_TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:renamed-topic";
const ALARM: &str = "pattern1-logging-alarm";
const FILTER: &str = "pattern1-logging-metricfilter";
const LOG_GROUP: &str = "pattern1-logging-loggroup";
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// A stack whose Create succeeded, in an account whose policies are the template's.
async fn created(properties: &Value) -> Stack {
    let aws = inhabited();
    aws.enforce_tag_conditions("pattern1-alarm");
    let mut stack = Stack::new(&aws);
    let answer = stack.create(properties).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    stack
}

/// Another filter begins to feed a metric.
fn feed(world: &mut World, name: &str, metric: &str) {
    let filter = json!({
        "filterName": name,
        "filterPattern": "ERROR",
        "logGroupName": LOG_GROUP,
        "metricTransformations": [{
            "metricNamespace": "Pattern1Application/KMSSecurity",
            "metricName": metric,
            "metricValue": "1",
        }],
    });
    let group = world.log_groups.get_mut(LOG_GROUP).unwrap();
    group.filters.insert(name.to_owned(), filter);
}

fn strip_tags(world: &mut World) {
    world.topics.get_mut(TOPIC).unwrap().tags.clear();
    world.alarms.get_mut(ALARM).unwrap().tags.clear();
}

/// Somebody deletes the topic, and makes one of that name by hand.
fn make_topic_again(world: &mut World) {
    world.topics.insert(TOPIC.to_owned(), Topic::default());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_did_since_refuses_no_update_and_no_upgrade() {
    let hands: [fn(&mut World); 5] = [
        |world| feed(world, "second", "KMSSecurityError"),
        strip_tags,
        make_topic_again,
        |world| drop(world.topics.remove(TOPIC)),
        |world| drop(world.alarms.remove(ALARM)),
    ];
    for (number, by_hand) in hands.into_iter().enumerate() {
        for changed in [json!({"Period": "60"}), json!({"Revision": "2"})] {
            let mut stack = created(&json!({})).await;
            let theirs = inhabited().world();
            stack.aws.by_hand(by_hand);
            let answer = stack.update(&changed).await;
            assert_eq!(answer["Status"], "SUCCESS", "{number}: {answer}");
            let world = stack.aws.world();
            assert!(world.topics[TOPIC].tags.contains_key("kms-alarm:complete"));
            assert!(world.topics[TOPIC].attributes["Policy"].contains("KmsAlarmOfThisAccount"));
            assert!(world.alarms[ALARM].tags.contains_key("kms-alarm:owner"));
            stack.delete().await;
            stack.aws.by_hand(|world| {
                let group = world.log_groups.get_mut(LOG_GROUP).unwrap();
                group.filters.remove("second");
            });
            assert_eq!(stack.aws.world(), theirs, "{number}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_refused_does_not_refuse_its_rollback() {
    let arn = "arn:aws:logs:ap-southeast-2:111122223333:log-group:trail:*";
    for (changed, expected) in [
        (json!({"MetricName": "Taken"}), "already feeds"),
        (json!({"LogGroupName": "missing"}), "there is no log group"),
        (json!({"LogGroupName": arn}), "give the name, not the ARN"),
        (json!({"Period": "7"}), "Period: "),
        (json!({"Name": "taken"}), "taken-topic exists"),
    ] {
        let mut stack = created(&json!({})).await;
        stack.aws.by_hand(|world| {
            feed(world, "second", "Taken");
            // Came after the Create, so it refuses nothing that held.
            feed(world, "third", "KMSSecurityError");
            strip_tags(world);
            let taken = TOPIC.replace("pattern1-logging", "taken");
            world.topics.insert(taken, Topic::default());
        });
        // The rollback is checked to succeed.
        let answer = stack.update(&changed).await;
        assert_eq!(answer["Status"], "FAILED", "{changed}");
        let reason = answer["Reason"].as_str().unwrap();
        assert!(reason.contains(expected), "{reason}");
        stack.delete().await;
        assert_eq!(owned(&stack.aws.world()), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_feed_of_the_metric_that_comes_between_does_not_refuse_the_rollback() {
    let mut stack = created(&json!({})).await;
    stack
        .aws
        .fail("cloudwatch:PutMetricAlarm", How::Status(400), 1);
    let changed = json!({"MetricName": "Other"});
    let answer = stack.send(stack.update_event(&changed)).await;
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    stack
        .aws
        .by_hand(|world| feed(world, "second", "KMSSecurityError"));
    stack.roll_back(&changed).await;
    let filter = &stack.aws.world().log_groups[LOG_GROUP].filters[FILTER];
    let metric = &filter["metricTransformations"][0]["metricName"];
    assert_eq!(metric, "KMSSecurityError");
}

#[tokio::test(start_paused = true)]
async fn what_carries_another_stacks_tag_is_left_alone_and_told() {
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        let tags = &mut world.topics.get_mut(TOPIC).unwrap().tags;
        tags.insert("kms-alarm:owner".to_owned(), "other".to_owned());
        tags.insert("kms-alarm:stack".to_owned(), "their-stack".to_owned());
    });
    let theirs = stack.aws.world().topics[TOPIC].clone();
    // Its rollback succeeds.
    let answer = stack.update(&json!({"Period": "60"})).await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains("belongs to stack their-stack"), "{reason}");
    assert!(log().contains("carries another stack's tag"), "{}", log());
    stack.delete().await;
    assert_eq!(stack.aws.world().topics[TOPIC], theirs);
    assert!(log().contains("is not ours and was left as it is"));
}

#[tokio::test(start_paused = true)]
async fn stripped_tags_keep_nothing_from_being_deleted() {
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(strip_tags);
    stack.delete().await;
    assert_eq!(stack.aws.world(), inhabited().world());
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_was_lost_is_removed_though_its_retry_failed() {
    let aws = inhabited();
    let stack = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    // Nor is noted how it ended.
    aws.fail_after("logs:CreateLogStream", 1, How::Status(400), 1);
    aws.fail("PUT", How::Reset, 4);
    invoke(&aws, create.clone()).await.unwrap_err();
    tokio::time::sleep(MINUTE).await;
    aws.fail("logs:DescribeMetricFilters", How::Status(400), 1);
    invoke(&aws, create).await.unwrap();
    let failed = aws.answer();
    assert_eq!(failed["Status"], "FAILED", "{failed}");
    let id = failed["PhysicalResourceId"].as_str().unwrap();
    stack.send(stack.delete_event(id)).await;
    assert_eq!(aws.world(), inhabited().world());
    // The name can be used again.
    let mut stack = Stack::new(&aws);
    let answer = stack.create(&json!({})).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_of_a_create_undoes_nothing_whatever_fails() {
    for call in 1..=30 {
        let aws = inhabited();
        let create = signed(request("Create", &json!({})), aws.now());
        let (first, second) = (Delivery::default(), Delivery::default());
        first.fail_at(call, How::Slow(3), false);
        second.fail_at(call, How::Denied, true);
        let _ = Stack::new(&aws);
        tokio::join!(
            deliver(&aws, &first, create.clone(), MINUTE),
            deliver(&aws, &second, create, MINUTE),
        );
        // CloudFormation takes the first answer.
        let answer: Value = serde_json::from_str(&aws.state().answers[0]).unwrap();
        if answer["Status"] == "SUCCESS" {
            let world = aws.world();
            assert!(world.topics.contains_key(TOPIC), "call {call}");
            assert!(world.alarms.contains_key(ALARM), "call {call}");
            let filters = &world.log_groups[LOG_GROUP].filters;
            assert!(filters.contains_key(FILTER), "call {call}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_answered_is_not_carried_out_again() {
    let aws = inhabited();
    let _ = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    invoke(&aws, create.clone()).await.unwrap();
    aws.by_hand(|world| drop(world.alarms.remove(ALARM)));
    aws.calls();
    invoke(&aws, create).await.unwrap();
    assert_eq!(aws.calls(), ["PUT"]);
    let answers = aws.state().answers.clone();
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_sent_again() {
    let aws = inhabited();
    let _ = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    aws.fail("PUT", How::Reset, 4);
    invoke(&aws, create.clone()).await.unwrap_err();
    tokio::time::sleep(MINUTE).await;
    aws.calls();
    invoke(&aws, create).await.unwrap();
    assert_eq!(aws.calls(), ["PUT"]);
    assert_eq!(aws.answer()["Status"], "SUCCESS");
    assert_eq!(aws.answer()["Data"]["TopicArn"], TOPIC);
}

/// Lambda's retry is at work when the stack is cancelled.
#[tokio::test(start_paused = true)]
async fn a_retry_that_is_cancelled_brings_nothing_back() {
    let aws = inhabited();
    let stack = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    aws.fail_after("logs:CreateLogStream", 1, How::Status(400), 1);
    aws.fail("PUT", How::Reset, 4);
    invoke(&aws, create.clone()).await.unwrap_err();
    tokio::time::sleep(SECOND * 80).await;
    let retry = Delivery::default();
    retry.fail("cloudwatch:PutMetricAlarm", How::Denied, 1);
    check_deleted_meanwhile(&stack, &retry, create).await;
}

/// Two seconds after a delivery of a Create has begun, CloudFormation sends the Delete: nothing is
/// left.
async fn check_deleted_meanwhile(stack: &Stack, running: &Delivery, create: Value) {
    let aws = &stack.aws;
    let delete = Delivery::default();
    let deleted = async {
        tokio::time::sleep(SECOND * 2).await;
        deliver(aws, &delete, stack.delete_event(INVENTED_ID), MINUTE).await
    };
    let (_, deleted) = tokio::join!(deliver(aws, running, create, MINUTE), deleted);
    assert_eq!(deleted, Ended::Done);
    assert!(delete.answers()[0].contains("SUCCESS"));
    assert_eq!(aws.world(), inhabited().world());
}

/// The first delivery hangs so long that the second does the work.
#[tokio::test(start_paused = true)]
async fn what_another_delivery_has_completed_is_not_undone() {
    let aws = inhabited();
    let _ = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    let (first, second) = (Delivery::default(), Delivery::default());
    first.fail("cloudwatch:PutMetricAlarm", How::Hang, 3);
    let again = async {
        tokio::time::sleep(SECOND).await;
        // It has no time to wait for the first.
        deliver(&aws, &second, create.clone(), SECOND * 40).await
    };
    tokio::join!(deliver(&aws, &first, create.clone(), MINUTE), again);
    let answer: Value = serde_json::from_str(&aws.state().answers[0]).unwrap();
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let world = aws.world();
    assert!(world.topics.contains_key(TOPIC) && world.alarms.contains_key(ALARM));
    assert!(world.log_groups[LOG_GROUP].filters.contains_key(FILTER));
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_could_not_be_undone_goes_with_the_delete() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    aws.fail("cloudwatch:PutMetricAlarm", How::Status(400), 1);
    aws.fail("logs:DeleteMetricFilter", How::Denied, 99);
    let answer = stack.create(&json!({})).await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(
        reason.contains("could be undone: logs:DeleteMetricFilter"),
        "{reason}"
    );
    assert_eq!(aws.world(), inhabited().world());
}

#[tokio::test(start_paused = true)]
async fn a_create_that_could_not_announce_itself_is_removed_all_the_same() {
    let aws = inhabited();
    let stack = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    let first = Delivery::default();
    first.fail("logs:CreateLogStream", How::Denied, 2);
    first.fail("logs:PutMetricFilter", How::Denied, 4);
    check_deleted_meanwhile(&stack, &first, create).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_ends_no_subscription_that_people_made() {
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        let subscriptions = &mut world.topics.get_mut(TOPIC).unwrap().subscriptions;
        subscriptions.insert("own@example.com".to_owned(), format!("{TOPIC}:1"));
    });
    stack
        .aws
        .fail("cloudwatch:PutMetricAlarm", How::Status(400), 1);
    let answer = stack.update(&json!({"Emails": "own@example.com"})).await;
    assert_eq!(answer["Status"], "FAILED");
    let subscriptions = &stack.aws.world().topics[TOPIC].subscriptions;
    assert_eq!(subscriptions["own@example.com"], format!("{TOPIC}:1"));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_keeps_the_key_that_the_topic_had_before() {
    let key = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        let attributes = &mut world.topics.get_mut(TOPIC).unwrap().attributes;
        attributes.insert("KmsMasterKeyId".to_owned(), key.to_owned());
    });
    stack
        .aws
        .fail("cloudwatch:PutMetricAlarm", How::Status(400), 1);
    let answer = stack.update(&json!({"TopicKmsKeyId": key})).await;
    assert_eq!(answer["Status"], "FAILED");
    let attributes = &stack.aws.world().topics[TOPIC].attributes;
    assert_eq!(attributes["KmsMasterKeyId"], key);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_of_a_create_after_its_delete_makes_nothing() {
    let aws = inhabited();
    let stack = Stack::new(&aws);
    let create = signed(request("Create", &json!({})), aws.now());
    aws.fail("PUT", How::Reset, 4);
    invoke(&aws, create.clone()).await.unwrap_err();
    tokio::time::sleep(SECOND * 20).await;
    let answer = stack.send(stack.delete_event(INVENTED_ID)).await;
    assert_eq!(answer["Status"], "SUCCESS");
    tokio::time::sleep(SECOND * 30).await;
    invoke(&aws, create).await.unwrap();
    let reason = &aws.answer()["Reason"];
    let reason = reason.as_str().unwrap();
    assert!(reason.starts_with("a later request has come"), "{reason}");
    assert_eq!(aws.world(), inhabited().world());
}

#[tokio::test(start_paused = true)]
async fn an_address_that_was_unsubscribed_is_asked_again() {
    let emails = json!({"Emails": "a@example.com"});
    let mut stack = created(&emails).await;
    stack.aws.by_hand(|world| {
        let subscriptions = &mut world.topics.get_mut(TOPIC).unwrap().subscriptions;
        subscriptions.insert("a@example.com".to_owned(), DELETED.to_owned());
    });
    stack.update(&emails).await;
    let subscriptions = &stack.aws.world().topics[TOPIC].subscriptions;
    assert_eq!(subscriptions["a@example.com"], PENDING);
    assert!(log().contains("get no mail until they confirm again"));
}

#[tokio::test(start_paused = true)]
async fn an_address_is_unsubscribed_only_when_all_else_is_done() {
    let mut stack = created(&json!({"Emails": "a@example.com"})).await;
    stack.aws.by_hand(|world| {
        let subscriptions = &mut world.topics.get_mut(TOPIC).unwrap().subscriptions;
        subscriptions.insert("a@example.com".to_owned(), format!("{TOPIC}:1"));
    });
    stack
        .aws
        .fail("cloudwatch:PutMetricAlarm", How::Status(400), 1);
    let answer = stack.update(&json!({"Emails": ""})).await;
    assert_eq!(answer["Status"], "FAILED");
    let subscriptions = &stack.aws.world().topics[TOPIC].subscriptions;
    assert_eq!(subscriptions["a@example.com"], format!("{TOPIC}:1"));
}

/// As somebody left it who did the lab by hand: a topic with a policy and a key of its own, an
/// alarm, a filter, and a filter of the same name in another log group.
fn made_by_hand() -> FakeAws {
    let aws = inhabited();
    aws.enforce_tag_conditions("pattern1-alarm");
    aws.by_hand(|world| {
        let statement = json!({"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "*"}});
        let mut policy = default_policy(TOPIC);
        policy["Statement"].as_array_mut().unwrap().push(statement);
        let topic = Topic {
            attributes: [
                ("Policy".to_owned(), policy.to_string()),
                ("KmsMasterKeyId".to_owned(), "alias/theirs".to_owned()),
            ]
            .into(),
            subscriptions: [("me@example.com".to_owned(), format!("{TOPIC}:1"))].into(),
            ..Topic::default()
        };
        world.topics.insert(TOPIC.to_owned(), topic);
        let settings = json!({
            "AlarmName": ALARM, "Namespace": "Pattern1Application/KMSSecurity",
            "MetricName": "KMSSecurityError", "Period": 300, "AlarmActions": [TOPIC],
        });
        let alarm = Alarm {
            settings,
            ..Alarm::default()
        };
        world.alarms.insert(ALARM.to_owned(), alarm);
        feed(world, FILTER, "KMSSecurityError");
        let mut filter = world.log_groups[LOG_GROUP].filters[FILTER].clone();
        filter["logGroupName"] = json!("another");
        let another = world.log_groups.get_mut("another").unwrap();
        another.filters.insert(FILTER.to_owned(), filter);
    });
    aws
}

#[tokio::test(start_paused = true)]
async fn adopting_weakens_nothing_and_keeps_what_is_elsewhere() {
    let adopt = json!({"ExistingResources": "Adopt"});
    let aws = made_by_hand();
    let mut stack = Stack::new(&aws);
    stack.create(&adopt).await;
    let changed = json!({"ExistingResources": "Adopt", "Period": "60"});
    assert_eq!(stack.update(&changed).await["Status"], "SUCCESS");
    let world = aws.world();
    let topic = &world.topics[TOPIC];
    let policy: Value = serde_json::from_str(&topic.attributes["Policy"]).unwrap();
    let sids: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Sid"].as_str().unwrap())
        .collect();
    assert_eq!(
        sids,
        [
            "KmsAlarmOfThisAccount",
            "KmsAlarmOnlyOverTls",
            "__default_statement_ID",
            "Theirs"
        ]
    );
    assert_eq!(topic.attributes["KmsMasterKeyId"], "alias/theirs");
    stack.delete().await;
    // Only the filter in the other log group is not this stack's.
    let another = &aws.world().log_groups["another"].filters;
    assert!(another.contains_key(FILTER));
    assert!(!aws.world().topics.contains_key(TOPIC));
}

#[tokio::test(start_paused = true)]
async fn whatever_call_of_an_adoption_fails_everything_is_as_it_was() {
    let adopt = json!({"ExistingResources": "Adopt"});
    let calls = {
        let aws = made_by_hand();
        Stack::new(&aws).create(&adopt).await;
        aws.all_calls().len()
    };
    for call in 1..=calls {
        for (how, lasting) in [
            (How::Status(400), true),
            (How::Denied, true),
            (How::Lost, false),
            (How::Hang, false),
        ] {
            let aws = made_by_hand();
            let before = aws.world();
            let mut stack = Stack::new(&aws);
            aws.fail_at(call, how, lasting);
            let create = signed(request("Create", &adopt), aws.now());
            let _ = invoke(&aws, create).await;
            if aws.state().answers.is_empty() {
                // Not even the answer could be sent.
                continue;
            }
            let answer = aws.answer();
            aws.heal();
            stack.id = answer["PhysicalResourceId"].as_str().map(str::to_owned);
            if answer["Status"] == "FAILED" {
                stack.delete().await;
                assert_eq!(aws.world(), before, "call {call} {how:?}");
            }
        }
    }
}

/// CloudFormation gives the request up while that call hangs, and sends the next one. Returns the
/// next one's answer; nothing when the request makes fewer calls.
async fn cancelled(
    stack: &Stack,
    event: Value,
    call: usize,
    hangs: How,
    next: Value,
) -> Option<Value> {
    let aws = &stack.aws;
    let (first, second) = (Delivery::default(), Delivery::default());
    first.fail_at(call, hangs, false);
    let mut running = Box::pin(deliver(aws, &first, event, MINUTE));
    tokio::select! {
        biased;
        _ = &mut running => return None,
        () = first.called(call) => {}
    }
    let next = async {
        tokio::time::sleep(SECOND * 2).await;
        let next = signed(next, aws.now());
        assert_eq!(deliver(aws, &second, next, MINUTE).await, Ended::Done);
    };
    tokio::join!(running, next);
    Some(serde_json::from_str(&second.answers()[0]).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_writes_nothing_more_whichever_call_hangs() {
    let renamed = json!({"Name": "renamed"});
    let in_place = json!({"Period": "60", "MetricName": "Other", "LogGroupName": "another"});
    for changed in [renamed, in_place] {
        'calls: for call in 1.. {
            for hangs in [How::Slow(17), How::Hang] {
                let mut stack = created(&json!({})).await;
                let before = stack.aws.world();
                let mut back = stack.update_event(&json!({}));
                back["OldResourceProperties"] =
                    request("Create", &changed)["ResourceProperties"].clone();
                let update = stack.update_event(&changed);
                let answer = cancelled(&stack, update, call, hangs, back).await;
                let Some(answer) = answer else {
                    assert!(call > 10, "{call}");
                    break 'calls;
                };
                assert_eq!(answer["Status"], "SUCCESS", "{answer}");
                let mut after = stack.aws.world();
                assert!(
                    !after.topics.contains_key(RENAMED_TOPIC),
                    "{call} {hangs:?}"
                );
                // The tag names the request that was the last to write everything.
                after.topics.get_mut(TOPIC).unwrap().tags = before.topics[TOPIC].tags.clone();
                assert_eq!(after, before, "{changed} call {call} {hangs:?}");
                stack.delete().await;
                assert_eq!(stack.aws.world(), inhabited().world());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_during_a_create_leaves_nothing_whichever_call_hangs() {
    'calls: for call in 1.. {
        for hangs in [How::Slow(18), How::Hang] {
            let aws = inhabited();
            let stack = Stack::new(&aws);
            let create = signed(request("Create", &json!({})), aws.now());
            let delete = stack.delete_event(INVENTED_ID);
            let answer = cancelled(&stack, create, call, hangs, delete).await;
            let Some(answer) = answer else {
                assert!(call > 10, "{call}");
                break 'calls;
            };
            assert_eq!(answer["Status"], "SUCCESS", "{answer}");
            assert_eq!(aws.world(), inhabited().world(), "call {call} {hangs:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn short_time_is_no_failure() {
    for gone in [false, true] {
        let aws = inhabited();
        aws.state().streams.gone = gone;
        let stack = Stack::new(&aws);
        let delete = stack.delete_event(INVENTED_ID);
        invoke_within(&aws, delete, SECOND * 30).await.unwrap();
        assert_eq!(aws.answer()["Status"], "SUCCESS", "{}", aws.answer());
    }
}

#[tokio::test(start_paused = true)]
async fn permissions_may_apply_half_a_minute_late() {
    for operation in ["logs:PutMetricFilter", "cloudwatch:PutMetricAlarm"] {
        let aws = inhabited();
        aws.deny_for(operation, SECOND * 29);
        let answer = Stack::new(&aws).create(&json!({})).await;
        assert_eq!(answer["Status"], "SUCCESS", "{operation}: {answer}");
    }
    for operation in ["cloudwatch:DeleteAlarms", "sns:DeleteTopic"] {
        let mut stack = created(&json!({})).await;
        stack.aws.deny_for(operation, SECOND * 29);
        stack.delete().await;
        assert_eq!(stack.aws.world(), inhabited().world(), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_first_attempt_made_is_not_taken_for_somebody_elses() {
    let mut stack = created(&json!({})).await;
    stack.aws.deny_for("cloudwatch:PutMetricAlarm", SECOND * 20);
    let answer = stack.update(&json!({"LogGroupName": "another"})).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    stack.delete().await;
    assert_eq!(stack.aws.world(), inhabited().world());
}

#[tokio::test(start_paused = true)]
async fn tags_may_apply_late_whatever_fails() {
    let aws = inhabited();
    Stack::new(&aws).create(&json!({})).await;
    let calls = aws.all_calls();
    let calls = calls.iter().position(|call| call == "PUT").unwrap();
    for call in 1..=calls {
        let aws = inhabited();
        aws.enforce_tag_conditions("pattern1-alarm");
        aws.lag(Lags {
            tags: SECOND * 4,
            listings: SECOND * 2,
            conditions: SECOND * 8,
        });
        let mut stack = Stack::new(&aws);
        aws.fail_at(call, How::Status(400), false);
        if stack.create(&json!({})).await["Status"] == "SUCCESS" {
            // CloudFormation takes longer than this between two requests.
            tokio::time::sleep(SECOND * 3).await;
            stack.delete().await;
        }
        assert_eq!(aws.world(), inhabited().world(), "call {call}");
        // At once again, while the old tags still show.
        let mut again = Stack::new(&aws);
        let answer = again.create(&json!({})).await;
        assert_eq!(answer["Status"], "SUCCESS", "call {call}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_was_edited_is_still_ours() {
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        let group = world.log_groups.get_mut(LOG_GROUP).unwrap();
        let filter = group.filters.get_mut(FILTER).unwrap();
        filter["metricTransformations"][0]["metricName"] = json!("Edited");
    });
    stack.delete().await;
    assert_eq!(stack.aws.world(), inhabited().world());
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_cannot_be_found_is_told() {
    let stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        world.alarms.remove(ALARM);
        let group = world.log_groups.get_mut(LOG_GROUP).unwrap();
        group.filters.remove(FILTER);
    });
    let mut delete = stack.delete_event(stack.id.as_ref().unwrap());
    delete["ResourceProperties"] = json!("?");
    assert_eq!(stack.send(delete).await["Status"], "SUCCESS");
    assert!(
        log().contains("the metric filter was not found"),
        "{}",
        log()
    );
}

#[tokio::test(start_paused = true)]
async fn alarms_of_other_types_share_the_name() {
    for (kind, expected) in [
        (AlarmKind::Composite, "exists as a composite alarm"),
        (AlarmKind::Log, "exists as a log alarm"),
    ] {
        for adopt in ["Fail", "Adopt"] {
            let aws = inhabited();
            aws.by_hand(|world| {
                let alarm = Alarm {
                    kind,
                    settings: json!({"AlarmName": ALARM}),
                    ..Alarm::default()
                };
                world.alarms.insert(ALARM.to_owned(), alarm);
            });
            let before = aws.world();
            let mut stack = Stack::new(&aws);
            let answer = stack.create(&json!({"ExistingResources": adopt})).await;
            let reason = answer["Reason"].as_str().unwrap();
            assert!(reason.contains(expected), "{reason}");
            assert_eq!(aws.world(), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_of_our_name_in_a_new_log_group_is_not_overwritten() {
    let mut stack = created(&json!({})).await;
    stack.aws.by_hand(|world| {
        feed(world, FILTER, "Theirs");
        let filters = &mut world.log_groups.get_mut(LOG_GROUP).unwrap().filters;
        let theirs = filters.remove(FILTER).unwrap();
        let another = world.log_groups.get_mut("another").unwrap();
        another.filters.insert(FILTER.to_owned(), theirs);
    });
    let theirs = stack.aws.world().log_groups["another"].clone();
    let answer = stack.update(&json!({"LogGroupName": "another"})).await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains("was not made by this stack"), "{reason}");
    // Neither the Update nor its rollback has touched it, nor does the Delete.
    stack.delete().await;
    assert_eq!(stack.aws.world().log_groups["another"], theirs);
}

#[tokio::test(start_paused = true)]
async fn the_log_never_holds_an_address() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    aws.fail("sns:Subscribe", How::Denied, 99);
    stack.create(&json!({"Emails": "alice@example.com"})).await;
    let properties = json!({"Emails": "alice at example.com, \"bob smith\"@example.com"});
    let answer = stack.create(&properties).await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains("alice at example.com"), "{reason}");
    for part in ["alice", "bob", "smith"] {
        assert!(!log().contains(part), "{part}: {}", log());
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_cannot_take_turns_are_carried_out_anyway() {
    let aws = inhabited();
    aws.state().streams.gone = true;
    let mut stack = Stack::new(&aws);
    assert_eq!(stack.create(&json!({})).await["Status"], "SUCCESS");
    assert!(log().contains("requests cannot take turns"));
    assert_eq!(
        stack.update(&json!({"Period": "60"})).await["Status"],
        "SUCCESS"
    );
    stack.delete().await;
    assert_eq!(aws.world(), inhabited().world());
}
