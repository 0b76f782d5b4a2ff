//! Failed calls that are alike.

use jiff::Timestamp;

use super::newest::{Newest, bounded};
use super::{Nature, Values};
use crate::cloudtrail::{Affected, Event, Key, KeyChange, Workload};
use crate::kms_error::{self, Severity};

/// What the calls of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// Whose concern the calls are.
    pub nature: Nature,
    /// The error's code.
    pub code: String,
    /// The operation.
    pub operation: String,
    /// The key, if any was named.
    pub key: Option<String>,
    /// The role's ARN, or whatever name the caller has.
    pub role: String,
}

/// What decides to which group a call belongs.
#[derive(Clone, Copy)]
pub(super) struct Traits<'e> {
    nature: Nature,
    code: &'e str,
    operation: &'e str,
    key: Option<&'e str>,
    role: &'e str,
}

impl<'e> Traits<'e> {
    pub(super) fn of(nature: Nature, code: &'e str, event: &'e Event<'_>) -> Self {
        let operation = event.event_name.as_deref();
        Self {
            nature,
            code: bounded(code),
            operation: bounded(operation.unwrap_or("an unnamed operation")),
            key: event.key().map(bounded),
            role: bounded(event.principal().name),
        }
    }
}

impl GroupKey {
    /// Whether a call of these traits has it.
    pub(super) fn is(&self, traits: Traits<'_>) -> bool {
        self.nature == traits.nature
            && self.code == traits.code
            && self.operation == traits.operation
            && self.key.as_deref() == traits.key
            && self.role == traits.role
    }
}

/// Failed calls that are alike.
#[derive(Clone, Debug)]
pub struct Group {
    key: GroupKey,
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    aliases: Values<String>,
    sessions: Values<String>,
    issued_to: Values<String>,
    sources: Values<String>,
    vpc_endpoints: Values<String>,
    services: Values<String>,
    affected: Values<Affected>,
    newest: Newest,
    change: Option<KeyChange>,
}

impl Group {
    pub(super) fn new(traits: Traits<'_>) -> Self {
        Self {
            key: GroupKey {
                nature: traits.nature,
                code: traits.code.to_owned(),
                operation: traits.operation.to_owned(),
                key: traits.key.map(str::to_owned),
                role: traits.role.to_owned(),
            },
            count: 0,
            first: None,
            last: None,
            aliases: Values::default(),
            sessions: Values::default(),
            issued_to: Values::default(),
            sources: Values::default(),
            vpc_endpoints: Values::default(),
            services: Values::default(),
            affected: Values::default(),
            newest: Newest::default(),
            change: None,
        }
    }

    pub(super) fn add(&mut self, event: &Event<'_>) {
        let time = event.event_time;
        let principal = event.principal();
        self.aliases.add(time, event.alias().map(bounded));
        self.sessions.add(time, principal.session.map(bounded));
        self.issued_to.add(time, principal.issued_to.map(bounded));
        self.sources
            .add(time, event.source_ip_address.as_deref().map(bounded));
        self.vpc_endpoints
            .add(time, event.vpc_endpoint_id.as_deref().map(bounded));
        self.services.add(time, principal.invoked_by.map(bounded));
        for affected in event.affected() {
            self.affected.add(time, Some(&affected));
        }
        if self.count == 0 || time >= self.newest.time {
            self.newest.replace(event);
        }
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
        self.count = self.count.saturating_add(1);
    }

    /// What the calls have in common.
    #[must_use]
    pub fn key(&self) -> &GroupKey {
        &self.key
    }

    /// How many calls there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Keeps a change of the key, when it may be why these calls failed and none is known that came
    /// later.
    pub(super) fn consider(&mut self, change: &KeyChange) {
        let key = Key {
            name: self.key.key.as_deref(),
            alias: self.aliases.newest().next().map(String::as_str),
            key_store: self.newest.key_store.as_deref(),
            region: self.newest.region.as_deref(),
        };
        let is_likely = self.suspects().contains(&change.operation.as_str())
            && self.first.is_some_and(|first| change.at <= first)
            && change.concerns(key);
        let is_later = self
            .change
            .as_ref()
            .is_none_or(|known| known.at <= change.at);
        if is_likely && is_later {
            self.change = Some(change.clone());
        }
    }

    /// The operations of which one on the key is the likely cause.
    #[must_use]
    pub fn suspects(&self) -> &'static [&'static str] {
        match self.key.nature {
            Nature::DryRun | Nature::Probe => &[],
            Nature::Incident | Nature::Own => kms_error::likely_changes(&self.key.code),
        }
    }

    /// How bad it is. What is nobody's incident is told and alarms nobody; what this function itself
    /// runs into is a fault of the alarm, not of the application.
    #[must_use]
    pub fn severity(&self) -> Severity {
        let severity = kms_error::severity(&self.key.code, self.count);
        match self.key.nature {
            Nature::Incident => severity,
            Nature::Own => severity.min(Severity::Medium),
            Nature::DryRun | Nature::Probe => Severity::Info,
        }
    }

    /// The change of the key that is the likely cause.
    #[must_use]
    pub fn change(&self) -> Option<&KeyChange> {
        self.change.as_ref()
    }

    /// The aliases by which callers named the key.
    #[must_use]
    pub fn aliases(&self) -> &Values<String> {
        &self.aliases
    }

    /// What runs in one of the group's sessions.
    #[must_use]
    pub fn workload<'s>(&'s self, session: &'s str) -> Workload<'s> {
        let issued_to = self.issued_to.newest().map(String::as_str);
        // The resource's id is the session's name: a task's id, an instance's, a function's name.
        let of_this = |arn: &&str| arn.rsplit([':', '/']).next() == Some(session);
        let known = issued_to.into_iter().find(of_this);
        let agent = self.newest.user_agent.as_deref().unwrap_or_default();
        Workload::of(session, known, agent.contains("exec-env/AWS_Lambda"))
    }

    /// The time of the first call.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// The time of the last call.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// The sessions of the role.
    #[must_use]
    pub fn sessions(&self) -> &Values<String> {
        &self.sessions
    }

    /// The addresses the calls came from.
    #[must_use]
    pub fn sources(&self) -> &Values<String> {
        &self.sources
    }

    /// The VPC endpoints the calls came through.
    #[must_use]
    pub fn vpc_endpoints(&self) -> &Values<String> {
        &self.vpc_endpoints
    }

    /// The AWS services that called on the role's behalf.
    #[must_use]
    pub fn services(&self) -> &Values<String> {
        &self.services
    }

    /// The data the calls were about.
    #[must_use]
    pub fn affected(&self) -> &Values<Affected> {
        &self.affected
    }

    /// The newest event.
    #[must_use]
    pub fn newest(&self) -> &Newest {
        &self.newest
    }
}
