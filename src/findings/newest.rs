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
    pub(super) fn of(event: &Event<'_>) -> Self {
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
            destination_key: kept(event.destination_key()),
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
pub(super) fn bounded(text: &str) -> String {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default().to_owned()
}
