//! Commands that put things right. Each says what it replaces and in which account it has to run.

use serde_json::json;

use super::advice;
use super::caller::Caller;
use super::look::{key_policy, one_key, with_key_id};
use super::words::Known;
use crate::command::Command;
use crate::identifier::{Identifier, Key};
use crate::shown::shown;

/// What to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Brings a disabled key back.
    EnableKey,
    /// Keeps a key from being deleted, and enables it.
    CancelDeletion,
    /// Connects a custom key store again.
    ConnectKeyStore,
    /// Gives the caller a policy with the action.
    AllowInIdentityPolicy,
    /// Adds a statement to the key policy.
    AllowInKeyPolicy,
}

impl Remedy {
    /// The command, if all that it needs is known and it can work.
    pub(super) fn fill_in(self, known: &Known<'_>) -> Option<advice::Remedy> {
        let region = known.region.as_ref()?;
        let key_owner = known.owner.as_ref();
        let of_key = |name: &'static str| {
            Some(with_key_id(Command::new(name), known)?.option("--region", region))
        };
        let (command, runs_in, note) = match self {
            Self::EnableKey => (of_key("aws kms enable-key")?, key_owner, None),
            Self::CancelDeletion => {
                let enable = of_key("aws kms enable-key")?;
                let cancel = of_key("aws kms cancel-key-deletion")?.then(&enable);
                (cancel, key_owner, None)
            }
            Self::ConnectKeyStore => {
                let command = Command::new("aws kms connect-custom-key-store")
                    .option("--custom-key-store-id", known.key_store.as_ref()?)
                    .option("--region", region);
                let note = shown!(
                    "Connecting takes up to 20 minutes. The key store's state tells when it is done."
                );
                (command, key_owner, Some(note))
            }
            Self::AllowInIdentityPolicy => {
                let command = identity_policy(known)?;
                let note = shown!("It overwrites any inline policy with the same name.");
                (command, None, Some(note))
            }
            Self::AllowInKeyPolicy => {
                let command = changed_key_policy(known)?;
                let note = shown!(
                    "It replaces the key policy with its current statements plus a new one. First give the new \
                     statement the conditions that the others have, or it allows more than they do."
                );
                (command, key_owner, Some(note))
            }
        };
        let note = match (runs_in, note) {
            (Some(account), Some(note)) => Some(shown!("Run it in account {}. {}", account, note)),
            (Some(account), None) => Some(shown!("Run it in account {}.", account)),
            (None, note) => note,
        };
        Some(advice::Remedy { command, note })
    }
}

/// An inline policy of a role or user that the account can change. Its name has the action and the
/// key in it, so that the policies for two keys never overwrite each other.
fn identity_policy(known: &Known<'_>) -> Option<Command> {
    let action = known.action.as_ref().filter(|_| known.can_be_allowed())?;
    let resource = known.policy_resource()?;
    let statement = json!({ "Effect": "Allow", "Action": action.as_ref(), "Resource": resource });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let mut name = format!("allow-{}", action.as_ref().replace(':', "-"));
    if let Some(key) = one_key(known).filter(|_| resource != "*") {
        name.push('-');
        name.push_str(&key.id().replace('/', "-"));
    }
    let name: String = name.chars().take(128).collect();
    let command = match &known.caller {
        Caller::Role(role) => Command::new("aws iam put-role-policy").option("--role-name", role),
        Caller::User(user) => Command::new("aws iam put-user-policy").option("--user-name", user),
        Caller::PermissionSet { .. } | Caller::ServiceLinked(_) | Caller::Unknown => return None,
    };
    Some(
        command
            .quoted("--policy-name", &name)
            .quoted("--policy-document", &document),
    )
}

/// The key policy with one statement more. That of an AWS managed key cannot be changed, and an alias
/// has none.
fn changed_key_policy(known: &Known<'_>) -> Option<Command> {
    one_key(known)
        .filter(|key| known.can_be_allowed() && !known.is_aws_managed() && !is_alias_arn(key))?;
    let principal = Identifier::iam_arn(known.context.caller)?;
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": principal.as_ref() },
        "Action": known.action.as_ref()?.as_ref(),
        "Resource": "*",
    });
    let add = Command::new("jq").quoted("-c", &format!(".Statement += [{statement}]"));
    let put = with_key_id(Command::new("aws kms put-key-policy"), known)?
        .words("--policy-name default --policy file://key-policy.json")
        .option("--region", known.region.as_ref()?);
    Some(
        key_policy(known)?
            .piped_to(&add.words("> key-policy.json"))
            .then(&put),
    )
}

fn is_alias_arn(key: &Key) -> bool {
    key.is_alias() && key.arn().is_some()
}
