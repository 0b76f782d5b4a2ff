//! Telling people what the watch found: when the alarm on it changes, and when another problem comes
//! up while it lasts.

use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use jiff::SignedDuration;

use super::earlier::Earlier;
use super::lines::lines;
use super::round::Round;
use super::telling::Telling;
use super::who::{Trail, name_who};
use crate::alarm::{StateChange, StateValue};
use crate::alert::{Published, alarmed_at, publish};
use crate::arn::Scope;
use crate::clients::Lazy;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::health::{Line, News, Notice, Place, Problem, Seen, Silence, Unknown, seen};
use crate::identifier::Identifier;
use crate::owner::digest;

/// The time that belongs to the publish.
const PUBLISH_TIME: Duration = Duration::from_secs(17);
/// The alarm's period if its message does not say.
const PERIOD: u64 = 600;
/// More ticks than those of a day are not read.
const LONG: SignedDuration = SignedDuration::from_hours(24);
/// What may lie between a tick and its datapoint.
const LAG: SignedDuration = SignedDuration::from_mins(1);

/// Tells of a change of the alarm on the watch. Nothing is told of one that has just been made.
/// CloudWatch's client is made only where the beginning of what is over is not known.
///
/// # Errors
///
/// The publish failed, so Lambda should try again.
pub async fn tell(
    telling: &Telling<'_>,
    cloudwatch: &Lazy<CloudWatch>,
    mut change: StateChange,
) -> Result<Option<Published>, Fault> {
    let mut missing = Vec::new();
    let until = telling.deadline.keeping(PUBLISH_TIME);
    let period = i64::try_from(change.period.unwrap_or(PERIOD)).unwrap_or(3_600);
    let period = SignedDuration::from_secs(period.clamp(60, 7_200));
    let news = match change.new_state {
        StateValue::Alarm => News::Began,
        StateValue::Ok if change.is_recovery() => News::Ended,
        _ => return Ok(None),
    };
    if news == News::Ended && change.previous_changed_at.is_none() {
        let began = until.limit(alarmed_at(cloudwatch, &change)).await;
        change.previous_changed_at = began.ok().and_then(Result::ok).flatten();
    }
    let began = match news {
        News::Ended => change.previous_changed_at,
        News::Began | News::More => Some(change.changed_at),
    };
    let since = began.map_or(telling.now - SignedDuration::from_hours(24), |began| {
        began - period - LAG
    });
    let reading = async {
        let from = since - period * 3;
        let read =
            async |from, to| lines(telling.logs, telling.log_group, telling.name, from, to).await;
        if telling.now.duration_since(from) <= LONG {
            return read(from, telling.now).await;
        }
        // Of one that lasted long, how it began and how it ended.
        let mut found = read(from, from + LONG / 2).await?;
        found.extend(read(telling.now - LONG / 2, telling.now).await?);
        Ok(found)
    };
    let found = until
        .answer("logs:FilterLogEvents", telling.log_group, reading)
        .await;
    let mut silence = (news == News::Began && is_silent(&change, &found, period)).then(|| {
        let last = found.iter().flatten().max_by_key(|line| line.at);
        Silence {
            last_tick: last.map(|line| line.at),
            rule: last.and_then(|line| line.rule.clone()),
            change: None,
        }
    });
    let found = found.unwrap_or_else(|fault| {
        missing.push(format!("What the ticks found could not be read: {fault}"));
        Vec::new()
    });
    let (mut problems, unknown) = seen(&found, since);
    let newest = found.iter().max_by_key(|line| (line.tick, line.at));
    let pending = newest.map_or_else(Vec::new, |line| line.health.pending.clone());
    let named = (&mut problems[..], silence.as_mut());
    name(telling, named, until, &mut missing).await;
    let alert_id = change.alert_id();
    let news = Told {
        news,
        alert_id,
        problems: &problems,
        unknown: &unknown,
        pending: &pending,
        silence: silence.as_ref(),
        missing: &missing,
    };
    send(telling, &change, news).await.map(Some)
}

/// Tells of new problems while the alarm on the watch cannot.
///
/// # Errors
///
/// The publish failed, so Lambda should try again.
pub(super) async fn tell_more(
    round: &Round<'_>,
    change: &StateChange,
    line: &Line,
    earlier: &Earlier,
    new: &[Problem],
) -> Result<Published, Fault> {
    let telling = &round.telling();
    let mut all = earlier.lines().to_vec();
    all.push(line.clone());
    let (mut problems, _) = seen(&all, line.at);
    problems.retain(|seen| new.iter().any(|new| new.is_same(&seen.problem)));
    let mut missing = Vec::new();
    let until = telling.deadline.keeping(PUBLISH_TIME);
    name(telling, (&mut problems, None), until, &mut missing).await;
    let news = Told {
        news: News::More,
        alert_id: digest(&format!("{}\n{}", change.name, line.tick)),
        problems: &problems,
        unknown: &[],
        pending: &line.health.pending,
        silence: None,
        missing: &missing,
    };
    send(telling, change, news).await
}

/// Whether the alarm went off because no tick came. While the rule ticks, the newest tick is at most
/// one interval old, which is half the period; without ticks it goes off when the last one is a whole
/// period old.
fn is_silent(
    change: &StateChange,
    found: &Result<Vec<Line>, Fault>,
    period: SignedDuration,
) -> bool {
    let latest = change.changed_at - period / 4 * 3;
    let ticks = found.as_ref().ok();
    let came = ticks.map(|ticks| ticks.iter().any(|line| latest <= line.at));
    change.lacks_data() || came == Some(false)
}

async fn name(
    telling: &Telling<'_>,
    (problems, silence): (&mut [Seen], Option<&mut Silence>),
    until: Deadline,
    missing: &mut Vec<String>,
) {
    let Some(log_group) = telling
        .trail
        .filter(|_| !problems.is_empty() || silence.is_some())
    else {
        return;
    };
    let scope = Scope::of_function(telling.function_arn);
    let trail = Trail {
        logs: telling.logs,
        log_group,
        own_role: telling.own_role,
        scope: scope.as_ref(),
        now: telling.now,
    };
    let why = match until.limit(name_who(&trail, problems, silence)).await {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault.to_string(),
        Err(_) => "logs:FilterLogEvents did not answer in time".to_owned(),
    };
    missing.push(format!(
        "Who made the changes could not be looked up: {why}"
    ));
}

/// What is told.
struct Told<'a> {
    news: News,
    alert_id: String,
    problems: &'a [Seen],
    unknown: &'a [Unknown],
    pending: &'a [String],
    silence: Option<&'a Silence>,
    missing: &'a [String],
}

async fn send(
    telling: &Telling<'_>,
    change: &StateChange,
    told: Told<'_>,
) -> Result<Published, Fault> {
    let destination = telling.destination;
    let notice = Notice {
        news: told.news,
        change,
        alert_id: told.alert_id,
        problems: told.problems,
        unknown: told.unknown,
        pending: told.pending,
        silence: told.silence,
        missing: told.missing,
        place: Place {
            region: change.region.as_deref().and_then(Identifier::word),
            function_arn: telling.function_arn,
            log_group: telling.log_group,
            zone: destination.zone,
        },
        guide: destination.guide,
    };
    let message = notice.message(destination.https);
    publish(
        telling.sns,
        destination.topic_arn,
        &message,
        telling.deadline,
    )
    .await?;
    Ok(Published {
        alert_id: notice.alert_id,
        state: change.new_state.to_string(),
        severity: message.severity.to_string(),
        events_found: 0,
        events_ignored: 0,
        lookups_failed: told.missing.len(),
    })
}
