//! Who owns a topic or an alarm, as its tags show.

use crate::owner::{ADOPTED_TAG, COMPLETE_TAG, OWNER_TAG, Owner, STACK_TAG};

/// Who owns a topic or an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// There is none of that name.
    Absent,
    /// The resource made it, or adopted it.
    Ours(Marks),
    /// It has no owner's tag: somebody made it by hand or with another tool, or removed its tags.
    Untagged,
    /// Another stack made it; this is its name.
    Theirs(String),
    /// An alarm of another type has the name, such as a composite alarm.
    OfAnotherType(&'static str),
}

/// What the tags say besides the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The digest of the request that was the last to write everything.
    pub(super) completed_by: Option<String>,
    /// What existed before it was adopted.
    pub(super) adopted: Vec<String>,
}

/// Whether the filter of our name went to another stack, which took the topic and the alarm. A filter
/// has no tags of its own.
pub(super) fn filter_is_theirs(topic: &Ownership, alarm: &Ownership) -> bool {
    topic.is_theirs() && alarm.is_theirs()
}

impl Ownership {
    /// The owner of an object with these tags.
    pub(super) fn new<'a>(owner: &Owner, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut id = None;
        let mut stack = None;
        let mut marks = Marks::default();
        for (key, value) in tags {
            match key {
                OWNER_TAG => id = Some(value),
                STACK_TAG => stack = Some(value),
                COMPLETE_TAG => marks.completed_by = Some(value.to_owned()),
                ADOPTED_TAG => {
                    marks.adopted = value.split_whitespace().map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        match id {
            None => Self::Untagged,
            Some(id) if id == owner.id => Self::Ours(marks),
            Some(id) => Self::Theirs(stack.unwrap_or(id).to_owned()),
        }
    }

    pub(super) fn is_theirs(&self) -> bool {
        matches!(self, Self::Theirs(_))
    }

    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_))
    }

    /// The digest of the request that completed it.
    pub(super) fn completed_by(&self) -> Option<&str> {
        self.marks()?.completed_by.as_deref()
    }

    /// What the tags of an object of ours say.
    pub(super) fn marks(&self) -> Option<&Marks> {
        match self {
            Self::Ours(marks) => Some(marks),
            _ => None,
        }
    }

    /// Whether the tags say that this was adopted: `topic`, `filter` or `alarm`.
    pub(super) fn has_adopted(&self, what: &str) -> bool {
        let adopted = self.marks().map(|marks| marks.adopted.as_slice());
        adopted
            .unwrap_or_default()
            .iter()
            .any(|adopted| adopted == what)
    }
}
