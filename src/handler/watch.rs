//! Ticks of the watch.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use super::state_change;
use crate::arn::Scope;
use crate::provision::Account;
use crate::tick::Tick;
use crate::watch::{self, Round};

/// Looks after the alarm, and writes what was found as a metric.
pub(super) async fn tick(
    function: &Function,
    invocation: &Invocation,
    event: &Value,
) -> Result<Outcome> {
    let tick = Tick::read(event)?;
    let arn = &invocation.function_arn;
    let scope = Scope::of_function(arn).with_context(|| {
        format!("the ARN \"{arn}\" of the function does not contain its Region and account")
    })?;
    let clients = &function.clients;
    let round = Round {
        account: Account {
            logs: &clients.logs,
            cloudwatch: &clients.cloudwatch,
            sns: &clients.sns,
            scope: &scope,
        },
        tick: &tick,
        destination: state_change::destination(&function.environment)?,
        own_identity: state_change::own_identity(function, invocation),
        log_group: &invocation.log_group,
        log_stream: &invocation.log_stream,
        now: invocation.now,
        deadline: invocation.deadline,
    };
    let (health, followed_up) = watch::watch(&round).await;
    function
        .metrics
        .write(&health.metric_line(&tick.properties.name, invocation.now));
    Ok(Outcome::Watched {
        problems: health.problems.len(),
        unknown: health.unknown.len(),
        followed_up: followed_up?,
    })
}
