//! What earlier ticks wrote to the function's log.

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::Timestamp;

use crate::fault::Fault;
use crate::health::Line;

/// More than those of a day, one each minute, are not read.
const MAX_LINES: usize = 3_000;

/// The lines of this base name from `from` to `to`, the oldest first.
///
/// # Errors
///
/// The function's log group is not known, or could not be read.
pub(super) async fn lines(
    logs: &Logs,
    log_group: &str,
    name: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Line>, Fault> {
    const ACTION: &str = "logs:FilterLogEvents";
    if log_group.is_empty() {
        let unknown = "the function's log group is not known";
        return Err(Fault::local(ACTION, "", unknown));
    }
    let mut pages = logs
        .filter_log_events()
        .log_group_name(log_group)
        .filter_pattern(Line::pattern(name))
        .start_time(from.as_millisecond())
        .end_time(to.as_millisecond())
        .into_paginator()
        .send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Fault::new(ACTION, log_group, &error))?;
        let found = page.events().iter().filter_map(|event| event.message());
        lines.extend(found.filter_map(Line::read));
        if lines.len() >= MAX_LINES {
            break;
        }
    }
    Ok(lines)
}
