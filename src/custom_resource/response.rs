//! The answer's content and its size.

use std::collections::BTreeMap;

use serde::Serialize;

/// The longest answer CloudFormation reads, in bytes.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>
pub const LIMIT: usize = 4096;

/// The longest `Reason` sent even when there is room for more: people read it
/// in a table of stack events.
const REASON_LIMIT: usize = 1024;

/// What `Fn::GetAtt` returns, by attribute name.
pub type Data = BTreeMap<&'static str, String>;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Names the resource from now on. CloudFormation removes the resource
    /// that had another id before.
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
    data: Option<&'a Data>,
}

impl<'a> Response<'a> {
    /// An answer to the request with these ids.
    #[must_use]
    pub fn new(
        answer: &'a Answer,
        stack_id: &'a str,
        request_id: &'a str,
        logical_resource_id: &'a str,
    ) -> Self {
        let (status, reason, data) = match &answer.result {
            Ok(data) => ("SUCCESS", None, Some(data).filter(|data| !data.is_empty())),
            // CloudFormation refuses a failure without a reason.
            Err(reason) if reason.trim().is_empty() => {
                ("FAILED", Some("no reason was given".to_owned()), None)
            }
            Err(reason) => ("FAILED", Some(cut(reason, REASON_LIMIT).to_owned()), None),
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

    /// The JSON to send, at most [`LIMIT`] bytes: the reason is shortened
    /// first, on a character boundary, then the data is left out.
    ///
    /// # Panics
    ///
    /// Never: every field is a text.
    #[must_use]
    pub fn to_json(mut self) -> Vec<u8> {
        // Still at least one character.
        const SHORTEST: usize = 8;
        loop {
            let json = serde_json::to_vec(&self).unwrap_or_default();
            let excess = json.len().saturating_sub(LIMIT);
            if excess == 0 {
                return json;
            }
            match &mut self.reason {
                Some(reason) if reason.len() > SHORTEST => {
                    // A byte of text is at most six of JSON (`\u0001`), so this cuts too little
                    // at worst, and again.
                    let keep = reason.len().saturating_sub(excess.div_ceil(6));
                    reason.truncate(reason.floor_char_boundary(keep.max(SHORTEST)));
                }
                _ if self.data.is_some() => self.data = None,
                // Only ids are left, and those are CloudFormation's own.
                _ => return json,
            }
        }
    }
}

/// The longest start of a text that is at most so many bytes long and ends on
/// a character boundary.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
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
                assert!(length <= LIMIT, "{filler:?} × {count}: {length}");
                assert!(json["Reason"].as_str().unwrap().starts_with("why: "));
            }
        }
    }

    #[test]
    fn data_that_cannot_fit_is_left_out_rather_than_the_ids() {
        let (length, json) = json_of(Ok(Data::from([("FilterPattern", "é".repeat(5000))])));
        assert!(length <= LIMIT);
        assert_eq!(json["Status"], "SUCCESS");
        assert_eq!(json["Data"], Value::Null);
    }
}
