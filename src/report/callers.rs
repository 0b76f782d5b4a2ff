//! Whose calls a message is about: the attributes by which subscriptions of one topic choose what
//! they get.
//!
//! What must hold: whoever filters by role or account misses nothing of theirs. So each role and each
//! account that has failed calls is named, however long the mail is, and where one may be missing
//! `unknown` is among them.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>

use std::collections::BTreeSet;

use serde_json::json;

use super::counts::Counts;
use crate::findings;
use crate::identifier::Identifier;
use crate::shown::{Shown, shown};

/// Stands for the callers that are not known.
const UNKNOWN: Shown = Shown::ours("unknown");
/// The longest ARN of a role is shorter.
const MAX_ARN: usize = 640;
/// How many bytes the names may have together, of the 7,000 that a message's body leaves.
const MAX_LEN: usize = 5_000;

/// Whose calls a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callers {
    /// The ARNs of the roles, or whatever names the callers have.
    pub roles: Vec<Shown>,
    /// The accounts in which the calls were made.
    pub accounts: Vec<Shown>,
}

impl Default for Callers {
    /// Nobody is known.
    fn default() -> Self {
        Self {
            roles: vec![UNKNOWN],
            accounts: vec![UNKNOWN],
        }
    }
}

impl Callers {
    /// Of these groups, the only ones if the counts say that everything was found and read.
    pub(super) fn new<'g>(
        groups: impl Iterator<Item = &'g findings::Group> + Clone,
        counts: &Counts,
        matched: u64,
    ) -> Self {
        let is_missing = !counts.complete
            || counts.counted.is_some_and(|counted| counted > matched)
            || groups.clone().next().is_none();
        let roles = groups
            .clone()
            .map(|group| Shown::name(&group.caller, MAX_ARN));
        // The copy that another account got may name neither the caller nor its account.
        let is_named = |group: &findings::Group| group.caller.starts_with("arn:");
        let is_missing = is_missing || !groups.clone().all(is_named);
        let accounts = groups.map(|group| {
            let account = group.account().and_then(Identifier::account);
            account.map_or(UNKNOWN, |account| shown!("{}", account))
        });
        Self {
            roles: named(roles, is_missing),
            accounts: named(accounts, is_missing),
        }
    }
}

/// Each once; `unknown` where there are or may be others.
fn named(names: impl Iterator<Item = Shown>, is_missing: bool) -> Vec<Shown> {
    let mut kept = BTreeSet::new();
    let (mut len, mut is_missing) = (0_usize, is_missing);
    for name in names {
        // Quoted, with a comma.
        let more = json!(name).to_string().len().saturating_add(1);
        if kept.contains(&name) {
            continue;
        }
        len = len.saturating_add(more);
        if len > MAX_LEN {
            is_missing = true;
            break;
        }
        kept.insert(name);
    }
    kept.extend(is_missing.then_some(UNKNOWN));
    kept.into_iter().collect()
}
