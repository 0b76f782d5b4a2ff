//! Whole lives of a stack, with every call failing in every way. After each of them nothing of ours
//! is left once the stack is deleted, and nothing of anybody else's has changed.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cloudformation::{INVENTED_ID, Stack, inhabited, owned};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, request};

/// How a call is made to fail.
const WAYS: [How; 6] = [
    How::Throttled,
    How::Denied,
    How::Status(500),
    How::Reset,
    How::Hang,
    How::Malformed,
];

/// The properties before and after the Updates of these lives.
fn first() -> Value {
    json!({"Emails": "a@example.com,b@example.com"})
}

fn in_place() -> Value {
    json!({
        "Emails": "b@example.com,c@example.com",
        "LogGroupName": "another",
        "MetricName": "AnotherMetric",
        "Period": "60",
    })
}

fn renamed() -> Value {
    json!({"Emails": "b@example.com", "Name": "renamed"})
}

/// The request of a life that is made to fail.
#[derive(Clone, Copy, Debug)]
enum Failing {
    Create,
    Update,
    Replacement,
    Delete,
}

/// Sends everything up to and including the request that is to fail, then what CloudFormation sends
/// after that, and deletes the stack. Returns the calls that the request made before its answer.
async fn live(failing: Failing, fault: Option<(usize, How, bool)>) -> Vec<String> {
    let aws = inhabited();
    let before = aws.world();
    let mut stack = Stack::new(&aws);
    let arm = |aws: &FakeAws| {
        aws.calls();
        if let Some((call, how, lasting)) = fault {
            aws.fail_at(call, how, lasting);
        }
    };
    let confirm = |aws: &FakeAws| {
        for topic in aws.state().world.topics.values_mut() {
            for (address, arn) in &mut topic.subscriptions {
                *arn = format!("arn:aws:sns:ap-southeast-2:111122223333:t:{address}");
            }
        }
    };
    if !matches!(failing, Failing::Create) {
        stack.create(&first()).await;
        confirm(&aws);
    }
    let after_create = aws.world();
    arm(&aws);
    let answer = match failing {
        Failing::Create => stack.create(&first()).await,
        Failing::Update => stack.update(&in_place()).await,
        Failing::Replacement => stack.update(&renamed()).await,
        Failing::Delete => {
            let id = stack.id.clone().unwrap();
            stack.send(stack.delete_event(&id)).await
        }
    };
    let mut calls = aws.all_calls();
    calls.truncate(calls.iter().position(|call| call == "PUT").unwrap());
    aws.heal();
    let failed = answer["Status"] == "FAILED";
    if fault.is_none() {
        assert!(!failed, "{answer}");
    }
    if failed && matches!(failing, Failing::Update | Failing::Replacement) {
        check_rolled_back(&aws, &after_create, failing, fault);
    }
    if stack.id.is_some() {
        stack.delete().await;
    }
    assert_eq!(
        owned(&aws.world()),
        Vec::<String>::new(),
        "{failing:?} {fault:?}"
    );
    assert_eq!(aws.world(), before, "{failing:?} {fault:?}");
    calls
}

/// After a rollback everything is as before, except settings that SNS and CloudWatch store in
/// another form.
#[track_caller]
fn check_rolled_back(
    aws: &FakeAws,
    before: &crate::fake_aws::World,
    failing: Failing,
    fault: Option<(usize, How, bool)>,
) {
    let after = aws.world();
    assert_eq!(after.log_groups, before.log_groups, "{failing:?} {fault:?}");
    assert_eq!(after.alarms, before.alarms, "{failing:?} {fault:?}");
    let names = |world: &crate::fake_aws::World| world.topics.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(before), "{failing:?} {fault:?}");
}

/// Lives in which each of the request's calls fails in each way.
async fn matrix(failing: Failing) {
    let mut lives = 0;
    let calls = live(failing, None).await;
    let count = calls.len();
    let mut looks = 0;
    for (call, name) in (1..).zip(calls) {
        // Before each write the same question is asked again.
        looks += usize::from(name == "logs:DescribeLogStreams");
        if name == "logs:DescribeLogStreams" && looks > 2 {
            continue;
        }
        for how in WAYS {
            live(failing, Some((call, how, false))).await;
            lives += 1;
        }
        for how in [How::Denied, How::Reset] {
            live(failing, Some((call, how, true))).await;
            lives += 1;
        }
    }
    assert!(lives >= 70, "{failing:?}: {lives}");
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(
        std::io::stderr(),
        "matrix: {failing:?} of {count} calls, {} ways to fail once, two lasting: {lives} lives",
        WAYS.len()
    );
}

#[tokio::test(start_paused = true)]
async fn no_failed_call_of_a_create_leaves_anything_of_ours_or_touches_others() {
    matrix(Failing::Create).await;
}

#[tokio::test(start_paused = true)]
async fn no_failed_call_of_an_update_leaves_anything_of_ours_or_touches_others() {
    matrix(Failing::Update).await;
}

#[tokio::test(start_paused = true)]
async fn no_failed_call_of_a_replacement_leaves_anything_of_ours_or_touches_others() {
    matrix(Failing::Replacement).await;
}

#[tokio::test(start_paused = true)]
async fn no_failed_call_of_a_delete_leaves_anything_of_ours_or_touches_others() {
    matrix(Failing::Delete).await;
}

/// CloudFormation gives up on a Create that still runs: the Delete arrives with an invented ID
/// while the Create waits for one of its calls, whichever that is.
#[tokio::test(start_paused = true)]
async fn a_delete_while_a_create_is_running_leaves_nothing() {
    let calls = live(Failing::Create, None).await;
    for call in 1..=calls.len() {
        let aws = inhabited();
        let before = aws.world();
        let stack = Stack::new(&aws);
        aws.fail_at(call, How::Slow(2), false);
        let create = invoke(&aws, request("Create", &first()));
        let delete = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            invoke(&aws, stack.delete_event(INVENTED_ID)).await
        };
        let (created, deleted) = tokio::join!(create, delete);
        created.unwrap();
        deleted.unwrap();
        let answers = aws.state().answers.clone();
        let mut answers = answers
            .iter()
            .map(|answer| serde_json::from_str::<Value>(answer).unwrap());
        let deleted = answers.find(|answer| answer["PhysicalResourceId"] == INVENTED_ID);
        assert_eq!(deleted.unwrap()["Status"], "SUCCESS");
        assert_eq!(aws.world(), before, "call {call}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_with_an_invented_id_removes_an_unanswered_create() {
    let aws = inhabited();
    let before = aws.world();
    let stack = Stack::new(&aws);
    aws.fail("PUT", How::Reset, 99);
    invoke(&aws, request("Create", &first())).await.unwrap_err();
    aws.heal();
    assert!(!owned(&aws.world()).is_empty());
    let answer = stack.send(stack.delete_event(INVENTED_ID)).await;
    assert_eq!(answer["Status"], "SUCCESS");
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn the_same_request_delivered_twice_does_the_same_once_more() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    let create = request("Create", &first());
    let one = stack.send(create.clone()).await;
    let world = aws.world();
    let two = stack.send(create).await;
    assert_eq!(one, two);
    assert_eq!(aws.world(), world);
    stack.id = one["PhysicalResourceId"].as_str().map(str::to_owned);
    let id = stack.id.clone().unwrap();
    stack.delete().await;
    assert_eq!(
        stack.send(stack.delete_event(&id)).await["Status"],
        "SUCCESS"
    );
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_of_a_create_at_once_end_in_one_resource() {
    let aws = inhabited();
    let before = aws.world();
    let mut stack = Stack::new(&aws);
    let create = request("Create", &first());
    let (one, two) = tokio::join!(invoke(&aws, create.clone()), invoke(&aws, create));
    one.unwrap();
    two.unwrap();
    let answer = aws.answer();
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    stack.id = answer["PhysicalResourceId"].as_str().map(str::to_owned);
    stack.delete().await;
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_nobody_waits_for_is_not_done() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    stack.create(&first()).await;
    stack.delete().await;
    let before = aws.world();
    let mut stale = request("Create", &first());
    // Signed seven minutes ago; the stack waits six.
    let url = stale["ResponseURL"]
        .as_str()
        .unwrap()
        .replace("T094720Z", "T094020Z");
    stale["ResponseURL"] = json!(url);
    aws.calls();
    let answer = stack.send(stale).await;
    assert_eq!(answer["Status"], "FAILED");
    assert!(
        answer["Reason"].as_str().unwrap().starts_with(
            "the request is 437 s old and CloudFormation no longer waits for it: nothing was done"
        ),
        "{answer}"
    );
    assert_eq!(aws.calls(), ["PUT"]);
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_is_rolled_back_in_both_forms_that_are_known() {
    for update_carries_the_new_id in [false, true] {
        let aws = inhabited();
        let before = aws.world();
        let mut stack = Stack::new(&aws);
        stack.create(&first()).await;
        let old_id = stack.id.clone().unwrap();
        let world = aws.world();
        let new_id = stack.send(stack.update_event(&renamed())).await["PhysicalResourceId"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_ne!(old_id, new_id);
        if update_carries_the_new_id {
            stack.id = Some(new_id.clone());
            stack.roll_back(&renamed()).await;
            assert_eq!(stack.id.as_ref(), Some(&old_id));
        } else {
            assert_eq!(
                stack.send(stack.delete_event(&new_id)).await["Status"],
                "SUCCESS"
            );
        }
        let after = aws.world();
        assert_eq!(after.alarms, world.alarms);
        assert_eq!(after.log_groups, world.log_groups);
        stack.delete().await;
        assert_eq!(aws.world(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_a_failed_attempt_keeps_what_a_later_one_made() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    aws.fail("logs:PutMetricFilter", How::NotFound, 1);
    let failed = stack.send(request("Create", &first())).await;
    assert_eq!(failed["Status"], "FAILED");
    stack.create(&first()).await;
    let world = aws.world();
    let failed_id = failed["PhysicalResourceId"].as_str().unwrap();
    assert_eq!(
        stack.send(stack.delete_event(failed_id)).await["Status"],
        "SUCCESS"
    );
    assert_eq!(aws.world(), world);
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_adoption_everything_is_as_it_was() {
    let adopt = json!({"ExistingResources": "Adopt"});
    let aws = inhabited();
    {
        // As somebody who did the lab by hand left it: without tags.
        let mut stack = Stack::new(&aws);
        stack.create(&json!({})).await;
        let world = &mut aws.state().world;
        for topic in world.topics.values_mut() {
            topic.tags.clear();
            topic.attributes.clear();
        }
        world
            .alarms
            .values_mut()
            .for_each(|alarm| alarm.tags.clear());
    }
    for operation in [
        "sns:SetTopicAttributes",
        "logs:PutMetricFilter",
        "cloudwatch:PutMetricAlarm",
        "sns:TagResource",
        "cloudwatch:TagResource",
    ] {
        let mut stack = Stack::new(&aws);
        let before = aws.world();
        aws.fail(operation, How::Status(400), 1);
        let answer = stack.create(&adopt).await;
        assert_eq!(answer["Status"], "FAILED", "{operation}");
        assert_eq!(aws.world(), before, "{operation}");
    }
    let mut stack = Stack::new(&aws);
    let answer = stack.create(&adopt).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    stack.delete().await;
    assert_eq!(owned(&aws.world()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_late_permission_is_awaited_and_a_missing_one_named() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    aws.fail("logs:PutMetricFilter", How::Denied, 3);
    assert_eq!(stack.create(&first()).await["Status"], "SUCCESS");

    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    aws.fail("logs:PutMetricFilter", How::Denied, 99);
    let started = tokio::time::Instant::now();
    let answer = stack.create(&first()).await;
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(30), "{took:?}");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(
        reason.starts_with(
            "logs:PutMetricFilter on pattern1-logging-metricfilter of log group \
             pattern1-logging-loggroup: AccessDeniedException: "
        ),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_undone_is_named_and_deleted_later() {
    let aws = inhabited();
    let before = aws.world();
    let mut stack = Stack::new(&aws);
    aws.fail("cloudwatch:PutMetricAlarm", How::NotFound, 1);
    aws.fail("sns:DeleteTopic", How::Denied, 99);
    let answer = stack.send(request("Create", &first())).await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(
        reason.starts_with("cloudwatch:PutMetricAlarm on pattern1-logging-alarm: "),
        "{reason}"
    );
    assert!(
        reason.contains(
            "; and not everything that was changed could be undone: sns:DeleteTopic on \
             arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic: AuthorizationError"
        ),
        "{reason}"
    );
    aws.heal();
    stack.id = answer["PhysicalResourceId"].as_str().map(str::to_owned);
    stack.delete().await;
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_replacement_left_is_removed_by_its_rollback() {
    let aws = inhabited();
    let before = aws.world();
    let mut stack = Stack::new(&aws);
    stack.create(&first()).await;
    let after_create = owned(&aws.world());
    aws.fail("cloudwatch:PutMetricAlarm", How::NotFound, 1);
    aws.fail("sns:DeleteTopic", How::Denied, 99);
    let answer = stack.send(stack.update_event(&renamed())).await;
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(answer["PhysicalResourceId"], json!(stack.id));
    assert!(owned(&aws.world()).len() > after_create.len());
    aws.heal();
    stack.roll_back(&renamed()).await;
    assert_eq!(owned(&aws.world()), after_create);
    stack.delete().await;
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn only_cloudformation_sees_wrong_addresses() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    let answer = stack
        .create(&json!({"Emails": "nobody@ example.com@x"}))
        .await;
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with("Emails: \"nobody@ example.com@x\": give an e-mail address"));
}

#[tokio::test(start_paused = true)]
async fn a_create_with_an_unusable_name_is_deleted_without_a_call() {
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    let answer = stack.create(&json!({"Name": "my alarm"})).await;
    assert!(
        answer["Reason"]
            .as_str()
            .unwrap()
            .starts_with("Name: \"my alarm\": ")
    );
    assert_eq!(aws.calls(), ["PUT", "PUT"]);
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_moved_to_another_stack_keeps_its_owner() {
    let aws = inhabited();
    let before = aws.world();
    let mut stack = Stack::new(&aws);
    stack.create(&first()).await;
    let mut update = stack.update_event(&first());
    update["StackId"] = json!("arn:aws:cloudformation:ap-southeast-2:111122223333:stack/other/1");
    assert_eq!(stack.send(update).await["Status"], "SUCCESS");
    stack.delete().await;
    assert_eq!(aws.world(), before);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_appears_meanwhile_is_not_taken_over() {
    const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
    let aws = inhabited();
    let mut stack = Stack::new(&aws);
    // The topic appears after everything was looked at, and before ours is made.
    aws.fail("sns:CreateTopic", How::Slow(2), 1);
    let appears = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let topic = crate::fake_aws::Topic::default();
        aws.state().world.topics.insert(TOPIC.to_owned(), topic);
    };
    let properties = first();
    let (answer, ()) = tokio::join!(stack.create(&properties), appears);
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(aws.world().topics[TOPIC], crate::fake_aws::Topic::default());
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_others_by_now_is_not_undone() {
    const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
    let aws = inhabited();
    let stack = Stack::new(&aws);
    // The topic gets another owner after it was made, and before the Create fails.
    aws.fail("logs:PutMetricFilter", How::Slow(2), 1);
    aws.fail("cloudwatch:PutMetricAlarm", How::NotFound, 1);
    let retagged = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut state = aws.state();
        let topic = state.world.topics.get_mut(TOPIC).unwrap();
        topic
            .tags
            .insert("kms-alarm:owner".to_owned(), "other".to_owned());
    };
    let (answer, ()) = tokio::join!(stack.send(request("Create", &first())), retagged);
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(owned(&aws.world()), [TOPIC]);
}
