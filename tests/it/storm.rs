//! Too much of everything: a hundred thousand events, events of a megabyte, events that are not
//! even events.

use std::io::Write as _;
use std::time::Duration;

use kms_alarm::alarm::StateChange;
use serde_json::{Value, json};

use crate::alert::{event, mail, page, provisioned};
use crate::bootstrap::Run;
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{alarm_of_one, invoke, sample};

/// This many pages, each with ten thousand different events: half of them are of one kind, a
/// quarter each of two others.
async fn storm(pages: usize) -> FakeAws {
    let kinds = [
        "DisabledException",
        "AccessDenied",
        "DisabledException",
        "ThrottlingException",
    ];
    let event = |number: usize| {
        let role = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";
        json!({
            "eventID": format!("{number:08}-0000-4000-8000-000000000000"),
            "eventTime": "2026-11-23T09:46:31Z",
            "eventSource": "kms.amazonaws.com",
            "eventName": "Decrypt",
            "errorCode": kinds[number % 4],
            "sourceIPAddress": format!("10.0.{}.{}", number / 256 % 256, number % 256),
            "userIdentity": {
                "type": "AssumedRole",
                "sessionContext": {"sessionIssuer": {"arn": role}},
            },
        })
        .to_string()
    };
    let messages = |page: usize| (0..10_000).map(move |n| event(page * 10_000 + n));
    let aws = provisioned(&[]).await;
    aws.fill_log((0..pages).map(|number| page(messages(number))));
    aws
}

/// The JSON variant of the only alert.
fn alert(aws: &FakeAws) -> Value {
    let state = aws.state();
    assert_eq!(state.published.len(), 1);
    let variants: Value =
        serde_json::from_str(state.published[0]["Message"].as_str().unwrap()).unwrap();
    serde_json::from_str(variants["default"].as_str().unwrap()).unwrap()
}

fn group_counts(alert: &Value) -> Vec<(&str, u64)> {
    let groups = alert["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            (
                group["code"].as_str().unwrap(),
                group["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_hundred_thousand_events_take_bounded_memory() {
    let mut peaks = Vec::new();
    for pages in [2, 10] {
        let aws = storm(pages).await;
        // Time enough for an unoptimized build on a busy machine: this is about memory.
        let run = Run {
            timeout: Duration::from_mins(10),
            ..Run::new(&aws)
        };
        let ran = run.events(vec![sample("sns-alarm")]).await;
        assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
        let alert = alert(&aws);
        let count = pages as u64 * 10_000;
        assert_eq!(alert["counts"]["found"], count);
        assert_eq!(alert["searches"][0]["progress"], "complete");
        let mut groups = group_counts(&alert);
        groups.sort_unstable();
        assert_eq!(
            groups,
            [
                ("AccessDenied", count / 4),
                ("DisabledException", count / 2),
                ("ThrottlingException", count / 4)
            ]
        );
        peaks.push(ran.peak_kib);
    }
    let (two, ten) = (peaks[0], peaks[1]);
    let _ = writeln!(
        std::io::stderr(),
        "matrix: storm: peak memory with 20,000 events {} MiB, with 100,000 {} MiB \
         (unoptimized build)",
        two / 1024,
        ten / 1024
    );
    // An event takes eight bytes of memory, however large it is.
    assert!(ten < two + 16 * 1024, "{two} KiB, {ten} KiB");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_in_time_is_counted() {
    let aws = storm(10).await;
    aws.fail("logs:FilterLogEvents", How::Slow(7), 99);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let alert = alert(&aws);
    assert_eq!(alert["searches"][0]["progress"], "outOfTime");
    let pages = alert["searches"][0]["pages"].as_u64().unwrap();
    assert!((5..10).contains(&pages), "{pages}");
    assert_eq!(alert["counts"]["found"], pages * 10_000);
    assert_eq!(
        group_counts(&alert)[0],
        ("DisabledException", pages * 5_000)
    );
    assert_eq!(alert["counts"]["complete"], false);
    let prose = mail(&aws.state().published[0])
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        prose.contains(&format!(
            "only in part ({pages} pages), because time ran out"
        )),
        "{prose}"
    );
}

/// Messages that are huge, deeply nested or garbled, and the number of readable ones.
fn hostile() -> (Vec<String>, u64) {
    let with = |field: &str, value: &str, number: u32| {
        let good = event("decrypt-incorrect-key")
            .replace("e0e1e2e3-0000", &format!("e0e1e2e3-{number:04}"));
        good.replacen('{', &format!("{{\"{field}\":{value},"), 1)
    };
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let readable = vec![
        with("padding", &text(256 * 1024), 1),
        with("padding", &text(1024 * 1024), 2),
        with("padding", &deep(100), 3),
        with("vpcEndpointId", "\"\u{202e}\\u0000\\u001b[31m\"", 4),
    ];
    let count = readable.len() as u64;
    let unreadable = [
        with("vpcEndpointId", r#""\ud800 alone""#, 5),
        with("vpcEndpointId", r#""\q \x41""#, 6),
        deep(500_000),
        format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
        "\0\u{feff}".to_owned(),
        String::new(),
    ];
    (readable.into_iter().chain(unreadable).collect(), count)
}

#[tokio::test]
async fn hostile_messages_do_not_hide_others() {
    let (mut messages, readable) = hostile();
    let unreadable = messages.len() as u64 - readable;
    messages.push(event("decrypt-disabled"));
    let aws = provisioned(&[]).await;
    aws.fill_log([page(messages)]);
    let ran = Run::new(&aws).events(vec![sample("sns-alarm")]).await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    let alert = alert(&aws);
    assert_eq!(group_counts(&alert)[0], ("DisabledException", 1), "{alert}");
    let counts = &alert["counts"];
    let all = ["found", "unreadable", "notErrors"].map(|name| counts[name].as_u64().unwrap());
    assert_eq!(
        all.iter().sum::<u64>(),
        readable + unreadable + 1,
        "{counts}"
    );
    assert!(counts["found"].as_u64().unwrap() > readable, "{counts}");
}

#[tokio::test]
async fn the_next_event_after_a_hostile_one_is_answered() {
    let mut huge = sample("sns-alarm");
    huge["Records"][0]["Sns"]["Message"] = json!("x".repeat(256 * 1024));
    let mut deep = sample("event-bridge-alarm");
    deep["detail"]["state"]["reasonData"] = json!("[".repeat(200_000));
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let ran = Run::new(&aws)
        .events(vec![huge, deep, json!([[[[]]]]), alarm_of_one()])
        .await;
    let succeeded: Vec<bool> = ran.outcomes.iter().map(Result::is_ok).collect();
    // The first is not an alarm's, and is passed on. With its footer it is too large for SNS, but
    // it is up to SNS to refuse it.
    assert_eq!(succeeded, [true, true, false, true], "{}", ran.log);
}

#[test]
fn a_change_with_many_datapoints_is_read() {
    let mut event = sample("event-bridge-alarm");
    let datapoint = json!({"timestamp": "2026-11-23T09:47:00.000+0000", "value": 2.0});
    let data = json!({"evaluatedDatapoints": vec![datapoint; 100_000]});
    event["detail"]["state"]["reasonData"] = json!(data.to_string());
    let change = StateChange::from_event_bridge(&event, None).unwrap();
    assert!(change.datapoints.len() <= 1_500);
}
