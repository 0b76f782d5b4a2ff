//! Failed calls that are alike.

use jiff::Timestamp;

use super::concern::Concern;
use super::failed_call::{FailedCall, bounded};
use super::kind::Kind;
use super::newest::Newest;
use super::told::mark;
use super::values::Values;
use crate::arn::Arn;
use crate::cloudtrail::{Affected, Key as KeyNames, KeyChange, Workload};
use crate::identifier::Key;
use crate::kms_error::{self, Reason};

/// Failed calls that are alike: the same error for the same reason, the same operation, key and
/// caller. Calls about many keys that are alike in all else are one group with many keys.
#[derive(Clone, Debug)]
pub struct Group {
    /// Whose concern the calls are.
    pub concern: Concern,
    /// The error's code.
    pub code: String,
    /// Why they failed.
    pub reason: Reason,
    /// The operation.
    pub operation: String,
    /// The caller: the role's ARN, or whatever name the events have.
    pub caller: String,
    /// The keys, by the best names that the events have for them.
    pub keys: Values<String>,
    /// How many calls there were.
    pub count: u64,
    /// The time of the first call.
    pub first: Option<Timestamp>,
    /// The time of the last call.
    pub last: Option<Timestamp>,
    /// The aliases by which callers named the key.
    pub aliases: Values<String>,
    /// The sessions of the role.
    pub sessions: Values<String>,
    /// The addresses the calls came from.
    pub sources: Values<String>,
    /// The VPC endpoints the calls came through.
    pub vpc_endpoints: Values<String>,
    /// The AWS services that called on the caller's behalf.
    pub services: Values<String>,
    /// The Regions the calls were made to.
    pub regions: Values<String>,
    /// The data the calls were about.
    pub affected: Values<Affected>,
    /// The newest event.
    pub newest: Newest,
    /// The changes of the key that may be why, the likeliest first.
    pub changes: Vec<KeyChange>,
    issued_to: Values<String>,
}

impl Group {
    pub(super) fn new(kind: Kind<'_>) -> Self {
        Self {
            concern: kind.concern,
            code: kind.code.to_owned(),
            reason: kind.reason,
            operation: kind.operation.to_owned(),
            caller: kind.caller.to_owned(),
            keys: Values::default(),
            count: 0,
            first: None,
            last: None,
            aliases: Values::default(),
            sessions: Values::default(),
            issued_to: Values::default(),
            sources: Values::default(),
            vpc_endpoints: Values::default(),
            services: Values::default(),
            regions: Values::default(),
            affected: Values::default(),
            newest: Newest::default(),
            changes: Vec::new(),
        }
    }

    /// Whether a call of this kind belongs here, if its key does.
    pub(super) fn is(&self, kind: Kind<'_>) -> bool {
        self.concern == kind.concern
            && self.reason == kind.reason
            && self.code == kind.code
            && self.operation == kind.operation
            && self.caller == kind.caller
    }

    /// The mark by which this kind of error is known again.
    pub fn mark(&self) -> String {
        let kind = Kind {
            concern: self.concern,
            code: &self.code,
            reason: self.reason,
            operation: &self.operation,
            caller: &self.caller,
        };
        let key = self.keys.newest().next().map_or("", String::as_str);
        mark(kind, (!self.is_about_many_keys()).then_some(key))
    }

    /// Whether a call about this key belongs here, if it is of the same kind.
    pub(super) fn has_key(&self, key: Option<&str>) -> bool {
        self.is_about_many_keys() || self.keys.newest().next().map(String::as_str) == key
    }

    /// Whether several keys are told together.
    pub(super) fn is_about_many_keys(&self) -> bool {
        self.keys.count() > 1
    }

    pub(super) fn add(&mut self, call: FailedCall<'_>) {
        let FailedCall {
            event,
            key,
            principal,
        } = call;
        let time = event.event_time.get();
        self.keys.add(time, key.map(bounded));
        self.aliases.add(time, event.alias().map(bounded));
        self.sessions.add(time, principal.session.map(bounded));
        self.issued_to.add(time, principal.issued_to.map(bounded));
        self.sources
            .add(time, event.source_ip_address.get().map(bounded));
        self.vpc_endpoints
            .add(time, event.vpc_endpoint_id.get().map(bounded));
        self.services.add(time, principal.invoked_by.map(bounded));
        self.regions.add(time, event.aws_region.get().map(bounded));
        for affected in event.affected() {
            self.affected.add(time, Some(&affected));
        }
        if self.count == 0 || time >= self.newest.time {
            self.newest.replace(call);
        }
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
        self.count = self.count.saturating_add(1);
    }

    /// Takes the calls of another group of the same kind in.
    pub(super) fn merge(&mut self, other: Self) {
        self.keys.merge(other.keys);
        self.aliases.merge(other.aliases);
        self.sessions.merge(other.sessions);
        self.issued_to.merge(other.issued_to);
        self.sources.merge(other.sources);
        self.vpc_endpoints.merge(other.vpc_endpoints);
        self.services.merge(other.services);
        self.regions.merge(other.regions);
        self.affected.merge(other.affected);
        if other.newest.time > self.newest.time {
            self.newest = other.newest;
        }
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.count = self.count.saturating_add(other.count);
    }

    /// The caller's account, in which the calls were made; where its name has none, the account in
    /// whose trail they are.
    pub fn account(&self) -> Option<&str> {
        let caller = Arn::parse(&self.caller).map(|arn| arn.account);
        let caller = caller.filter(|account| !account.is_empty());
        caller.or(self.newest.account.as_deref())
    }

    /// Whether the caller lacked a permission, and that is somebody's concern.
    pub fn is_denial(&self) -> bool {
        self.concern == Concern::Application && kms_error::is_denial(&self.code)
    }

    /// The one key that the calls were about, if KMS would accept its name.
    pub fn key(&self) -> Option<Key> {
        Key::new(self.only(&self.keys)?)
    }

    /// The alias by which callers named that key, if KMS would accept it.
    pub fn alias(&self) -> Option<Key> {
        Key::new(self.only(&self.aliases)?)
    }

    /// The newest of these names, unless the calls were about several keys.
    fn only<'g>(&self, names: &'g Values<String>) -> Option<&'g str> {
        let newest = names.newest().next().map(String::as_str);
        newest.filter(|_| !self.is_about_many_keys())
    }

    /// The names by which a change of the key may name it.
    pub(super) fn key_names(&self) -> KeyNames<'_> {
        KeyNames {
            name: self.only(&self.keys),
            alias: self.only(&self.aliases),
            key_store: self.newest.key_store.as_deref(),
            region: self.newest.region.as_deref(),
            account: self.newest.account.as_deref(),
        }
    }

    /// The operations of which one on the key may be why.
    pub fn likely_changes(&self) -> &'static [&'static str] {
        match self.concern {
            Concern::DryRun | Concern::Probe => &[],
            Concern::Application | Concern::OwnFunction => self.reason.likely_changes(),
        }
    }

    /// What runs in one of the group's sessions.
    pub fn workload<'s>(&'s self, session: &'s str) -> Workload<'s> {
        let issued_to = self.issued_to.newest().map(String::as_str);
        // The resource's id is the session's name: a task's id, an instance's, a function's name.
        let of_this = |arn: &&str| arn.rsplit([':', '/']).next() == Some(session);
        let known = issued_to.into_iter().find(of_this);
        let agent = self.newest.user_agent.as_deref().unwrap_or_default();
        Workload::of(session, known, agent.contains("exec-env/AWS_Lambda"))
    }
}
