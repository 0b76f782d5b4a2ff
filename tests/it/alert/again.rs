//! Events that the alarm counted but that are not searchable yet.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{event, mail, page, provisioned, published, searches};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{alarm_of_one, invoke, invoke_within, sample};

/// This many calls that failed, each with an id of its own.
fn calls(count: usize) -> Vec<String> {
    let call = |nth: usize| {
        let mut call: Value = serde_json::from_str(&event("decrypt-disabled")).unwrap();
        call["eventID"] = json!(format!("e0e1e2e3-0000-4000-8000-{nth:012}"));
        call.to_string()
    };
    (0..count).map(call).collect()
}

fn counts(aws: &FakeAws) -> Value {
    let published = published(aws);
    let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    let json: Value = serde_json::from_str(variants["default"].as_str().unwrap()).unwrap();
    json["counts"].clone()
}

/// The sample with ten periods, of which the reason lists the newest with 7 errors.
fn alarm_of_ten_periods() -> Value {
    let mut event = sample("sns-alarm");
    let message = &mut event["Records"][0]["Sns"]["Message"];
    let text = message.as_str().unwrap();
    let text = text.replace(
        "1 out of the last 1 datapoints",
        "10 out of the last 10 datapoints",
    );
    *message = text.into();
    event
}

#[tokio::test(start_paused = true)]
async fn events_that_come_late_are_found_and_counted_once() {
    let aws = provisioned(&[]).await;
    let unreadable = || ["not an event".to_owned()].into_iter();
    aws.fill_log([page(calls(2).into_iter().chain(unreadable()))]);
    let arrival = async {
        sleep(Duration::from_secs(7)).await;
        aws.fill_log([page(calls(6).into_iter().chain(unreadable()))]);
    };
    let (outcome, ()) = tokio::join!(invoke(&aws, sample("sns-alarm")), arrival);
    outcome.unwrap();
    assert_eq!(searches(&aws).len(), 3, "one search, and two looks");
    let counts = counts(&aws);
    assert_eq!(counts["found"], 6, "{counts}");
    assert_eq!(counts["unreadable"], 1, "{counts}");
    assert_eq!(counts["duplicates"], 0, "{counts}");
}

#[tokio::test(start_paused = true)]
async fn only_the_last_period_is_looked_at_again() {
    let aws = provisioned(&[]).await;
    let at = |time: &str, message: String| {
        let at: jiff::Timestamp = time.parse().unwrap();
        vec![(at.as_millisecond(), message)]
    };
    let mut calls = calls(2).into_iter();
    aws.fill_log([
        at("2026-11-23T09:40:00Z", calls.next().unwrap()),
        at("2026-11-23T09:47:10Z", calls.next().unwrap()),
    ]);
    invoke(&aws, alarm_of_ten_periods()).await.unwrap();
    let mut windows: Vec<_> = searches(&aws)
        .iter()
        .map(|search| [&search["startTime"], &search["endTime"]].map(|time| time.as_i64().unwrap()))
        .collect();
    windows.dedup();
    let millis = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let (start, end) = (
        millis("2026-11-23T09:37:00Z"),
        millis("2026-11-23T09:49:00Z"),
    );
    let last = millis("2026-11-23T09:46:00Z");
    assert_eq!(windows, [[start, end], [start, last - 1], [last, end]]);
    assert_eq!(searches(&aws).len(), 2 * 5, "two pages each");
    let counts = counts(&aws);
    assert_eq!(counts["found"], 2, "{counts}");
    assert_eq!(counts["duplicates"], 0, "{counts}");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_whose_events_are_all_there_is_told_at_once() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let began = Instant::now();
    invoke(&aws, alarm_of_one()).await.unwrap();
    assert_eq!(searches(&aws).len(), 1);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_changes_nothing() {
    for how in [How::Denied, How::Throttled, How::Hang, How::Malformed] {
        let aws = provisioned(&[&["encrypt-not-found"]]).await;
        aws.fail_after("logs:FilterLogEvents", 1, how, 99);
        let began = Instant::now();
        invoke(&aws, sample("sns-alarm")).await.unwrap();
        assert!(
            began.elapsed() <= Duration::from_secs(16),
            "{how:?}: {:?}",
            began.elapsed()
        );
        let mail = mail(&published(&aws));
        let said = "The alarm counted 7, and 1 was found. 6 may not be searchable yet.";
        assert!(mail.contains(said), "{how:?}: {mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_time_for_it_nothing_is_looked_at_again() {
    let aws = provisioned(&[&["generate-data-key-throttled"]]).await;
    let left = Duration::from_secs(20);
    invoke_within(&aws, sample("sns-alarm"), left)
        .await
        .unwrap();
    assert_eq!(searches(&aws).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_takes_long_is_not_made_again() {
    let aws = provisioned(&[&["generate-data-key-throttled"]]).await;
    aws.fail("logs:FilterLogEvents", How::Slow(6), 99);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    assert_eq!(searches(&aws).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_without_a_count_is_told_at_once() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let mut event = sample("sns-alarm");
    let message = &mut event["Records"][0]["Sns"]["Message"];
    *message = message
        .as_str()
        .unwrap()
        .replace("\"SUM\"", "\"AVERAGE\"")
        .into();
    invoke(&aws, event).await.unwrap();
    assert_eq!(searches(&aws).len(), 1);
}
