//! Ticks of the watch, and changes of the alarm on it.

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use crate::alarm::StateChange;
use crate::arn::Scope;
use crate::health::Line;
use crate::names::Names;
use crate::properties;
use crate::provision::Account;
use crate::tick::Tick;
use crate::watch::{self, Round, Telling};

/// Looks after the alarm, and writes what was found to the log.
pub(super) async fn tick(
    function: &Function,
    invocation: &Invocation,
    event: &Value,
) -> Result<Outcome> {
    let tick = Tick::read(event).map_err(|error| {
        // An address that is refused is personal all the same.
        let given = event.pointer("/detail/ResourceProperties");
        let addresses = given.map(properties::addresses).unwrap_or_default();
        anyhow!(properties::without(&error.to_string(), &addresses))
    })?;
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
        destination: function.destination()?,
        own_identity: function.own_identity(invocation),
        log_group: &invocation.log_group,
        log_stream: &invocation.log_stream,
        now: invocation.now,
        deadline: invocation.deadline,
    };
    let write = |line: &Line| {
        let name = &tick.properties.name;
        function.metrics.write(&line.write(name));
    };
    let (health, published) = watch::watch(&round, write).await;
    Ok(Outcome::Watched {
        problems: health.problems.len(),
        unknown: health.unknown.len(),
        published: published?,
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
    let environment = &function.environment;
    let clients = &function.clients;
    let telling = Telling {
        logs: &clients.logs,
        sns: &clients.sns,
        destination: function.destination()?,
        name,
        log_group: &invocation.log_group,
        trail: environment.log_group_name.as_deref(),
        own_role: environment.role_arn.as_deref(),
        function_arn: &invocation.function_arn,
        now: invocation.now,
        deadline: invocation.deadline,
    };
    let told = watch::tell(&telling, &clients.cloudwatch, change).await?;
    Ok(told.map_or(Outcome::NothingToTell, Outcome::Alerted))
}
