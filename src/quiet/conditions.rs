//! What a rule compares of a call: one of its fields with a value, which is meant as a whole or, with
//! `*` at its end, as a beginning.

use crate::arn::{Arn, key_id};
use crate::cloudtrail::Event;

/// A field that a rule may compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The error's code.
    Code,
    /// The operation.
    Operation,
    /// The AWS service that called on the caller's behalf.
    By,
    /// The key.
    Key,
    /// The caller, in most cases a role.
    Role,
}

impl Field {
    /// By its name in a rule.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "code" => Self::Code,
            "operation" => Self::Operation,
            "by" => Self::By,
            "key" => Self::Key,
            "role" => Self::Role,
            _ => return None,
        })
    }

    /// Whether one of the field's names in an event is such a value.
    fn has(self, event: &Event<'_>, is_such: impl Fn(&str) -> bool) -> bool {
        let has = |value: Option<&str>| value.is_some_and(&is_such);
        match self {
            Self::Code => has(event.error_code.get()),
            Self::Operation => has(event.event_name.get()),
            Self::By => {
                let identity = event.user_identity.get();
                has(identity.and_then(|identity| identity.invoked_by.get()))
            }
            // By its ARN, its id or its alias. In a call about two keys the alias may be that of the
            // other.
            Self::Key => {
                let key = event.key();
                let alias = event.alias().filter(|_| event.other_key().is_none());
                has(key) || has(key.map(key_id)) || has(alias)
            }
            // By its ARN or its name, and not by what stands for a caller that the event does not name.
            Self::Role => {
                let name = event.caller();
                has(name) || has(name.and_then(Arn::parse).map(|arn| arn.name()))
            }
        }
    }
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) field: Field,
    /// The whole value, or its beginning.
    text: String,
    is_beginning: bool,
}

impl Condition {
    pub(super) fn read(field: Field, value: &str) -> Result<Self, &'static str> {
        let (text, is_beginning) = match value.strip_suffix('*') {
            Some(beginning) => (beginning, true),
            None => (value, false),
        };
        match text {
            "" if is_beginning => Err("* alone stands for anything: leave the field out"),
            "" => Err("give it a value"),
            _ if text.contains('*') => Err("use * only at the end"),
            _ => Ok(Self {
                field,
                text: text.to_owned(),
                is_beginning,
            }),
        }
    }

    /// Whether a call meets it. A call without the field does not.
    pub(super) fn is_met_by(&self, event: &Event<'_>) -> bool {
        self.field.has(event, |value| {
            if self.is_beginning {
                value.starts_with(&self.text)
            } else {
                value == self.text
            }
        })
    }
}
