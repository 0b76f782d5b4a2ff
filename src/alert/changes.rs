//! Who changed the key: one more search of the same log groups.
//!
//! What must hold: the alert never waits for this, and goes out without it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::search::Looked;
use crate::alarm::Window;
use crate::cloudtrail::key_change_pattern;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::message::Outcome;

/// How far back a change is looked for, before the first error.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// The longest that this takes, and never more than a quarter of what is left.
const LONGEST: Duration = Duration::from_secs(5);

/// Looks for changes of the keys, when one of them may be why calls failed.
pub(super) async fn look_for_changes(logs: &Logs, looked: &mut Looked, until: Instant) {
    let suspects = looked.findings.suspects();
    let Some(first) = looked.findings.first_suspicious() else {
        return;
    };
    let now = Instant::now();
    let until = now + LONGEST.min(until.saturating_duration_since(now) / 4);
    let pattern = key_change_pattern(suspects);
    // By the log's time, which is later than the events' own.
    let window = Window {
        start: first.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN),
        end: looked.window.end,
    };
    // A log group that could not be searched for errors has no answer to this either.
    let searched = looked
        .searches
        .iter()
        .filter(|search| search.outcome != Outcome::Failed);
    let log_groups: BTreeSet<_> = searched.map(|search| &search.log_group).collect();
    let findings = &mut looked.findings;
    let reading = async {
        for log_group in log_groups {
            read(logs, log_group, &pattern, window, findings).await?;
        }
        Ok::<(), Fault>(())
    };
    let problem = match timeout_at(until, reading).await {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => format!("who changed the key could not be looked up: {fault}"),
        Err(_) => "who changed the key could not be looked up in time".to_owned(),
    };
    looked.problems.push(problem);
}

async fn read(
    logs: &Logs,
    log_group: &str,
    pattern: &str,
    window: Window,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let mut token = None;
    loop {
        let page = logs
            .filter_log_events()
            .log_group_name(log_group)
            .filter_pattern(pattern)
            .start_time(window.start_millis())
            .end_time(window.end_millis())
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Fault::of("logs:FilterLogEvents", log_group, &error))?;
        for event in page.events() {
            findings.read_change(event.message().unwrap_or_default());
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(());
        }
    }
}
