//! The names that a row's sentences leave open, filled in.

use super::caller::Caller;
use super::context::Context;
use super::family;
use crate::error_message::{Denial, Policy, Resource};
use crate::identifier::{Identifier, Key};
use crate::shown::{Shown, shown};

/// What is known, as names that AWS would accept.
pub(super) struct Known<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) denial: &'a Denial<'a>,
    pub(super) caller: Caller,
    pub(super) operation: Option<Identifier>,
    pub(super) action: Option<Identifier>,
    /// The Region in which commands have to run: the key's own, if its name tells.
    pub(super) region: Option<Identifier>,
    /// The account in which the calls were made.
    pub(super) account: Option<Identifier>,
    /// The account that owns the key, if it is another one.
    pub(super) owner: Option<Identifier>,
    pub(super) policy_arn: Option<Identifier>,
    pub(super) vpc_endpoint: Option<Identifier>,
    pub(super) key_store: Option<Identifier>,
}

impl<'a> Known<'a> {
    pub(super) fn new(context: &'a Context<'a>, denial: &'a Denial<'a>) -> Self {
        let operation = Identifier::word(context.operation);
        let of_operation = || Identifier::action(&format!("kms:{}", operation.as_ref()?));
        let action = denial.action.map_or_else(of_operation, Identifier::action);
        let arn = context.key.and_then(Key::arn);
        let account = context.account.and_then(Identifier::account);
        let owner = arn.and_then(|arn| Identifier::account(arn.account));
        let region = arn.and_then(|arn| Identifier::word(arn.region));
        Self {
            caller: Caller::new(context.caller),
            region: region.or_else(|| context.region.and_then(Identifier::word)),
            owner: owner.filter(|owner| account.as_ref().is_some_and(|here| here != owner)),
            account,
            policy_arn: denial.policy_arn.and_then(Identifier::iam_arn),
            vpc_endpoint: context.vpc_endpoint.and_then(Identifier::word),
            key_store: context.key_store.and_then(Identifier::word),
            action,
            operation,
            context,
            denial,
        }
    }

    /// Whether the calls are about an AWS managed key.
    pub(super) fn is_aws_managed(&self) -> bool {
        let names = [self.context.key, self.context.alias];
        names.into_iter().flatten().any(Key::is_aws_managed)
    }

    fn key(&self) -> Shown {
        match (self.context.keys, self.context.alias.or(self.context.key)) {
            (2.., _) => shown!("each of {} keys", self.context.keys),
            (_, Some(key)) if key.is_alias() => shown!("key {}", alias(key)),
            (_, Some(key)) => shown!("key {}", short(key)),
            (_, None) => shown!("the key"),
        }
    }

    /// The key in a subject.
    fn brief_key(&self) -> Shown {
        match (self.context.keys, self.context.alias.or(self.context.key)) {
            (2.., _) => shown!("each of {} keys", self.context.keys),
            (_, Some(key)) if key.is_alias() => {
                let name = key.id().strip_prefix("alias/").unwrap_or_default();
                shown!("key {}", Shown::outside(name, 128))
            }
            (_, Some(key)) => shown!("key {}", short(key)),
            (_, None) => shown!("a KMS key"),
        }
    }

    /// What was denied to be acted on; nothing for an action that has no resource.
    fn on_key(&self, is_brief: bool) -> Shown {
        match (self.denial.resource, self.context.keys) {
            (Resource::Ciphertext, _) => shown!(" on the key that encrypted the data"),
            (_, 0) => Shown::default(),
            _ if is_brief => shown!(" on {}", self.brief_key()),
            (_, 1) => shown!(" on this key"),
            _ => shown!(" on these keys"),
        }
    }

    fn alias(&self) -> Shown {
        match (self.context.keys, self.context.alias.or(self.context.key)) {
            (2.., _) => shown!("each of {} aliases", self.context.keys),
            (_, Some(key)) if key.is_alias() => alias(key),
            _ => shown!("the alias"),
        }
    }

    fn action(&self) -> Shown {
        match &self.action {
            Some(action) => shown!("{}", action),
            None => shown!("the action"),
        }
    }

    /// Whether a policy can allow the action at all: some have no effect on another account's key.
    pub(super) fn can_be_allowed(&self) -> bool {
        let is_across = |action: &Identifier| family::has(&ACROSS_ACCOUNTS, action.as_ref());
        self.owner.is_none() || self.action.as_ref().is_none_or(is_across)
    }

    fn call_from_the_owner(&self) -> Shown {
        shown!(
            "make the call from the account that owns the key, because {} does not work across accounts",
            self.action()
        )
    }

    /// How to let the caller do it, on its own side.
    fn allow(&self) -> Shown {
        if !self.can_be_allowed() {
            return self.call_from_the_owner();
        }
        let action = self.action();
        match &self.caller {
            Caller::PermissionSet {
                permission_set: Some(set),
                ..
            } => shown!(
                "add {} to its permission set {} in IAM Identity Center and provision it again, because its \
                 policies cannot be changed in IAM",
                action,
                set
            ),
            Caller::PermissionSet { .. } => shown!(
                "add {} to its permission set in IAM Identity Center and provision it again, because its policies \
                 cannot be changed in IAM",
                action
            ),
            Caller::ServiceLinked(_) => shown!(
                "allow {} in the key policy or with a grant, because only AWS can change a service-linked role",
                action
            ),
            _ => shown!("add {} to one of its identity-based policies", action),
        }
    }

    fn allow_in_key_policy(&self) -> Shown {
        if !self.can_be_allowed() {
            return self.call_from_the_owner();
        }
        if self.is_aws_managed() {
            return shown!(
                "use a customer managed key, because nobody can change the key policy of an AWS managed key"
            );
        }
        shown!("allow {} in the key policy", self.action())
    }

    /// That the key is another account's, if it is.
    fn elsewhere(&self) -> Shown {
        match (&self.owner, self.denial.policy) {
            (Some(owner), _) if !self.can_be_allowed() => {
                shown!(" The key belongs to account {}.", owner)
            }
            (Some(owner), Policy::Identity) => {
                shown!(
                    " The key belongs to account {}, and its key policy must allow it too.",
                    owner
                )
            }
            (Some(owner), _) => {
                shown!(
                    " The key belongs to account {}: sign in there to see its key policy.",
                    owner
                )
            }
            (None, _) => Shown::default(),
        }
    }

    fn ask(&self) -> Shown {
        match self.context.changed_by {
            Some(who) => shown!("Ask {} whether this was intended", who),
            None => shown!("Find out who did this, and whether it was intended"),
        }
    }

    /// The word for a name in braces.
    fn word(&self, name: &str, is_brief: bool) -> Option<Shown> {
        Some(match name {
            "key" if is_brief => self.brief_key(),
            "key" => self.key(),
            "on_key" => self.on_key(is_brief),
            "alias" => self.alias(),
            "operation" => match &self.operation {
                Some(operation) => shown!("{}", operation),
                None => shown!("a call"),
            },
            "action" => self.action(),
            "who" => self.caller.shown(),
            "ask" => self.ask(),
            "allow" => self.allow(),
            "allow_in_key_policy" => self.allow_in_key_policy(),
            "elsewhere" => self.elsewhere(),
            "policy" => match &self.policy_arn {
                Some(arn) => shown!(" ({})", arn),
                None => Shown::default(),
            },
            "endpoint" => match &self.vpc_endpoint {
                Some(endpoint) => shown!("VPC endpoint {}", endpoint),
                None => shown!("a VPC endpoint"),
            },
            "store" => match &self.key_store {
                Some(store) => shown!("key store {}", store),
                None if is_brief => shown!("key store"),
                None => shown!("the key store"),
            },
            _ => return None,
        })
    }

    /// The ARN or `*` that an identity-based policy needs to name; nothing when it is not known.
    ///
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>
    pub(super) fn policy_resource(&self) -> Option<String> {
        let action = self.action.as_ref()?.as_ref();
        let creates_key = matches!(self.context.operation, "CreateKey" | "ReplicateKey");
        let without_resource = ANY_RESOURCE.contains(&action)
            || action.contains("CustomKeyStore")
            || (action == "kms:TagResource" && creates_key);
        if self.denial.resource == Resource::Any || without_resource {
            return Some("*".to_owned());
        }
        let key = self.context.key.filter(|_| self.context.keys < 2)?;
        if key.arn().is_some() {
            return Some(key.as_ref().to_owned());
        }
        let (region, account) = (self.region.as_ref()?, self.account.as_ref()?);
        let partition = crate::partition::Partition::of_region(region.as_ref())?.id;
        (!key.is_alias()).then(|| format!("arn:{partition}:kms:{region}:{account}:key/{key}"))
    }
}

/// Every name that a row may leave open.
#[cfg(test)]
pub(super) const NAMES: [&str; 13] = [
    "key",
    "on_key",
    "alias",
    "operation",
    "action",
    "who",
    "ask",
    "allow",
    "allow_in_key_policy",
    "elsewhere",
    "policy",
    "endpoint",
    "store",
];

/// The actions that have no resource.
const ANY_RESOURCE: [&str; 5] = [
    "kms:CreateKey",
    "kms:GenerateRandom",
    "kms:ListAliases",
    "kms:ListKeys",
    "kms:ListRetirableGrants",
];

/// The actions that are effective on a key of another account.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>
const ACROSS_ACCOUNTS: [&str; 16] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:GenerateMac",
    "kms:GetKeyRotationStatus",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ReEncrypt*",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:Sign",
    "kms:Verify",
    "kms:VerifyMac",
];

/// The beginning of the id: the details and the commands have all of it.
fn short(key: &Key) -> Shown {
    Shown::outside(key.short(), 16)
}

fn alias(key: &Key) -> Shown {
    Shown::outside(key.id(), 256)
}

/// A sentence with everything filled in.
pub(super) fn full(template: &'static str, known: &Known<'_>) -> Shown {
    fill(template, known, false)
}

/// The same in few words, for a subject.
pub(super) fn brief(template: &'static str, known: &Known<'_>) -> Shown {
    fill(template, known, true)
}

fn fill(template: &'static str, known: &Known<'_>, is_brief: bool) -> Shown {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        parts.push(Shown::ours(before));
        parts.extend(known.word(name, is_brief));
        rest = after;
    }
    parts.push(Shown::ours(rest));
    Shown::joined(parts, "")
}
