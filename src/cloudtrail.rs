//! One CloudTrail event, as it stands in the log group: the fields that an alert needs.
//!
//! Everything is borrowed from the log message and everything may be missing. Other fields are not
//! kept: least of all whole request parameters, which may hold what a mail must not.

mod context;
mod identity;
mod key_change;
mod keys;
mod ourselves;
mod workload;

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use crate::lenient;

pub use self::context::{Affected, AffectedValue};
pub use self::identity::{
    InScopeOf, OnBehalfOf, Principal, SessionContext, SessionIssuer, UserIdentity,
};
pub use self::key_change::{Key, KeyChange, key_change_pattern};
pub use self::ourselves::Ourselves;
pub use self::workload::{Kind, Workload};

/// A CloudTrail event.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    /// The event's own id; a second delivery has the same.
    #[serde(
        rename = "eventID",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub event_id: Option<Cow<'a, str>>,
    /// The id that the events of one call share when they are delivered to several accounts.
    #[serde(
        rename = "sharedEventID",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub shared_event_id: Option<Cow<'a, str>>,
    /// When the call was made; the log's own timestamp is later.
    #[serde(default, deserialize_with = "timestamp")]
    pub event_time: Option<Timestamp>,
    /// The service, such as `kms.amazonaws.com`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event_source: Option<Cow<'a, str>>,
    /// The operation, such as `Decrypt`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event_name: Option<Cow<'a, str>>,
    /// The error's code; a call that succeeded has none.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub error_code: Option<Cow<'a, str>>,
    /// The error's text, which may repeat what the caller sent.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub error_message: Option<Cow<'a, str>>,
    /// The Region the call was made to.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub aws_region: Option<Cow<'a, str>>,
    /// The account in whose trail this event is.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub recipient_account_id: Option<Cow<'a, str>>,
    /// The caller's address, or the name of the service that called for it.
    #[serde(
        rename = "sourceIPAddress",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub source_ip_address: Option<Cow<'a, str>>,
    /// What the caller said it was.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_agent: Option<Cow<'a, str>>,
    /// The VPC endpoint the call came through.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub vpc_endpoint_id: Option<Cow<'a, str>>,
    /// The id that AWS Support asks for.
    #[serde(
        rename = "requestID",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub request_id: Option<Cow<'a, str>>,
    /// Who called.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub user_identity: Option<UserIdentity<'a>>,
    /// What was called upon; failed calls often name nothing.
    #[serde(borrow, default, deserialize_with = "lenient::objects")]
    pub resources: Vec<Resource<'a>>,
    /// The few parameters that are used.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub request_parameters: Option<RequestParameters<'a>>,
    /// What only some events say.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub additional_event_data: Option<AdditionalEventData<'a>>,
    /// Why the event is late or was changed.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub addendum: Option<Addendum<'a>>,
}

/// Something that was called upon.
#[derive(Debug, Deserialize)]
pub struct Resource<'a> {
    /// Its ARN.
    #[serde(rename = "ARN", borrow, default, deserialize_with = "lenient::text")]
    pub arn: Option<Cow<'a, str>>,
    /// The beginning of its ARN, which some services give instead.
    #[serde(
        rename = "ARNPrefix",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub arn_prefix: Option<Cow<'a, str>>,
    /// The account that owns it.
    #[serde(
        rename = "accountId",
        borrow,
        default,
        deserialize_with = "lenient::text"
    )]
    pub account_id: Option<Cow<'a, str>>,
    /// Its type, such as `AWS::KMS::Key`.
    #[serde(rename = "type", borrow, default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
}

/// The parameters of a KMS call that tell which key was meant and for which data.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestParameters<'a> {
    /// A key id, key ARN, alias name or alias ARN.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub key_id: Option<Cow<'a, str>>,
    /// The key to encrypt under again.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub destination_key_id: Option<Cow<'a, str>>,
    /// The key it was encrypted under.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub source_key_id: Option<Cow<'a, str>>,
    /// The alias that is made, changed or deleted.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub alias_name: Option<Cow<'a, str>>,
    /// The key that an alias is to point to.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub target_key_id: Option<Cow<'a, str>>,
    /// The custom key store that is changed.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub custom_key_store_id: Option<Cow<'a, str>>,
    /// What the caller bound the data to. It may hold names and numbers of customers.
    #[serde(borrow, default, deserialize_with = "lenient::pairs")]
    pub encryption_context: Vec<lenient::Pair<'a>>,
    /// The same, of the data that is encrypted again.
    #[serde(borrow, default, deserialize_with = "lenient::pairs")]
    pub source_encryption_context: Vec<lenient::Pair<'a>>,
}

/// What only some events say.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalEventData<'a> {
    /// The custom key store that holds the key.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub custom_key_store_id: Option<Cow<'a, str>>,
    /// The key's id in the external key store.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub xks_key_id: Option<Cow<'a, str>>,
}

/// Why an event is late or was changed.
#[derive(Debug, Deserialize)]
pub struct Addendum<'a> {
    /// Such as `DELIVERY_DELAY`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub reason: Option<Cow<'a, str>>,
}

/// Why a log message could not be read as an event.
#[derive(Debug)]
pub enum Error {
    /// It is JSON of another kind, or none.
    NotAnObject,
    /// It is broken.
    Broken(serde_json::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the log message is no CloudTrail event: ")?;
        match self {
            Self::NotAnObject => formatter.write_str("it is no JSON object"),
            Self::Broken(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Error {}

impl<'a> Event<'a> {
    /// Reads one log message.
    ///
    /// # Errors
    /// When the message is no JSON object; a surprise in one of its fields costs that field only.
    pub fn parse(message: &'a str) -> Result<Self, Error> {
        // Without this, serde would take a list for an object whose fields come in order.
        if !message.trim_start().starts_with('{') {
            return Err(Error::NotAnObject);
        }
        serde_json::from_str(message).map_err(Error::Broken)
    }
}

fn timestamp<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    Ok(lenient::text(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

#[cfg(test)]
mod tests;
