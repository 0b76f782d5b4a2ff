//! Named values of groups and events. What is the same for all of them is taken out, so that it is
//! said once and only the differences remain.

use crate::findings::Group;
use crate::message::names::{self, NAME};
use crate::message::page::Page;
use crate::message::{Alert, SENTENCE};
use crate::text::{harmless, masked_key};

/// Named values, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn of<const N: usize>(fields: [(&'static str, Option<String>); N]) -> Self {
        let present = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        Self(present.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The fields that all have, with the same value; none when there is nothing to compare.
    pub(super) fn common(mut all: impl Iterator<Item = Self>) -> Self {
        let (Some(first), Some(second)) = (all.next(), all.next()) else {
            return Self::default();
        };
        let others = [second].into_iter().chain(all);
        others.fold(first, |mut common, other| {
            common.0.retain(|field| other.0.contains(field));
            common
        })
    }

    /// What remains when these are taken out.
    pub(super) fn without(mut self, common: &Self) -> Self {
        self.0.retain(|field| !common.0.contains(field));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(&self, page: &mut Page) {
        for (name, value) in &self.0 {
            page.field(name, Some(value.clone()));
        }
    }
}

/// What a group's calls have in common, but for why and when.
pub(super) fn of_group(group: &Group) -> Fields {
    let (key, newest) = (group.key(), group.newest());
    let sessions = if group.sessions().count() > 1 {
        "sessions"
    } else {
        "session"
    };
    let data = names::list(group.affected(), |affected| {
        format!(
            "{} = {}",
            harmless(&affected.key, 100),
            harmless(&affected.value.to_string(), NAME)
        )
    });
    // An alias that stands for the key itself has been told with it.
    let named = key.key.as_deref().is_some_and(|key| key.contains("alias/"));
    let called = names::list(group.aliases(), |alias| harmless(alias, NAME));
    Fields::of([
        ("key", shown(key.key.as_ref(), NAME)),
        ("named", called.filter(|_| !named)),
        ("to key", shown(newest.destination_key.as_ref(), NAME)),
        ("key's account", shown(newest.key_account.as_ref(), 40)),
        ("role", Some(harmless(&key.role, NAME))),
        (
            sessions,
            names::list(group.sessions(), |session| names::session(group, session)),
        ),
        (
            "from",
            names::list(group.sources(), |source| harmless(source, 100)),
        ),
        (
            "VPC endpoint",
            names::list(group.vpc_endpoints(), |endpoint| harmless(endpoint, 60)),
        ),
        (
            "called by",
            names::list(group.services(), |service| harmless(service, 100)),
        ),
        ("data", data),
    ])
}

/// What a group's newest event tells beyond its group.
pub(super) fn of_newest(alert: &Alert<'_>, group: &Group) -> Fields {
    let newest = group.newest();
    let other = |text: &Option<String>, alarm: &Option<String>| {
        shown(text.as_ref().filter(|_| text != alarm), 40)
    };
    let session = newest.session.as_deref();
    let source = newest.source.as_ref();
    Fields::of([
        ("message", shown(newest.message.as_ref(), SENTENCE)),
        (
            "session",
            session
                .filter(|_| group.sessions().count() > 1)
                .map(|session| names::session(group, session)),
        ),
        (
            "from",
            shown(source.filter(|_| group.sources().count() > 1), 100),
        ),
        ("program", shown(newest.user_agent.as_ref(), 120)),
        ("access key", newest.access_key.as_deref().map(masked_key)),
        ("Region", other(&newest.region, &alert.change.region)),
        ("account", other(&newest.account, &alert.change.account)),
        ("key store", shown(newest.key_store.as_ref(), 100)),
        ("late because", shown(newest.delay.as_ref(), 100)),
        ("event id", shown(newest.event_id.as_ref(), 100)),
        ("request id", shown(newest.request_id.as_ref(), 100)),
    ])
}

fn shown(text: Option<&String>, most: usize) -> Option<String> {
    text.map(|text| harmless(text, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(key: &str, time: &str) -> Fields {
        Fields::of([
            ("key", Some(key.to_owned())),
            ("none", None),
            ("time", Some(time.to_owned())),
        ])
    }

    #[test]
    fn what_is_the_same_for_all_is_taken_out() {
        let all = [fields("k", "1"), fields("k", "2"), fields("k", "1")];
        let common = Fields::common(all.iter().cloned());
        assert_eq!(common, Fields(vec![("key", "k".to_owned())]));
        let rest = all[1].clone().without(&common);
        assert_eq!(rest, Fields(vec![("time", "2".to_owned())]));
    }

    #[test]
    fn one_alone_has_nothing_in_common_with_others() {
        assert!(Fields::common([fields("k", "1")].into_iter()).is_empty());
        assert!(Fields::common(std::iter::empty()).is_empty());
    }
}
