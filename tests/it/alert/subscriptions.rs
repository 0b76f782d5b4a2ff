//! Whether anybody is subscribed to the topic.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ALERTS, mail, provisioned, published};
use crate::cloudformation::{capture_log, log};
use crate::fake_aws::{DELETED, FakeAws, How, PENDING};
use crate::invoke::{alarm_of_one, invoke, sample};

/// The JSON object of an alert.
fn json(published: &Value) -> Value {
    let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    serde_json::from_str(variants["default"].as_str().unwrap()).unwrap()
}

/// From now on the topic has these subscriptions.
fn subscribe(aws: &FakeAws, arns: &[&str]) {
    let addresses = arns.iter().enumerate();
    let subscriptions: BTreeMap<String, String> = addresses
        .map(|(nth, arn)| (format!("address-{nth}"), (*arn).to_owned()))
        .collect();
    let topics = &mut aws.state().world.topics;
    topics.get_mut(ALERTS).unwrap().subscriptions = subscriptions;
}

const CONFIRMED: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic:1234abcd-12ab-34cd-56ef-1234567890ab";

#[tokio::test(start_paused = true)]
async fn the_object_counts_the_topics_subscriptions() {
    capture_log();
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    subscribe(&aws, &[CONFIRMED, PENDING, CONFIRMED, DELETED]);
    invoke(&aws, alarm_of_one()).await.unwrap();
    let subscriptions = &json(&published(&aws))["subscriptions"];
    assert_eq!(*subscriptions, json!({"confirmed": 2, "pending": 1}));
    assert!(!log().contains("subscription"), "{}", log());
}

#[tokio::test(start_paused = true)]
async fn the_log_warns_when_no_subscription_is_confirmed() {
    capture_log();
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    subscribe(&aws, &[PENDING, DELETED]);
    invoke(&aws, alarm_of_one()).await.unwrap();
    let subscriptions = &json(&published(&aws))["subscriptions"];
    assert_eq!(*subscriptions, json!({"confirmed": 0, "pending": 1}));
    let log = log();
    let warnings: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["level"] == "WARN")
        .collect();
    assert_eq!(warnings.len(), 1, "{log}");
    let said = "no subscription to the topic is confirmed: nobody gets this alert";
    assert!(warnings[0].to_string().contains(said), "{log}");
}

#[tokio::test(start_paused = true)]
async fn an_alert_about_which_nothing_is_searched_counts_them_too() {
    let aws = provisioned(&[]).await;
    subscribe(&aws, &[CONFIRMED]);
    invoke(&aws, sample("sns-insufficient-data")).await.unwrap();
    assert_eq!(json(&published(&aws))["subscriptions"]["confirmed"], 1);
}

#[tokio::test(start_paused = true)]
async fn an_alert_goes_out_as_it_is_when_they_cannot_be_counted() {
    let whole = provisioned(&[&["decrypt-disabled"]]).await;
    invoke(&whole, alarm_of_one()).await.unwrap();
    let whole = published(&whole);
    for how in [
        How::Denied,
        How::NotFound,
        How::Throttled,
        How::Status(503),
        How::Reset,
        How::StallMidBody,
        How::Malformed,
        How::Hang,
        How::Slow(5),
    ] {
        capture_log();
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail("sns:GetTopicAttributes", how, 99);
        let began = Instant::now();
        invoke(&aws, alarm_of_one()).await.unwrap();
        assert!(
            began.elapsed() <= Duration::from_secs(2),
            "{how:?}: {:?}",
            began.elapsed()
        );
        let published = published(&aws);
        assert_eq!(json(&published)["subscriptions"], Value::Null, "{how:?}");
        assert_eq!(mail(&published), mail(&whole), "{how:?}");
        assert_eq!(published["Subject"], whole["Subject"], "{how:?}");
        let log = log();
        let said = log.matches("subscriptions could not be counted").count();
        assert_eq!(said, 1, "{how:?}: {log}");
        assert!(log.contains("\"lookups_failed\":0"), "{how:?}: {log}");
    }
}

#[tokio::test(start_paused = true)]
async fn they_are_counted_while_the_events_are_looked_for() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    subscribe(&aws, &[CONFIRMED]);
    aws.fail("logs:DescribeMetricFilters", How::Slow(1), 1);
    aws.fail("sns:GetTopicAttributes", How::Slow(1), 1);
    let began = Instant::now();
    invoke(&aws, alarm_of_one()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    assert_eq!(json(&published(&aws))["subscriptions"]["confirmed"], 1);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_leaves_between_two_deliveries_changes_no_id() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let mut ids = Vec::new();
    for arns in [&[CONFIRMED][..], &[]] {
        subscribe(&aws, arns);
        invoke(&aws, sample("sns-alarm")).await.unwrap();
        let last = aws.state().published.last().unwrap().clone();
        let json = json(&last);
        assert_eq!(json["subscriptions"]["confirmed"], arns.len());
        ids.push(json["alertId"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}
