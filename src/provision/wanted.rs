//! What a request asks for.

use super::turn::Fate;
use crate::properties::{PartialProperties, Properties};

/// What a request asks for, and what that means beside what was asked for before.
pub(super) struct Wanted<'a> {
    pub(super) properties: &'a Properties,
    /// What was asked for before; nothing when that has left no trace.
    pub(super) old: &'a PartialProperties,
    /// What became of the old properties.
    pub(super) old_fate: Fate,
    /// The base names under which the resource may exist so far.
    pub(super) other_names: [Option<&'a str>; 2],
    /// Whether the resource has these names already, so that nothing is replaced.
    pub(super) in_place: bool,
    /// Whether its ID, or an earlier request, proves that the objects of these names are its own.
    pub(super) proven: bool,
    /// Whether this is a return to what held before, as when an Update is rolled back.
    pub(super) is_return: bool,
}
