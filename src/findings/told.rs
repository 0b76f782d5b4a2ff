//! The kinds of errors that were told already, by their marks.
//!
//! A mark stands for a kind in the name of a log stream, so it must stay the same from one version
//! of this program to the next.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::kind::Kind;
use crate::kms_error::Reason;
use crate::owner::digest;

/// How much is remembered of what was computed. Beyond that, it is computed for each event.
const MAX_REMEMBERED: usize = 10_000;

/// The mark of a kind of error. Without a key it stands for calls about many keys, which are told
/// together.
pub(super) fn mark(kind: Kind<'_>, key: Option<&str>) -> String {
    let identity = kind.identity();
    digest(&match key {
        Some(key) => format!("{identity}\nkey {key}"),
        None => format!("{identity}\nmany keys"),
    })
}

/// The kinds that were told already.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    marks: BTreeSet<String>,
    /// Whether a kind was told, because a mark takes long to compute and most events are of a kind
    /// that was seen before.
    known: HashMap<u64, bool>,
    /// Why calls failed: calls that are set aside leave no group in which to look that up.
    reasons: HashMap<u64, Reason>,
}

impl Told {
    pub(super) fn of(marks: BTreeSet<String>) -> Self {
        Self {
            marks,
            ..Self::default()
        }
    }

    /// Why a call failed.
    pub(super) fn reason(&mut self, code: &str, message: &str) -> Reason {
        if self.marks.is_empty() {
            return Reason::new(code, message);
        }
        let hash = hash((code, message));
        if let Some(reason) = self.reasons.get(&hash) {
            return *reason;
        }
        let reason = Reason::new(code, message);
        if self.reasons.len() < MAX_REMEMBERED {
            self.reasons.insert(hash, reason);
        }
        reason
    }

    /// Whether calls of this kind about this key were told, alone or with those about many keys.
    pub(super) fn has(&mut self, kind: Kind<'_>, key: Option<&str>) -> bool {
        if self.marks.is_empty() {
            return false;
        }
        let hash = hash((kind, key));
        if let Some(is_told) = self.known.get(&hash) {
            return *is_told;
        }
        let is_told = [mark(kind, Some(key.unwrap_or_default())), mark(kind, None)]
            .iter()
            .any(|mark| self.marks.contains(mark));
        if self.known.len() < MAX_REMEMBERED {
            self.known.insert(hash, is_told);
        }
        is_told
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
