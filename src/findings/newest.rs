//! The newest event of a group: the fields that are shown of it.

use jiff::Timestamp;

use crate::cloudtrail::Event;

/// How many bytes of a field are kept; AWS's own limit for most of them is 1 KB.
const MOST_BYTES: usize = 2_048;

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
    /// The key to encrypt under again, where the call has two keys.
    pub destination_key: Option<String>,
    /// Why the event came late.
    pub delay: Option<String>,
}

impl Newest {
    /// Takes the place of the event before, in the same memory: nearly every event is the newest for a moment.
    pub(super) fn replace(&mut self, event: &Event<'_>) {
        let identity = event.user_identity.as_ref();
        let extra = event.additional_event_data.as_ref();
        let addendum = event.addendum.as_ref();
        self.time = event.event_time;
        keep(&mut self.message, event.error_message.as_deref());
        keep(&mut self.event_id, event.event_id.as_deref());
        keep(&mut self.request_id, event.request_id.as_deref());
        keep(&mut self.region, event.aws_region.as_deref());
        keep(&mut self.account, event.recipient_account_id.as_deref());
        keep(&mut self.key_account, event.other_account());
        keep(&mut self.session, event.principal().session);
        keep(&mut self.source, event.source_ip_address.as_deref());
        keep(&mut self.user_agent, event.user_agent.as_deref());
        let access_key = identity.and_then(|identity| identity.access_key_id.as_deref());
        keep(&mut self.access_key, access_key);
        let key_store = extra.and_then(|extra| extra.custom_key_store_id.as_deref());
        keep(&mut self.key_store, key_store);
        keep(&mut self.destination_key, event.destination_key());
        let delay = addendum.and_then(|addendum| addendum.reason.as_deref());
        keep(&mut self.delay, delay);
    }
}

fn keep(kept: &mut Option<String>, text: Option<&str>) {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => bounded(text).clone_into(kept.get_or_insert_default()),
        None => *kept = None,
    }
}

/// The beginning of a text, cut where a character ends.
pub(super) fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}
