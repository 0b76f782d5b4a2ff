//! What there is to say of failed calls, with their names filled in.

use serde::Serialize;

use crate::command::Command;
use crate::shown::Shown;

/// What there is to say of failed calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What identifies them in a subject: `key orders is disabled`.
    pub headline: Shown,
    /// Why they failed, to stand behind a colon: `key alias/orders is disabled`.
    pub cause: Shown,
    /// Whether the cause names the key.
    pub names_key: bool,
    /// Why it matters, in one or two sentences.
    pub meaning: Shown,
    /// The first thing to do, in a sentence or two.
    pub first_step: Shown,
    /// A command that shows more and changes nothing.
    pub command: Option<Command>,
    /// A command that puts it right, should the cause be confirmed.
    pub remedy: Option<Remedy>,
}

/// A command that changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// The command.
    pub command: Command,
    /// What to know before it is run: what it replaces, and in which account it has to run.
    pub note: Option<Shown>,
}
