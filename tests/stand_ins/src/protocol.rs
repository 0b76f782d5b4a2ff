//! AWS's protocols: which operation a request asks for, and the shape of an answer.
//!
//! The service is recognised by the protocol, never by the host: a function may send everything to
//! one endpoint.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

const CBOR_PATH: &str = "/service/GraniteServiceVersion20100801/operation/";

/// The service that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// CloudWatch Logs.
    Logs,
    /// CloudWatch.
    CloudWatch,
    /// SNS, or CloudWatch for clients that still send it forms.
    Sns,
    /// S3, where CloudFormation waits for its answer.
    S3,
    /// No service: the health check that every endpoint answers.
    Ping,
}

/// How a request and its answer are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON 1.0 and 1.1.
    Json,
    /// Smithy's RPC v2.
    Cbor,
    /// A form in, XML out.
    Query,
    /// The bytes themselves.
    Plain,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub service: Service,
    pub protocol: Protocol,
    /// The operation, or the method of a request that has none.
    pub operation: String,
}

impl Call {
    pub fn read(head: &Parts, body: &[u8]) -> Self {
        let path = head.uri.path();
        let target = head.headers.get("x-amz-target");
        let (service, protocol, operation) = if head.method == Method::PUT {
            (Service::S3, Protocol::Plain, "PUT".to_owned())
        } else if path == "/ping" {
            (Service::Ping, Protocol::Plain, head.method.to_string())
        } else if let Some(operation) = path.strip_prefix(CBOR_PATH) {
            (Service::CloudWatch, Protocol::Cbor, operation.to_owned())
        } else if let Some(target) = target.and_then(|target| target.to_str().ok()) {
            let (prefix, operation) = target.rsplit_once('.').unwrap_or_default();
            let service = match prefix {
                "Logs_20140328" => Service::Logs,
                _ => Service::CloudWatch,
            };
            (service, Protocol::Json, operation.to_owned())
        } else {
            let action = form_urlencoded::parse(body).find(|(name, _)| name == "Action");
            let operation = action.map_or_else(String::new, |(_, action)| action.into_owned());
            (Service::Sns, Protocol::Query, operation)
        };
        Self {
            service,
            protocol,
            operation,
        }
    }

    /// The service and the operation, as IAM writes them.
    pub fn name(&self) -> String {
        let service = match self.service {
            Service::Logs => "logs",
            Service::CloudWatch => "cloudwatch",
            Service::Sns => "sns",
            Service::S3 | Service::Ping => return self.operation.clone(),
        };
        format!("{service}:{}", self.operation)
    }
}

/// The XML of an answer to an action.
pub fn xml(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
         <{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

/// The XML of an error.
pub fn xml_error(code: &str, message: &str) -> String {
    let message = escaped(message);
    format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
         </Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

/// Text within XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Protocol {
    /// A response with the headers that this protocol has.
    pub fn response<B>(self, status: StatusCode, body: impl Into<B>) -> Response<B> {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let content_type = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Cbor => "application/cbor",
            Self::Query => "text/xml",
            Self::Plain => "text/plain",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(
            HeaderName::from_static("x-amzn-requestid"),
            HeaderValue::from_static("4e1a2b3c-1111-4222-8333-444455556666"),
        );
        if self == Self::Cbor {
            headers.insert(
                HeaderName::from_static("smithy-protocol"),
                HeaderValue::from_static("rpc-v2-cbor"),
            );
        }
        response
    }
}
