//! Whose concern a failed call is.

use crate::cloudtrail::{Event, Ourselves};
use crate::kms_error;

/// Whose concern failed calls are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// The application's.
    Incident,
    /// This function's own: the alarm itself has a fault.
    Own,
    /// Nobody's: an AWS service looked, was refused, and goes on without.
    Probe,
    /// Nobody's: somebody asked whether the call would be allowed.
    DryRun,
}

impl Nature {
    pub(super) fn of(code: &str, event: &Event<'_>, ourselves: &Ourselves) -> Self {
        let operation = event.event_name.as_deref().unwrap_or_default();
        let service = event
            .user_identity
            .as_ref()
            .and_then(|identity| identity.invoked_by.as_deref());
        if kms_error::is_dry_run(code) {
            Self::DryRun
        } else if ourselves.made(event) {
            Self::Own
        } else if service.is_some_and(|service| kms_error::is_probe(code, operation, service)) {
            Self::Probe
        } else {
            Self::Incident
        }
    }

    /// Its name in the JSON object.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Own => "own",
            Self::Probe => "probe",
            Self::DryRun => "dryRun",
        }
    }

    /// Whether nothing needs to be done about it.
    #[must_use]
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Probe | Self::DryRun)
    }
}
