//! The part of a denial's message that says which policy refused.
//!
//! `… is not authorized to perform: kms:Decrypt on resource: … because no identity-based policy
//! allows the kms:Decrypt action`, or `… with an explicit deny in a service control policy: arn:…`.
//! The clause stands at the end. What stands before it repeats what the caller sent, so the last
//! clause counts and no other.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

/// The kind of policy that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// The caller's own policies.
    Identity,
    /// The key's policy.
    Key,
    /// Either there is no such key in the Region, or its policy refuses: KMS does not tell which.
    KeyOrNone,
    /// The same of a key that only the ciphertext names.
    Ciphertext,
    /// A service control policy of the organisation.
    ServiceControl,
    /// A resource control policy of the organisation.
    ResourceControl,
    /// The caller's permissions boundary.
    Boundary,
    /// The policy that the session was opened with.
    Session,
    /// The policy of the VPC endpoint.
    Endpoint,
    /// A grant.
    Grant,
}

/// What a denial's message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Denial<'m> {
    /// What refused.
    pub(super) policy: Policy,
    /// Whether a statement denies it, rather than that none allows it.
    pub(super) is_explicit: bool,
    /// The policy's ARN, where the message has it.
    pub(super) policy_arn: Option<&'m str>,
    /// The action, such as `kms:Decrypt`.
    pub(super) action: Option<&'m str>,
}

/// The words for each kind, as they begin the clause.
const KINDS: [(&str, Policy); 8] = [
    ("identity-based polic", Policy::Identity),
    ("resource-based polic", Policy::Key),
    ("service control polic", Policy::ServiceControl),
    ("resource control polic", Policy::ResourceControl),
    ("permissions boundar", Policy::Boundary),
    ("session polic", Policy::Session),
    ("vpc endpoint polic", Policy::Endpoint),
    ("grant", Policy::Grant),
];

impl<'m> Denial<'m> {
    /// Reads a message; nothing when it does not say what refused.
    pub(super) fn read(message: &'m str) -> Option<Self> {
        // Lower case in ASCII alone, so that places in the one are places in the other.
        let lower = message.to_ascii_lowercase();
        let action = action(message, &lower);
        let of = |policy| Self {
            policy,
            is_explicit: false,
            policy_arn: None,
            action,
        };
        let clauses = [("explicit deny in ", true), ("because no ", false)];
        let clauses = clauses.into_iter().filter_map(|(words, is_explicit)| {
            let start = lower.rfind(words)?;
            let clause = start.checked_add(words.len())?;
            Some((clause, is_explicit))
        });
        if let Some((start, is_explicit)) = clauses.max() {
            let clause = lower.get(start..).unwrap_or_default();
            let clause = ["an ", "a ", "the "]
                .into_iter()
                .find_map(|article| clause.strip_prefix(article))
                .unwrap_or(clause);
            let kind = KINDS.iter().find(|(words, _)| clause.starts_with(words));
            if let Some((_, policy)) = kind {
                return Some(Self {
                    is_explicit,
                    policy_arn: message.get(start..).and_then(arn),
                    ..of(*policy)
                });
            }
        }
        if lower.contains("ciphertext refers to a ") && lower.contains("does not exist") {
            Some(of(Policy::Ciphertext))
        } else if lower.contains("because the resource does not exist in this region") {
            Some(of(Policy::KeyOrNone))
        } else {
            None
        }
    }
}

/// The action that was refused.
fn action<'m>(message: &'m str, lower: &str) -> Option<&'m str> {
    let words = "to perform: ";
    let start = lower.find(words)?.checked_add(words.len())?;
    let action = message.get(start..)?.split([' ', ',']).next()?;
    let name = action.strip_prefix("kms:")?;
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then_some(action)
}

/// The first ARN in a clause.
fn arn(clause: &str) -> Option<&str> {
    let arn = clause.get(clause.find("arn:")?..)?;
    let arn = arn.split_whitespace().next()?;
    Some(arn.trim_end_matches(['.', ',', ';', ')']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: kms:Decrypt \
                         on resource: arn:aws:kms:us-east-1:111122223333:key/k ";

    #[track_caller]
    fn check(clause: &str, policy: Policy, is_explicit: bool, policy_arn: Option<&str>) {
        let message = format!("{START}{clause}");
        let denial = Denial {
            policy,
            is_explicit,
            policy_arn,
            action: Some("kms:Decrypt"),
        };
        assert_eq!(Denial::read(&message), Some(denial), "{clause}");
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
                false,
                None,
            );
            let article = if words.starts_with('i') { "an" } else { "a" };
            check(
                &format!("with an explicit deny in {article} {words}"),
                policy,
                true,
                None,
            );
        }
        check(
            "because no grant allows the kms:Decrypt action",
            Policy::Grant,
            false,
            None,
        );
    }

    #[test]
    fn the_policy_is_named_where_the_message_names_it() {
        let scp = "arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-2";
        check(
            &format!("with an explicit deny in a service control policy: {scp}"),
            Policy::ServiceControl,
            true,
            Some(scp),
        );
        let rcp = "arn:aws:organizations::777788889999:policy/o-1/resource_control_policy/p-3";
        check(
            &format!("with an explicit deny in a resource control policy, with policy ARN: {rcp}."),
            Policy::ResourceControl,
            true,
            Some(rcp),
        );
    }

    #[test]
    fn a_key_that_is_not_there_reads_like_one_that_refuses() {
        let message = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:GenerateDataKey on this \
                       resource because the resource does not exist in this Region, no resource-based policies allow \
                       access, or a resource-based policy explicitly denies access";
        let denial = Denial::read(message).unwrap();
        assert_eq!(
            (denial.policy, denial.action),
            (Policy::KeyOrNone, Some("kms:GenerateDataKey"))
        );
        let message = "The ciphertext refers to a customer master key that does not exist, does not exist in this \
                       region, or you are not allowed to access.";
        let denial = Denial::read(message).unwrap();
        assert_eq!((denial.policy, denial.action), (Policy::Ciphertext, None));
    }

    #[test]
    fn the_end_of_the_message_counts_and_not_what_the_caller_put_before_it() {
        let planted = "with an explicit deny in a session policy because no grant allows";
        let clause =
            format!("{planted} because no identity-based policy allows the kms:Decrypt action");
        check(&clause, Policy::Identity, false, None);
    }

    #[test]
    fn a_message_without_a_clause_says_nothing() {
        for message in [
            "",
            "Access denied",
            "because no one knows",
            "with an explicit deny in Ä",
        ] {
            assert_eq!(Denial::read(message), None, "{message}");
        }
        let odd =
            "not authorized to perform: kms:Decrypt;reboot because no session policy allows it";
        assert_eq!(Denial::read(odd).unwrap().action, None);
    }
}
