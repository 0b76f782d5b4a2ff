//! Invoking the handler as Lambda would, with the clients of the fake AWS.

use std::cell::Cell;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kms_alarm::deadline::Deadline;
use kms_alarm::environment::Environment;
use kms_alarm::handler::{self, Function, Invocation};
use serde_json::{Value, json};

use crate::fake_aws::{
    Delivery, FUNCTION_ARN, FUNCTION_LOG_GROUP, FakeAws, RESPONSE_HOST, environment,
};

pub use crate::fake_aws::NOW;

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
    let function = Function {
        environment: environment.clone(),
        clients: aws.clients(),
        metrics: aws.metrics(),
    };
    handler::handle(&function, &invocation(aws, left), event)
        .await
        .map_err(|error| format!("{error:#}"))
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The handler returned.
    Done,
    /// The handler failed, so Lambda delivers the event again.
    Failed(String),
    /// Lambda ended it, and delivers the event again.
    Died,
}

/// Gives an event to the handler as one delivery among others, which may die.
pub async fn deliver(aws: &FakeAws, delivery: &Delivery, event: Value, left: Duration) -> Ended {
    let function = Function {
        environment: environment(),
        clients: delivery.clients(aws),
        metrics: aws.metrics(),
    };
    let mut invocation = invocation(aws, left);
    // Two that run at once run in two environments, each with a log stream of its own.
    invocation.log_stream = format!("2026/11/23/[1]{:016x}", aws.next_environment());
    tokio::select! {
        result = handler::handle(&function, &invocation, event) => match result {
            Ok(()) => Ended::Done,
            Err(error) => Ended::Failed(format!("{error:#}")),
        },
        // Lambda ends what is not done in time.
        () = tokio::time::sleep(left) => Ended::Died,
        () = delivery.died() => Ended::Died,
    }
}

fn invocation(aws: &FakeAws, left: Duration) -> Invocation {
    Invocation {
        request_id: "8f507cfc-0000-4111-8222-example".to_owned(),
        function_arn: FUNCTION_ARN.to_owned(),
        log_group: FUNCTION_LOG_GROUP.to_owned(),
        log_stream: "2026/11/23/[1]0123456789abcdef".to_owned(),
        deadline: Deadline::after(left),
        now: aws.now(),
    }
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

thread_local! {
    /// How many requests the test has made.
    static REQUESTS: Cell<u32> = const { Cell::new(0) };
}

/// A custom-resource request as CloudFormation sends it, with the properties of the sample and some
/// of them replaced. Each is another request; who wants a second delivery of one gives the same
/// event to the handler again.
pub fn request(request_type: &str, replaced: &Value) -> Value {
    let number = REQUESTS.get() + 1;
    REQUESTS.set(number);
    let mut event = sample("cloudformation-create");
    event["RequestType"] = json!(request_type);
    for (name, value) in replaced.as_object().expect("properties") {
        event["ResourceProperties"][name] = value.clone();
    }
    event["RequestId"] = json!(format!("0f1e2d3c-1111-4222-8333-{number:012}"));
    let at: Timestamp = NOW.parse().unwrap();
    signed(event, at - SignedDuration::from_secs(10))
}

/// The same request, made at that time.
pub fn signed(mut event: Value, at: Timestamp) -> Value {
    let date = at.strftime("%Y%m%dT%H%M%SZ");
    event["ResponseURL"] = json!(format!(
        "https://{RESPONSE_HOST}/answer?X-Amz-Date={date}&X-Amz-Signature=secret"
    ));
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
