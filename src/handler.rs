//! Tells the events apart and sends each to its flow. Two promises are kept
//! here: CloudFormation is answered whatever happens to the work, and no record
//! of a batch is lost to another's failure.

mod custom_resource;
mod notification;

use std::fmt;

use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::alarm::StateChange;
use crate::alert::{self, Reader};
use crate::clients::Clients;
use crate::cloudtrail::Ourselves;
use crate::environment::Environment;
use crate::log;
use crate::metrics;

/// What the handler knows of one invocation besides its event.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's request id.
    pub request_id: String,
    /// The ARN by which the function was invoked.
    pub function_arn: String,
    /// Where this invocation's log lines go, for the reader of a failure.
    pub log_stream: String,
    /// When Lambda ends it.
    pub deadline: Instant,
    /// What the clock says.
    pub now: Timestamp,
}

/// Answers one event.
///
/// # Errors
///
/// What Lambda should try again: an answer or an alert that could not be
/// delivered. And what nobody can do anything with: an event of no known shape.
pub async fn handle(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    event: Value,
) -> Result<()> {
    let began = Instant::now();
    // Boxed, because the futures of some dozen SDK calls are large.
    let done = match Shape::of(&event) {
        Some(Shape::CustomResource) => {
            let answer = custom_resource::answer(environment, clients, invocation, event);
            Box::pin(answer).await
        }
        Some(Shape::Sns) => {
            let batch = notification::batch(environment, clients, invocation, event);
            return Box::pin(batch).await;
        }
        Some(Shape::LambdaAction) => {
            let change = StateChange::from_lambda_action(&event).map_err(Into::into);
            Box::pin(alerted(environment, clients, invocation, change)).await
        }
        Some(Shape::EventBridge) => {
            let change = StateChange::from_event_bridge(&event).map_err(Into::into);
            Box::pin(alerted(environment, clients, invocation, change)).await
        }
        None => Err(anyhow!("{}", Unexpected::of(&event))),
    };
    tell(invocation, began, &done);
    done.map(drop)
}

/// Says what became of an event: one line, with counts and how long it took.
fn tell(invocation: &Invocation, began: Instant, done: &Result<metrics::Outcome>) {
    let source = metrics::Source {
        function: metrics::function_name(&invocation.function_arn),
        request_id: &invocation.request_id,
        at: invocation.now,
    };
    let failed = metrics::Outcome::Failed { what: "event" };
    let outcome = done.as_ref().unwrap_or(&failed);
    log::as_it_is(&outcome.line(source, began.elapsed()));
}

/// The events this function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>
    CustomResource,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
    Sns,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
    LambdaAction,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
    EventBridge,
}

impl Shape {
    fn of(event: &Value) -> Option<Self> {
        let has = |field: &str| event.get(field).is_some();
        if has("ResponseURL") || (has("RequestType") && has("StackId")) {
            Some(Self::CustomResource)
        } else if is_sns(event) {
            Some(Self::Sns)
        } else if has("alarmData") {
            Some(Self::LambdaAction)
        } else if event.get("detail-type").and_then(Value::as_str)
            == Some("CloudWatch Alarm State Change")
        {
            Some(Self::EventBridge)
        } else {
            None
        }
    }
}

fn is_sns(event: &Value) -> bool {
    let records = event.get("Records").and_then(Value::as_array);
    records.is_some_and(|records| records.iter().any(|record| record.get("Sns").is_some()))
}

/// An event of no known shape; says what was expected and which fields came,
/// but not their values, which are nobody's business here.
struct Unexpected(String);

impl Unexpected {
    fn of(event: &Value) -> Self {
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
             a CloudWatch alarm's Lambda action, or an EventBridge \"CloudWatch Alarm State Change\"",
            self.0
        )
    }
}

async fn alerted(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    change: Result<StateChange>,
) -> Result<metrics::Outcome> {
    let (change, reader) = (change?, reader(environment)?);
    let ourselves = Ourselves {
        role_arn: environment.role_arn.clone(),
        function_arn: Some(invocation.function_arn.clone()),
    };
    let deadline = invocation.deadline;
    let alerted = alert::alert(clients, reader, &ourselves, change, deadline);
    Ok(alerted.await?)
}

fn reader(environment: &Environment) -> Result<Reader<'_>> {
    Ok(Reader {
        topic_arn: environment
            .topic_arn
            .as_deref()
            .context("TOPIC_ARN is not set: give the ARN of the topic that people subscribe to")?,
        zone: &environment.time_zone,
        problem: environment.time_zone_problem.as_deref(),
        https: environment.https_format,
    })
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
            (json!({"detail-type": "Scheduled Event"}), None),
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
            assert_eq!(Shape::of(&event), shape, "{event}");
        }
    }

    #[test]
    fn an_event_of_no_known_shape_is_described_without_its_values() {
        let event = json!({"password": "hunter2", "key": 1});
        let text = Unexpected::of(&event).to_string();
        assert!(text.starts_with("unexpected event: an object with the fields [key, password]; expected a CloudFormation"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}
