//! What an error code of KMS means, how bad it is, and what to do first.
//!
//! Severity comes from the code: the alarm itself says no more than that a number was too high. A
//! code that is not in the [table](table) still gets a sound answer. Commands are meant to be
//! pasted: the first one only looks, the one that changes something is offered apart from it, and a
//! name that KMS would not accept is replaced by a placeholder instead of being quoted into a
//! shell.

mod command;
mod denial;
mod key_state;
mod permission;
mod table;

use std::borrow::Cow;
use std::fmt;

pub use self::command::Context;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// To be mended in working hours.
    Low,
    /// To be looked at today.
    Medium,
    /// Data cannot be used, or someone tries what they may not.
    High,
    /// Data cannot be used by anybody until a key is brought back.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "INFO",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        })
    }
}

/// What there is to say of an error code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// How bad it is.
    pub severity: Severity,
    /// Why the call failed, to stand after a colon: `the key is disabled`.
    pub cause: Cow<'static, str>,
    /// What it means, in one sentence.
    pub meaning: Cow<'static, str>,
    /// The first thing to do, in one sentence.
    pub first_step: Cow<'static, str>,
    /// The command of the first step, which changes nothing.
    pub command: String,
    /// A command that mends it, should the cause be confirmed.
    pub remedy: Option<String>,
}

/// From so many denied calls on, a denial is no slip of a single call.
const BURST: u64 = 10;

/// What there is to say of an error code that came so many times.
#[must_use]
pub fn advice(code: &str, count: u64, context: &Context<'_>) -> Advice {
    let message = context.message.unwrap_or_default();
    if is_denial(code)
        && let Some(advice) = permission::advice(message, severity(code, count), context)
    {
        return advice;
    }
    let entry = table::entry(code, message);
    Advice {
        severity: severity(code, count),
        cause: entry.cause.into(),
        meaning: entry.meaning.into(),
        first_step: entry.first_step.into(),
        command: entry.command.fill_in(context),
        remedy: entry.remedy.map(|remedy| remedy.fill_in(context)),
    }
}

/// The operations of which one on the key is the likely cause of this error, if there are any.
#[must_use]
pub fn likely_changes(code: &str) -> &'static [&'static str] {
    match code {
        "DisabledException" => &["DisableKey", "ScheduleKeyDeletion"],
        "KMSInvalidStateException" | "KMSInvalidState" => &[
            "ScheduleKeyDeletion",
            "DeleteImportedKeyMaterial",
            "DisconnectCustomKeyStore",
            "DisableKey",
        ],
        "NotFoundException" => &["DeleteAlias", "UpdateAlias", "ScheduleKeyDeletion"],
        "IncorrectKeyException" => &["UpdateAlias", "DeleteAlias"],
        "InvalidGrantTokenException" | "InvalidGrantIdException" => &["RevokeGrant", "RetireGrant"],
        "KeyUnavailableException" => &["DisconnectCustomKeyStore"],
        code if is_denial(code) => &["PutKeyPolicy", "RevokeGrant", "RetireGrant"],
        code if table::in_key_store(code) => &["DisconnectCustomKeyStore"],
        _ => &[],
    }
}

/// How bad an error code is that came so many times.
#[must_use]
pub fn severity(code: &str, count: u64) -> Severity {
    let severity = table::entry(code, "").severity;
    if is_denial(code) && count >= BURST {
        severity.max(Severity::High)
    } else {
        severity
    }
}

/// The AWS services that are known to look at a key and to go on without it, with the operation they
/// try: AWS Config tries to read the encrypted variables of each Lambda function that it records.
const PROBES: [(&str, &str); 1] = [("config.amazonaws.com", "Decrypt")];

/// Whether this is a denial that a service runs into by itself, at nobody's expense.
#[must_use]
pub fn is_probe(code: &str, operation: &str, service: &str) -> bool {
    is_denial(code) && PROBES.contains(&(service, operation))
}

/// Whether somebody only asked whether the call would be allowed.
#[must_use]
pub fn is_dry_run(code: &str) -> bool {
    code.starts_with("DryRunOperation")
}

/// Whether the call was refused for want of a permission. CloudTrail writes `AccessDenied`, the
/// SDKs `AccessDeniedException`.
#[must_use]
pub fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied")
}

#[cfg(test)]
mod tests;
