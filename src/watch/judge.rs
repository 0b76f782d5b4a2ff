//! What is a problem, what is repaired, and what is told by whom.
//!
//! What must hold: while CloudFormation is at work nothing new is a problem, and nothing is repaired;
//! and each problem is told once, by the alarm on the watch where that can, else by the tick.

use std::time::Duration;

use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::earlier::Earlier;
use super::found::Found;
use super::log_group::{Events, of_the_day};
use super::round::Round;
use crate::health::{Health, Kind, Problem, Repair};
use crate::provision::{Error, Force, Journal, Object, Watched};

/// The time that a repair has.
const REPAIRS: Duration = Duration::from_secs(20);
/// An update may change the rule minutes before the custom resource.
const UPDATE: SignedDuration = SignedDuration::from_mins(10);

/// How the alarm on the watch is, as far as it decides who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Teller {
    /// It has gone off, at this time, so it tells nothing new.
    WentOff(Timestamp),
    /// It tells what is found now.
    Alarm,
    /// Nobody would hear of it.
    Nobody,
    /// It could not be looked at.
    Unknown,
}

impl Teller {
    /// The alarm, which tells nobody if it is not heard.
    pub(super) fn new(alarm: Option<&MetricAlarm>, is_heard: bool, now: Timestamp) -> Self {
        match alarm {
            Some(alarm) if is_heard => match alarm.state_value() {
                Some(state) if state.as_str() == "ALARM" => {
                    Self::WentOff(changed_at(alarm).unwrap_or(now))
                }
                _ => Self::Alarm,
            },
            _ => Self::Nobody,
        }
    }
}

/// When an alarm went into its state.
pub(super) fn changed_at(alarm: &MetricAlarm) -> Option<Timestamp> {
    let changed_at = alarm
        .state_transitioned_timestamp()
        .or(alarm.state_updated_timestamp())?;
    Timestamp::from_second(changed_at.secs()).ok()
}

/// What was judged.
pub(super) struct Judged {
    pub(super) health: Health,
    /// What this tick is to tell.
    pub(super) new: Vec<Problem>,
    pub(super) earlier: Earlier,
}

/// Judges what was found, and repairs what is ours.
pub(super) async fn judge(
    round: &Round<'_>,
    watched: &Watched<'_>,
    mut found: Found,
    teller: Teller,
) -> Judged {
    let earlier = Earlier::read(round).await;
    if found.events == Some(Events::OthersThisHour) {
        judge_kms(round, &mut found, &earlier).await;
    }
    found.health.is_day_searched =
        matches!(found.events, Some(Events::Others | Events::OthersThisHour));
    let is_new_deployment = repair(round, watched, &mut found, &earlier).await;
    let mut health = found.health;
    if !health.unknown.is_empty() {
        let since = if is_new_deployment {
            UPDATE
        } else {
            SignedDuration::ZERO
        };
        health.is_unknown_again = earlier.was_unknown(since);
    }
    let new = tell(&mut health, &earlier, teller);
    Judged {
        health,
        new,
        earlier,
    }
}

/// The day is searched once an hour, so this tick goes by what the last one knew.
async fn judge_kms(round: &Round<'_>, found: &mut Found, earlier: &Earlier) {
    let log_group = &round.tick.properties.log_group_name;
    let lacks = match earlier.lacked_kms() {
        Some(lacks) => Ok(lacks),
        None => match round
            .deadline
            .within(REPAIRS)
            .limit(of_the_day(round))
            .await
        {
            Ok(events) => events.map(|events| events == Events::Others),
            Err(_) => return found.unknown("the log group", &"the search took too long"),
        },
    };
    match lacks {
        Ok(false) => {}
        Ok(true) => found.problem(Problem::new(Kind::NoKmsEvents, log_group)),
        Err(fault) => found.unknown("the log group", &fault),
    }
}

/// Repairs what differs, if the properties of the tick are in force. Returns whether they may be those
/// of a deployment that has only begun.
async fn repair(
    round: &Round<'_>,
    watched: &Watched<'_>,
    found: &mut Found,
    earlier: &Earlier,
) -> bool {
    if !found.depends_on_properties() {
        return false;
    }
    let journal = Journal {
        log_group: round.log_group,
        log_stream: round.log_stream,
        tick: round.tick.at,
        now: round.now,
        until: round.deadline.within(REPAIRS),
    };
    // Boxed, because the futures of a dozen SDK calls are large.
    let force = journal.until.limit(Box::pin(watched.force(&journal))).await;
    match force {
        Ok(Ok(Force::InForce)) => {}
        Ok(Ok(Force::TooOften)) => {
            let why = "it was repaired ten times within a day, and changed back each time";
            found.repaired(|_| Some(Repair::Failed(why.to_owned())));
            return false;
        }
        Ok(Ok(Force::Busy)) => {
            found.pause(earlier);
            return false;
        }
        Ok(Ok(Force::Removed)) => {
            found.health = Health {
                is_paused: true,
                ..Health::default()
            };
            return false;
        }
        Ok(Ok(Force::Others)) => {
            let what = found.described();
            found.pause(earlier);
            found.unknown(
                &what,
                &"the properties that the rule gives the function are not those of the last deployment, so nothing is \
                  repaired",
            );
            return true;
        }
        Ok(Err(fault)) => {
            let what = found.described();
            found.pause(earlier);
            let why = format!(
                "whether CloudFormation is at work is not known: {}",
                fault.kind()
            );
            found.unknown(&what, &why);
            return false;
        }
        Err(_) => {
            let what = found.described();
            found.pause(earlier);
            found.unknown(
                &what,
                &"whether CloudFormation is at work could not be found out in time",
            );
            return false;
        }
    }
    let objects: Vec<Object> = found.objects.iter().map(|(object, _)| *object).collect();
    if objects.is_empty() {
        found.repaired(|_| None);
        return false;
    }
    let repairing = Box::pin(watched.repair(&journal, &objects));
    let repaired = journal.until.limit(repairing).await;
    match repaired.unwrap_or(Err(Error::OutOfTime)) {
        Ok(repaired) => found.repaired(|object| {
            let (_, result) = repaired.iter().find(|(repaired, _)| *repaired == object)?;
            Some(match result {
                Ok(()) => Repair::Done,
                // The service's own words may hold an address.
                Err(error) => Repair::Failed(error.kind()),
            })
        }),
        // A request has begun.
        Err(Error::Superseded) => found.pause(earlier),
        Err(error) => found.repaired(|_| Some(Repair::Failed(error.kind()))),
    }
    false
}

/// Notes with each problem whether it is told, and returns those that this tick is to tell.
fn tell(health: &mut Health, earlier: &Earlier, teller: Teller) -> Vec<Problem> {
    let went_off = match teller {
        Teller::WentOff(at) => Some(at),
        _ => None,
    };
    let tells = match (teller, earlier.fault()) {
        (Teller::Alarm | Teller::Unknown, _) => false,
        (_, None) => true,
        // Without them every tick would tell the same again. The next one that can read them tells it.
        (_, Some(fault)) => {
            warn!(%fault, "what earlier ticks found could not be read");
            false
        }
    };
    let mut new = Vec::new();
    for problem in &mut health.problems {
        problem.is_told = earlier.has_told(problem, went_off);
        if tells && !problem.is_told {
            problem.is_told = true;
            new.push(problem.clone());
        }
    }
    new
}
