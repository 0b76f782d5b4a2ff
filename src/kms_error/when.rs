//! What a message must say for a row to match.

use std::cell::OnceCell;

use crate::error_message::{Denial, Effect, Policy};

/// What a message must say.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// Anything.
    Always,
    /// One of these phrases, in lower case.
    Says(&'static [&'static str]),
    /// That this kind of policy denied it, in this way.
    Denied(Policy, Effect),
}

/// A message, read at most once in each way.
pub(super) struct Message<'m> {
    text: &'m str,
    lower: OnceCell<String>,
    denial: OnceCell<Denial<'m>>,
}

impl<'m> Message<'m> {
    pub(super) fn new(text: &'m str) -> Self {
        Self {
            text,
            lower: OnceCell::new(),
            denial: OnceCell::new(),
        }
    }

    pub(super) fn is(&mut self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Says(phrases) => {
                let lower = self.lower.get_or_init(|| self.text.to_ascii_lowercase());
                phrases.iter().any(|phrase| lower.contains(phrase))
            }
            When::Denied(policy, effect) => {
                let denial = self.denial.get_or_init(|| Denial::read(self.text));
                denial.policy == policy && denial.effect == effect
            }
        }
    }
}
