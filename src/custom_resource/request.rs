//! CloudFormation's request.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::{Responder, ResponseUrl};

/// What CloudFormation wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestType {
    /// Make the resource.
    Create,
    /// Make it as the properties now say.
    Update,
    /// Remove it.
    Delete,
    /// None of the three that exist today.
    Unknown(String),
}

/// One request. The properties stay as they came: whether they can be read is
/// a matter of its own, and an unreadable one must still be answered.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub request_type: RequestType,
    /// The stack, an opaque text here: emulators do not send an ARN.
    pub stack_id: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// The id this resource has; absent on Create.
    pub physical_resource_id: Option<String>,
    /// `ResourceProperties` as they came.
    pub resource_properties: Value,
    /// `OldResourceProperties` as they came; `Null` except on Update.
    pub old_resource_properties: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    #[serde(rename = "ResponseURL")]
    response_url: String,
    #[serde(default)]
    request_type: Value,
    #[serde(default)]
    stack_id: Value,
    #[serde(default)]
    request_id: Value,
    #[serde(default)]
    logical_resource_id: Value,
    #[serde(default)]
    physical_resource_id: Value,
    #[serde(default)]
    resource_properties: Value,
    #[serde(default)]
    old_resource_properties: Value,
}

impl Request {
    /// Takes a request apart into what it asks and the one chance to answer it.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when there is no `ResponseURL`: nobody can be told.
    pub fn read(event: Value) -> Result<(Self, Responder), Unanswerable> {
        let wire: Wire = serde_json::from_value(event).map_err(|_| Unanswerable)?;
        let request = Self {
            request_type: match text(wire.request_type).as_str() {
                "Create" => RequestType::Create,
                "Update" => RequestType::Update,
                "Delete" => RequestType::Delete,
                other => RequestType::Unknown(other.to_owned()),
            },
            stack_id: text(wire.stack_id),
            logical_resource_id: text(wire.logical_resource_id),
            physical_resource_id: Some(text(wire.physical_resource_id)).filter(|id| !id.is_empty()),
            resource_properties: wire.resource_properties,
            old_resource_properties: wire.old_resource_properties,
        };
        let responder = Responder::new(
            ResponseUrl::new(wire.response_url),
            request.stack_id.clone(),
            text(wire.request_id),
            request.logical_resource_id.clone(),
        );
        Ok((request, responder))
    }
}

/// A field's text; nothing when it is missing or not a text.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        _ => String::new(),
    }
}

/// A custom-resource request without a `ResponseURL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswerable;

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudFormation request without a ResponseURL cannot be answered")
    }
}

impl std::error::Error for Unanswerable {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_readable_whatever_else_is_missing() {
        let (request, _) = Request::read(json!({"ResponseURL": "https://x"})).unwrap();
        assert_eq!(request.request_type, RequestType::Unknown(String::new()));
        assert_eq!(request.physical_resource_id, None);
        assert_eq!(request.resource_properties, Value::Null);
    }

    #[test]
    fn fields_of_another_type_do_not_make_it_unreadable() {
        let (request, _) = Request::read(json!({
            "ResponseURL": "https://x", "RequestType": 7, "StackId": null,
            "LogicalResourceId": ["a"], "ResourceProperties": "none",
        }))
        .unwrap();
        assert_eq!(request.stack_id, "");
        assert_eq!(request.resource_properties, json!("none"));
    }

    #[test]
    fn without_a_response_url_nobody_can_be_answered() {
        for event in [
            json!({"RequestType": "Create"}),
            json!({"ResponseURL": 1}),
            json!([]),
        ] {
            assert_eq!(Request::read(event).err(), Some(Unanswerable));
        }
    }
}
