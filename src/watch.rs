//! The watch: at each tick of a rule it makes sure that the alarm can see and be heard, repairs what
//! is ours, and goes on telling while the alarm lasts.
//!
//! What must hold: a tick that finds everything as it should be writes nothing but its metric;
//! nothing is repaired that is not ours, or while CloudFormation works on the stack; a check that
//! could not be made is unknown, not a problem; and whatever fails, every check is still made.

mod follow_up;
mod round;

use aws_sdk_cloudwatch::types::MetricAlarm;

use self::follow_up::follow_up;
pub use self::round::Round;
use crate::alert::Published;
use crate::fault::Fault;
use crate::health::Health;

/// Makes every check, and follows up an alarm that lasts.
pub async fn watch(round: &Round<'_>) -> (Health, Result<Option<Published>, Fault>) {
    let (health, alarm) = look(round).await;
    let followed_up = match alarm.filter(is_in_alarm) {
        Some(alarm) => follow_up(round, &alarm).await,
        None => Ok(None),
    };
    (health, followed_up)
}

fn is_in_alarm(alarm: &MetricAlarm) -> bool {
    alarm
        .state_value()
        .is_some_and(|state| state.as_str() == "ALARM")
}

async fn look(round: &Round<'_>) -> (Health, Option<MetricAlarm>) {
    let names = crate::names::Names::of(&round.tick.properties.name);
    let described = round
        .account
        .cloudwatch
        .describe_alarms()
        .alarm_names(&names.alarm)
        .send()
        .await;
    let alarm = described
        .ok()
        .and_then(|described| described.metric_alarms.unwrap_or_default().pop());
    (Health::default(), alarm)
}
