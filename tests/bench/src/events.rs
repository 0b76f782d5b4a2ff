//! What the subjects are given: the event of an alarm, that of a Create, and the failed calls that an
//! alarm is about.
//!
//! They are the repository's own samples, so that what is measured is what the tests hold.

use std::fmt::Write as _;

use anyhow::Result;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// The alarm goes off, over SNS.
const ALARM: &str = include_str!("../../../events/sns-alarm.json");
/// CloudFormation asks for the alarm to be made.
const CREATE: &str = include_str!("../../../events/cloudformation-create.json");
/// One failed call, as CloudTrail tells it.
const FAILED_CALL: &str = include_str!("../../cloudtrail/decrypt-disabled.json");
const FAILED_CALL_EVENT_ID: &str = "e0e1e2e3-0000-4000-8000-000000000003";
const FAILED_CALL_REQUEST_ID: &str = "a1b2c3d4-0000-4000-8000-000000000003";

/// The error of the failed calls.
pub(crate) const ERROR_CODE: &str = "DisabledException";

/// A page of `FilterLogEvents` holds at most so many bytes.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const LARGEST_PAGE: usize = 1_000_000;

/// The event of the alarm.
pub(crate) fn alarm() -> Result<Bytes> {
    let event: Value = serde_json::from_str(ALARM)?;
    Ok(event.to_string().into())
}

/// The event of a Create, with one address to subscribe, to be answered at another host.
///
/// The address was not signed at the sample's time, which a function may find too long ago.
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

/// One page of failed calls.
pub(crate) struct Page {
    /// The whole answer to `FilterLogEvents`.
    pub(crate) answer: Bytes,
    /// How many it holds.
    pub(crate) events: u64,
}

/// So many failed calls, each with ids of its own, as `FilterLogEvents` pages them.
pub(crate) fn pages(count: u64) -> Result<Vec<Page>> {
    let message: Value = serde_json::from_str(FAILED_CALL)?;
    let message = message.to_string();
    let per_page = (LARGEST_PAGE / message.len()) as u64;
    // As JSON in JSON; the ids need no escapes.
    let message = Value::String(message).to_string();
    let mut pages = Vec::new();
    let mut first = 0;
    while first < count {
        let end = count.min(first + per_page);
        let next = (end < count).then(|| pages.len() + 1);
        pages.push(Page {
            answer: page(&message, first, end, next).into(),
            events: end - first,
        });
        first = end;
    }
    Ok(pages)
}

fn page(message: &str, first: u64, end: u64, next: Option<usize>) -> String {
    let mut page = String::from(r#"{"events":["#);
    for number in first..end {
        if number > first {
            page.push(',');
        }
        let message = message
            .replace(
                FAILED_CALL_EVENT_ID,
                &format!("e0e1e2e3-0000-4000-8000-{number:012}"),
            )
            .replace(
                FAILED_CALL_REQUEST_ID,
                &format!("a1b2c3d4-0000-4000-8000-{number:012}"),
            );
        page.push_str(
            r#"{"logStreamName":"111122223333_CloudTrail_ap-southeast-2","timestamp":1795427200000,"message":"#,
        );
        page.push_str(&message);
        page.push_str(r#","ingestionTime":1795427260000,"eventId":""#);
        let _ = write!(page, r#"{number:056}"}}"#);
    }
    page.push_str(r#"],"searchedLogStreams":[]"#);
    if let Some(next) = next {
        let _ = write!(page, r#","nextToken":"{next}""#);
    }
    page.push('}');
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_hold_every_event_once_and_lead_to_one_another() {
        let pages = pages(1_500).unwrap();
        let events: u64 = pages.iter().map(|page| page.events).sum();
        assert_eq!(events, 1_500);
        let mut ids = std::collections::HashSet::new();
        for (number, page) in pages.iter().enumerate() {
            let answer: Value = serde_json::from_slice(&page.answer).unwrap();
            let next = (number + 1 < pages.len()).then(|| json!((number + 1).to_string()));
            assert_eq!(answer.get("nextToken").cloned(), next);
            for event in answer["events"].as_array().unwrap() {
                let message: Value =
                    serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
                assert_eq!(message["errorCode"], ERROR_CODE);
                assert!(ids.insert(message["eventID"].to_string()));
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
