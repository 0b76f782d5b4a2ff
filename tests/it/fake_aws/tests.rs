//! The fake AWS keeps AWS's own rules, as the SDK's clients see them.

use std::time::Duration;

use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_cloudwatchlogs::types::OrderBy;
use aws_sdk_sns::types::Tag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::json;

use super::{
    Alarm, AlarmKind, DELETED, Delivery, FUNCTION_LOG_GROUP, FakeAws, How, Lags, PENDING,
    default_policy,
};
use crate::invoke::{Ended, deliver, request};

const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
const SECOND: Duration = Duration::from_secs(1);

fn code<T, E: ProvideErrorMetadata>(result: Result<T, E>) -> Option<String> {
    let code = |error: E| error.code().unwrap_or("no code").to_owned();
    result.err().map(code)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

async fn create(aws: &FakeAws, tags: &[(&str, &str)]) -> Option<String> {
    let tags = tags.iter().map(|(key, value)| tag(key, value)).collect();
    let sns = &*aws.clients().sns;
    let create = sns.create_topic().name("pattern1-logging-topic");
    code(create.set_tags(Some(tags)).send().await)
}

async fn delete(aws: &FakeAws) -> Option<String> {
    let sns = &*aws.clients().sns;
    code(sns.delete_topic().topic_arn(TOPIC).send().await)
}

/// The tags' keys, or why they are not listed.
async fn tags(aws: &FakeAws) -> Result<Vec<String>, String> {
    let sns = &*aws.clients().sns;
    let listed = sns
        .list_tags_for_resource()
        .resource_arn(TOPIC)
        .send()
        .await;
    match listed {
        Ok(listed) => Ok(listed
            .tags()
            .iter()
            .map(|tag| tag.key().to_owned())
            .collect()),
        Err(error) => Err(error.code().unwrap().to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn log_streams_are_made_once_and_listed_by_name() {
    let aws = FakeAws::default();
    let logs = &*aws.clients().logs;
    let create = async |group: &str, stream: &str| {
        let create = logs.create_log_stream().log_group_name(group);
        code(create.log_stream_name(stream).send().await)
    };
    for stream in ["a/1", "a/3", "a/2", "b/1"] {
        assert_eq!(create(FUNCTION_LOG_GROUP, stream).await, None);
    }
    let again = create(FUNCTION_LOG_GROUP, "a/1").await;
    assert_eq!(again.unwrap(), "ResourceAlreadyExistsException");
    let elsewhere = create("another", "a/1").await;
    assert_eq!(elsewhere.unwrap(), "ResourceNotFoundException");
    let describe = logs
        .describe_log_streams()
        .log_group_name(FUNCTION_LOG_GROUP)
        .log_stream_name_prefix("a/")
        .order_by(OrderBy::LogStreamName)
        .descending(true)
        .limit(2);
    let page = describe.clone().send().await.unwrap();
    let names = |page: &aws_sdk_cloudwatchlogs::operation::describe_log_streams::DescribeLogStreamsOutput| {
        let streams = page.log_streams().iter();
        streams.map(|stream| stream.log_stream_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&page), ["a/3", "a/2"]);
    let made = |number: usize| page.log_streams()[number].creation_time().unwrap();
    assert!(made(0) < made(1), "in the order in which they were made");
    let rest = describe.next_token(page.next_token().unwrap()).send().await;
    assert_eq!(names(&rest.unwrap()), ["a/1"]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_made_once_and_shows_its_policy() {
    let aws = FakeAws::default();
    let sns = &*aws.clients().sns;
    assert_eq!(create(&aws, &[("a", "1"), ("b", "2")]).await, None);
    assert_eq!(create(&aws, &[("a", "1")]).await, None);
    for others in [("a", "2"), ("c", "1")] {
        assert_eq!(create(&aws, &[others]).await.unwrap(), "InvalidParameter");
    }
    let policy = async || {
        let shown = sns.get_topic_attributes().topic_arn(TOPIC).send().await;
        shown.unwrap().attributes().unwrap()["Policy"].clone()
    };
    let default = default_policy(TOPIC).to_string();
    assert_eq!(policy().await, default);
    let set = sns.set_topic_attributes().topic_arn(TOPIC);
    let set = set.attribute_name("Policy");
    let own = json!({"Statement": []}).to_string();
    set.clone().attribute_value(&own).send().await.unwrap();
    assert_eq!(policy().await, own);
    set.attribute_value(default).send().await.unwrap();
    assert!(aws.world().topics[TOPIC].attributes.is_empty());
    let untag = sns.untag_resource().resource_arn(TOPIC).tag_keys("a");
    untag.send().await.unwrap();
    assert_eq!(tags(&aws).await.unwrap(), ["b"]);
    assert_eq!(delete(&aws).await, None);
    assert_eq!(delete(&aws).await, None);
}

#[tokio::test(start_paused = true)]
async fn who_left_is_listed_as_deleted_until_subscribed_again() {
    let aws = FakeAws::default();
    let sns = &*aws.clients().sns;
    create(&aws, &[]).await;
    let arn = format!("{TOPIC}:1");
    let listed = || aws.world().topics[TOPIC].subscriptions["a@example.com"].clone();
    let subscribe = sns.subscribe().topic_arn(TOPIC).protocol("email");
    let subscribe = subscribe.endpoint("a@example.com");
    subscribe.clone().send().await.unwrap();
    assert_eq!(listed(), PENDING);
    let unsubscribe = async |arn: &str| code(sns.unsubscribe().subscription_arn(arn).send().await);
    assert_eq!(unsubscribe(PENDING).await.unwrap(), "InvalidParameter");
    aws.by_hand(|world| {
        let topic = world.topics.get_mut(TOPIC).unwrap();
        let subscribed = topic.subscriptions.get_mut("a@example.com").unwrap();
        subscribed.clone_from(&arn);
    });
    assert_eq!(unsubscribe(&arn).await, None);
    assert_eq!(listed(), DELETED);
    subscribe.send().await.unwrap();
    assert_eq!(listed(), PENDING);
}

#[tokio::test(start_paused = true)]
async fn alarms_of_all_kinds_share_their_names() {
    let aws = FakeAws::default();
    let cloudwatch = &*aws.clients().cloudwatch;
    aws.by_hand(|world| {
        let alarm = Alarm {
            kind: AlarmKind::Composite,
            settings: json!({"AlarmName": "both"}),
            ..Alarm::default()
        };
        world.alarms.insert("both".to_owned(), alarm);
    });
    let put = cloudwatch.put_metric_alarm().alarm_name("both");
    assert_eq!(code(put.send().await).unwrap(), "ValidationError");
    let describe = cloudwatch.describe_alarms().alarm_names("both");
    let found = describe.clone().send().await.unwrap();
    assert!(found.metric_alarms().is_empty() && found.composite_alarms().is_empty());
    let found = describe.alarm_types(AlarmType::CompositeAlarm).send().await;
    assert_eq!(
        found.unwrap().composite_alarms()[0].alarm_name(),
        Some("both")
    );
}

#[tokio::test(start_paused = true)]
async fn tags_and_deletions_show_late() {
    let aws = FakeAws::default();
    aws.lag(Lags {
        tags: 5 * SECOND,
        ..Lags::default()
    });
    create(&aws, &[("a", "1")]).await;
    assert_eq!(tags(&aws).await.unwrap_err(), "ResourceNotFound");
    tokio::time::advance(5 * SECOND).await;
    assert_eq!(tags(&aws).await.unwrap(), ["a"]);
    delete(&aws).await;
    assert_eq!(tags(&aws).await.unwrap(), ["a"]);
    assert_eq!(create(&aws, &[("a", "1")]).await.unwrap(), "StaleTag");
    tokio::time::advance(5 * SECOND).await;
    assert_eq!(tags(&aws).await.unwrap_err(), "ResourceNotFound");
    assert_eq!(create(&aws, &[("a", "1")]).await, None);
}

#[tokio::test(start_paused = true)]
async fn only_what_carries_the_stacks_tag_can_be_deleted_and_that_late() {
    let aws = FakeAws::default();
    aws.enforce_tag_conditions("pattern1-alarm");
    aws.lag(Lags {
        conditions: 3 * SECOND,
        ..Lags::default()
    });
    create(&aws, &[("kms-alarm:stack", "pattern1-alarm")]).await;
    assert_eq!(delete(&aws).await.unwrap(), "AuthorizationError");
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(delete(&aws).await, None);
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(delete(&aws).await.unwrap(), "AuthorizationError");
}

#[tokio::test(start_paused = true)]
async fn a_permission_applies_late() {
    let aws = FakeAws::default();
    aws.deny_for("sns:CreateTopic", 7 * SECOND);
    assert_eq!(create(&aws, &[]).await.unwrap(), "AuthorizationError");
    tokio::time::advance(7 * SECOND).await;
    assert_eq!(create(&aws, &[]).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_dies_at_its_call() {
    for done in [false, true] {
        let aws = FakeAws::with_log_group();
        let event = request("Create", &json!({}));
        let first = Delivery::default();
        first.fail("sns:CreateTopic", How::Dies { done }, 1);
        let ended = deliver(&aws, &first, event.clone(), 60 * SECOND).await;
        assert_eq!(ended, Ended::Died);
        assert_eq!(first.calls().last().unwrap(), "sns:CreateTopic");
        assert_eq!(aws.world().topics.len(), usize::from(done));
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_deliveries_fails() {
    let aws = FakeAws::with_log_group();
    let (one, two) = (Delivery::default(), Delivery::default());
    one.fail_at(1, How::Hang, true);
    let event = request("Create", &json!({}));
    let late = async {
        one.called(1).await;
        deliver(&aws, &two, event.clone(), 60 * SECOND).await
    };
    let first = deliver(&aws, &one, event.clone(), 60 * SECOND);
    let (first, late, ()) = tokio::join!(first, late, two.answered());
    assert_eq!((first, late), (Ended::Done, Ended::Done));
    assert_eq!((one.answers().len(), two.answers().len()), (1, 1));
}
