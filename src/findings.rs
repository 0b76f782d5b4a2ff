//! The failed calls that a search found, in bounded memory however many there are.
//!
//! Calls that are alike are kept as one [`Group`]: the same error, operation, key and role. The
//! session is not part of it, because tasks come and go. Every event counts once, also when
//! CloudTrail delivers it twice or to two accounts, and every message that was read is in exactly
//! one of the counts here, so that the numbers in an alert add up. Calls that are nobody's incident
//! are told from the others, and are groups of their own.

mod group;
mod nature;
mod newest;
mod values;

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use self::group::Traits;
pub use self::group::{Group, GroupKey};
pub use self::nature::Nature;
pub use self::newest::Newest;
pub use self::values::Values;
use crate::cloudtrail::{Event, KeyChange, Ourselves};
use crate::kms_error::Severity;
use crate::text;

/// More groups than anybody reads.
const MOST_GROUPS: usize = 50;
/// So many events are told apart; beyond that, a second delivery would count again.
const MOST_REMEMBERED: usize = 200_000;
/// How much of an unreadable message is kept.
const SAMPLE: usize = 200;

/// What a search found.
#[derive(Debug, Default)]
pub struct Findings {
    ourselves: Ourselves,
    groups: Vec<Group>,
    seen: HashSet<u64>,
    found: u64,
    duplicates: u64,
    not_errors: u64,
    unreadable: u64,
    ungrouped: u64,
    sample: Option<String>,
}

impl Findings {
    /// Nothing found yet, by this function.
    #[must_use]
    pub fn by(ourselves: Ourselves) -> Self {
        Self {
            ourselves,
            ..Self::default()
        }
    }

    /// Reads one log message and counts it.
    pub fn read(&mut self, message: &str) {
        let Ok(event) = Event::parse(message) else {
            self.unreadable = self.unreadable.saturating_add(1);
            self.sample
                .get_or_insert_with(|| text::harmless(message, SAMPLE));
            return;
        };
        let Some(code) = event.error_code.as_deref().filter(|code| !code.is_empty()) else {
            self.not_errors = self.not_errors.saturating_add(1);
            return;
        };
        if self.is_repeated(&event) {
            self.duplicates = self.duplicates.saturating_add(1);
            return;
        }
        self.found = self.found.saturating_add(1);
        let nature = Nature::of(code, &event, &self.ourselves);
        let traits = Traits::of(nature, code, &event);
        let has_room = self.groups.len() < MOST_GROUPS;
        match self.groups.iter_mut().find(|group| group.key().is(traits)) {
            Some(group) => group.add(&event),
            None if has_room => {
                let mut group = Group::new(traits);
                group.add(&event);
                self.groups.push(group);
            }
            None => self.ungrouped = self.ungrouped.saturating_add(1),
        }
    }

    /// Reads one log message that may tell of a change of a key, and keeps it with the groups whose
    /// calls may have failed for it. It is counted nowhere.
    pub fn read_change(&mut self, message: &str) {
        let event = Event::parse(message).ok();
        if let Some(change) = event.as_ref().and_then(KeyChange::of) {
            for group in &mut self.groups {
                group.consider(&change);
            }
        }
    }

    /// The operations of which one on a key is the likely cause of what was found; none when no
    /// change of a key explains it.
    #[must_use]
    pub fn suspects(&self) -> BTreeSet<&'static str> {
        let suspects = self.groups.iter().flat_map(Group::suspects);
        suspects.copied().collect()
    }

    /// When the first call failed that a change of a key may explain.
    #[must_use]
    pub fn first_suspicious(&self) -> Option<Timestamp> {
        let suspicious = |group: &&Group| !group.suspects().is_empty();
        let suspicious = self.groups.iter().filter(suspicious);
        suspicious.filter_map(Group::first).min()
    }

    /// How many different calls failed.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found
    }

    /// How many messages told of a call that was counted already.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many messages were events without an error.
    #[must_use]
    pub fn not_errors(&self) -> u64 {
        self.not_errors
    }

    /// How many messages could not be read.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The beginning of the first message that could not be read.
    #[must_use]
    pub fn unreadable_sample(&self) -> Option<&str> {
        self.sample.as_deref()
    }

    /// How many of the found calls are in no group, because there were too many groups.
    #[must_use]
    pub fn ungrouped(&self) -> u64 {
        self.ungrouped
    }

    /// Whether nothing was found, not even a message that could not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found == 0 && self.unreadable == 0
    }

    /// How bad it is: as the worst incident, and only when there is none, as the worst of the rest.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.groups().first().map(|group| group.severity())
    }

    /// The groups: incidents first, of them the worst, among equals the largest.
    #[must_use]
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by(|one, other| {
            let rank = |group: &Group| {
                let is_incident = group.key().nature == Nature::Incident;
                (is_incident, group.severity(), group.count())
            };
            rank(other)
                .cmp(&rank(one))
                .then_with(|| one.key().cmp(other.key()))
        });
        groups
    }

    /// Whether the call was counted before. An event without an id is always new.
    fn is_repeated(&mut self, event: &Event<'_>) -> bool {
        let ids = [
            ("event", &event.event_id),
            ("shared", &event.shared_event_id),
        ];
        let marks = ids.map(|(kind, id)| id.as_deref().map(|id| mark(kind, id)));
        let is_repeated = marks.iter().flatten().any(|mark| self.seen.contains(mark));
        if self.seen.len() < MOST_REMEMBERED {
            self.seen.extend(marks.into_iter().flatten());
        }
        is_repeated
    }
}

/// A short stand-in for an id.
fn mark(kind: &str, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, id).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
