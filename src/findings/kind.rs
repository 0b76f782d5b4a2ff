//! The kind of a failed call: the operation, the caller, and why it failed.

use super::concern::Concern;
use super::failed_call::{FailedCall, bounded};
use crate::kms_error::Reason;

/// What decides to which group a call belongs, the key apart.
#[derive(Clone, Copy, Hash)]
pub(super) struct Kind<'e> {
    pub(super) concern: Concern,
    pub(super) code: &'e str,
    pub(super) reason: Reason,
    pub(super) operation: &'e str,
    pub(super) caller: &'e str,
}

impl<'e> Kind<'e> {
    pub(super) fn new(
        concern: Concern,
        code: &'e str,
        reason: Reason,
        call: FailedCall<'e>,
    ) -> Self {
        let operation = call.event.event_name.get();
        Self {
            concern,
            code: bounded(code),
            reason,
            operation: bounded(operation.unwrap_or("an unnamed operation")),
            caller: bounded(call.principal.name),
        }
    }

    /// The same as text.
    pub(super) fn identity(self) -> String {
        let Self {
            concern,
            code,
            reason,
            operation,
            caller,
        } = self;
        let reason = reason.words();
        format!("{concern:?}\n{code}\n{reason}\n{operation}\n{caller}")
    }
}
