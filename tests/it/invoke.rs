//! Invoking the handler as Lambda would, with the clients of the fake AWS.

use std::time::Duration;

use kms_alarm::deadline::Deadline;
use kms_alarm::environment::Environment;
use kms_alarm::handler::{self, Function, Invocation};
use serde_json::{Value, json};

use crate::fake_aws::{FUNCTION_ARN, FakeAws, RESPONSE_HOST, environment};

/// The time: ten seconds after the samples' request was signed.
pub const NOW: &str = "2026-11-23T09:47:30Z";

/// Gives an event to the handler, with a minute left. The tests' clock is paused: it jumps ahead
/// when everything waits for it.
pub async fn invoke(aws: &FakeAws, event: Value) -> Result<(), String> {
    invoke_within(aws, event, Duration::from_mins(1)).await
}

/// The same with this much time left.
pub async fn invoke_within(aws: &FakeAws, event: Value, left: Duration) -> Result<(), String> {
    invoke_with(aws, &environment(), event, left).await
}

/// The same in another environment.
pub async fn invoke_as(
    aws: &FakeAws,
    environment: &Environment,
    event: Value,
) -> Result<(), String> {
    invoke_with(aws, environment, event, Duration::from_mins(1)).await
}

async fn invoke_with(
    aws: &FakeAws,
    environment: &Environment,
    event: Value,
    left: Duration,
) -> Result<(), String> {
    let invocation = Invocation {
        request_id: "8f507cfc-0000-4111-8222-example".to_owned(),
        function_arn: FUNCTION_ARN.to_owned(),
        log_stream: "2026/11/23/[1]0123456789abcdef".to_owned(),
        deadline: Deadline::after(left),
        now: NOW.parse().unwrap(),
    };
    let function = Function {
        environment: environment.clone(),
        clients: aws.clients(),
    };
    handler::handle(&function, &invocation, event)
        .await
        .map_err(|error| format!("{error:#}"))
}

/// One of the samples in `events/`.
pub fn sample(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sample of an alarm that counted one error, so that nothing is missing when one is found, and
/// the search is not made again.
pub fn alarm_of_one() -> Value {
    let mut event = sample("sns-alarm");
    let message = &mut event["Records"][0]["Sns"]["Message"];
    *message = message.as_str().unwrap().replace("[7.0 (", "[1.0 (").into();
    event
}

/// A custom-resource request as CloudFormation sends it, with the properties of the sample and some
/// of them replaced.
pub fn request(request_type: &str, replaced: &Value) -> Value {
    let mut event = sample("cloudformation-create");
    event["RequestType"] = json!(request_type);
    event["ResponseURL"] = json!(format!(
        "https://{RESPONSE_HOST}/answer?X-Amz-Date=20261123T094720Z&X-Amz-Signature=secret"
    ));
    for (name, value) in replaced.as_object().expect("properties") {
        event["ResourceProperties"][name] = value.clone();
    }
    event
}

/// A request about a resource that exists, with its ID and its old properties.
pub fn request_about(request_type: &str, id: &str, old: &Value, replaced: &Value) -> Value {
    let mut event = request(request_type, replaced);
    event["PhysicalResourceId"] = json!(id);
    if request_type == "Update" {
        event["OldResourceProperties"] = request("Create", old)["ResourceProperties"].clone();
    }
    event
}
