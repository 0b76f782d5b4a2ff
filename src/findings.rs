//! The failed calls that a search found, in bounded memory however many there are.
//!
//! Calls that are alike are one [`Group`]. The session is not part of what makes them alike, because
//! tasks come and go. Every event counts once, also when CloudTrail delivers it twice or to two
//! accounts, and every message that was read is in exactly one of the counts here, so that the
//! numbers in an alert add up. When there are too many groups, the least severe give way: whoever
//! makes up key names must not hide a real error.

mod concern;
mod failed_call;
mod group;
mod kind;
mod newest;
mod search;
mod told;
mod values;

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

pub use self::concern::Concern;
use self::failed_call::{FailedCall, bounded};
pub use self::group::Group;
use self::kind::Kind;
pub use self::newest::Newest;
pub use self::search::{Progress, Search};
use self::told::Told;
pub use self::values::Values;
use crate::cloudtrail::{Event, KeyChange, OwnIdentity};
use crate::kms_error::{self, Reason, Severity};
use crate::quiet::{InForce, Rule};

/// More groups than anybody reads.
const MAX_GROUPS: usize = 50;
/// With more keys than this, calls that are alike in all else are told together.
const MAX_KEYS: usize = 10;
/// How many events are told apart; beyond that, a second delivery would count again.
const MAX_REMEMBERED: usize = 200_000;
/// How many changes of keys are kept.
const MAX_CHANGES: usize = 1_000;
/// How much of an unreadable message is kept.
const MAX_SAMPLE: usize = 200;

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    own: OwnIdentity,
    groups: Vec<Group>,
    changes: Vec<KeyChange>,
    seen: HashSet<u64>,
    told: Told,
    rules: InForce,
    ignored: Vec<(Rule, u64)>,
    /// How many different calls failed, without those that are ignored or set aside.
    pub found: u64,
    /// How many different calls failed of kinds that were set aside.
    pub aside: u64,
    /// How many messages were about a call that was counted already.
    pub duplicates: u64,
    /// How many messages were events without an error.
    pub not_errors: u64,
    /// How many messages could not be read.
    pub unreadable: u64,
    /// How many messages were logged in the periods that decided the alarm's state, or at a time
    /// that may lie in them. The alarm counted these; it did not count the rest of the window.
    pub decisive: u64,
    /// How many of the failed calls are in no group.
    pub ungrouped: u64,
    /// The worst of these.
    ungrouped_severity: Option<Severity>,
    /// The beginning of the first message that could not be read.
    pub sample: Option<String>,
}

impl Findings {
    /// Nothing found yet, by the function with this identity.
    pub fn new(own: OwnIdentity) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// The same, but kinds of errors with these marks are set aside: their calls are counted, and
    /// nothing else is kept of them.
    #[must_use]
    pub fn setting_aside(self, marks: BTreeSet<String>) -> Self {
        Self {
            told: Told::of(marks),
            ..self
        }
    }

    /// The same, but calls that one of these rules is about are counted, and nothing else is kept of
    /// them.
    #[must_use]
    pub fn ignoring(self, rules: InForce) -> Self {
        Self { rules, ..self }
    }

    /// Reads one log message of the periods that decided the alarm's state.
    pub fn read_decisive(&mut self, message: &str) {
        self.decisive = self.decisive.saturating_add(1);
        self.read(message);
    }

    /// Reads one log message and counts it.
    pub fn read(&mut self, message: &str) {
        let Ok(event) = Event::parse(message) else {
            self.unreadable = self.unreadable.saturating_add(1);
            let begin = || message.chars().take(MAX_SAMPLE).collect();
            self.sample.get_or_insert_with(begin);
            return;
        };
        if self.is_repeated([event.event_id.get(), event.shared_event_id.get()]) {
            self.duplicates = self.duplicates.saturating_add(1);
            return;
        }
        let Some(code) = event.error_code.get() else {
            self.not_errors = self.not_errors.saturating_add(1);
            return;
        };
        if let Some(rule) = self.rules.rule_for(&event) {
            count(&mut self.ignored, rule);
            return;
        }
        let call = FailedCall::new(&event);
        let concern = Concern::new(code, call, &self.own);
        let reason = self.reason(code, event.error_message.get());
        let kind = Kind::new(concern, code, reason, call);
        if self.told.has(kind, call.key.map(bounded)) {
            self.aside = self.aside.saturating_add(1);
            return;
        }
        self.found = self.found.saturating_add(1);
        self.group(kind, call);
    }

    /// Sets the groups aside that are not wanted.
    pub fn keep(&mut self, is_wanted: impl Fn(&Group, Severity) -> bool) {
        let groups = self.groups().into_iter();
        let unwanted: Vec<_> = groups
            .filter(|(group, severity)| !is_wanted(group, *severity))
            .map(|(group, _)| group.mark())
            .collect();
        for group in self
            .groups
            .extract_if(.., |group| unwanted.contains(&group.mark()))
        {
            self.found = self.found.saturating_sub(group.count);
            self.aside = self.aside.saturating_add(group.count);
        }
    }

    /// Why a call failed. Most events say the same as the one before.
    fn reason(&mut self, code: &str, message: Option<&str>) -> Reason {
        let same =
            |group: &&Group| group.code == code && group.newest.message.as_deref() == message;
        match self.groups.iter().find(same) {
            Some(group) => group.reason,
            None => self.told.reason(code, message.unwrap_or_default()),
        }
    }

    fn group(&mut self, kind: Kind<'_>, call: FailedCall<'_>) {
        let key = call.key.map(bounded);
        let mut alike = self.groups.iter_mut().filter(|group| group.is(kind));
        if let Some(group) = alike.find(|group| group.has_key(key)) {
            group.add(call);
            return;
        }
        let mut group = Group::new(kind);
        group.add(call);
        if self.groups.iter().filter(|group| group.is(kind)).count() >= MAX_KEYS {
            for alike in self.groups.extract_if(.., |group| group.is(kind)) {
                group.merge(alike);
            }
        }
        self.groups.push(group);
        if self.groups.len() > MAX_GROUPS {
            // Of equals the newest goes, so that what went before never comes back.
            let rank = |(at, group): &(usize, &Group)| {
                let is_application = group.concern == Concern::Application;
                (
                    is_application,
                    group.reason.severity(),
                    std::cmp::Reverse(*at),
                )
            };
            let least = self.groups.iter().enumerate().min_by_key(rank);
            if let Some((at, least)) = least {
                let severity = Some(self.severity(least));
                self.ungrouped_severity = self.ungrouped_severity.max(severity);
                let dropped = self.groups.remove(at).count;
                self.ungrouped = self.ungrouped.saturating_add(dropped);
            }
        }
    }

    /// Reads one log message that may tell of a change of a key. It is counted nowhere.
    pub fn read_change(&mut self, message: &str) {
        let Ok(event) = Event::parse(message) else {
            return;
        };
        let Some(change) = KeyChange::of(&event) else {
            return;
        };
        let concerns = |group: &Group| change.concerns(group.key_names());
        let is_known = self
            .changes
            .iter()
            .any(|known| known.event_id.is_some() && known.event_id == change.event_id);
        let has_room = self.changes.len() < MAX_CHANGES;
        if has_room && !is_known && self.groups.iter().any(concerns) {
            self.changes.push(change);
        }
    }

    /// Keeps with each group the changes that may be why its calls failed. `read_back_to` is how far
    /// back, from the newest, all changes have been read: what lies before it is not known, and
    /// nobody is named for a group whose first failure lies before it.
    pub fn explain(&mut self, read_back_to: Timestamp) {
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|change| change.at >= read_back_to);
        changes.sort_by_key(|change| std::cmp::Reverse(change.at));
        for group in &mut self.groups {
            if group.first.is_some_and(|first| read_back_to <= first) {
                group.changes = explanation(group, &changes);
            }
        }
        self.changes = changes;
    }

    /// The operations to look for on the keys: those that may be why calls failed, and those that
    /// would have undone them. None when no change of a key explains what was found.
    pub fn suspects(&self) -> BTreeSet<&'static str> {
        let likely = self.groups.iter().flat_map(Group::likely_changes);
        likely
            .flat_map(|change| {
                [*change]
                    .into_iter()
                    .chain(kms_error::undone_by(change).iter().copied())
            })
            .collect()
    }

    /// When the first call failed that a change of a key may explain.
    pub fn first_suspicious(&self) -> Option<Timestamp> {
        let suspicious = |group: &&Group| !group.likely_changes().is_empty();
        let suspicious = self.groups.iter().filter(suspicious);
        suspicious.filter_map(|group| group.first).min()
    }

    /// Whether each group that a change of a key may explain has one that does.
    pub fn is_explained(&self) -> bool {
        let suspicious = |group: &&Group| !group.likely_changes().is_empty();
        let mut suspicious = self.groups.iter().filter(suspicious);
        suspicious.all(|group| !group.changes.is_empty())
    }

    /// The rules that ignored calls, in their order, each with how many different ones.
    pub fn ignored_by(&self) -> &[(Rule, u64)] {
        &self.ignored
    }

    /// How many different calls are ignored.
    pub fn ignored(&self) -> u64 {
        let counts = self.ignored.iter().map(|(_, count)| *count);
        counts.fold(0, u64::saturating_add)
    }

    /// Whether failed calls of at least this severity are in no group.
    pub fn lack_groups_from(&self, severity: Severity) -> bool {
        self.ungrouped_severity
            .is_some_and(|worst| worst >= severity)
    }

    /// How many messages were read, which the metric filter had all matched.
    pub fn matched(&self) -> u64 {
        let others = [
            self.ignored(),
            self.aside,
            self.duplicates,
            self.not_errors,
            self.unreadable,
        ];
        others.into_iter().fold(self.found, u64::saturating_add)
    }

    /// Whether nothing was found: no call, not even an ignored one, and no message that could not be
    /// read.
    pub fn is_empty(&self) -> bool {
        self.found == 0 && self.unreadable == 0 && self.ignored.is_empty()
    }

    /// The groups, each with how bad it is: the application's first, of them the worst, among equals
    /// the largest.
    pub fn groups(&self) -> Vec<(&Group, Severity)> {
        let mut groups: Vec<_> = self
            .groups
            .iter()
            .map(|group| (group, self.severity(group)))
            .collect();
        groups.sort_by(|(one, one_severity), (other, other_severity)| {
            let is_application = |group: &Group| group.concern == Concern::Application;
            is_application(other)
                .cmp(&is_application(one))
                .then(other_severity.cmp(one_severity))
                .then(other.count.cmp(&one.count))
                .then_with(|| one.reason.cmp(&other.reason))
                .then_with(|| one.operation.cmp(&other.operation))
                .then_with(|| one.caller.cmp(&other.caller))
                .then_with(|| one.keys.newest().next().cmp(&other.keys.newest().next()))
                .then_with(|| one.code.cmp(&other.code))
        });
        groups
    }

    /// How bad a group is. What is nobody's concern alarms nobody; what this function itself runs
    /// into is a fault of the alarm, not of the application. Many denied calls of one caller are no
    /// slip, whatever keys they were about.
    fn severity(&self, group: &Group) -> Severity {
        let severity = group.reason.severity();
        match group.concern {
            Concern::Application if group.is_denial() => {
                let of_caller = |other: &&Group| other.is_denial() && other.caller == group.caller;
                let denied = self
                    .groups
                    .iter()
                    .filter(of_caller)
                    .map(|group| group.count);
                let denied = denied.fold(0, u64::saturating_add);
                severity.max(kms_error::burst_severity(denied))
            }
            Concern::Application => severity,
            Concern::OwnFunction => severity.min(Severity::Medium),
            Concern::DryRun | Concern::Probe => Severity::Info,
        }
    }

    /// Whether a call was counted before. One without an id is always new.
    fn is_repeated(&mut self, ids: [Option<&str>; 2]) -> bool {
        let marks = ids.map(|id| id.map(mark));
        let is_repeated = marks.iter().flatten().any(|mark| self.seen.contains(mark));
        if self.seen.len() < MAX_REMEMBERED {
            self.seen.extend(marks.into_iter().flatten());
        }
        is_repeated
    }
}

/// The changes that may be why a group's calls failed: of each likely operation the newest before
/// the first failure, unless it was undone in between. `changes` begin with the newest.
fn explanation(group: &Group, changes: &[KeyChange]) -> Vec<KeyChange> {
    let Some(first) = group.first else {
        return Vec::new();
    };
    let before: Vec<_> = changes
        .iter()
        .filter(|change| change.at <= first && change.concerns(group.key_names()))
        .collect();
    let likely = group.likely_changes().iter().filter_map(|operation| {
        let undone_by = kms_error::undone_by(operation);
        let decides = |change: &&&KeyChange| {
            let name = change.operation.as_str();
            name == *operation || undone_by.contains(&name)
        };
        let newest = before.iter().find(decides)?;
        (newest.operation == *operation).then(|| (*newest).clone())
    });
    likely.collect()
}

/// Counts a call for the rule that ignores it.
fn count(ignored: &mut Vec<(Rule, u64)>, rule: &Rule) {
    match ignored.binary_search_by_key(&rule.number, |(known, _)| known.number) {
        Ok(at) => {
            if let Some((_, count)) = ignored.get_mut(at) {
                *count = count.saturating_add(1);
            }
        }
        Err(at) => ignored.insert(at, (rule.clone(), 1)),
    }
}

/// A short stand-in for an id.
fn mark(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
