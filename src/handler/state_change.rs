//! Alarm state changes, which become alerts.

use anyhow::Result;

use super::function::{Function, Invocation};
use super::outcome::Outcome;
use super::watch;
use crate::alarm::{self, StateChange};
use crate::alert::{self, Alerted, Deployment};
use crate::environment::Environment;
use crate::findings::Search;
use crate::names::Names;

/// Publishes the alert about a state change, if it could be read.
pub(super) async fn alert(
    function: &Function,
    invocation: &Invocation,
    change: Result<StateChange, alarm::Error>,
) -> Result<Outcome> {
    let Function {
        environment,
        clients,
        ..
    } = function;
    let change = change?;
    if let Some(name) = watch::watched_name(function, &change) {
        return Box::pin(watch::changed(function, invocation, name, change)).await;
    }
    let destination = function.destination()?;
    let deployment = Deployment {
        own_identity: function.own_identity(invocation),
        search: deployed_search(environment, &change),
        quiet: environment.quiet.clone(),
        log_group: invocation.log_group.clone(),
    };
    let alerted = alert::alert(
        &clients.logs,
        &clients.cloudwatch,
        &clients.sns,
        destination,
        &deployment,
        change,
        invocation.deadline,
    );
    Ok(match alerted.await? {
        Alerted::Published(published) => Outcome::Alerted(published),
        Alerted::NotMailed(alert) => Outcome::NotMailed(alert),
    })
}

/// Where the events of the deployed alarm are. Another alarm's may be anywhere.
fn deployed_search(environment: &Environment, change: &StateChange) -> Option<Search> {
    let topic = Names::of_alarm(&change.name)?.topic;
    let (_, deployed) = environment.topic_arn.as_ref()?.rsplit_once(':')?;
    if topic != deployed {
        return None;
    }
    let log_group = environment.log_group_name.as_ref()?;
    let roles = environment.task_roles.as_ref()?;
    Some(Deployment::search(log_group, roles))
}
