//! One call, read from its protocol, and its answer, written in the same.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};
use stand_ins::protocol::{self, Protocol, Service, xml_error};

use super::cbor;

/// A call.
pub struct Call {
    pub service: Service,
    protocol: Protocol,
    pub operation: String,
    /// Service and operation, as in `sns:Publish`.
    pub name: String,
    pub parameters: Value,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What a service says to a call.
pub type Answer = Result<Body, Error>;

/// The body of an answer.
pub enum Body {
    /// What JSON and CBOR can both express.
    Value(Value),
    /// What is written in the call's protocol already.
    Written(Bytes),
}

/// A service's error, before it is written in a protocol.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Error {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: status.try_into().expect("a status"),
            code,
            message: message.into(),
        }
    }
}

impl Body {
    /// The answer, unless it is XML.
    pub fn into_value(self) -> Value {
        match self {
            Self::Value(answer) => answer,
            Self::Written(json) => serde_json::from_slice(&json).expect("JSON"),
        }
    }
}

impl Call {
    pub fn read(request: HttpRequest) -> Self {
        let request = request.try_into_http1x().expect("a request");
        let (head, body) = request.into_parts();
        let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
        let asked = protocol::Call::read(&head, &body);
        Self {
            service: asked.service,
            protocol: asked.protocol,
            name: asked.name(),
            operation: asked.operation,
            parameters: read(asked.protocol, &body),
            headers: head.headers,
            body,
        }
    }

    /// What it asks for, without what all calls have in common.
    pub fn brief(&self) -> String {
        if self.service == Service::S3 {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        let mut brief = self.parameters.clone();
        if let Some(parameters) = brief.as_object_mut() {
            let usual = [
                "Action",
                "Version",
                "Attributes.entry.1.value",
                "limit",
                "orderBy",
            ];
            parameters.retain(|name, _| !usual.contains(&name.as_str()));
        }
        brief.to_string()
    }

    /// A parameter's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    fn written(&self, answer: &Value) -> Bytes {
        match self.protocol {
            Protocol::Cbor => cbor::written(answer),
            _ => answer.to_string().into(),
        }
    }

    /// The response with this answer.
    pub fn response(&self, answer: Answer) -> HttpResponse {
        let (status, body) = match answer {
            Ok(Body::Value(answer)) => (StatusCode::OK, self.written(&answer)),
            Ok(Body::Written(body)) => (StatusCode::OK, body),
            Err(error) => (error.status, self.error(&error)),
        };
        let response: http::Response<SdkBody> = self.protocol.response(status, body);
        response.try_into().expect("a response")
    }

    fn error(&self, Error { code, message, .. }: &Error) -> Bytes {
        match self.protocol {
            Protocol::Json => self.written(&json!({"__type": code, "message": message})),
            Protocol::Cbor => {
                let code = format!("com.amazonaws.cloudwatch#{code}");
                self.written(&json!({"__type": code, "message": message}))
            }
            Protocol::Query => xml_error(code, message).into(),
            Protocol::Plain => message.clone().into(),
        }
    }
}

fn read(protocol: Protocol, body: &[u8]) -> Value {
    match protocol {
        Protocol::Json => serde_json::from_slice(body).expect("JSON"),
        Protocol::Cbor => cbor::read(body),
        Protocol::Query => {
            let fields = form_urlencoded::parse(body);
            let field = |(name, value): (_, _)| (Cow::into_owned(name), Value::from(value));
            fields.map(field).collect()
        }
        Protocol::Plain => Value::Null,
    }
}
