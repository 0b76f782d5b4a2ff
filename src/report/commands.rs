//! Commands that look for the events again.

use super::evidence::Evidence;
use crate::command::Command;
use crate::findings::Search;
use crate::identifier::Identifier;

/// The searches as commands; without any, what leads to them.
pub(super) fn commands(evidence: &Evidence<'_>) -> Vec<Command> {
    let region = evidence.change.region.as_deref().and_then(Identifier::word);
    let Some(region) = region else {
        return Vec::new();
    };
    let search = |search: &Search| {
        Command::new("aws logs filter-log-events")
            .quoted("--log-group-name", &search.log_group)
            .quoted("--filter-pattern", &search.pattern)
            .quoted("--start-time", &evidence.window.start_millis().to_string())
            .quoted("--end-time", &evidence.window.end_millis().to_string())
            .option("--region", &region)
    };
    if !evidence.searches.is_empty() {
        return evidence.searches.iter().map(search).collect();
    }
    let command = match &evidence.change.metric {
        Some(metric) => Command::new("aws logs describe-metric-filters")
            .quoted("--metric-namespace", &metric.namespace)
            .quoted("--metric-name", &metric.name),
        None => Command::new("aws cloudwatch describe-alarm-history")
            .quoted("--alarm-name", &evidence.change.name),
    };
    vec![command.option("--region", &region)]
}
