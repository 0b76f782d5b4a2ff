//! What became of an event, as one line of the log.
//!
//! The line holds counts, durations and IDs of this program's own: nothing of an event that
//! CloudTrail recorded, no e-mail address, no credentials.

use anyhow::Result;
use tokio::time::Instant;
use tracing::info;

use crate::alert::{NotMailed, Published};
use crate::custom_resource::RequestType;

/// What became of an event.
pub(super) enum Outcome {
    /// CloudFormation's request was carried out and answered.
    Provisioned {
        request_type: RequestType,
        physical_id: String,
    },
    /// An alert was published.
    Alerted(Published),
    /// An alert was not published, because nothing in it is to be mailed.
    NotMailed(NotMailed),
    /// A message that is not an alarm's was passed on.
    PassedOn,
    /// The watch looked after the alarm.
    Watched {
        problems: usize,
        unknown: usize,
        published: Vec<Published>,
    },
    /// The alarm on the watch has just been made.
    NothingToTell,
    /// CloudFormation's request failed. An error in the log says why.
    Failed,
}

/// Logs what became of an event, which began to be handled at `began`.
pub(super) fn record_outcome(began: Instant, outcome: &Result<Outcome>) {
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(Outcome::Provisioned {
            request_type,
            physical_id,
        }) => info!(
            outcome = "provisioned",
            ?request_type,
            physical_id,
            took_ms,
            "answered CloudFormation"
        ),
        Ok(Outcome::Alerted(alert)) => info!(
            outcome = "alerted",
            alert_id = alert.alert_id,
            state = alert.state,
            severity = alert.severity,
            events_found = alert.events_found,
            events_ignored = alert.events_ignored,
            lookups_failed = alert.lookups_failed,
            took_ms,
            "published an alert"
        ),
        Ok(Outcome::NotMailed(alert)) => info!(
            outcome = "not_mailed",
            why = %alert.why,
            alert_id = alert.alert_id,
            severity = alert.severity,
            events_found = alert.events_found,
            events_ignored = alert.events_ignored,
            took_ms,
            "did not mail an alert"
        ),
        Ok(Outcome::PassedOn) => info!(outcome = "passed_on", took_ms, "passed on a message"),
        Ok(Outcome::Watched {
            problems,
            unknown,
            published,
        }) => info!(
            outcome = "watched",
            problems,
            unknown,
            alert_id = published
                .first()
                .map(|published| published.alert_id.as_str()),
            took_ms,
            "looked after the alarm"
        ),
        Ok(Outcome::NothingToTell) => {
            info!(outcome = "nothing_to_tell", took_ms, "nothing to tell");
        }
        Ok(Outcome::Failed) | Err(_) => info!(outcome = "failed", took_ms, "failed"),
    }
}
