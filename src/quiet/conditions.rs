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

    /// Whether the event names the field by such a value.
    fn has(self, event: &Event<'_>, form: Form, is_such: impl Fn(&str) -> bool) -> bool {
        let has = |value: Option<&str>| value.is_some_and(&is_such);
        match self {
            Self::Code => has(event.error_code.get()),
            Self::Operation => has(event.event_name.get()),
            Self::By => {
                let identity = event.user_identity.get();
                has(identity.and_then(|identity| identity.invoked_by.get()))
            }
            Self::Key => event.failed_key().any(|name| has(form.of_key(name, event))),
            // What stands for a caller that the event does not name is no name.
            Self::Role => has(event.caller().and_then(|name| form.of_caller(name))),
        }
    }
}

/// How a condition names a key or a caller. Only what has the same form is compared: every ARN begins
/// with `a`, and whoever writes `a*` does not mean them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// By its ARN.
    Arn,
    /// By an alias of this account's key.
    Alias,
    /// By the key's id or the role's name.
    Name,
}

impl Form {
    fn of(text: &str) -> Self {
        if text.starts_with("arn:") {
            Self::Arn
        } else if text.starts_with("alias/") {
            Self::Alias
        } else {
            Self::Name
        }
    }

    /// A key's name in this form.
    fn of_key<'e>(self, name: &'e str, event: &Event<'_>) -> Option<&'e str> {
        let here = event.recipient_account_id.get();
        let is_of_here = Arn::parse(name).is_none_or(|arn| Some(arn.account) == here);
        let bare = key_id(name);
        match (self, Self::of(bare)) {
            (Self::Arn, _) => Some(name),
            (Self::Alias, Self::Alias) => Some(bare).filter(|_| is_of_here),
            (Self::Name, Self::Name) => Some(bare),
            _ => None,
        }
    }

    /// A caller's name in this form. The name in a session's ARN was chosen by whoever asked for the
    /// session, so it is compared as part of the ARN only.
    fn of_caller(self, name: &str) -> Option<&str> {
        match Arn::parse(name) {
            Some(arn) if self != Self::Arn => Some(arn.name()).filter(|_| arn.service == "iam"),
            _ => Some(name),
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
            _ if text.contains(['"', '\'']) => Err("leave the quotes out"),
            _ if field == Field::By && !is_beginning && !is_service(text) => {
                Err("give the service as CloudTrail does, such as config.amazonaws.com")
            }
            _ if field == Field::Role && is_service(text) => {
                Err("this is a service: use by in place of role")
            }
            _ => Ok(Self {
                field,
                text: text.to_owned(),
                is_beginning,
            }),
        }
    }

    /// Whether a call meets it. A call without the field does not.
    pub(super) fn is_met_by(&self, event: &Event<'_>) -> bool {
        self.field.has(event, Form::of(&self.text), |value| {
            if self.is_beginning {
                value.starts_with(&self.text)
            } else {
                value == self.text
            }
        })
    }
}

/// Whether CloudTrail may name a service so that calls on somebody's behalf.
fn is_service(name: &str) -> bool {
    name == "AWS Internal" || name.contains(".amazonaws.com") || name.ends_with(".amazon.com")
}
