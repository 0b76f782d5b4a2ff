//! The watch: at each tick of a rule it makes sure that the alarm can see and be heard, repairs what
//! is ours, and goes on telling while the alarm lasts.
//!
//! What must hold: a tick that finds everything as it should be writes nothing but its line in the
//! log; nothing is repaired that is not ours, or while CloudFormation works on the stack; a check that
//! could not be made is unknown, not a problem; and whatever fails, every check is still made.

mod follow_up;
mod found;
mod lines;
mod log_group;
mod look;
mod queue;
mod repair;
mod round;
mod tell;
mod who;

use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::{SignedDuration, Timestamp};

use self::follow_up::follow_up;
use self::found::Found;
use self::look::look;
use self::repair::repair;
pub use self::round::Round;
use self::tell::tell_more;
pub use self::tell::{Telling, tell};
use crate::alarm::{StateChange, StateValue};
use crate::alert::Published;
use crate::fault::Fault;
use crate::health::Line;
use crate::names::Names;
use crate::provision;

/// What became of a round.
pub struct Watched {
    /// The line to write.
    pub line: Line,
    /// What was published, or why that failed.
    pub published: Result<Vec<Published>, Fault>,
}

/// Makes every check, follows up an alarm that lasts, and tells of another problem while the alarm on
/// the watch cannot.
pub async fn watch(round: &Round<'_>) -> Watched {
    let tick = round.tick;
    let watched = provision::Watched {
        account: round.account,
        owner: &tick.owner,
        properties: &tick.properties,
        resource_properties: &tick.resource_properties,
    };
    let seen = look(round, &watched).await;
    let found = Found::new(round, &watched, &seen);
    let health = if found.objects.is_empty() && found.health_alarm_gone.is_none() {
        found.health
    } else {
        Box::pin(repair(round, &watched, found)).await
    };
    let line = Line {
        tick: tick.at,
        at: round.now,
        rule: tick.rule_name.clone(),
        health,
    };
    // In which state the alarms are is not known if they could not be looked at.
    let (followed_up, told) = match seen.alarms {
        Ok((alarm, health_alarm)) => (
            match alarm.filter(is_in_alarm) {
                Some(alarm) => Box::pin(follow_up(round, &alarm)).await,
                None => Ok(None),
            },
            Box::pin(tell_at_once(round, health_alarm.as_ref(), &line)).await,
        ),
        Err(_) => (Ok(None), Ok(None)),
    };
    Watched {
        line,
        published: followed_up.and_then(|followed_up| {
            let published = [followed_up, told?];
            Ok(published.into_iter().flatten().collect())
        }),
    }
}

fn is_in_alarm(alarm: &MetricAlarm) -> bool {
    alarm
        .state_value()
        .is_some_and(|state| state.as_str() == "ALARM")
}

/// Tells of new problems where the alarm on the watch cannot: it has gone off already, or is gone.
async fn tell_at_once(
    round: &Round<'_>,
    health_alarm: Option<&MetricAlarm>,
    line: &Line,
) -> Result<Option<Published>, Fault> {
    let every = SignedDuration::try_from(round.tick.every).unwrap_or_default();
    let went_off = health_alarm
        .filter(|alarm| is_in_alarm(alarm))
        .map(changed_at);
    let since = match (health_alarm, went_off) {
        _ if line.health.problems.is_empty() || line.health.is_paused => return Ok(None),
        // It went off because of what the ticks just before it found.
        (_, Some(changed_at)) => changed_at.unwrap_or(round.now) - every * 3,
        (Some(alarm), None) if alarm.actions_enabled() != Some(false) => return Ok(None),
        _ => round.tick.at - every * 4,
    };
    let change = change(round, health_alarm);
    tell_more(&round.telling(), &change, line, since).await
}

fn changed_at(alarm: &MetricAlarm) -> Option<Timestamp> {
    let changed_at = alarm
        .state_transitioned_timestamp()
        .or(alarm.state_updated_timestamp())?;
    Timestamp::from_second(changed_at.secs()).ok()
}

/// The state that the alarm on the watch is in, as if it had just changed.
fn change(round: &Round<'_>, alarm: Option<&MetricAlarm>) -> StateChange {
    let scope = round.account.scope;
    let name = Names::of(&round.tick.properties.name).health;
    StateChange {
        arn: Some(scope.alarm_arn(&name)),
        name,
        account: Some(scope.account.clone()),
        region: Some(scope.region.clone()),
        description: None,
        new_state: alarm
            .and_then(|alarm| alarm.state_value())
            .map_or(StateValue::InsufficientData, |state| {
                StateValue::from(state.as_str())
            }),
        old_state: None,
        reason: String::new(),
        changed_at: alarm.and_then(changed_at).unwrap_or(round.now),
        previous_changed_at: None,
        contributor: None,
        metric: None,
        statistic: None,
        period: Some(round.tick.every.saturating_mul(2).as_secs()),
        evaluation_periods: None,
        threshold: None,
        datapoints: Vec::new(),
    }
}
