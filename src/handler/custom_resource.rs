//! Answering CloudFormation, whatever becomes of the work: an error, a panic, a
//! hang, a request that came too late.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tracing::{error, info};

use super::Invocation;
use crate::clients::Clients;
use crate::custom_resource::{Answer, Request, RequestType, Undelivered};
use crate::environment::Environment;
use crate::metrics::Outcome;
use crate::names::Place;
use crate::provision;

/// How much of the time left belongs to the answer: five attempts of three
/// seconds with the pauses between them.
const ANSWER: Duration = Duration::from_secs(20);

/// Does CloudFormation's work and answers, whatever becomes of the work.
pub(super) async fn answer(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    event: Value,
) -> Result<Outcome> {
    let (request, responder) = Request::read(event, environment.endpoint_url.as_deref())?;
    let failed = |why: String| Answer {
        physical_resource_id: provision::fallback_id(&request),
        result: Err(why),
    };
    let mut answer = match responder.waited(invocation.now) {
        Some(waited) if waited > request.service_timeout() => failed(format!(
            "the request is {} s old and CloudFormation no longer waits for it: nothing was done",
            waited.as_secs()
        )),
        _ => {
            let work = AssertUnwindSafe(provisioned(clients, invocation, &request)).catch_unwind();
            match timeout_at(stop_working(invocation.deadline), work).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => failed("internal error: the function panicked".to_owned()),
                Err(_) => failed("the AWS calls took longer than the function may run".to_owned()),
            }
        }
    };
    if let Err(reason) = &mut answer.result {
        error!(
            reason = without_addresses(reason),
            request_type = ?request.request_type,
            id = answer.physical_resource_id,
            "the request failed"
        );
        *reason = format!(
            "{reason} (log stream {}, request {})",
            invocation.log_stream, invocation.request_id
        );
    }
    let failed = Outcome::Failed {
        what: "provisioning",
    };
    match responder.respond(&answer, &clients.connector).await {
        Ok(()) => info!(
            request_type = ?request.request_type,
            id = answer.physical_resource_id,
            success = answer.result.is_ok(),
            "answered CloudFormation"
        ),
        // Trying again cannot change it: the request was answered before, or too long ago.
        Err(refused @ Undelivered::Refused(_)) => {
            error!(%refused, "not answered");
            return Ok(failed);
        }
        Err(undelivered) => return Err(undelivered.into()),
    }
    Ok(match (answer.result, request.request_type) {
        (Err(_), _) | (_, RequestType::Unknown(_)) => failed,
        (Ok(_), request_type) => Outcome::Provisioned {
            request_type: format!("{request_type:?}"),
        },
    })
}

/// When to stop working: early enough for the answer, or half-way when even that
/// is more than what is left.
fn stop_working(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - ANSWER.min(left / 2)
}

/// A reason as the log may hold it: e-mail addresses are personal.
fn without_addresses(reason: &str) -> String {
    let words = reason.split_inclusive([' ', ',', '"']);
    words
        .map(|word| if word.contains('@') { "***" } else { word })
        .collect()
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
        clients.logs(),
        clients.cloudwatch(),
        clients.sns(),
        &place,
        request,
    )
    .await
}
