//! Who changed the key.

use serde_json::{Value, json};

use super::{event, is_for_changes, mail, parameters, provisioned, published, searches};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{alarm_of_one, invoke, sample};

/// Puts an event into the log group that only the search for changes finds.
fn and_a_change(aws: &FakeAws, at: &str, set: &Value) {
    let mut change: Value = serde_json::from_str(&event("disable-key")).unwrap();
    for (name, value) in set.as_object().unwrap() {
        change[name] = value.clone();
    }
    let at: jiff::Timestamp = at.parse().unwrap();
    let mut state = aws.state();
    let group = state.world.log_groups.get_mut("pattern1-logging-loggroup");
    let change = vec![(at.as_millisecond(), change.to_string())];
    group.unwrap().others = [change].into_iter().collect();
}

#[tokio::test(start_paused = true)]
async fn who_changed_the_key_is_looked_up() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    // CloudTrail delivers the change with a delay, here after the first error.
    and_a_change(&aws, "2026-11-23T09:48:40Z", &json!({}));
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mut all = parameters(&aws, "logs:FilterLogEvents");
    all.retain(is_for_changes);
    assert_eq!(all.len(), 1, "one more query");
    assert_eq!(
        all[0]["filterPattern"],
        "{ $.eventSource = \"kms.amazonaws.com\" && $.errorCode NOT EXISTS && ($.eventName = \"CancelKeyDeletion\" || \
         $.eventName = \"DisableKey\" || $.eventName = \"EnableKey\" || $.eventName = \"ScheduleKeyDeletion\") }"
    );
    assert_eq!(all[0]["logGroupName"], "pattern1-logging-loggroup");
    let millis = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert_eq!(
        all[0]["startTime"],
        millis("2026-11-23T08:46:31Z"),
        "an hour before the first error, because that explains it"
    );
    assert_eq!(all[0]["endTime"], millis("2026-11-23T09:49:00Z"));
    let mail = mail(&published(&aws)).replace('\n', " ");
    let said = "alice (IAM user) disabled the key at 09:45:29, 1 min 2 s before the first failure.";
    assert!(mail.contains(said), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn unrelated_changes_are_not_mentioned() {
    for set in [
        json!({ "requestParameters": { "keyId": "another" }, "resources": [] }),
        json!({ "eventTime": "2026-11-23T09:46:32Z" }),
        json!({ "eventName": "EnableKey" }),
        json!({ "errorCode": "AccessDenied" }),
        json!({ "awsRegion": "us-east-1" }),
    ] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        and_a_change(&aws, "2026-11-23T09:48:40Z", &set);
        invoke(&aws, sample("sns-alarm")).await.unwrap();
        let mail = mail(&published(&aws));
        assert!(!mail.contains("alice"), "{set}: {mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_starts_no_search_for_changes() {
    let aws = provisioned(&[&["generate-data-key-throttled"]]).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    assert_eq!(parameters(&aws, "logs:FilterLogEvents"), searches(&aws));
}

#[tokio::test(start_paused = true)]
async fn the_alert_is_sent_without_the_key_change() {
    // The second call is the search for changes. The SDK tries it three times.
    for (how, said) in [
        (
            How::Denied,
            "who changed the key could not be looked up: logs:FilterLogEvents",
        ),
        (
            How::Hang,
            "who changed the key could not be looked up: logs:FilterLogEvents did not answer in time",
        ),
    ] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        and_a_change(&aws, "2026-11-23T09:48:40Z", &json!({}));
        aws.fail_after("logs:FilterLogEvents", 1, how, 99);
        let began = tokio::time::Instant::now();
        invoke(&aws, alarm_of_one()).await.unwrap();
        assert!(
            began.elapsed() <= std::time::Duration::from_secs(6),
            "{:?}",
            began.elapsed()
        );
        let mail = mail(&published(&aws)).replace('\n', " ");
        assert!(
            mail.contains("DisabledException") && mail.contains(said),
            "{mail}"
        );
    }
}
