//! Keys, roles and sessions by the names people know them by.

use crate::cloudtrail::Workload;
use crate::findings::{Group, Values};
use crate::text::harmless;

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

/// A key as it stands in a sentence: `key 1234abcd-…`, `alias/orders`.
pub(super) fn key(key: &str) -> String {
    let id = key_id(key);
    let id = harmless(id, 128);
    if id.starts_with("alias/") {
        id
    } else {
        format!("key {id}")
    }
}

/// A key where there is little room: `key 1234abcd`, `alias/orders`.
pub(super) fn short_key(named: &str) -> String {
    let id = key_id(named);
    if id.starts_with("alias/") || id.len() <= 20 {
        return key(named);
    }
    let shown = if id.starts_with("mrk-") { 12 } else { 8 };
    let short: String = id.chars().take(shown).collect();
    format!("key {}", harmless(&short, shown))
}

fn key_id(key: &str) -> &str {
    let name = key
        .strip_prefix("arn:")
        .and_then(|arn| arn.splitn(5, ':').nth(4))
        .unwrap_or(key);
    name.strip_prefix("key/").unwrap_or(name)
}

/// The session or sessions behind a group, to stand in brackets: `ECS task 8f3c2a1b`, `3 ECS
/// tasks`.
pub(super) fn sessions(group: &Group) -> Option<String> {
    let mut workloads = group
        .sessions()
        .newest()
        .map(|session| Workload::of(session));
    let newest = workloads.next()?;
    let same_kind = workloads.all(|other| other.kind() == newest.kind());
    match group.sessions().count() {
        0 | 1 => {
            let id: String = match newest {
                Workload::EcsTask(id) => id.chars().take(8).collect(),
                other => harmless(other.id(), 64),
            };
            Some(format!("{} {id}", newest.kind()))
        }
        count if same_kind => Some(format!("{count} {}s", newest.kind())),
        count => Some(format!("{count} sessions")),
    }
}

/// A session in full, with what it probably is.
pub(super) fn session(session: &str) -> String {
    let name = harmless(session, NAME);
    match Workload::of(session) {
        Workload::Session(_) => name,
        workload => format!(
            "{name} (probably {} {})",
            article(workload.kind()),
            workload.kind()
        ),
    }
}

fn article(noun: &str) -> &'static str {
    // All of the kinds that begin with a capital are read out letter by letter: an ECS task.
    if noun.starts_with('E') { "an" } else { "a" }
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
