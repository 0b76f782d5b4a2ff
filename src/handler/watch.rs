//! Ticks of the watch, and changes of the alarm on it.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use super::state_change;
use crate::alarm::StateChange;
use crate::arn::Scope;
use crate::names::Names;
use crate::provision::Account;
use crate::tick::Tick;
use crate::watch::{self, Round, Telling};

/// Looks after the alarm, and writes what was found to the log.
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
    let name = tick.properties.name.as_str();
    let log_group = Some(tick.properties.log_group_name.as_str());
    let telling = telling(function, invocation, name, log_group)?;
    let round = Round {
        account: Account {
            logs: &clients.logs,
            cloudwatch: &clients.cloudwatch,
            sns: &clients.sns,
            scope: &scope,
        },
        tick: &tick,
        destination: telling.destination,
        own_identity: state_change::own_identity(function, invocation),
        log_group: &invocation.log_group,
        log_stream: &invocation.log_stream,
        now: invocation.now,
        deadline: invocation.deadline,
    };
    let watched = watch::watch(&round, &telling).await;
    function.metrics.write(&watched.line.write(name));
    let health = watched.line.health;
    Ok(Outcome::Watched {
        problems: health.problems.len(),
        unknown: health.unknown.len(),
        published: watched.published?,
    })
}

/// The base name of the deployed alarms, if the change is one of the alarm on the watch.
pub(super) fn watched_name<'f>(function: &'f Function, change: &StateChange) -> Option<&'f str> {
    let topic_arn = function.environment.topic_arn.as_ref()?;
    let (_, topic) = topic_arn.rsplit_once(':')?;
    let name = topic.strip_suffix("-topic")?;
    (Names::of(name).health == change.name).then_some(name)
}

/// Tells of a change of the alarm on the watch.
pub(super) async fn changed(
    function: &Function,
    invocation: &Invocation,
    name: &str,
    change: StateChange,
) -> Result<Outcome> {
    let log_group = function.environment.log_group_name.as_deref();
    let telling = telling(function, invocation, name, log_group)?;
    let told = watch::tell(&telling, change).await?;
    Ok(told.map_or(Outcome::NothingToTell, Outcome::Alerted))
}

fn telling<'a>(
    function: &'a Function,
    invocation: &'a Invocation,
    name: &'a str,
    trail: Option<&'a str>,
) -> Result<Telling<'a>> {
    let clients = &function.clients;
    Ok(Telling {
        logs: &clients.logs,
        cloudwatch: &clients.cloudwatch,
        sns: &clients.sns,
        destination: state_change::destination(&function.environment)?,
        name,
        log_group: &invocation.log_group,
        trail,
        own_role: function.environment.role_arn.as_deref(),
        function_arn: &invocation.function_arn,
        now: invocation.now,
        deadline: invocation.deadline,
    })
}
