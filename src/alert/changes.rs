//! Who changed the key: one more search of the same log groups.
//!
//! What must hold: the alert never waits for this, and goes out without it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::pages::{Pages, Query};
use super::search::Looked;
use crate::alarm::Window;
use crate::cloudtrail::key_change_pattern;
use crate::fault::Fault;
use crate::message::Outcome;

/// How far back a change is looked for, before the first error.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// The longest that this takes.
const LONGEST: Duration = Duration::from_secs(5);

/// When looking for the errors must stop: a quarter of the time for looking, at most, is kept for this.
pub(super) fn leaving_time_for_changes(until: Instant) -> Instant {
    let left = until.saturating_duration_since(Instant::now());
    until - LONGEST.min(left / 4)
}

/// Looks for changes of the keys, when one of them may be why calls failed.
pub(super) async fn look_for_changes(logs: &Logs, looked: &mut Looked, until: Instant) {
    let suspects = looked.findings.suspects();
    let Some(first) = looked.findings.first_suspicious() else {
        return;
    };
    let until = until.min(Instant::now() + LONGEST);
    let pattern = key_change_pattern(suspects);
    // By the log's time, which is later than the events' own.
    let window = Window {
        start: first.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN),
        end: looked.window.end,
    };
    // A log group of which no page could be read has no answer to this either.
    let searched = looked
        .searches
        .iter()
        .filter(|search| search.outcome != Outcome::Failed || search.pages > 0);
    let log_groups: BTreeSet<_> = searched.map(|search| &search.log_group).collect();
    let findings = &mut looked.findings;
    let reading = async {
        for log_group in log_groups {
            let query = Query {
                log_group,
                pattern: &pattern,
                window,
            };
            let mut pages = Pages::of(logs, query);
            pages.ask().await?;
            while pages.read(|message| findings.read_change(message))? {
                pages.ask().await?;
            }
        }
        Ok::<(), Fault>(())
    };
    let problem = match timeout_at(until, reading).await {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => format!("who changed the key could not be looked up: {fault}"),
        Err(_) => {
            "who changed the key could not be looked up: logs:FilterLogEvents did not answer in time"
                .to_owned()
        },
    };
    looked.problems.push(problem);
}
