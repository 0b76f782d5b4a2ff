//! The newest event of a group: the fields that are shown of it.

use jiff::Timestamp;

use super::failed_call::{FailedCall, bounded};

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
    /// The custom key store, for a key that is in one.
    pub key_store: Option<String>,
    /// The key's id in an external key manager.
    pub external_key: Option<String>,
    /// The other key, where the call has two.
    pub other_key: Option<String>,
    /// What the caller named the key by.
    pub key_as_sent: Option<String>,
    /// Why the event came late.
    pub delay: Option<String>,
}

impl Newest {
    /// Takes the place of the event before, in the same memory: nearly every event is the newest for
    /// a moment.
    pub(super) fn replace(&mut self, call: FailedCall<'_>) {
        let FailedCall {
            event,
            key,
            principal,
        } = call;
        let identity = event.user_identity.get();
        let parameters = event.request_parameters.get();
        let extra = event.additional_event_data.get();
        self.time = event.event_time.get();
        keep(&mut self.message, event.error_message.get());
        keep(&mut self.event_id, event.event_id.get());
        keep(&mut self.request_id, event.request_id.get());
        keep(&mut self.region, event.aws_region.get());
        keep(&mut self.account, event.recipient_account_id.get());
        keep(
            &mut self.key_account,
            key.and_then(|key| event.other_account(key)),
        );
        keep(&mut self.session, principal.session);
        keep(&mut self.source, event.source_ip_address.get());
        keep(&mut self.user_agent, event.user_agent.get());
        let access_key = identity.and_then(|identity| identity.access_key_id.get());
        keep(&mut self.access_key, access_key);
        let key_store = extra.and_then(|extra| extra.custom_key_store_id.get());
        let asked = parameters.and_then(|asked| asked.custom_key_store_id.get());
        keep(&mut self.key_store, key_store.or(asked));
        keep(
            &mut self.external_key,
            extra.and_then(|extra| extra.xks_key_id.get()),
        );
        keep(
            &mut self.other_key,
            key.and_then(|key| event.other_key(key)),
        );
        keep(&mut self.key_as_sent, event.key_as_sent());
        let addendum = event.addendum.get();
        keep(
            &mut self.delay,
            addendum.and_then(|addendum| addendum.reason.get()),
        );
    }
}

fn keep(kept: &mut Option<String>, text: Option<&str>) {
    match text {
        Some(text) => bounded(text).clone_into(kept.get_or_insert_default()),
        None => *kept = None,
    }
}
