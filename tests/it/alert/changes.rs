//! Who changed the key.

use serde_json::{Value, json};

use super::{event, is_for_changes, mail, parameters, provisioned, published, searches};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, sample};

/// Puts an event into the log group that only the search for changes finds.
fn and_a_change(aws: &FakeAws, at: &str, set: &Value) {
    let mut change: Value = serde_json::from_str(&event("disable-key")).unwrap();
    for (name, value) in set.as_object().unwrap() {
        change[name] = value.clone();
    }
    let at: jiff::Timestamp = at.parse().unwrap();
    let mut state = aws.state();
    let group = state.world.log_groups.get_mut("pattern1-logging-loggroup");
    let others = &mut group.unwrap().others;
    others.push((at.as_millisecond(), change.to_string()));
}

#[tokio::test(start_paused = true)]
async fn who_changed_the_key_is_looked_up_in_the_same_log_group() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    // CloudTrail delivers later than the change was made, here later than the first error.
    and_a_change(&aws, "2026-11-23T09:48:40Z", &json!({}));
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mut all = parameters(&aws, "logs:FilterLogEvents");
    all.retain(is_for_changes);
    assert_eq!(all.len(), 1, "one more query");
    assert_eq!(
        all[0]["filterPattern"],
        "{ $.eventSource = \"kms.amazonaws.com\" && $.errorCode NOT EXISTS && ($.eventName = \"DisableKey\" || \
         $.eventName = \"ScheduleKeyDeletion\") }"
    );
    assert_eq!(all[0]["logGroupName"], "pattern1-logging-loggroup");
    let millis = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert_eq!(
        all[0]["startTime"],
        millis("2026-11-22T09:46:31Z"),
        "24 h before the first error"
    );
    assert_eq!(all[0]["endTime"], millis("2026-11-23T09:49:00Z"));
    let mail = mail(&published(&aws)).replace('\n', " ");
    let said = "The key was disabled by alice (IAM user) at 2026-11-23 09:45:29 UTC, 1 min 2 s before the first error.";
    assert!(mail.contains(said), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_another_key_or_after_the_first_error_is_not_told() {
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
async fn nobody_is_asked_when_no_change_of_a_key_explains_the_errors() {
    let aws = provisioned(&[&["generate-data-key-throttled"]]).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    assert_eq!(parameters(&aws, "logs:FilterLogEvents"), searches(&aws));
}

#[tokio::test(start_paused = true)]
async fn the_alert_goes_out_without_whoever_changed_the_key() {
    // Of the calls, the second is the one that looks for changes; the SDK makes each three times.
    for (how, said) in [
        (
            How::Denied,
            "who changed the key could not be looked up: logs:FilterLogEvents",
        ),
        (
            How::Hang,
            "who changed the key could not be looked up in time",
        ),
    ] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        and_a_change(&aws, "2026-11-23T09:48:40Z", &json!({}));
        aws.fail_after("logs:FilterLogEvents", 1, how, 99);
        let began = tokio::time::Instant::now();
        invoke(&aws, sample("sns-alarm")).await.unwrap();
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
