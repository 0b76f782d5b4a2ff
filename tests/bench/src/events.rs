//! What the subjects get: an alarm's event, a Create's event, and the failed calls that an alarm is
//! about.
//!
//! They are the repository's own samples, so that what is measured is what is tested.

use anyhow::Result;
use hyper::body::Bytes;
use serde_json::{Value, json};
use stand_ins::log_events::Pages;

/// The alarm goes off, over SNS.
const ALARM: &str = include_str!("../../../events/sns-alarm.json");
/// CloudFormation asks for the alarm to be made.
const CREATE: &str = include_str!("../../../events/cloudformation-create.json");
/// The watch ticks.
const TICK: &str = include_str!("../../../events/watch-tick.json");
/// One failed call, as CloudTrail records it.
const FAILED_CALL: &str = include_str!("../../cloudtrail/decrypt-disabled.json");
const EVENT_ID: &str = "e0e1e2e3-0000-4000-8000-000000000003";
const REQUEST_ID: &str = "a1b2c3d4-0000-4000-8000-000000000003";
/// When the failed calls are in the log, in milliseconds: 2026-11-23T09:47:10Z, in the minute that raised the alarm.
const DELIVERED: i64 = 1_795_427_230_000;

/// The error of the failed calls.
pub(crate) const ERROR_CODE: &str = "DisabledException";

/// The most bytes that a page of `FilterLogEvents` holds.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const LARGEST_PAGE: usize = 1_000_000;

/// The event of the alarm.
pub(crate) fn alarm() -> Result<Bytes> {
    let event: Value = serde_json::from_str(ALARM)?;
    Ok(event.to_string().into())
}

/// The event of a tick.
pub(crate) fn tick() -> Result<Bytes> {
    let event: Value = serde_json::from_str(TICK)?;
    Ok(event.to_string().into())
}

/// The event of a Create with one address to subscribe, to be answered at this host.
///
/// The URL has no signing time: a function may find the sample's too long ago.
pub(crate) fn create(answer_at: &str) -> Result<Bytes> {
    let mut event: Value = serde_json::from_str(CREATE)?;
    event["ResourceProperties"]["Emails"] = json!("oncall@example.com");
    event["ResponseURL"] = json!(format!(
        "{answer_at}/arn%3Aaws%3Acloudformation%3Aap-southeast-2%3A111122223333%3Astack/pattern1-alarm/\
         0a1b2c3d-1111-2222-3333-444455556666%7CKmsAlarm%7C0f1e2d3c-1111-4222-8333-444455556666\
         ?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Expires=7200\
         &X-Amz-Credential=EXAMPLE&X-Amz-Signature=EXAMPLE"
    ));
    Ok(event.to_string().into())
}

/// This many failed calls, each with ids of its own, as `FilterLogEvents` pages them.
pub(crate) fn pages(count: usize) -> Result<Pages> {
    let message: Value = serde_json::from_str(FAILED_CALL)?;
    let message = message.to_string();
    let per_page = LARGEST_PAGE / message.len();
    let failed_call = |number: usize| {
        let id = |id: &str| format!("{}{number:012}", &id[..id.len() - 12]);
        let message = message
            .replace(EVENT_ID, &id(EVENT_ID))
            .replace(REQUEST_ID, &id(REQUEST_ID));
        (DELIVERED, message)
    };
    let page = |first| {
        (first..count.min(first + per_page))
            .map(failed_call)
            .collect()
    };
    Ok((0..count).step_by(per_page).map(page).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_pages_hold_every_event_once() {
        let pages = pages(1_500).unwrap();
        assert_eq!(pages.events(), 1_500);
        let mut ids = HashSet::new();
        let mut token = Value::Null;
        loop {
            let found = pages.filter(&json!({"nextToken": token})).unwrap();
            assert!(found.answer.len() < 2 * LARGEST_PAGE);
            let answer: Value = serde_json::from_slice(&found.answer).unwrap();
            for event in answer["events"].as_array().unwrap() {
                let message = event["message"].as_str().unwrap();
                let message: Value = serde_json::from_str(message).unwrap();
                assert_eq!(message["errorCode"], ERROR_CODE);
                assert!(ids.insert(message["eventID"].to_string()));
            }
            token = answer["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(ids.len(), 1_500);
    }

    #[test]
    fn a_create_is_answered_where_it_says() {
        let event: Value = serde_json::from_slice(&create("https://127.0.0.1:1").unwrap()).unwrap();
        let url = event["ResponseURL"].as_str().unwrap();
        assert!(url.starts_with("https://127.0.0.1:1/arn%3Aaws"), "{url}");
        assert!(!url.contains(' '), "{url}");
    }
}
