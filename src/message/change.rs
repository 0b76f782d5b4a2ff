//! Who changed the key, in one sentence.

use super::Alert;
use super::time::{moment, span};
use crate::cloudtrail::KeyChange;
use crate::findings::Group;
use crate::text::harmless;

/// `The key was disabled by alice (IAM user) at 21:58:10 UTC, 1 min 2 s before the first error.`
pub(super) fn sentence(alert: &Alert<'_>, group: &Group) -> Option<String> {
    let change = group.change()?;
    let before = match group.first() {
        Some(first) => format!(", {} before the first error", span(change.at, first)),
        None => String::new(),
    };
    Some(format!(
        "{} by {} at {}{before}.",
        what(change),
        harmless(&change.by, 200),
        moment(change.at, alert.zone)
    ))
}

fn what(change: &KeyChange) -> String {
    let known = match change.operation.as_str() {
        "DisableKey" => "The key was disabled",
        "ScheduleKeyDeletion" => "The key was scheduled for deletion",
        "PutKeyPolicy" => "The key's policy was changed",
        "RevokeGrant" => "A grant on the key was revoked",
        "RetireGrant" => "A grant on the key was retired",
        "DeleteAlias" => "The alias was deleted",
        "UpdateAlias" => "The alias was pointed to another key",
        "DisconnectCustomKeyStore" => "The key store was disconnected",
        "DeleteImportedKeyMaterial" => "The key's imported material was deleted",
        other => return format!("{} was called on the key", harmless(other, 60)),
    };
    known.to_owned()
}
