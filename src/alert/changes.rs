//! Who changed the key: one more search of the same log groups.
//!
//! What must hold: the alert never waits for this, and goes out without it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::{SignedDuration, Timestamp};

use super::pages::{Pages, Query};
use super::search::SearchResult;
use crate::alarm::Window;
use crate::cloudtrail::key_change_pattern;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::findings::{Findings, Progress};

/// How long before the first error changes are looked for: the newest change decides, so the last
/// hour comes first, and what lies further back only if that explains nothing.
const LOOK_BACK: [SignedDuration; 3] = [
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];

/// The most time that this takes.
const MAX_TIME: Duration = Duration::from_secs(5);

/// The deadline for finding the errors, which keeps at most a quarter of the time for this.
pub(super) fn keeping_time_for_changes(until: Deadline) -> Deadline {
    until.keeping(MAX_TIME.min(until.remaining() / 4))
}

/// Looks for changes of the keys, when one of them may be why calls failed.
pub(crate) async fn find_changes(logs: &Logs, found: &mut SearchResult, until: Deadline) {
    let pattern = key_change_pattern(found.findings.suspects());
    let Some(first) = found.findings.first_suspicious() else {
        return;
    };
    let until = until.within(MAX_TIME);
    // A log group that no page could be read of cannot answer this either.
    let searched = found
        .searches
        .iter()
        .filter(|search| search.progress != Progress::Failed || search.pages > 0);
    let log_groups: BTreeSet<_> = searched.map(|search| search.log_group.as_str()).collect();
    let findings = &mut found.findings;
    // In log time, which is later than the events' own.
    let mut end = found.window.end;
    for look_back in LOOK_BACK {
        let start = first.checked_sub(look_back).unwrap_or(Timestamp::MIN);
        let window = Window { start, end };
        let reading = read(logs, &log_groups, &pattern, window, findings);
        let problem = match until.limit(reading).await {
            Ok(Ok(())) => {
                findings.explain(start);
                if findings.is_explained() {
                    return;
                }
                end = start;
                continue;
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "logs:FilterLogEvents did not answer in time".to_owned(),
        };
        let problem = format!("who changed the key could not be looked up: {problem}");
        found.problems.push(problem);
        return;
    }
}

/// Reads all changes in this window.
async fn read(
    logs: &Logs,
    log_groups: &BTreeSet<&str>,
    pattern: &str,
    window: Window,
    findings: &mut Findings,
) -> Result<(), Fault> {
    for log_group in log_groups {
        let query = Query {
            log_group,
            pattern,
            window,
        };
        let mut pages = Pages::of(logs, query);
        pages.ask().await?;
        while pages.read(|message, _| findings.read_change(message))? {
            pages.ask().await?;
        }
    }
    Ok(())
}
