//! What to do about a denial: the document to edit, the action to allow in it, and for whom.

mod commands;

use super::command::{Context, key_or_placeholder, plausible};
use super::denial::{Denial, Policy};
use super::{Advice, Severity};
use crate::text::harmless;

/// The advice on a denial, if its message says which policy refused.
pub(super) fn advice(message: &str, severity: Severity, context: &Context<'_>) -> Option<Advice> {
    let denial = Denial::read(message)?;
    let case = Case {
        denial,
        context,
        caller: Caller::of(context.role),
        action: denial
            .action
            .map_or_else(|| operation(context), str::to_owned),
    };
    Some(Advice {
        severity,
        cause: case.cause().into(),
        meaning: case.meaning().into(),
        first_step: case.first_step().into(),
        command: case.command(),
        remedy: case.remedy(),
    })
}

/// The action that the operation needs, for a message that does not name it.
fn operation(context: &Context<'_>) -> String {
    let name = plausible(context.operation, b"").unwrap_or("OPERATION");
    format!("kms:{name}")
}

/// Who was refused, as IAM's commands want it.
#[derive(Clone, Copy)]
enum Caller<'a> {
    Role(&'a str),
    User(&'a str),
    Other,
}

impl<'a> Caller<'a> {
    fn of(arn: Option<&'a str>) -> Self {
        let name = |kind: &str| {
            let (_, path) = arn?.split_once(kind)?;
            plausible(path.rsplit('/').next(), b"+=,.@_-")
        };
        match (name(":role/"), name(":user/")) {
            (Some(role), _) => Self::Role(role),
            (_, Some(user)) => Self::User(user),
            _ => Self::Other,
        }
    }
}

/// One denial, with what is known around it.
struct Case<'a> {
    denial: Denial<'a>,
    context: &'a Context<'a>,
    caller: Caller<'a>,
    action: String,
}

impl Case<'_> {
    fn cause(&self) -> &'static str {
        match (self.denial.policy, self.denial.is_explicit) {
            (Policy::Identity, false) => "none of its own IAM policies allows it",
            (Policy::Identity, true) => "one of its own IAM policies denies it",
            (Policy::Key, false) => "the key's policy does not allow it",
            (Policy::Key, true) => "the key's policy denies it",
            (Policy::KeyOrNone, _) => "there is no such key here, or its policy does not allow it",
            (Policy::Ciphertext, _) => "the key is not there, or it may not use it",
            (Policy::ServiceControl, false) => "no service control policy allows it",
            (Policy::ServiceControl, true) => "a service control policy denies it",
            (Policy::ResourceControl, false) => "no resource control policy allows it",
            (Policy::ResourceControl, true) => "a resource control policy denies it",
            (Policy::Boundary, false) => "its permissions boundary does not allow it",
            (Policy::Boundary, true) => "its permissions boundary denies it",
            (Policy::Session, false) => "the policy of its session does not allow it",
            (Policy::Session, true) => "the policy of its session denies it",
            (Policy::Endpoint, false) => "the VPC endpoint's policy does not allow it",
            (Policy::Endpoint, true) => "the VPC endpoint's policy denies it",
            (Policy::Grant, _) => "no grant allows it",
        }
    }

    fn meaning(&self) -> String {
        let (action, who) = (&self.action, self.who());
        let document = self.document(Some(&who));
        match (self.denial.policy, self.denial.is_explicit) {
            (Policy::Ciphertext, _) => format!(
                "KMS does not tell which: the key that encrypted this data does not exist in this account and Region, \
                 or {action} on it is not allowed."
            ),
            (Policy::KeyOrNone, _) => format!(
                "KMS does not tell which: the key does not exist in this Region, or {document} does not allow {action}."
            ),
            (_, true) => format!(
                "There is a Deny for {action} in {document}, and nothing that another policy allows can outweigh that."
            ),
            (_, false) => {
                format!(
                    "{action} is missing in {document}; other policies may have to allow it as well."
                )
            }
        }
    }

    fn first_step(&self) -> String {
        let (action, who, document) = (&self.action, self.who(), self.document(None));
        let step = match (self.denial.policy, self.denial.is_explicit) {
            (Policy::Ciphertext, _) => format!(
                "Find out which key encrypted the data; if it is here and {who} is meant to use it, allow {action} in \
                 its IAM policies and in {document}"
            ),
            (Policy::KeyOrNone, _) => format!(
                "See whether the key is there; if it is and {who} is meant to use it, allow it {action} in \
                 {document}"
            ),
            (_, true) => format!(
                "If {who} is meant to do this, find the Deny for {action} in {document} and make an exception"
            ),
            (_, false) => format!("If {who} is meant to do this, allow it {action} in {document}"),
        };
        let elsewhere = match self.key_owner() {
            Some(owner) => format!(" The key is in account {owner}: look there."),
            None => String::new(),
        };
        format!("{step}; if nobody knows this caller, treat it as an attack.{elsewhere}")
    }

    /// The document that is to be edited, of somebody or of whom was just named.
    fn document(&self, of: Option<&str>) -> String {
        let named = self
            .denial
            .policy_arn
            .map(|arn| format!(" {}", harmless(arn, 300)))
            .unwrap_or_default();
        let owned = |what: &str| match of {
            Some(who) => format!("the {what} of {who}"),
            None => format!("its {what}"),
        };
        match self.denial.policy {
            Policy::Identity if named.is_empty() && of.is_none() => {
                "one of its IAM policies".to_owned()
            }
            Policy::Identity if named.is_empty() => owned("IAM policies"),
            Policy::Identity => owned(&format!("IAM policy{named}")),
            Policy::Key | Policy::KeyOrNone | Policy::Ciphertext => "the key's policy".to_owned(),
            Policy::ServiceControl => format!("the organisation's service control policy{named}"),
            Policy::ResourceControl => format!("the organisation's resource control policy{named}"),
            Policy::Boundary => owned("permissions boundary"),
            Policy::Session => match of {
                Some(who) => format!("the policy that the session of {who} was opened with"),
                None => "the policy that its session is opened with".to_owned(),
            },
            Policy::Endpoint => match plausible(self.context.vpc_endpoint, b"-") {
                Some(endpoint) => format!("the policy of the VPC endpoint {endpoint}"),
                None => "the policy of the VPC endpoint".to_owned(),
            },
            Policy::Grant => "a grant on the key".to_owned(),
        }
    }

    fn who(&self) -> String {
        match self.caller {
            Caller::Role(role) => harmless(&format!("role {role}"), 128),
            Caller::User(user) => harmless(&format!("user {user}"), 128),
            Caller::Other => "the caller".to_owned(),
        }
    }

    /// The account that has the key, when it is another one.
    fn key_owner(&self) -> Option<&str> {
        let owner = key_or_placeholder(self.context.key)
            .strip_prefix("arn:")?
            .split(':')
            .nth(3)?;
        let is_other = plausible(self.context.account, b"").is_some_and(|account| account != owner);
        Some(owner).filter(|owner| is_other && !owner.is_empty())
    }
}

#[cfg(test)]
mod tests;
