//! The different values that a field had in a group's events.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

/// How many values are kept to be shown.
const MAX_KEPT: usize = 3;
/// How many values are told apart.
const MAX_COUNTED: usize = 1_000;

/// The different values of one kind: the newest few, and how many there were.
#[derive(Clone, Debug)]
pub struct Values<T> {
    kept: Vec<(Option<Timestamp>, T)>,
    seen: HashSet<u64>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            seen: HashSet::new(),
        }
    }
}

impl<T: PartialEq> Values<T> {
    /// Adds a value, which is copied only if it is new.
    pub(super) fn add<V>(&mut self, time: Option<Timestamp>, value: Option<&V>)
    where
        T: Borrow<V>,
        V: ToOwned<Owned = T> + Hash + PartialEq + ?Sized,
    {
        let Some(value) = value else { return };
        // Most events say the same as the one before.
        let mut kept = self.kept.iter_mut();
        if let Some((newest, _)) = kept.find(|(_, known)| known.borrow() == value) {
            *newest = (*newest).max(time);
        } else {
            if self.seen.len() < MAX_COUNTED {
                let mut hasher = DefaultHasher::new();
                value.hash(&mut hasher);
                self.seen.insert(hasher.finish());
            }
            self.kept.push((time, value.to_owned()));
        }
        self.keep_newest();
    }

    /// Adds all values of another.
    pub(super) fn merge(&mut self, other: Self) {
        self.seen.extend(other.seen);
        for (time, value) in other.kept {
            match self.kept.iter_mut().find(|(_, known)| *known == value) {
                Some((newest, _)) => *newest = (*newest).max(time),
                None => self.kept.push((time, value)),
            }
        }
        self.keep_newest();
    }

    fn keep_newest(&mut self) {
        self.kept.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        self.kept.truncate(MAX_KEPT);
    }

    /// The newest values, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &T> {
        self.kept.iter().map(|(_, value)| value)
    }

    /// How many different values there were; a thousand stands for more.
    pub fn count(&self) -> usize {
        self.seen.len()
    }
}
