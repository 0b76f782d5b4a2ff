//! The fields of an event, and reading them from a log message.

use std::fmt;

use serde::Deserialize;

use super::user_identity::UserIdentity;
use crate::lenient::{Object, Objects, Pairs, Text, Time};

/// A CloudTrail event.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event<'a> {
    /// The event's own id; a repeated delivery has the same one.
    #[serde(rename = "eventID", borrow)]
    pub event_id: Text<'a>,
    /// The id that the events of one call share when several accounts receive one.
    #[serde(rename = "sharedEventID")]
    pub shared_event_id: Text<'a>,
    /// When the call was made; the log's own timestamp is later.
    pub event_time: Time,
    /// The service, such as `kms.amazonaws.com`.
    pub event_source: Text<'a>,
    /// The operation, such as `Decrypt`.
    pub event_name: Text<'a>,
    /// The error code; a call that succeeded has none.
    pub error_code: Text<'a>,
    /// The error message, which may repeat what the caller sent.
    pub error_message: Text<'a>,
    /// The Region that was called.
    pub aws_region: Text<'a>,
    /// The account that received this event.
    pub recipient_account_id: Text<'a>,
    /// The caller's address, or the name of the service that called on its behalf.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Text<'a>,
    /// What the caller says it is.
    pub user_agent: Text<'a>,
    /// The VPC endpoint that the call came through.
    pub vpc_endpoint_id: Text<'a>,
    /// The id that AWS Support asks for.
    #[serde(rename = "requestID")]
    pub request_id: Text<'a>,
    /// Who called.
    pub user_identity: Object<UserIdentity<'a>>,
    /// What the call was about; failed calls often name nothing.
    pub resources: Objects<Resource<'a>>,
    /// The few parameters that are used.
    pub request_parameters: Object<RequestParameters<'a>>,
    /// What only some events have.
    pub additional_event_data: Object<AdditionalEventData<'a>>,
    /// Why the event is late or was changed.
    pub addendum: Object<Addendum<'a>>,
}

/// A resource that the call was about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resource<'a> {
    /// Its ARN.
    #[serde(rename = "ARN", borrow)]
    pub arn: Text<'a>,
    /// The beginning of its ARN, which some services give instead.
    #[serde(rename = "ARNPrefix")]
    pub arn_prefix: Text<'a>,
    /// Its type, such as `AWS::KMS::Key`.
    #[serde(rename = "type")]
    pub kind: Text<'a>,
}

/// The parameters of a KMS call that say which key and which data it was about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestParameters<'a> {
    /// A key id, key ARN, alias name or alias ARN.
    #[serde(borrow)]
    pub key_id: Text<'a>,
    /// The key that `ReEncrypt` encrypts with.
    pub destination_key_id: Text<'a>,
    /// The key that `ReEncrypt` decrypts with.
    pub source_key_id: Text<'a>,
    /// The alias that is created, updated or deleted.
    pub alias_name: Text<'a>,
    /// The key that the alias points to from then on.
    pub target_key_id: Text<'a>,
    /// The custom key store that is changed.
    pub custom_key_store_id: Text<'a>,
    /// The encryption context. It may hold names and numbers of customers.
    pub encryption_context: Pairs<'a>,
    /// The encryption context with which `ReEncrypt` decrypts.
    pub source_encryption_context: Pairs<'a>,
}

/// What only some events have.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdditionalEventData<'a> {
    /// The custom key store that holds the key.
    #[serde(borrow)]
    pub custom_key_store_id: Text<'a>,
    /// The key's id in the external key manager.
    pub xks_key_id: Text<'a>,
}

/// Why an event is late or was changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Addendum<'a> {
    /// Such as `DELIVERY_DELAY`.
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// Why a log message could not be read as an event.
#[derive(Debug)]
pub enum Error {
    /// It is other JSON, or not JSON at all.
    NotAnObject,
    /// It is broken.
    Broken(serde_json::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the log message is not a CloudTrail event: ")?;
        match self {
            Self::NotAnObject => formatter.write_str("it is not a JSON object"),
            Self::Broken(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Error {}

impl<'a> Event<'a> {
    /// Reads one log message.
    ///
    /// # Errors
    ///
    /// The message is not a JSON object. A surprise in one of its fields costs only that field.
    pub fn parse(message: &'a str) -> Result<Self, Error> {
        // Otherwise serde would take a list for an object whose fields come in order.
        if !message.trim_start().starts_with('{') {
            return Err(Error::NotAnObject);
        }
        serde_json::from_str(message).map_err(Error::Broken)
    }
}
