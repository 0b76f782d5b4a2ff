//! A failed call, with what several places need of its event, worked out once.

use crate::cloudtrail::{Event, Principal};
use crate::text::first_bytes;

/// How many bytes of a field are kept; AWS's own limit for most of them is 1 KB.
const MAX_BYTES: usize = 2_048;

/// A failed call.
#[derive(Clone, Copy)]
pub(super) struct FailedCall<'e> {
    pub(super) event: &'e Event<'e>,
    /// The key that it was about.
    pub(super) key: Option<&'e str>,
    /// Who made it.
    pub(super) principal: Principal<'e>,
}

impl<'e> FailedCall<'e> {
    pub(super) fn new(event: &'e Event<'e>) -> Self {
        Self {
            event,
            key: event.key(),
            principal: event.principal(),
        }
    }
}

/// The beginning of a field, which is all that is kept of it.
pub(super) fn bounded(text: &str) -> &str {
    first_bytes(text, MAX_BYTES)
}
