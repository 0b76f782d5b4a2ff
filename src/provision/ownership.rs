//! Who owns a topic or an alarm, as its tags show.

use crate::owner::{COMPLETE_TAG, OWNER_TAG, Owner, STACK_TAG};

/// Who owns a topic or an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// There is none of that name.
    Absent,
    /// The resource made it.
    Ours {
        /// Whether a Create or an Update that wrote it has succeeded.
        complete: bool,
    },
    /// It has no owner's tag: somebody made it by hand, or with another tool.
    Untagged,
    /// Another stack made it; this is its name.
    Theirs(String),
}

impl Ownership {
    /// The owner of an object with these tags.
    pub(super) fn new<'a>(owner: &Owner, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut id = None;
        let mut stack = None;
        let mut complete = false;
        for (key, value) in tags {
            match key {
                OWNER_TAG => id = Some(value),
                STACK_TAG => stack = Some(value),
                COMPLETE_TAG => complete = true,
                _ => {}
            }
        }
        match id {
            None => Self::Untagged,
            Some(id) if id == owner.id => Self::Ours { complete },
            Some(id) => Self::Theirs(stack.unwrap_or(id).to_owned()),
        }
    }

    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours { .. })
    }
}
