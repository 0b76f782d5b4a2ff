//! A change of a key that may be why calls fail: who made it and when.
//!
//! The same log group holds these events, so one more search finds them. A key has many names (its
//! id, its ARN, its aliases), and the caller who fails may use another one than whoever changed it.

use std::fmt;

use jiff::Timestamp;

use super::Event;

/// How much of a name is kept.
const MOST_CHARACTERS: usize = 256;

/// The filter pattern that matches these operations where they succeeded.
///
/// At most 1,024 characters, as for all patterns.
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

/// The key that calls failed on, by all the names that are known of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key<'k> {
    /// What the event names it by, mostly its ARN.
    pub name: Option<&'k str>,
    /// The alias the caller used.
    pub alias: Option<&'k str>,
    /// The custom key store it lives in.
    pub key_store: Option<&'k str>,
    /// The Region the call was made to.
    pub region: Option<&'k str>,
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
    /// The keys, aliases and key stores that the event names.
    names: Vec<String>,
}

impl KeyChange {
    /// Reads a change; a call that failed changed nothing.
    #[must_use]
    pub fn of(event: &Event<'_>) -> Option<Self> {
        if event.error_code.is_some() {
            return None;
        }
        let parameters = event.request_parameters.iter().flat_map(|asked| {
            [
                &asked.key_id,
                &asked.alias_name,
                &asked.target_key_id,
                &asked.custom_key_store_id,
            ]
        });
        let parameters = parameters.filter_map(|name| name.as_deref());
        let resources = event
            .resources
            .iter()
            .filter_map(|each| each.arn.as_deref());
        Some(Self {
            operation: begin(event.event_name.as_deref()?),
            by: By(event).to_string(),
            at: event.event_time?,
            event_id: event.event_id.as_deref().map(begin),
            region: event.aws_region.as_deref().map(begin),
            names: parameters.chain(resources).take(16).map(begin).collect(),
        })
    }

    /// Whether it changed this key, or what the caller calls it.
    #[must_use]
    pub fn concerns(&self, key: Key<'_>) -> bool {
        let elsewhere = self
            .region
            .as_deref()
            .zip(key.region)
            .is_some_and(|(one, other)| one != other);
        let wanted = [key.name, key.alias, key.key_store];
        !elsewhere
            && self.names.iter().any(|name| {
                wanted
                    .into_iter()
                    .flatten()
                    .any(|wanted| is_same(name, wanted))
            })
    }
}

/// The alias in a key's name, if it is one.
pub(super) fn alias(name: &str) -> Option<&str> {
    let start = name.find("alias/")?;
    let is_whole = start == 0
        || name
            .get(..start)
            .is_some_and(|before| before.ends_with(':'));
    name.get(start..).filter(|_| is_whole)
}

/// Whether two names stand for the same thing. An id and an ARN are the same when the ARN ends in
/// the id; two ARNs have to be equal.
fn is_same(one: &str, other: &str) -> bool {
    if one.starts_with("arn:") && other.starts_with("arn:") {
        return one == other;
    }
    !one.is_empty() && id(one) == id(other)
}

/// The part of a name that an ARN and a bare id have in common.
fn id(name: &str) -> &str {
    let resource = name
        .strip_prefix("arn:")
        .and_then(|arn| arn.splitn(5, ':').nth(4))
        .unwrap_or(name);
    resource.strip_prefix("key/").unwrap_or(resource)
}

/// Who made a call, with what kind of identity that is.
struct By<'e>(&'e Event<'e>);

impl fmt::Display for By<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = self.0.principal();
        let identity = self.0.user_identity.as_ref();
        let kind = identity.and_then(|identity| identity.kind.as_deref());
        let name = match principal.name.strip_prefix("arn:") {
            Some(arn) => arn.rsplit([':', '/']).next().unwrap_or(arn),
            None => principal.name,
        };
        let name = begin(name);
        match (kind, principal.session) {
            (Some("Root"), _) => write!(formatter, "the root user"),
            (Some("IAMUser"), _) => write!(formatter, "{name} (IAM user)"),
            (Some("AWSService"), _) => write!(formatter, "{} (AWS service)", begin(principal.name)),
            (Some("IdentityCenterUser"), _) => write!(formatter, "{name} (Identity Center user)"),
            (Some("FederatedUser"), Some(session)) => {
                write!(formatter, "{} (federated by {name})", begin(session))
            }
            (_, Some(session)) => write!(formatter, "{} (role {name})", begin(session)),
            _ => write!(formatter, "{name}"),
        }?;
        match principal.invoked_by {
            Some(service) => write!(formatter, " through {}", begin(service)),
            None => Ok(()),
        }
    }
}

fn begin(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests;
