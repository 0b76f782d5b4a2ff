//! What a KMS error means, how bad it is, and what to do first.
//!
//! An error is told by its code and its message: both lead to one row of the [table](table), the
//! [`Reason`]. A code that has none of its own still gets a sound answer. Sentences and commands are
//! filled in with names that AWS would accept, and with nothing that the events do not prove: a
//! command whose key or role is unknown is not offered.

mod advice;
mod caller;
mod context;
mod family;
mod look;
mod remedy;
mod severity;
mod sign_in;
mod table;
mod when;
mod words;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub use self::advice::{Advice, Remedy};
pub use self::context::Context;
pub use self::severity::Severity;
use crate::error_message::Denial;
use crate::shown::shown;

/// Why a call failed: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Reason(&'static table::Row);

impl Reason {
    /// The first row that matches.
    pub fn new(code: &str, message: &str) -> Self {
        let mut message = when::Message::new(message);
        let mut rows = table::ROWS
            .iter()
            .filter(|row| family::has(row.codes, code));
        Self(
            rows.find(|row| message.is(row.when))
                .unwrap_or(&table::UNKNOWN),
        )
    }

    /// The cause in the table's own words, which tell one reason from another.
    pub fn words(self) -> &'static str {
        self.0.cause
    }

    /// How bad one such call is.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// The operations of which one, on the same key or key store, may be why.
    pub fn likely_changes(self) -> &'static [&'static str] {
        self.0.likely_changes
    }

    /// What there is to say, with the names around it filled in.
    pub fn advice(self, context: &Context<'_>) -> Advice {
        let row = self.0;
        let message = context.message.unwrap_or_default();
        let denial = Denial::read(message);
        let known = words::Known::new(context, &denial);
        let command = row.look.command(&known);
        let remedy = row.remedy.and_then(|remedy| remedy.fill_in(&known));
        let first_step = words::full(row.first_step, &known);
        let first_step = match sign_in::account(row, &known, remedy.is_some()) {
            Some(account) if command.is_some() || remedy.is_some() => {
                shown!("Sign in to account {}. {}", account, first_step)
            }
            _ => first_step,
        };
        Advice {
            headline: words::brief(row.headline, &known),
            names_key: row.cause.contains("{key}") || row.cause.contains("{alias}"),
            cause: words::full(row.cause, &known),
            meaning: words::full(row.meaning, &known),
            first_step,
            command,
            remedy,
        }
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Reason {}

impl Hash for Reason {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}

impl PartialOrd for Reason {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reason {
    /// In the order of the table.
    fn cmp(&self, other: &Self) -> Ordering {
        std::ptr::from_ref(self.0).cmp(&std::ptr::from_ref(other.0))
    }
}

/// From this many denied calls of one caller on, they are no slip.
const BURST: u64 = 10;

/// How bad denied calls are of which one caller made this many.
pub fn burst_severity(denied: u64) -> Severity {
    if denied >= BURST {
        Severity::High
    } else {
        Severity::Info
    }
}

/// The AWS services that are known to try an operation on a key and to go on without it: AWS Config
/// tries to read the encrypted variables of each Lambda function that it records.
const PROBES: [(&str, &str); 1] = [("config.amazonaws.com", "Decrypt")];

/// Whether this is a denial that a service runs into routinely and that harms nobody.
pub fn is_probe(code: &str, operation: &str, service: &str) -> bool {
    is_denial(code) && PROBES.contains(&(service, operation))
}

/// Whether the caller only asked whether the call would be allowed.
pub fn is_dry_run(code: &str) -> bool {
    code.starts_with("DryRunOperation")
}

/// Whether the caller lacked a permission. CloudTrail writes `AccessDenied`, the SDKs
/// `AccessDeniedException`, and network activity events `VpceAccessDenied`.
pub fn is_denial(code: &str) -> bool {
    family::has(table::DENIED, code)
}

/// The operations that undo a change of a key, so that it no longer explains an error.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
pub fn undone_by(change: &str) -> &'static [&'static str] {
    match change {
        // A key whose deletion is canceled is disabled until it is enabled.
        "DisableKey" | "CancelKeyDeletion" => &["EnableKey", "ScheduleKeyDeletion"],
        "ScheduleKeyDeletion" => &["CancelKeyDeletion"],
        "DeleteImportedKeyMaterial" => &["ImportKeyMaterial"],
        "DisconnectCustomKeyStore" => &["ConnectCustomKeyStore"],
        "DeleteAlias" => &["CreateAlias"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
