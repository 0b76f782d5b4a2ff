//! Failed calls that are alike.

use jiff::Timestamp;

use super::Values;
use crate::cloudtrail::{Affected, Event};
use crate::kms_error::{self, Severity};

/// How many bytes of a field are kept; AWS's own limit for most of them is 1 KB.
const MOST_BYTES: usize = 2_048;

/// What the calls of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The error's code.
    pub code: String,
    /// The operation.
    pub operation: String,
    /// The key, if any was named.
    pub key: Option<String>,
    /// The role's ARN, or whatever name the caller has.
    pub role: String,
}

impl GroupKey {
    pub(super) fn of(code: &str, event: &Event<'_>) -> Self {
        Self {
            code: bounded(code),
            operation: bounded(
                event
                    .event_name
                    .as_deref()
                    .unwrap_or("an unnamed operation"),
            ),
            key: event.key().map(bounded),
            role: bounded(event.principal().name),
        }
    }
}

/// Failed calls that are alike.
#[derive(Clone, Debug)]
pub struct Group {
    key: GroupKey,
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    sessions: Values<String>,
    sources: Values<String>,
    vpc_endpoints: Values<String>,
    services: Values<String>,
    affected: Values<Affected>,
    newest: Newest,
}

/// The fields that are shown of a group's newest event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Newest {
    /// When the call was made.
    pub time: Option<Timestamp>,
    /// The error's message.
    pub message: Option<String>,
    /// The event's id.
    pub event_id: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The Region the call was made to.
    pub region: Option<String>,
    /// The account in whose trail the event is.
    pub account: Option<String>,
    /// The account that owns the key, when it is another one.
    pub key_account: Option<String>,
    /// The session of the role.
    pub session: Option<String>,
    /// The caller's address.
    pub source: Option<String>,
    /// The program that called.
    pub user_agent: Option<String>,
    /// The access key's id.
    pub access_key: Option<String>,
    /// The custom key store, for a key that lives in one.
    pub key_store: Option<String>,
    /// Why the event came late.
    pub delay: Option<String>,
}

impl Group {
    pub(super) fn new(key: GroupKey) -> Self {
        Self {
            key,
            count: 0,
            first: None,
            last: None,
            sessions: Values::default(),
            sources: Values::default(),
            vpc_endpoints: Values::default(),
            services: Values::default(),
            affected: Values::default(),
            newest: Newest::default(),
        }
    }

    pub(super) fn add(&mut self, event: &Event<'_>) {
        let time = event.event_time;
        let principal = event.principal();
        self.sessions.add(time, principal.session.map(bounded));
        self.sources
            .add(time, event.source_ip_address.as_deref().map(bounded));
        self.vpc_endpoints
            .add(time, event.vpc_endpoint_id.as_deref().map(bounded));
        self.services.add(time, principal.invoked_by.map(bounded));
        for affected in event.affected() {
            self.affected.add(time, Some(affected));
        }
        if self.count == 0 || time >= self.newest.time {
            self.newest = Newest::of(event);
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

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        kms_error::severity(&self.key.code, self.count)
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

impl Newest {
    fn of(event: &Event<'_>) -> Self {
        let identity = event.user_identity.as_ref();
        let extra = event.additional_event_data.as_ref();
        let kept = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(bounded);
        Self {
            time: event.event_time,
            message: kept(event.error_message.as_deref()),
            event_id: kept(event.event_id.as_deref()),
            request_id: kept(event.request_id.as_deref()),
            region: kept(event.aws_region.as_deref()),
            account: kept(event.recipient_account_id.as_deref()),
            key_account: kept(event.other_account()),
            session: kept(event.principal().session),
            source: kept(event.source_ip_address.as_deref()),
            user_agent: kept(event.user_agent.as_deref()),
            access_key: kept(identity.and_then(|identity| identity.access_key_id.as_deref())),
            key_store: kept(extra.and_then(|extra| extra.custom_key_store_id.as_deref())),
            delay: kept(
                event
                    .addendum
                    .as_ref()
                    .and_then(|addendum| addendum.reason.as_deref()),
            ),
        }
    }
}

/// The beginning of a text, cut where a character ends.
fn bounded(text: &str) -> String {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default().to_owned()
}
