//! Answering CloudFormation, whatever happens to the work: an error, a panic, a hang, a request
//! that came too late or again.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use serde_json::Value;
use tracing::{error, info};

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use crate::arn::Scope;
use crate::custom_resource::{Answer, Request, RequestType, Undelivered};
use crate::deadline::Deadline;
use crate::health::Line;
use crate::properties::{self, PartialProperties};
use crate::provision::{self, Account, End, Error, Provisioned, Standing, Turn};

/// The time that belongs to the answer: two seconds to note how the request ended, four attempts of
/// three seconds, and the pauses between them, which are shorter than three seconds together.
const ANSWER_TIME: Duration = Duration::from_secs(18);

/// How the work on a request went.
struct Done {
    result: Result<Provisioned, String>,
    /// What is to be noted about the request; nothing when this delivery did not carry it out.
    end: Option<End>,
}

impl Done {
    fn failed(reason: impl Into<String>, end: Option<End>) -> Self {
        Self {
            result: Err(reason.into()),
            end,
        }
    }
}

/// Does what CloudFormation asks, and answers, whatever happens to the work.
pub(super) async fn answer(
    function: &Function,
    invocation: &Invocation,
    event: Value,
) -> Result<Outcome> {
    let endpoint_url = function.environment.endpoint_url.as_deref();
    let (request, responder) = Request::read(event, endpoint_url)?;
    let made_at = responder.signed_at().unwrap_or(invocation.now);
    let turn = Turn::new(
        &function.clients.logs,
        (&invocation.log_group, &invocation.log_stream),
        &request,
        made_at,
        invocation.now,
        invocation.deadline,
    );
    let waited: Duration = invocation
        .now
        .duration_since(made_at)
        .try_into()
        .unwrap_or_default();
    let done = if waited > request.service_timeout() {
        let waited = waited.as_secs();
        Done::failed(
            format!(
                "the request is {waited} s old and CloudFormation no longer waits for it: nothing \
                 was done"
            ),
            None,
        )
    } else {
        work(function, invocation, &request, &turn).await
    };
    if let Some(end) = done.end {
        turn.end(end).await;
    }
    let (answer, outcome) = match done.result {
        Ok(Provisioned { physical_id, data }) => {
            if matches!(
                request.request_type,
                RequestType::Create | RequestType::Update
            ) {
                write_metric(function, invocation, &request);
            }
            let answer = Answer {
                physical_resource_id: physical_id.clone(),
                result: Ok(data),
            };
            let outcome = Outcome::Provisioned {
                request_type: request.request_type.clone(),
                physical_id,
            };
            (answer, outcome)
        }
        Err(reason) => {
            let physical_id = provision::fallback_id(&request);
            error!(
                reason = without_addresses(&reason, &request),
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

/// Writes that nothing is wrong: the alarm on the watch, which goes off without data, is made after
/// this and before the first tick.
fn write_metric(function: &Function, invocation: &Invocation, request: &Request) {
    let Some(name) = PartialProperties::read(&request.resource_properties).name else {
        return;
    };
    function
        .metrics
        .write(&Line::of_deployment(&name, invocation.now));
}

/// Does the work in the time that leaves enough for the answer, or says why it was not done.
async fn work(
    function: &Function,
    invocation: &Invocation,
    request: &Request,
    turn: &Turn<'_>,
) -> Done {
    let until = invocation.deadline.keeping(ANSWER_TIME);
    let work = Box::pin(take_turn(function, invocation, request, turn, until));
    let work = AssertUnwindSafe(work).catch_unwind();
    match until.limit(work).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Done::failed("internal error: the function panicked", Some(End::Left)),
        Err(_) => Done::failed(Error::OutOfTime.to_string(), Some(End::Left)),
    }
}

/// Carries the request out, unless a later one has come or another delivery was answered.
async fn take_turn(
    function: &Function,
    invocation: &Invocation,
    request: &Request,
    turn: &Turn<'_>,
    until: Deadline,
) -> Done {
    let arn = &invocation.function_arn;
    let Some(scope) = Scope::of_function(arn) else {
        let reason =
            format!("the ARN \"{arn}\" of the function does not contain its Region and account");
        return Done::failed(reason, None);
    };
    let clients = &function.clients;
    let account = Account {
        logs: &clients.logs,
        cloudwatch: &clients.cloudwatch,
        sns: &clients.sns,
        scope: &scope,
    };
    match turn.begin(until).await {
        Standing::Current => {}
        Standing::Superseded => {
            // An earlier delivery that has not ended may have left something.
            let end = Some(End::Undone).filter(|_| !turn.is_repeated());
            return Done::failed(Error::Superseded.to_string(), end);
        }
        Standing::Ended(end) if end.is_success() => {
            info!("another delivery of the request has done the work");
            let result = provision::answer_of(&scope, request);
            return Done {
                result: result.map_err(|error| error.to_string()),
                end: None,
            };
        }
        Standing::Ended(_) => {
            let reason = "another delivery of the request failed; the function's log says why";
            return Done::failed(reason, None);
        }
    }
    match Box::pin(provision::provision(account, request, turn, until)).await {
        Ok(provisioned) => Done {
            result: Ok(provisioned),
            end: Some(match request.request_type {
                RequestType::Delete => End::Removed,
                _ => End::Succeeded,
            }),
        },
        Err(error) => {
            let end = error.end(&request.request_type);
            // An earlier delivery that has not ended may have left something.
            let end = if turn.is_repeated() { End::Left } else { end };
            Done::failed(error.to_string(), Some(end))
        }
    }
}

/// A reason as the log may show it, without e-mail addresses, which are personal: those that the
/// properties give, valid or not, and every word with an `@`.
fn without_addresses(reason: &str, request: &Request) -> String {
    let mut addresses = properties::addresses(&request.resource_properties);
    addresses.extend(properties::addresses(&request.old_resource_properties));
    let reason = properties::without(reason, &addresses);
    let words = reason.split_inclusive([' ', ',', '"']);
    words
        .map(|word| if word.contains('@') { "***" } else { word })
        .collect()
}
