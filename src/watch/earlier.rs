//! What the ticks before this one found, as far as it matters now: a few of them.

use jiff::{SignedDuration, Timestamp};

use super::lines::lines;
use super::look::CHECKS;
use super::round::Round;
use crate::fault::Fault;
use crate::health::{Kind, Line, Problem};

/// How many ticks back.
const TICKS: i32 = 4;
/// And how long at least.
const TIME: SignedDuration = SignedDuration::from_mins(20);
/// The lines of the function's log can be searched after this time.
const SEARCHABLE: SignedDuration = SignedDuration::from_mins(1);

/// The ticks before this one, the oldest first.
pub(super) struct Earlier {
    lines: Result<Vec<Line>, Fault>,
    at: Timestamp,
}

impl Earlier {
    /// Reads them.
    pub(super) async fn read(round: &Round<'_>) -> Self {
        let tick = round.tick;
        let every = SignedDuration::try_from(tick.every).unwrap_or_default();
        let from = tick.at - (every * TICKS).max(TIME);
        let telling = round.telling();
        let (logs, log_group) = (telling.logs, telling.log_group);
        let reading = lines(logs, log_group, telling.name, from, round.now);
        let until = round.deadline.within(CHECKS);
        let read = until.answer("logs:FilterLogEvents", log_group, reading);
        let lines = read.await.map(|mut lines| {
            // A second delivery of the same tick says the same.
            lines.retain(|line| line.tick < tick.at);
            lines.sort_by_key(|line| (line.tick, line.at));
            lines
        });
        Self { lines, at: tick.at }
    }

    /// All that could be read.
    pub(super) fn lines(&self) -> &[Line] {
        self.lines.as_deref().unwrap_or_default()
    }

    /// Why they could not be read, if so.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.lines.as_ref().err()
    }

    /// The same problem as the last ticks found it.
    pub(super) fn problem(&self, problem: &Problem) -> Option<&Problem> {
        let lines = self.lines().iter().rev().take(3);
        let mut found = lines.flat_map(|line| &line.health.problems);
        found.find(|found| found.is_same(problem))
    }

    /// Whether the last ticks told a problem, or left it to the alarm that went off then.
    pub(super) fn has_told(&self, problem: &Problem, went_off: Option<Timestamp>) -> bool {
        let lines = self.lines().iter().rev().take(3);
        let told = |line: &Line, found: &Problem| {
            let by_alarm = went_off.is_some_and(|at| line.at <= at - SEARCHABLE);
            found.is_same(problem) && (found.is_told || by_alarm)
        };
        let mut found =
            lines.flat_map(|line| line.health.problems.iter().map(move |found| (line, found)));
        found.any(|(line, found)| told(line, found))
    }

    /// Whether checks could not be made before either, for at least this long. If that cannot be read,
    /// a denial is no accident.
    pub(super) fn was_unknown(&self, since: SignedDuration) -> bool {
        match &self.lines {
            Ok(lines) => {
                let unknown = lines.iter().rev();
                let unknown = unknown.take_while(|line| !line.health.unknown.is_empty());
                unknown
                    .last()
                    .is_some_and(|line| line.tick <= self.at - since)
            }
            Err(fault) => fault.is_denied(),
        }
    }

    /// Whether the day had no event of KMS, if the last tick knew that.
    pub(super) fn lacked_kms(&self) -> Option<bool> {
        let last = self.lines().last()?;
        if !last.health.is_day_searched {
            return None;
        }
        let mut problems = last.health.problems.iter();
        Some(problems.any(|problem| problem.kind == Kind::NoKmsEvents))
    }
}
