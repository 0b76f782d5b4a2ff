//! What the text of a KMS error says: which policy denied the call, and which key it was about.
//!
//! A denial reads `User: CALLER is not authorized to perform: ACTION on resource: ARN CLAUSE`, where
//! the clause names the kind of policy: `because no identity-based policy allows the kms:Decrypt
//! action`, `with an explicit deny in a service control policy: arn:…`. What stands before the clause
//! repeats what the caller sent, so the last clause counts and no other.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use crate::arn::Arn;

/// The kind of policy that denied a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// A policy attached to the caller.
    Identity,
    /// The key policy; KMS has no other resource-based policies.
    Key,
    /// The organization's service control policy.
    ServiceControl,
    /// The organization's resource control policy.
    ResourceControl,
    /// The caller's permissions boundary.
    Boundary,
    /// The policy that the session was opened with.
    Session,
    /// The VPC endpoint's policy.
    Endpoint,
    /// KMS does not say whether the key is missing or its policy denies access.
    KeyOrMissing,
    /// The same of the key under which the data was encrypted.
    Ciphertext,
    /// The message does not say.
    Unnamed,
}

/// How the policy denied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// No statement allows it.
    Implicit,
    /// A statement denies it.
    Explicit,
}

/// What a denied call was about, as the message has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'m> {
    /// A key or an alias.
    Arn(&'m str),
    /// All: the action has no resource.
    Any,
    /// The key under which the data was encrypted.
    Ciphertext,
    /// The message does not say, or `this resource`.
    Unnamed,
}

/// A denial's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial<'m> {
    /// The kind of policy.
    pub policy: Policy,
    /// How it denied the call.
    pub effect: Effect,
    /// The policy's ARN. AWS adds it to explicit denials only, and not to all of them.
    pub policy_arn: Option<&'m str>,
    /// The action, such as `kms:ReEncryptTo`. It is not always the name of the operation.
    pub action: Option<&'m str>,
    /// What the call was about.
    pub resource: Resource<'m>,
}

/// The words that begin a clause, and the kind of policy that they name.
const KINDS: [(&str, Policy); 10] = [
    ("identity-based polic", Policy::Identity),
    ("role inline polic", Policy::Identity),
    ("resource-based polic", Policy::Key),
    ("service control polic", Policy::ServiceControl),
    ("resource control polic", Policy::ResourceControl),
    ("permissions boundar", Policy::Boundary),
    ("session polic", Policy::Session),
    ("sessions polic", Policy::Session),
    (
        "vpc endpoint policy transitively through a service control",
        Policy::ServiceControl,
    ),
    ("vpc endpoint polic", Policy::Endpoint),
];

impl<'m> Denial<'m> {
    /// Reads the message of a denied call.
    pub fn read(message: &'m str) -> Self {
        // Lower case in ASCII alone, so that places in the one are places in the other.
        let lower = message.to_ascii_lowercase();
        let (action, resource) = request(message);
        let unnamed = Self {
            policy: Policy::Unnamed,
            effect: Effect::Implicit,
            policy_arn: None,
            action,
            resource,
        };
        let clauses = [
            ("explicit deny in ", Effect::Explicit),
            ("because no ", Effect::Implicit),
        ];
        let clauses = clauses.into_iter().filter_map(|(words, effect)| {
            let start = lower.rfind(words)?.checked_add(words.len())?;
            Some((start, effect))
        });
        if let Some((start, effect)) = clauses.max_by_key(|(start, _)| *start) {
            let clause = lower.get(start..).unwrap_or_default();
            let clause = ["an ", "a ", "the "]
                .into_iter()
                .find_map(|article| clause.strip_prefix(article))
                .unwrap_or(clause);
            let kind = KINDS.iter().find(|(words, _)| clause.starts_with(words));
            if let Some((_, policy)) = kind {
                return Self {
                    policy: *policy,
                    effect,
                    policy_arn: message.get(start..).and_then(first_arn),
                    ..unnamed
                };
            }
        }
        if lower.contains("ciphertext refers to a ") && lower.contains("does not exist") {
            return Self {
                policy: Policy::Ciphertext,
                resource: Resource::Ciphertext,
                ..unnamed
            };
        }
        if lower.contains("because the resource does not exist in this region") {
            return Self {
                policy: Policy::KeyOrMissing,
                ..unnamed
            };
        }
        if lower.ends_with("due to a vpc endpoint policy") {
            return Self {
                policy: Policy::Endpoint,
                effect: Effect::Explicit,
                ..unnamed
            };
        }
        unnamed
    }
}

/// The action that was denied and what it was about. The caller's name before it cannot hold a space.
fn request(message: &str) -> (Option<&str>, Resource<'_>) {
    let Some((_, rest)) = message.split_once("is not authorized to perform: ") else {
        return (None, Resource::Unnamed);
    };
    let (action, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let action = action.trim_end_matches(['.', ',']);
    let is_plain =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let action = Some(action).filter(|action| action.strip_prefix("kms:").is_some_and(is_plain));
    let resource = if let Some(named) = rest.strip_prefix("on resource: ") {
        let word = named.split_whitespace().next().unwrap_or_default();
        match word.trim_matches(['"', '\'', '.', ',']) {
            "*" => Resource::Any,
            arn if Arn::parse(arn).is_some_and(|arn| arn.service == "kms") => Resource::Arn(arn),
            _ => Resource::Unnamed,
        }
    } else if rest.starts_with("on the resource associated with this ciphertext") {
        Resource::Ciphertext
    } else {
        Resource::Unnamed
    };
    (action, resource)
}

/// The first ARN in a clause.
fn first_arn(clause: &str) -> Option<&str> {
    let arn = clause.get(clause.find("arn:")?..)?;
    let arn = arn.split_whitespace().next()?;
    Some(arn.trim_end_matches(['.', ',', ';', ')', '"', '\'']))
}

/// The key or alias that a message names: behind `on resource:` of a denial, or at the beginning, or
/// in quotes, or behind `Alias`, where KMS itself names what it looked for. An ARN in any other place
/// may be what the caller sent.
pub fn key(message: &str) -> Option<&str> {
    let begins = ["", "Key ", "Alias ", "KMS key "];
    let begins = begins
        .into_iter()
        .filter_map(|words| message.strip_prefix(words));
    let mut named = begins
        .filter_map(|rest| rest.split_whitespace().next())
        .map(|word| word.trim_matches(['\'', '"', '.', ',']))
        .filter(|word| {
            Arn::parse(word).is_some_and(|arn| {
                let resource = arn.resource;
                arn.service == "kms"
                    && (resource.starts_with("key/") || resource.starts_with("alias/"))
            })
        });
    named.next().or_else(|| match request(message) {
        (_, Resource::Arn(arn)) => Some(arn),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const USER: &str =
        "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: ";

    #[track_caller]
    fn check(clause: &str, policy: Policy, effect: Effect, policy_arn: Option<&str>) {
        let message = format!("{USER}kms:Decrypt on resource: {KEY} {clause}");
        let denial = Denial {
            policy,
            effect,
            policy_arn,
            action: Some("kms:Decrypt"),
            resource: Resource::Arn(KEY),
        };
        assert_eq!(Denial::read(&message), denial, "{clause}");
    }

    #[test]
    fn each_kind_of_policy_is_known_by_its_clause() {
        let kinds = [
            ("identity-based policy", Policy::Identity),
            ("resource-based policy", Policy::Key),
            ("service control policy", Policy::ServiceControl),
            ("resource control policy", Policy::ResourceControl),
            ("permissions boundary", Policy::Boundary),
            ("session policy", Policy::Session),
            ("VPC endpoint policy", Policy::Endpoint),
        ];
        for (words, policy) in kinds {
            check(
                &format!("because no {words} allows the kms:Decrypt action"),
                policy,
                Effect::Implicit,
                None,
            );
            let article = if words.starts_with('i') { "an" } else { "a" };
            let clause = format!("with an explicit deny in {article} {words}");
            check(&clause, policy, Effect::Explicit, None);
        }
        let through = "with an explicit deny in a VPC endpoint policy transitively through a \
                       service control policy";
        check(through, Policy::ServiceControl, Effect::Explicit, None);
        let emulated = "with an explicit deny in a role inline policy: policy-1";
        check(emulated, Policy::Identity, Effect::Explicit, None);
    }

    #[test]
    fn the_policy_is_named_where_the_message_names_it() {
        let scp = "arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-2";
        check(
            &format!("with an explicit deny in a service control policy: {scp}"),
            Policy::ServiceControl,
            Effect::Explicit,
            Some(scp),
        );
        let rcp = "arn:aws:organizations::777788889999:policy/o-1/resource_control_policy/p-3";
        check(
            &format!("with an explicit deny in a resource control policy, with policy ARN: {rcp}."),
            Policy::ResourceControl,
            Effect::Explicit,
            Some(rcp),
        );
    }

    #[test]
    fn a_missing_key_reads_like_one_whose_policy_denies_access() {
        let message = format!(
            "{USER}kms:GenerateDataKey on this resource because the resource does not exist in this \
             Region, no resource-based policies allow access, or a resource-based policy explicitly \
             denies access"
        );
        let denial = Denial::read(&message);
        assert_eq!(denial.policy, Policy::KeyOrMissing);
        assert_eq!(denial.action, Some("kms:GenerateDataKey"));
        assert_eq!(denial.resource, Resource::Unnamed);
        let message = "The ciphertext refers to a customer master key that does not exist, does not \
                       exist in this region, or you are not allowed to access.";
        let denial = Denial::read(message);
        assert_eq!(denial.policy, Policy::Ciphertext);
        assert_eq!(
            (denial.action, denial.resource),
            (None, Resource::Ciphertext)
        );
    }

    #[test]
    fn the_last_clause_counts_and_not_what_the_caller_put_before_it() {
        let planted = "with an explicit deny in a session policy because no boundary allows";
        let clause =
            format!("{planted} because no identity-based policy allows the kms:Decrypt action");
        check(&clause, Policy::Identity, Effect::Implicit, None);
    }

    #[test]
    fn what_a_message_does_not_say_is_unnamed() {
        for message in [
            "",
            "Access denied",
            "because no one knows",
            "an explicit deny in Ä",
        ] {
            let denial = Denial::read(message);
            assert_eq!(denial.policy, Policy::Unnamed, "{message}");
            assert_eq!((denial.action, denial.resource), (None, Resource::Unnamed));
        }
        let odd = format!("{USER}kms:Decrypt;reboot because no session policy allows it");
        assert_eq!(Denial::read(&odd).action, None);
        let endpoint = Denial::read("The request was denied due to a VPC endpoint policy");
        assert_eq!(endpoint.policy, Policy::Endpoint);
    }

    #[test]
    fn what_the_call_was_about_is_where_the_message_puts_it() {
        for (words, resource) in [
            (" on resource: *", Resource::Any),
            (" on resource:", Resource::Unnamed),
            (" on this resource", Resource::Unnamed),
            ("", Resource::Unnamed),
            (" on resource: arn:aws:s3:::bucket", Resource::Unnamed),
            (
                " on the resource associated with this ciphertext",
                Resource::Ciphertext,
            ),
        ] {
            let message = format!("{USER}kms:CreateKey{words} because no session policy allows it");
            assert_eq!(Denial::read(&message).resource, resource, "{words}");
            assert_eq!(key(&message), None, "{words}");
        }
        let alias = "arn:aws:kms:us-west-2:111122223333:alias/orders";
        let message = format!("{USER}kms:CreateAlias on resource: {alias} because no policy");
        assert_eq!(key(&message), Some(alias));
    }

    #[test]
    fn other_errors_name_the_key_first() {
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/orders";
        for (message, named) in [
            (format!("{KEY} is disabled."), Some(KEY)),
            (format!("Key '{KEY}' does not exist"), Some(KEY)),
            (format!("Alias {alias} is not found."), Some(alias)),
            (format!("Invalid keyId {KEY}"), None),
            (format!("Value '{KEY}' failed to satisfy constraint"), None),
            ("Invalid arn us-west-2".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(key(&message), named, "{message}");
        }
    }
}
