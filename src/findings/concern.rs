//! Whose concern a failed call is.

use serde::Serialize;

use super::failed_call::FailedCall;
use crate::cloudtrail::OwnIdentity;
use crate::kms_error;

/// Whose concern failed calls are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Concern {
    /// The application's.
    Application,
    /// This function's own: the alarm itself has a fault.
    OwnFunction,
    /// Nobody's: an AWS service tried, was denied, and goes on without.
    Probe,
    /// Nobody's: the caller asked whether the call would be allowed.
    DryRun,
}

impl Concern {
    pub(super) fn new(code: &str, call: FailedCall<'_>, own: &OwnIdentity) -> Self {
        let operation = call.event.event_name.get().unwrap_or_default();
        let identity = call.event.user_identity.get();
        let service = identity.and_then(|identity| identity.invoked_by.get());
        if kms_error::is_dry_run(code) {
            Self::DryRun
        } else if own.is(&call.principal) {
            Self::OwnFunction
        } else if service.is_some_and(|service| kms_error::is_probe(code, operation, service)) {
            Self::Probe
        } else {
            Self::Application
        }
    }
}
