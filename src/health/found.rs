//! Problems, and checks that could not be made.

use serde::{Deserialize, Serialize};

/// What one tick found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What is wrong, or was until it was repaired.
    pub problems: Vec<Problem>,
    /// Checks that could not be made.
    pub unknown: Vec<Unknown>,
    /// Whether CloudFormation was at work, so that nothing new was judged.
    #[serde(default)]
    pub is_paused: bool,
    /// Whether the log group had no event of KMS within the hour, so that this or an earlier tick searched
    /// the whole day.
    #[serde(default)]
    pub is_day_searched: bool,
    /// Which addresses have not confirmed yet, by their places in `Emails`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Whether what is unknown was so before.
    #[serde(default)]
    pub is_unknown_again: bool,
}

/// Something that keeps the alarm from seeing or from being heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// The name of the object that it is about.
    pub object: String,
    /// What differs, or how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What was done about it; nothing where only people can do something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// Whether it was told before, or this tick tells it. If not, the alarm on the watch is to bring
    /// it up.
    #[serde(default)]
    pub is_told: bool,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// There is no metric filter.
    FilterGone,
    /// The metric filter has other settings.
    FilterChanged,
    /// There is no alarm on KMS errors.
    AlarmGone,
    /// That alarm has other settings.
    AlarmChanged,
    /// There is no topic.
    TopicGone,
    /// The topic has other settings.
    TopicChanged,
    /// There is no `<Name>-health` alarm, or it tells nobody.
    HealthAlarmGone,
    /// The function does not hear of the alarm: the topic that the alarm notifies is gone, or nobody is
    /// subscribed to it.
    AlarmUnheard,
    /// There is no log group.
    LogGroupGone,
    /// Nothing was written to the log group within an hour.
    LogGroupSilent,
    /// The log group got no event of KMS within a day.
    NoKmsEvents,
    /// No subscription is confirmed.
    NobodySubscribed,
    /// Some of the addresses are no longer subscribed.
    AddressesGone,
    /// Messages wait in the dead-letter queue.
    QueueNotEmpty,
}

/// What became of an attempt to put something right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repair {
    /// It is as it should be again.
    Done,
    /// It could not be put right, because of this.
    Failed(String),
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// What was to be looked at.
    pub what: String,
    /// Why it could not be.
    pub why: String,
}

impl Problem {
    /// A problem that only people can solve.
    pub fn new(kind: Kind, object: impl Into<String>) -> Self {
        Self {
            kind,
            object: object.into(),
            details: Vec::new(),
            repair: None,
            is_told: false,
        }
    }

    /// The same with what differs.
    pub fn with(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Whether another tick found the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let changes = |problem: &Self| match problem.kind {
            // Another number of messages, or an address that has not confirmed either, is no other problem.
            Kind::QueueNotEmpty | Kind::NobodySubscribed => Vec::new(),
            _ => problem.details.clone(),
        };
        self.kind == other.kind && self.object == other.object && changes(self) == changes(other)
    }
}

impl Health {
    /// The metric's value: a problem counts one, and so do checks that could not be made twice in a row.
    /// One throttled call alarms nobody.
    pub(super) fn value(&self) -> usize {
        self.problems.len() + usize::from(self.is_unknown_again)
    }

    /// Whether everything was looked at and judged.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty() && !self.is_paused
    }
}
