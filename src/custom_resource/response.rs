//! The content of the answer, and its size.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::text::first_bytes;

/// The longest answer that CloudFormation reads.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>
pub const MAX_RESPONSE_BYTES: usize = 4096;

/// The longest `Reason`, even when there is room for more: people read it in a table of stack
/// events.
const MAX_REASON_BYTES: usize = 1024;

/// What ends a text that was shortened to fit.
const CUT: &str = "…";

/// What `Fn::GetAtt` returns, by attribute name.
pub type Data = BTreeMap<&'static str, String>;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The resource's ID from now on. When it changes, CloudFormation deletes the resource with the
    /// old one.
    pub physical_resource_id: String,
    /// The attributes, or why it failed.
    pub result: Result<Data, String>,
}

/// The answer as CloudFormation reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
}

impl<'a> Response<'a> {
    /// An answer to the request with these IDs.
    pub fn new(
        answer: &'a Answer,
        stack_id: &'a str,
        request_id: &'a str,
        logical_resource_id: &'a str,
    ) -> Self {
        let (status, reason, data) = match &answer.result {
            Ok(data) if data.is_empty() => ("SUCCESS", None, None),
            Ok(data) => ("SUCCESS", None, Some(data.clone())),
            // CloudFormation rejects a failure without a reason.
            Err(reason) if reason.trim().is_empty() => {
                ("FAILED", Some("no reason was given".to_owned()), None)
            }
            Err(reason) => (
                "FAILED",
                Some(first_bytes(reason, MAX_REASON_BYTES).to_owned()),
                None,
            ),
        };
        Self {
            status,
            reason,
            physical_resource_id: &answer.physical_resource_id,
            stack_id,
            request_id,
            logical_resource_id,
            data,
        }
    }

    /// The JSON to send, at most [`MAX_RESPONSE_BYTES`] long. The longest text is shortened, on a
    /// character boundary; every attribute stays, because a template that asks for one that is
    /// missing fails.
    pub fn to_json(mut self) -> Vec<u8> {
        // Enough for the mark and at least one character.
        const MIN_BYTES: usize = 8;
        loop {
            // Text can always be written as JSON.
            let json = serde_json::to_vec(&self).unwrap_or_default();
            let excess = json.len().saturating_sub(MAX_RESPONSE_BYTES);
            if excess == 0 {
                return json;
            }
            let texts = self.data.iter_mut().flat_map(BTreeMap::values_mut);
            let texts = texts.chain(&mut self.reason);
            match texts.max_by_key(|text| text.len()) {
                Some(text) if text.len() > MIN_BYTES => {
                    // A byte of text is at most six bytes of JSON (`\u0001`), so this cuts too
                    // little at worst, and then again.
                    let keep = text.len().saturating_sub(excess.div_ceil(6) + CUT.len());
                    text.truncate(text.floor_char_boundary(keep.max(MIN_BYTES - CUT.len())));
                    text.push_str(CUT);
                }
                // Only the IDs are left, and they are CloudFormation's own.
                _ => return json,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn json_of(result: Result<Data, String>) -> (usize, Value) {
        let answer = Answer {
            physical_resource_id: "kms-alarm/v1/pattern1-logging/0123456789ab".to_owned(),
            result,
        };
        let json = Response::new(&answer, "stack", "request", "KmsAlarm").to_json();
        (json.len(), serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn success_carries_the_ids_and_the_data() {
        let (_, json) = json_of(Ok(Data::from([("TopicName", "a-topic".to_owned())])));
        assert_eq!(
            json,
            serde_json::json!({
                "Status": "SUCCESS",
                "PhysicalResourceId": "kms-alarm/v1/pattern1-logging/0123456789ab",
                "StackId": "stack", "RequestId": "request", "LogicalResourceId": "KmsAlarm",
                "Data": {"TopicName": "a-topic"},
            })
        );
    }

    #[test]
    fn a_failure_always_has_a_reason() {
        assert_eq!(
            json_of(Err(" ".to_owned())).1["Reason"],
            "no reason was given"
        );
        assert_eq!(json_of(Err("denied".to_owned())).1["Reason"], "denied");
    }

    #[test]
    fn the_limit_holds_whatever_the_reason_is_made_of() {
        for filler in ["x", "é", "錠", "🔒", "\"", "\\", "\n", "\u{1}"] {
            for count in [0, 1, 300, 600, 1023, 1024, 1025, 4096, 5000] {
                let (length, json) = json_of(Err(format!("why: {}", filler.repeat(count))));
                assert!(
                    length <= MAX_RESPONSE_BYTES,
                    "{filler:?} × {count}: {length}"
                );
                assert!(json["Reason"].as_str().unwrap().starts_with("why: "));
            }
        }
    }

    #[test]
    fn every_attribute_stays_and_the_longest_is_shortened() {
        let data = Data::from([
            ("FilterPattern", "é".repeat(5000)),
            ("MetricName", "m".repeat(255)),
            ("TopicName", "a-topic".to_owned()),
        ]);
        let (length, json) = json_of(Ok(data));
        assert!(length <= MAX_RESPONSE_BYTES);
        assert_eq!(json["Status"], "SUCCESS");
        assert_eq!(json["Data"]["TopicName"], "a-topic");
        assert_eq!(json["Data"]["MetricName"], "m".repeat(255));
        let pattern = json["Data"]["FilterPattern"].as_str().unwrap();
        assert!(
            pattern.ends_with("é…") && pattern.len() > 2_000,
            "{pattern}"
        );
    }
}
