//! Repairing what the checks found.

use std::time::Duration;

use super::found::Found;
use super::round::Round;
use crate::health::{Health, Repair};
use crate::provision::{Error, Force, Repaired, Watched};

/// The time that a repair has.
const REPAIRS: Duration = Duration::from_secs(20);

/// Repairs what is ours and differs, unless CloudFormation is at work: then it is no problem yet.
pub(super) async fn repair(round: &Round<'_>, watched: &Watched<'_>, mut found: Found) -> Health {
    let objects: Vec<_> = found.objects.iter().map(|(object, _)| *object).collect();
    let until = round.deadline.within(REPAIRS);
    let streams = (round.log_group, round.log_stream);
    let times = (round.tick.at, round.now);
    // Boxed, because the futures of a dozen SDK calls are large.
    let repaired = Box::pin(watched.repair(streams, times, &objects, until));
    let repaired = until.limit(repaired).await;
    let repaired = match repaired.unwrap_or(Err(Error::OutOfTime)) {
        Ok(Repaired::Objects(repaired)) => repaired,
        // A request has begun.
        Ok(Repaired::Nothing(Force::Busy | Force::InForce)) | Err(Error::Superseded) => {
            found.health.is_paused = true;
            return found.health;
        }
        Ok(Repaired::Nothing(Force::Removed)) => {
            return Health {
                is_paused: true,
                ..Health::default()
            };
        }
        Ok(Repaired::Nothing(Force::Others)) => {
            let why = "they are not those of the last deployment, so nothing is repaired";
            found.unknown("the properties that the rule gives the function", &why);
            return found.health;
        }
        Err(error) => {
            let why = error.kind();
            found.unknown("whether CloudFormation is at work on the stack", &why);
            return found.health;
        }
    };
    let problems = found.health_alarm_gone.into_iter();
    found.health.problems.extend(problems);
    for (object, mut problem) in found.objects {
        let result = repaired.iter().find(|(repaired, _)| *repaired == object);
        problem.repair = result.map(|(_, result)| match result {
            Ok(()) => Repair::Done,
            // The service's own words may hold an address.
            Err(error) => Repair::Failed(error.kind()),
        });
        found.health.problems.push(problem);
    }
    found.health
}
