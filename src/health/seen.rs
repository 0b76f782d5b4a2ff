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
    /// Whether a later tick looked and did not find it. When it is found again, that is another spell.
    pub is_over: bool,
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

/// Every problem that the lines tell of from `since` on, oldest first, and what these ticks could not
/// look at. Lines from before show how long a problem had not been there.
pub fn seen(lines: &[Line], since: Timestamp) -> (Vec<Seen>, Vec<Unknown>) {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| (line.tick, line.at));
    let mut all: Vec<Seen> = Vec::new();
    let mut before = None;
    for line in &lines {
        let is_complete = line.health.is_complete();
        for seen in &mut all {
            let found = line.health.problems.iter();
            let is_there = found.clone().any(|problem| seen.problem.is_same(problem));
            // A tick that did not look, or did not judge, proves nothing.
            if is_complete && !is_there {
                seen.is_left = false;
                seen.is_over = true;
            }
        }
        for problem in &line.health.problems {
            let is_left = problem.repair != Some(Repair::Done);
            let mut spells = all.iter_mut();
            match spells.find(|seen| !seen.is_over && seen.problem.is_same(problem)) {
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
                    is_over: false,
                    change: None,
                }),
            }
        }
        if is_complete {
            before = Some(line.at);
        }
    }
    all.retain(|seen| since <= seen.last);
    // What could not be looked at in any of these ticks, once.
    let mut unknown: Vec<Unknown> = Vec::new();
    for line in lines.iter().filter(|line| since <= line.at) {
        for missing in &line.health.unknown {
            if unknown.iter().all(|known| known.what != missing.what) {
                unknown.push(missing.clone());
            }
        }
    }
    (all, unknown)
}
