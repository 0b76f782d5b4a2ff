//! CloudFormation's request.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::responder::Responder;
use super::response_url::{ResponseUrl, Untrusted};

/// What CloudFormation wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestType {
    /// Make the resource.
    Create,
    /// Change it to what the properties now say.
    Update,
    /// Remove it.
    Delete,
    /// None of the three that exist today.
    Unknown(String),
}

/// One request. The properties stay as they came, because a request must be answered even when its
/// properties cannot be read.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub request_type: RequestType,
    /// The stack's ID. Opaque text, because emulators do not send an ARN.
    pub stack_id: String,
    /// The request's ID, the same every time that Lambda delivers it.
    pub request_id: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// The ID of the resource; absent on Create.
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
    /// How long CloudFormation waits for the answer: `ServiceTimeout`, which it passes on as a
    /// property, otherwise an hour.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html>
    pub fn service_timeout(&self) -> Duration {
        let property = self.resource_properties.get("ServiceTimeout");
        let seconds = property.and_then(|value| {
            let text = value.as_str().map(|text| text.trim().parse().ok());
            text.unwrap_or_else(|| value.as_u64())
        });
        Duration::from_secs(seconds.unwrap_or(3600))
    }

    /// Splits an event into the request and the one chance to answer it. `local_aws` is the
    /// endpoint of a local AWS, if one is used.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when the event has no `ResponseURL`, or one that no answer may be sent to.
    /// Without an answer nothing should be done either.
    pub fn read(event: Value, local_aws: Option<&str>) -> Result<(Self, Responder), Unanswerable> {
        let wire: Wire = serde_json::from_value(event).map_err(|_| Unanswerable::NoAddress)?;
        let url = ResponseUrl::new(wire.response_url, local_aws)?;
        let request = Self {
            request_type: match text(wire.request_type).as_str() {
                "Create" => RequestType::Create,
                "Update" => RequestType::Update,
                "Delete" => RequestType::Delete,
                other => RequestType::Unknown(other.to_owned()),
            },
            stack_id: text(wire.stack_id),
            request_id: text(wire.request_id),
            logical_resource_id: text(wire.logical_resource_id),
            physical_resource_id: Some(text(wire.physical_resource_id)).filter(|id| !id.is_empty()),
            resource_properties: wire.resource_properties,
            old_resource_properties: wire.old_resource_properties,
        };
        let responder = Responder::new(
            url,
            request.stack_id.clone(),
            request.request_id.clone(),
            request.logical_resource_id.clone(),
        );
        Ok((request, responder))
    }
}

/// A field's text; empty when it is missing or not text.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        _ => String::new(),
    }
}

/// Why a custom-resource request cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// It has no `ResponseURL`.
    #[error("a CloudFormation request without a ResponseURL cannot be answered")]
    NoAddress,
    /// Its `ResponseURL` is not an address of AWS.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://bucket.s3.amazonaws.com/x";

    #[test]
    fn a_request_is_readable_whatever_else_is_missing() {
        let (request, _) = Request::read(json!({"ResponseURL": URL}), None).unwrap();
        assert_eq!(request.request_type, RequestType::Unknown(String::new()));
        assert_eq!(request.physical_resource_id, None);
        assert_eq!(request.resource_properties, Value::Null);
        assert_eq!(request.service_timeout(), Duration::from_hours(1));
    }

    #[test]
    fn fields_of_another_type_do_not_make_it_unreadable() {
        let event = json!({
            "ResponseURL": URL, "RequestType": 7, "StackId": null,
            "LogicalResourceId": ["a"], "ResourceProperties": "none",
        });
        let (request, _) = Request::read(event, None).unwrap();
        assert_eq!(request.stack_id, "");
        assert_eq!(request.resource_properties, json!("none"));
    }

    #[test]
    fn the_service_timeout_arrives_as_a_property() {
        for timeout in [json!("360"), json!(360)] {
            let event =
                json!({"ResponseURL": URL, "ResourceProperties": {"ServiceTimeout": timeout}});
            let (request, _) = Request::read(event, None).unwrap();
            assert_eq!(request.service_timeout(), Duration::from_mins(6));
        }
    }

    #[test]
    fn only_requests_with_a_response_url_of_s3_can_be_answered() {
        for (event, why) in [
            (json!({"RequestType": "Create"}), Unanswerable::NoAddress),
            (json!({"ResponseURL": 1}), Unanswerable::NoAddress),
            (json!([]), Unanswerable::NoAddress),
            (
                json!({"ResponseURL": "https://example.com"}),
                Unanswerable::Untrusted(Untrusted("is not a host of S3")),
            ),
        ] {
            assert_eq!(Request::read(event, None).err(), Some(why));
        }
    }
}
