//! How usual errors are: what the metric counted in the 14 days before.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{mail, page, parameters, provisioned, published};
use crate::cloudformation::{capture_log, log};
use crate::fake_aws::{FakeAws, How, seconds};
use crate::invoke::{alarm_of_one, invoke, sample};

const QUIET: &str = "No KMS error was counted in the 14 days before.\n";

/// Where the search of the samples begins.
fn end() -> Timestamp {
    "2026-11-23T09:46:00Z".parse().unwrap()
}

/// From now on the samples' metric has these values, so many minutes before the search begins.
fn count(aws: &FakeAws, datapoints: impl IntoIterator<Item = (i64, f64)>) {
    let datapoints = datapoints.into_iter().map(|(minutes, value)| {
        let at = end() - SignedDuration::from_mins(minutes);
        (at.as_second(), value)
    });
    let name = ("Pattern1Application/KMSSecurity", "KMSSecurityError");
    let name = (name.0.to_owned(), name.1.to_owned());
    let metrics = &mut aws.state().world.metrics;
    metrics.entry(name).or_default().extend(datapoints);
}

/// A metric that wrote a zero in every quarter of an hour of so many days.
fn quiet(aws: &FakeAws, days: i64) {
    count(aws, (1..=days * 24 * 4).map(|quarter| (quarter * 15, 0.0)));
}

/// The JSON object of the only alert.
fn json(aws: &FakeAws) -> Value {
    let published = published(aws);
    let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    serde_json::from_str(variants["default"].as_str().unwrap()).unwrap()
}

async fn alerted(set_up: impl FnOnce(&FakeAws)) -> FakeAws {
    let aws = provisioned(&[&["decrypt-incorrect-key"]]).await;
    set_up(&aws);
    invoke(&aws, alarm_of_one()).await.unwrap();
    aws
}

#[tokio::test(start_paused = true)]
async fn the_mail_says_how_the_14_days_before_were() {
    const DAY: i64 = 24 * 60;
    for (days, errors, expected) in [
        (20, vec![], QUIET),
        // The errors that the alert is about, and those of the 15th day.
        (20, vec![(0, 5.0), (-1, 7.0), (14 * DAY + 1, 9.0)], QUIET),
        (
            20,
            vec![(1, 1.0)],
            "One KMS error was counted in the 14 days before.\n",
        ),
        (
            20,
            vec![(1, 2.0), (DAY, 1.0), (DAY + 1, 9.0), (14 * DAY, 4.0)],
            "KMS errors were counted on 3 of the 14 days before, 3 to 9 a day.\n",
        ),
        (
            3,
            vec![],
            "No KMS error was counted in the 3 days before; there is no earlier data.\n",
        ),
        (
            0,
            vec![(100, 4.0)],
            "4 KMS errors were counted in the 2 hours before; there is no earlier data.\n",
        ),
        (
            0,
            vec![],
            "The metric has no data from the 14 days before.\n",
        ),
    ] {
        let aws = alerted(|aws| {
            quiet(aws, days);
            count(aws, errors);
        })
        .await;
        let mail = mail(&published(&aws));
        let before_first_step = mail.split("DO FIRST").next().unwrap();
        assert!(before_first_step.contains(expected), "{expected} {mail}");
        assert!(!mail.contains("WHAT IS MISSING"), "{mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_asks_for_the_sums_of_336_hours() {
    let aws = alerted(|aws| quiet(aws, 20)).await;
    let [asked] = &parameters(&aws, "cloudwatch:GetMetricData")[..] else {
        panic!("{:?}", aws.calls());
    };
    let seconds = |field: &str| seconds(&asked[field]);
    assert_eq!(seconds("EndTime"), end().as_second());
    assert_eq!(seconds("EndTime") - seconds("StartTime"), 336 * 3_600);
    assert_eq!(
        asked["MetricDataQueries"],
        json!([{
            "Id": "errors",
            "MetricStat": {
                "Metric": {
                    "Namespace": "Pattern1Application/KMSSecurity",
                    "MetricName": "KMSSecurityError",
                },
                "Period": 3_600,
                "Stat": "Sum",
            },
        }])
    );
    let usual = &json(&aws)["usual"];
    assert_eq!((&usual["days"], &usual["errors"]), (&json!(14), &json!(0)));
}

#[tokio::test(start_paused = true)]
async fn an_alert_says_what_is_missing_when_the_call_fails() {
    for (how, said) in [
        (How::Denied, "KMSSecurityError: AccessDenied: "),
        (How::NotFound, "KMSSecurityError: ResourceNotFoundException"),
        (How::Throttled, "KMSSecurityError: "),
        (How::Status(503), "KMSSecurityError: "),
        (How::Reset, "KMSSecurityError: "),
        (How::ResetMidBody, "KMSSecurityError: "),
        (How::StallMidBody, "no answer in time"),
        (How::Malformed, "KMSSecurityError: "),
        (How::EmptyPage, "no answer in time"),
        (How::ExpiredToken, "InvalidNextToken"),
        (How::Hang, "no answer in time"),
        (How::Slow(5), "no answer in time"),
    ] {
        capture_log();
        let aws = provisioned(&[&["decrypt-incorrect-key"]]).await;
        quiet(&aws, 14);
        aws.fail("cloudwatch:GetMetricData", how, 99);
        let start = Instant::now();
        invoke(&aws, alarm_of_one()).await.unwrap();
        let took = start.elapsed();
        assert!(took <= Duration::from_secs(2), "{how:?}: {took:?}");
        let mail = mail(&published(&aws));
        assert!(!mail.contains("14 days"), "{how:?}: {mail}");
        let (_, missing) = mail.split_once("WHAT IS MISSING\n").unwrap();
        let sentence = missing.lines().next().unwrap();
        let look_up = "how usual this is could not be looked up: cloudwatch:GetMetricData on ";
        assert!(sentence.starts_with(look_up), "{how:?}: {sentence}");
        assert!(sentence.contains(said), "{how:?}: {sentence}");
        assert_eq!(json(&aws)["usual"], Value::Null, "{how:?}");
        let log = log();
        assert!(log.contains("\"lookups_failed\":1"), "{how:?}: {log}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_empty_is_not_the_last() {
    let aws = alerted(|aws| {
        quiet(aws, 14);
        aws.fail("cloudwatch:GetMetricData", How::EmptyPage, 1);
    })
    .await;
    assert_eq!(parameters(&aws, "cloudwatch:GetMetricData").len(), 2);
    assert!(mail(&published(&aws)).contains(QUIET));
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_while_the_events_are_looked_for() {
    let aws = provisioned(&[&["decrypt-incorrect-key"]]).await;
    quiet(&aws, 14);
    aws.fail("logs:DescribeMetricFilters", How::Slow(1), 1);
    aws.fail("cloudwatch:GetMetricData", How::Slow(1), 1);
    let began = Instant::now();
    invoke(&aws, alarm_of_one()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    assert!(mail(&published(&aws)).contains(QUIET));
}

#[tokio::test(start_paused = true)]
async fn only_an_alarm_on_the_sum_of_one_metric_asks() {
    for (event, from, to) in [
        ("sns-ok", "", ""),
        ("sns-insufficient-data", "", ""),
        (
            "sns-alarm",
            "\"Statistic\": \"SUM\"",
            "\"Statistic\": \"AVERAGE\"",
        ),
        ("sns-alarm", "\"MetricName\": ", "\"No\": "),
    ] {
        let aws = provisioned(&[&["decrypt-incorrect-key"]]).await;
        let mut event = sample(event);
        let message = &mut event["Records"][0]["Sns"]["Message"];
        let text = message.as_str().unwrap();
        assert!(text.contains(from), "{text}");
        *message = text.replace(from, to).into();
        invoke(&aws, event).await.unwrap();
        let asked = parameters(&aws, "cloudwatch:GetMetricData");
        assert_eq!(asked, Vec::<Value>::new());
        let mail = mail(&published(&aws));
        assert!(!mail.contains("usual"), "{mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_by_hand_misses_nothing() {
    let aws = provisioned(&[]).await;
    aws.fill_log([page([])]);
    aws.fail("cloudwatch:GetMetricData", How::Denied, 99);
    let mut event = sample("sns-alarm");
    let message = &mut event["Records"][0]["Sns"]["Message"];
    let mut alarm: Value = serde_json::from_str(message.as_str().unwrap()).unwrap();
    alarm["NewStateReason"] = json!("Testing");
    *message = alarm.to_string().into();
    invoke(&aws, event).await.unwrap();
    let mail = mail(&published(&aws));
    assert!(mail.starts_with("This is a test: "), "{mail}");
    assert!(!mail.contains("WHAT IS MISSING"), "{mail}");
}
