//! What several ticks found: each problem once, since when, and who made the change.

use jiff::Timestamp;

use super::found::{Problem, Repair, Unknown};
use super::line::Line;

/// A problem, and the ticks that found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The problem as the last tick found it.
    pub problem: Problem,
    /// When a tick last looked and did not find it; nothing when no such tick is known.
    pub before: Option<Timestamp>,
    /// When it was first found.
    pub first: Timestamp,
    /// When it was last found.
    pub last: Timestamp,
    /// Whether the newest tick found it and did not repair it.
    pub is_left: bool,
    /// Who made the change, if the trail says so.
    pub change: Option<Change>,
}

/// No tick came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// When the last one came, if that is known.
    pub last_tick: Option<Timestamp>,
    /// The rule that ticked.
    pub rule: Option<String>,
    /// Who stopped it, if the trail says so.
    pub change: Option<Change>,
}

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The operation, such as `DeleteMetricFilter`.
    pub operation: String,
    /// Who, in words.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Every problem that the lines tell of from `since` on, oldest first, and what the newest line could
/// not look at. Lines from before show how long a problem had not been there.
pub fn seen(lines: &[Line], since: Timestamp) -> (Vec<Seen>, Vec<Unknown>) {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| (line.tick, line.at));
    let mut all: Vec<Seen> = Vec::new();
    let mut before = None;
    for line in &lines {
        for seen in &mut all {
            seen.is_left = false;
        }
        for problem in &line.health.problems {
            let is_left = problem.repair != Some(Repair::Done);
            match all.iter_mut().find(|seen| seen.problem.is_same(problem)) {
                Some(seen) => {
                    seen.last = line.at;
                    seen.is_left = is_left;
                    // A repair that was made stays told.
                    if problem.repair.is_some() {
                        seen.problem = problem.clone();
                    }
                }
                None => all.push(Seen {
                    problem: problem.clone(),
                    before,
                    first: line.at,
                    last: line.at,
                    is_left,
                    change: None,
                }),
            }
        }
        // A tick that could not look, or did not judge, proves nothing.
        if line.health.unknown.is_empty() && !line.health.is_paused {
            before = Some(line.at);
        }
    }
    all.retain(|seen| since <= seen.last);
    let unknown = lines.last().filter(|line| since <= line.at);
    let unknown = unknown.map(|line| line.health.unknown.clone());
    (all, unknown.unwrap_or_default())
}
