//! Keys, roles and sessions by the names people know them by.

use crate::cloudtrail::Kind;
use crate::findings::{Group, Values};
use crate::text::{cut, harmless};

/// How much of a name, an ARN or an id is shown.
pub(super) const NAME: usize = 300;

/// A role by its name, anyone else by whatever name they have.
pub(super) fn role(role: &str) -> String {
    let name = match role.split_once(":role/") {
        Some((_, path)) => path.rsplit('/').next().unwrap_or(path),
        None => role,
    };
    harmless(name, 128)
}

/// A group's key as it stands in a sentence: `key alias/orders` when the caller named it so, else
/// `key 1234abcd-…`.
pub(super) fn key(group: &Group) -> Option<String> {
    let id = alias(group).or_else(|| group.key().key.as_deref().map(key_id))?;
    Some(format!("key {}", harmless(id, 128)))
}

/// A group's key where there is little room: `alias/orders`, `key 1234abcd`.
pub(super) fn short_key(group: &Group) -> Option<String> {
    let id = alias(group).or_else(|| group.key().key.as_deref().map(key_id))?;
    if id.starts_with("alias/") {
        return Some(harmless(id, 128));
    }
    let shown = match id.len() {
        ..=20 => 20,
        _ if id.starts_with("mrk-") => 12,
        _ => 8,
    };
    let short: String = id.chars().take(shown).collect();
    Some(format!("key {}", harmless(&short, shown)))
}

fn alias(group: &Group) -> Option<&str> {
    group.aliases().newest().next().map(String::as_str)
}

fn key_id(key: &str) -> &str {
    let name = key
        .strip_prefix("arn:")
        .and_then(|arn| arn.splitn(5, ':').nth(4))
        .unwrap_or(key);
    name.strip_prefix("key/").unwrap_or(name)
}

/// The session or sessions behind a group, to stand in brackets: `ECS task 8f3c2a1b…`, `3 ECS
/// tasks`.
pub(super) fn sessions(group: &Group) -> Option<String> {
    let mut workloads = group
        .sessions()
        .newest()
        .map(|session| group.workload(session));
    let newest = workloads.next()?;
    let same_kind = workloads.all(|other| other.kind == newest.kind);
    let noun = newest.kind.noun();
    match group.sessions().count() {
        0 | 1 if newest.kind == Kind::EcsTask => Some(format!("{noun} {}", cut(newest.id, 9))),
        0 | 1 => Some(format!("{noun} {}", harmless(newest.id, 64))),
        count if same_kind => Some(format!("{count} {noun}s")),
        count => Some(format!("{count} sessions")),
    }
}

/// A session in full, with what it probably is.
pub(super) fn session(group: &Group, session: &str) -> String {
    let name = harmless(session, NAME);
    let workload = group.workload(session);
    let noun = workload.kind.noun();
    // All of the nouns that begin with E are read out letter by letter: an ECS task.
    let article = if noun.starts_with('E') { "an" } else { "a" };
    match (workload.kind, workload.is_known) {
        (Kind::Session, _) => name,
        (_, false) => format!("{name} (probably {article} {noun})"),
        (_, true) => match workload.cluster {
            Some(cluster) => format!("{name} ({noun} in {})", harmless(cluster, NAME)),
            None => format!("{name} ({noun})"),
        },
    }
}

/// The newest of some values and how many more there are.
pub(super) fn list<T>(values: &Values<T>, show: impl Fn(&T) -> String) -> Option<String>
where
    T: std::hash::Hash + PartialEq,
{
    let mut shown: Vec<String> = values.newest().map(show).collect();
    if values.more() > 0 {
        shown.push(format!("+{} more", values.more()));
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}
