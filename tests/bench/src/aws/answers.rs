//! What AWS answers, by the protocol of the request: JSON 1.1 and 1.0, query and XML, RPC v2 CBOR.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::Value;

use super::Scene;

const CBOR_PATH: &str = "/service/GraniteServiceVersion20100801/operation/";
/// A map that holds nothing, of indefinite length, as the service itself writes it.
const EMPTY_CBOR: &[u8] = &[0xbf, 0xff];
const TOPIC_ARN: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";

const NO_FILTER: &[u8] = br#"{"metricFilters":[]}"#;
const THE_FILTER: &[u8] = br#"{"metricFilters":[{"filterName":"pattern1-logging-metricfilter","filterPattern":"{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }","metricTransformations":[{"metricName":"KMSSecurityError","metricNamespace":"Pattern1Application/KMSSecurity","metricValue":"1","defaultValue":0.0}],"creationTime":1795420800000,"logGroupName":"pattern1-logging-loggroup","applyOnTransformedLogs":false}]}"#;
const NO_EVENTS: &[u8] = br#"{"events":[],"searchedLogStreams":[]}"#;

/// One answer.
pub(super) enum Answer {
    /// The answer to `FilterLogEvents`, and how many events are in it.
    Events(Bytes, u64),
    /// SNS has it.
    Published,
    /// S3 has it.
    Put,
    /// The endpoint is there: what all of AWS's say to who opens a connection ahead.
    Healthy,
    /// JSON of CloudWatch Logs, or of CloudWatch for who asks it so.
    Json(&'static [u8]),
    /// CBOR with nothing in it.
    Cbor,
    /// XML.
    Xml(String),
    /// There is no such topic yet.
    NoTopic,
    /// Nothing here understands it.
    Unknown(String),
}

/// The answer to one request.
pub(super) fn answer(scene: &Scene, head: &Parts, body: &[u8]) -> Answer {
    if head.method == Method::PUT {
        return Answer::Put;
    }
    if head.uri.path() == "/ping" {
        return Answer::Healthy;
    }
    if let Some(operation) = head.uri.path().strip_prefix(CBOR_PATH) {
        return cloudwatch(operation, Answer::Cbor);
    }
    let target = head.headers.get("x-amz-target");
    if let Some(target) = target.and_then(|target| target.to_str().ok()) {
        let (service, operation) = target.rsplit_once('.').unwrap_or_default();
        return match service {
            "Logs_20140328" => logs(scene, operation, body),
            _ => cloudwatch(operation, Answer::Json(b"{}")),
        };
    }
    let action = form_urlencoded::parse(body)
        .find(|(name, _)| name == "Action")
        .map(|(_, action)| action.into_owned());
    sns(action.as_deref().unwrap_or_default())
}

fn logs(scene: &Scene, operation: &str, body: &[u8]) -> Answer {
    match (operation, scene) {
        ("DescribeMetricFilters", Scene::Alert(_)) => Answer::Json(THE_FILTER),
        ("DescribeMetricFilters", Scene::Create) => Answer::Json(NO_FILTER),
        ("FilterLogEvents", Scene::Alert(pages)) => {
            let parameters: Value = serde_json::from_slice(body).unwrap_or_default();
            // Who looks for a change of the key finds none.
            let pattern = parameters["filterPattern"].as_str().unwrap_or_default();
            if pattern.contains("DisableKey") {
                return Answer::Events(Bytes::from_static(NO_EVENTS), 0);
            }
            let token = parameters["nextToken"].as_str().unwrap_or("0");
            let number: Option<usize> = token.parse().ok();
            match number.and_then(|number| pages.get(number)) {
                Some(page) => Answer::Events(page.answer.clone(), page.events),
                None => Answer::Unknown(format!("nextToken {token}")),
            }
        }
        ("PutMetricFilter", Scene::Create) => Answer::Json(b""),
        _ => Answer::Unknown(format!("logs:{operation}")),
    }
}

fn cloudwatch(operation: &str, nothing: Answer) -> Answer {
    match operation {
        "DescribeAlarms" | "PutMetricAlarm" | "TagResource" => nothing,
        _ => Answer::Unknown(format!("cloudwatch:{operation}")),
    }
}

fn sns(action: &str) -> Answer {
    let result = match action {
        "Publish" => return Answer::Published,
        "ListTagsForResource" => return Answer::NoTopic,
        "CreateTopic" => format!("<TopicArn>{TOPIC_ARN}</TopicArn>"),
        "ListSubscriptionsByTopic" => "<Subscriptions/>".to_owned(),
        "Subscribe" => "<SubscriptionArn>pending confirmation</SubscriptionArn>".to_owned(),
        // The last two are CloudWatch's, for who asks it by a form.
        "TagResource" | "DescribeAlarms" | "PutMetricAlarm" => String::new(),
        _ => return Answer::Unknown(format!("the action \"{action}\"")),
    };
    Answer::Xml(xml(action, &result))
}

fn xml(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{action}Result>{result}\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\
         </{action}Response>"
    )
}

const NO_TOPIC: &str = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
     <Type>Sender</Type><Code>ResourceNotFound</Code><Message>Resource does not exist</Message>\
     </Error><RequestId>r</RequestId></ErrorResponse>";

impl Answer {
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        const JSON: &str = "application/x-amz-json-1.1";
        const XML: &str = "text/xml";
        let ok = StatusCode::OK;
        let (status, content_type, body) = match self {
            Self::Events(page, _) => (ok, JSON, page),
            Self::Json(body) => (ok, JSON, Bytes::from_static(body)),
            Self::Cbor => (ok, "application/cbor", Bytes::from_static(EMPTY_CBOR)),
            Self::Xml(body) => (ok, XML, body.into()),
            Self::Published => (ok, XML, xml("Publish", "<MessageId>m</MessageId>").into()),
            Self::NoTopic => (StatusCode::NOT_FOUND, XML, NO_TOPIC.into()),
            Self::Put => (ok, "", Bytes::new()),
            Self::Healthy => (ok, "text/plain", Bytes::from_static(b"healthy")),
            Self::Unknown(what) => (StatusCode::BAD_REQUEST, "text/plain", what.into()),
        };
        let is_cbor = content_type == "application/cbor";
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        headers.insert(
            HeaderName::from_static("x-amzn-requestid"),
            HeaderValue::from_static("4e1a2b3c-1111-4222-8333-444455556666"),
        );
        if is_cbor {
            headers.insert(
                HeaderName::from_static("smithy-protocol"),
                HeaderValue::from_static("rpc-v2-cbor"),
            );
        }
        response
    }
}
