//! The shapes of events that the function handles.

use std::fmt;

use serde_json::Value;

/// The events that the function handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>
    CustomResource,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
    Sns,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
    LambdaAction,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
    EventBridge,
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
    Watch,
}

impl Shape {
    pub(super) fn new(event: &Value) -> Option<Self> {
        let has = |field: &str| event.get(field).is_some();
        if has("ResponseURL") || (has("RequestType") && has("StackId")) {
            Some(Self::CustomResource)
        } else if is_sns(event) {
            Some(Self::Sns)
        } else if has("alarmData") {
            Some(Self::LambdaAction)
        } else {
            match event.get("detail-type").and_then(Value::as_str) {
                Some("CloudWatch Alarm State Change") => Some(Self::EventBridge),
                Some("Scheduled Event") => Some(Self::Watch),
                _ => None,
            }
        }
    }
}

fn is_sns(event: &Value) -> bool {
    let records = event.get("Records").and_then(Value::as_array);
    records.is_some_and(|records| records.iter().any(|record| record.get("Sns").is_some()))
}

/// An event of no known shape. Says what was expected and which fields it has, but not their
/// values, which may be confidential.
pub(super) struct Unexpected(String);

impl Unexpected {
    pub(super) fn new(event: &Value) -> Self {
        Self(match event {
            Value::Object(fields) => {
                let names: Vec<String> = fields
                    .keys()
                    .take(10)
                    .map(|key| format!("{key:.40}"))
                    .collect();
                format!("an object with the fields [{}]", names.join(", "))
            }
            Value::Array(_) => "a list".to_owned(),
            _ => "a single value".to_owned(),
        })
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unexpected event: {}; expected a CloudFormation custom-resource request, SNS records, \
             a CloudWatch alarm's Lambda action, an EventBridge \
             \"CloudWatch Alarm State Change\", or the watch's \"Scheduled Event\"",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_told_apart_by_their_shape() {
        let table = [
            (
                json!({"RequestType": "Create", "ResponseURL": "https://x"}),
                Some(Shape::CustomResource),
            ),
            (
                json!({"RequestType": "Create", "StackId": "s"}),
                Some(Shape::CustomResource),
            ),
            (
                json!({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}),
                Some(Shape::Sns),
            ),
            (
                json!({"source": "aws.cloudwatch", "alarmData": {}}),
                Some(Shape::LambdaAction),
            ),
            (
                json!({"detail-type": "CloudWatch Alarm State Change", "detail": {}}),
                Some(Shape::EventBridge),
            ),
            (
                json!({"detail-type": "Scheduled Event"}),
                Some(Shape::Watch),
            ),
            (json!({"detail-type": "AWS API Call via CloudTrail"}), None),
            (
                json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]}),
                None,
            ),
            (json!({"Records": []}), None),
            (json!({}), None),
            (json!([1]), None),
            (json!("text"), None),
        ];
        for (event, shape) in table {
            assert_eq!(Shape::new(&event), shape, "{event}");
        }
    }

    #[test]
    fn an_event_of_no_known_shape_is_described_without_its_values() {
        let event = json!({"password": "hunter2", "key": 1});
        let text = Unexpected::new(&event).to_string();
        let expected = "unexpected event: an object with the fields [key, password]; expected a";
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("hunter2"));
    }
}
