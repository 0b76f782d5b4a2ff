//! Answering CloudFormation, whatever happens to the work: an error, a panic, a hang, a request
//! that came too late.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use serde_json::Value;
use tracing::error;

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use crate::arn::Scope;
use crate::custom_resource::{Answer, Request, Undelivered};
use crate::provision::{self, Provisioned};

/// The time that belongs to the answer: five attempts of three seconds, and the pauses between
/// them.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// Does what CloudFormation asks, and answers, whatever happens to the work.
pub(super) async fn answer(
    function: &Function,
    invocation: &Invocation,
    event: Value,
) -> Result<Outcome> {
    let endpoint_url = function.environment.endpoint_url.as_deref();
    let (request, responder) = Request::read(event, endpoint_url)?;
    let result = match responder.waited(invocation.now) {
        Some(waited) if waited > request.service_timeout() => Err(format!(
            "the request is {} s old and CloudFormation no longer waits for it: nothing was done",
            waited.as_secs()
        )),
        _ => work(function, invocation, &request).await,
    };
    let (answer, outcome) = match result {
        Ok(Provisioned { physical_id, data }) => (
            Answer {
                physical_resource_id: physical_id.clone(),
                result: Ok(data),
            },
            Outcome::Provisioned {
                request_type: request.request_type,
                physical_id,
            },
        ),
        Err(reason) => {
            let physical_id = provision::fallback_id(&request);
            error!(
                reason = without_addresses(&reason),
                request_type = ?request.request_type,
                physical_id,
                "CloudFormation's request failed"
            );
            let reason = format!(
                "{reason} (log stream {}, request {})",
                invocation.log_stream, invocation.request_id
            );
            (
                Answer {
                    physical_resource_id: physical_id,
                    result: Err(reason),
                },
                Outcome::Failed,
            )
        }
    };
    match responder
        .respond(&answer, &function.clients.connector)
        .await
    {
        Ok(()) => Ok(outcome),
        // Another attempt cannot change it: the request was answered before, or too long ago.
        Err(refused @ Undelivered::Refused(_)) => {
            error!(%refused, "CloudFormation was not answered");
            Ok(Outcome::Failed)
        }
        Err(undelivered) => Err(undelivered.into()),
    }
}

/// Does the work in the time that leaves enough for the answer, or says why it was not done.
async fn work(
    function: &Function,
    invocation: &Invocation,
    request: &Request,
) -> Result<Provisioned, String> {
    let work = Box::pin(provision(function, invocation, request));
    let work = AssertUnwindSafe(work).catch_unwind();
    match invocation.deadline.keeping(ANSWER_TIME).limit(work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err("internal error: the function panicked".to_owned()),
        Err(_) => Err("the AWS calls took longer than the function may run".to_owned()),
    }
}

async fn provision(
    function: &Function,
    invocation: &Invocation,
    request: &Request,
) -> Result<Provisioned, String> {
    let arn = &invocation.function_arn;
    let scope = Scope::of_function(arn).ok_or_else(|| {
        format!("the ARN \"{arn}\" of the function does not contain its Region and account")
    })?;
    let clients = &function.clients;
    let (logs, cloudwatch, sns) = (&clients.logs, &clients.cloudwatch, &clients.sns);
    let provisioned = provision::provision(logs, cloudwatch, sns, &scope, request);
    provisioned.await.map_err(|error| error.to_string())
}

/// A reason as the log may show it, without e-mail addresses, which are personal.
fn without_addresses(reason: &str) -> String {
    let words = reason.split_inclusive([' ', ',', '"']);
    words
        .map(|word| if word.contains('@') { "***" } else { word })
        .collect()
}
