//! A change of a key that may be why calls fail: who made it and when.
//!
//! The same log group holds these events, so one more search finds them. A key has many names (its
//! id, its ARN, its aliases), and the caller who fails may use a different one from whoever changed
//! the key.

use jiff::Timestamp;

use super::by::{By, beginning};
use super::event::Event;
use crate::arn::{self, Arn};

/// How many names of a change are kept.
const MAX_NAMES: usize = 16;

/// The filter pattern that matches calls of these operations that succeeded.
///
/// A filter pattern has at most 1,024 characters.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
#[must_use]
pub fn key_change_pattern<'o>(operations: impl IntoIterator<Item = &'o str>) -> String {
    let names = operations
        .into_iter()
        .map(|operation| format!("$.eventName = \"{operation}\""));
    let names = names.collect::<Vec<_>>().join(" || ");
    format!("{{ $.eventSource = \"kms.amazonaws.com\" && $.errorCode NOT EXISTS && ({names}) }}")
}

/// The key that calls failed on, by all of its names that are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key<'k> {
    /// The name in the event, in most cases its ARN.
    pub name: Option<&'k str>,
    /// The alias that the caller used.
    pub alias: Option<&'k str>,
    /// The custom key store that holds it.
    pub key_store: Option<&'k str>,
    /// The Region that was called.
    pub region: Option<&'k str>,
    /// The account in which a bare id or an alias is looked up.
    pub account: Option<&'k str>,
}

/// One change of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The operation, such as `DisableKey`.
    pub operation: String,
    /// Who made it, in words: `alice (IAM user)`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The event's id.
    pub event_id: Option<String>,
    /// The Region it was made in.
    pub region: Option<String>,
    /// The account it was made in.
    account: Option<String>,
    /// The keys, aliases and key stores in the event.
    names: Vec<String>,
}

impl KeyChange {
    /// The change that an event records; a call that failed changed nothing.
    pub fn of(event: &Event<'_>) -> Option<Self> {
        if event.error_code.get().is_some() {
            return None;
        }
        let parameters = event.request_parameters.get().into_iter();
        let parameters = parameters.flat_map(|asked| {
            [
                &asked.key_id,
                &asked.alias_name,
                &asked.target_key_id,
                &asked.custom_key_store_id,
            ]
        });
        let arns = event.resources.iter().map(|resource| &resource.arn);
        let names = parameters.chain(arns).filter_map(|name| name.get());
        Some(Self {
            operation: beginning(event.event_name.get()?),
            by: By(event).to_string(),
            at: event.event_time.get()?,
            event_id: event.event_id.get().map(beginning),
            region: event.aws_region.get().map(beginning),
            account: event.recipient_account_id.get().map(beginning),
            names: names.take(MAX_NAMES).map(beginning).collect(),
        })
    }

    /// Whether it changed this key, or the alias or key store that the caller used, in the same
    /// account and Region. A change of an alias concerns only those who used that alias, not
    /// everybody who uses the key that it points to.
    pub fn concerns(&self, key: Key<'_>) -> bool {
        let differ = |one: Option<&str>, other: Option<&str>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        let arn = key.name.and_then(Arn::parse);
        let account = arn.map(|arn| arn.account).or(key.account);
        if differ(self.region.as_deref(), key.region) || differ(self.account.as_deref(), account) {
            return false;
        }
        let of_alias = self.operation.ends_with("Alias");
        let counts = |name: &&str| !of_alias || arn::key_id(name).starts_with("alias/");
        let wanted = [key.name, key.alias, key.key_store];
        let wanted = wanted.into_iter().flatten().filter(counts);
        let mut names = self.names.iter().map(String::as_str).filter(counts);
        names.any(|name| wanted.clone().any(|wanted| is_same(name, wanted)))
    }
}

/// Whether two names mean the same thing: two ARNs when they are equal, an ARN and an id when the
/// ARN ends in the id.
fn is_same(one: &str, other: &str) -> bool {
    match (Arn::parse(one), Arn::parse(other)) {
        (Some(one), Some(other)) => one == other,
        _ => arn::key_id(one) == arn::key_id(other),
    }
}

#[cfg(test)]
mod tests;
