//! The watch: at each tick of a rule it makes sure that the alarm can see and be heard, repairs what
//! is ours, and goes on telling while the alarm lasts.
//!
//! What must hold: a tick that finds everything as it should be writes nothing but its line in the
//! log; nothing is repaired that is not ours, or while CloudFormation works on the stack; a check that
//! could not be made is unknown, not a problem; and whatever fails, every check is still made.

mod earlier;
mod follow_up;
mod found;
mod judge;
mod lines;
mod log_group;
mod look;
mod queue;
mod round;
mod tell;
mod telling;
mod who;

use aws_sdk_cloudwatch::types::MetricAlarm;

use self::follow_up::follow_up;
use self::found::Found;
use self::judge::{Teller, changed_at, judge};
use self::look::look;
pub use self::round::Round;
pub use self::tell::tell;
use self::tell::tell_more;
pub use self::telling::Telling;
use crate::alarm::{StateChange, StateValue};
use crate::alert::Published;
use crate::fault::Fault;
use crate::health::{Health, Line};
use crate::names::Names;
use crate::provision;

/// Makes every check, repairs, writes what was found, follows up an alarm that lasts, and tells what the
/// alarm on the watch cannot.
///
/// # Errors
///
/// A mail could not be published, or it could not be found out whether one was due: Lambda should
/// deliver the tick again.
pub async fn watch(
    round: &Round<'_>,
    write: impl FnOnce(&Line),
) -> (Health, Result<Vec<Published>, Fault>) {
    let tick = round.tick;
    let watched = provision::Watched {
        account: round.account,
        owner: &tick.owner,
        properties: &tick.properties,
        resource_properties: &tick.resource_properties,
    };
    let seen = look(round, &watched).await;
    let found = Found::new(round, &watched, &seen);
    let teller = match &seen.alarms {
        Ok((_, health_alarm)) => {
            let is_heard = watched.is_heard(health_alarm.as_ref())
                && !matches!(seen.listeners, Ok(None | Some(0)));
            Teller::new(health_alarm.as_ref(), is_heard, round.now)
        }
        Err(_) => Teller::Unknown,
    };
    let line = |health| Line {
        tick: tick.at,
        at: round.now,
        rule: tick.rule_name.clone(),
        health,
    };
    if found.is_healthy() {
        let line = line(found.health);
        write(&line);
        let followed_up = Box::pin(followed_up(round, seen.alarms)).await;
        return (line.health, followed_up.map(Vec::from_iter));
    }
    let judged = Box::pin(judge(round, &watched, found, teller)).await;
    let line = line(judged.health);
    // Before anything is published: that may take until Lambda ends the invocation.
    write(&line);
    let health_alarm = seen
        .alarms
        .as_ref()
        .ok()
        .and_then(|(_, alarm)| alarm.as_ref());
    let change = change(round, health_alarm);
    let followed_up = Box::pin(followed_up(round, seen.alarms)).await;
    let told = match judged.new.as_slice() {
        [] => Ok(None),
        new => {
            let told = tell_more(round, &change, &line, &judged.earlier, new);
            Box::pin(told).await.map(Some)
        }
    };
    let published = followed_up.and_then(|followed_up| {
        let published = [followed_up, told?];
        Ok(published.into_iter().flatten().collect())
    });
    (line.health, published)
}

/// Follows up the alarm on KMS errors if it lasts. Whether it does must be known: this may be the second
/// delivery of a tick whose mail was noted and not sent.
async fn followed_up(
    round: &Round<'_>,
    alarms: Result<(Option<MetricAlarm>, Option<MetricAlarm>), Fault>,
) -> Result<Option<Published>, Fault> {
    match alarms {
        Ok((Some(alarm), _)) if is_in_alarm(&alarm) => follow_up(round, &alarm).await,
        Err(fault) if !fault.is_refusal => Err(fault),
        _ => Ok(None),
    }
}

fn is_in_alarm(alarm: &MetricAlarm) -> bool {
    alarm
        .state_value()
        .is_some_and(|state| state.as_str() == "ALARM")
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
