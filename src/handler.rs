//! Tells the events apart and sends each to its flow. All the branching of the
//! program is here, and two promises: CloudFormation is answered whatever
//! happens to the work (an error, a panic, a hang), and no record of a batch is
//! lost to another's failure.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lambda_events::event::sns::{SnsMessage, SnsRecord};
use futures_util::FutureExt;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};

use crate::alarm::StateChange;
use crate::alert::{self, Reader};
use crate::clients::Clients;
use crate::cloudtrail::Ourselves;
use crate::custom_resource::{Answer, Request};
use crate::environment::Environment;
use crate::names::Place;
use crate::provision;

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
}

/// How much of the time left belongs to the answer to CloudFormation: five
/// attempts of three seconds with the pauses between them.
const ANSWER: Duration = Duration::from_secs(20);

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
    // Boxed, because the futures of some dozen SDK calls are large.
    match Shape::of(&event) {
        Some(Shape::CustomResource) => {
            Box::pin(answer(environment, clients, invocation, event)).await
        }
        Some(Shape::Sns) => Box::pin(notified(environment, clients, invocation, event)).await,
        Some(Shape::LambdaAction) => {
            let change = StateChange::from_lambda_action(&event)?;
            Box::pin(alerted(environment, clients, invocation, change)).await
        }
        Some(Shape::EventBridge) => {
            let change = StateChange::from_event_bridge(&event)?;
            Box::pin(alerted(environment, clients, invocation, change)).await
        }
        None => bail!("{}", Unexpected::of(&event)),
    }
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
        } else if event.pointer("/Records/0/Sns").is_some() {
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

/// Does CloudFormation's work and answers, whatever becomes of the work.
async fn answer(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    event: Value,
) -> Result<()> {
    let (request, responder) = Request::read(event)?;
    let work = AssertUnwindSafe(provisioned(clients, invocation, &request)).catch_unwind();
    let left = invocation
        .deadline
        .saturating_duration_since(Instant::now());
    let work_until = invocation.deadline - ANSWER.min(left / 2);
    let failed = |why: &str| Answer {
        physical_resource_id: provision::fallback_id(&request),
        result: Err(why.to_owned()),
    };
    let mut answer = match timeout_at(work_until, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => failed("internal error: the function panicked"),
        Err(_) => failed("the AWS calls took longer than the function may run"),
    };
    if let Err(reason) = &mut answer.result {
        error!(
            reason,
            request_type = ?request.request_type,
            id = answer.physical_resource_id,
            "the request failed"
        );
        *reason = format!(
            "{reason} (log stream {}, request {})",
            invocation.log_stream, invocation.request_id
        );
    }
    let local_aws = environment.endpoint_url.as_deref();
    responder
        .respond(&answer, &clients.connector, local_aws)
        .await?;
    info!(
        request_type = ?request.request_type,
        id = answer.physical_resource_id,
        success = answer.result.is_ok(),
        "answered CloudFormation"
    );
    Ok(())
}

async fn provisioned(clients: &Clients, invocation: &Invocation, request: &Request) -> Answer {
    let Some(place) = Place::of_function(&invocation.function_arn) else {
        return Answer {
            physical_resource_id: provision::fallback_id(request),
            result: Err(format!(
                "the function's ARN \"{}\" does not tell its region and account",
                invocation.function_arn
            )),
        };
    };
    provision::provision(
        &clients.logs,
        &clients.cloudwatch,
        &clients.sns,
        &place,
        request,
    )
    .await
}

/// Handles every record of an SNS batch; the failures together are the error.
async fn notified(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    mut event: Value,
) -> Result<()> {
    let records = event.get_mut("Records").map(Value::take);
    let Some(Value::Array(records)) = records else {
        bail!("SNS event: Records is not a list");
    };
    let count = records.len();
    let mut failures = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let handled = async {
            let record: SnsRecord =
                serde_path_to_error::deserialize(record).context("not an SNS record")?;
            notification(environment, clients, invocation, &record.sns).await
        };
        if let Err(failure) = handled.await {
            error!(
                error = format!("{failure:#}"),
                record = index,
                "a record failed"
            );
            failures.push(format!("record {} of {count}: {failure:#}", index + 1));
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(anyhow!(failures.join("; ")))
    }
}

/// One SNS message: an alarm's state change becomes an alert, anything else is
/// passed on as it is.
async fn notification(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    sns: &SnsMessage,
) -> Result<()> {
    if environment.topic_arn.as_ref() == Some(&sns.topic_arn) {
        // Publishing it there again would bring it back here for ever.
        bail!(
            "the message came from {}, where alerts are published to; remove the function's \
             subscription to that topic",
            sns.topic_arn
        );
    }
    match StateChange::from_sns_message(&sns.message) {
        Ok(change) => alerted(environment, clients, invocation, change).await,
        Err(not_read) => {
            warn!(reason = %not_read, "passing a message on as it is");
            let reader = reader(environment)?;
            alert::pass_on(
                &clients.sns,
                reader.topic_arn,
                sns.subject.as_deref(),
                &sns.message,
            )
            .await?;
            Ok(())
        }
    }
}

async fn alerted(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    change: StateChange,
) -> Result<()> {
    let reader = reader(environment)?;
    let Clients {
        logs,
        cloudwatch,
        sns,
        ..
    } = clients;
    let ourselves = Ourselves {
        role_arn: environment.role_arn.clone(),
        function_arn: Some(invocation.function_arn.clone()),
    };
    let deadline = invocation.deadline;
    alert::alert(logs, cloudwatch, sns, reader, &ourselves, change, deadline).await?;
    Ok(())
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
