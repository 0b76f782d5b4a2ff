//! What AWS answers.

use std::sync::LazyLock;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::Value;
use stand_ins::log_events::Pages;
use stand_ins::protocol::{Call, Protocol, Service, xml, xml_error};

use super::Scene;
use super::checks::Seen;

/// A map that holds nothing, of indefinite length, as the service itself writes it.
const EMPTY_CBOR: &[u8] = &[0xbf, 0xff];
const TOPIC_ARN: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
/// Of a topic with one subscriber, as SNS writes them.
const ATTRIBUTES: &str = "<Attributes><entry><key>Policy</key><value>{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[]}</value></entry><entry><key>Owner</key><value>111122223333</value></entry><entry><key>SubscriptionsPending</key><value>0</value></entry><entry><key>TopicArn</key><value>arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic</value></entry><entry><key>EffectiveDeliveryPolicy</key><value>{&quot;http&quot;:{&quot;defaultHealthyRetryPolicy&quot;:{&quot;minDelayTarget&quot;:20,&quot;maxDelayTarget&quot;:20,&quot;numRetries&quot;:3,&quot;numMaxDelayRetries&quot;:0,&quot;numNoDelayRetries&quot;:0,&quot;numMinDelayRetries&quot;:0,&quot;backoffFunction&quot;:&quot;linear&quot;},&quot;disableSubscriptionOverrides&quot;:false,&quot;defaultRequestPolicy&quot;:{&quot;headerContentType&quot;:&quot;text/plain; charset=UTF-8&quot;}}}</value></entry><entry><key>SubscriptionsConfirmed</key><value>1</value></entry><entry><key>DisplayName</key><value></value></entry><entry><key>SubscriptionsDeleted</key><value>0</value></entry></Attributes>";

const NO_FILTER: &[u8] = br#"{"metricFilters":[]}"#;
const THE_FILTER: &[u8] = br#"{"metricFilters":[{"filterName":"pattern1-logging-metricfilter","filterPattern":"{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }","metricTransformations":[{"metricName":"KMSSecurityError","metricNamespace":"Pattern1Application/KMSSecurity","metricValue":"1","defaultValue":0.0}],"creationTime":1795420800000,"logGroupName":"pattern1-logging-loggroup","applyOnTransformedLogs":false}]}"#;

/// The hourly sums of 14 quiet days, as `GetMetricData` writes them in CBOR, the newest first.
static SUMS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    const HOURS: u32 = 14 * 24;
    // When the search of the events begins: 2026-11-23T09:46:00Z.
    const END: u32 = 1_795_427_160;
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        [&[0x78, length], text.as_bytes()].concat()
    };
    let list = |values: Vec<u8>| [&[0x9f], &values[..], &[0xff]].concat();
    let times = (1..=HOURS).flat_map(|hour| {
        let [a, b, c, d] = (END - hour * 3_600).to_be_bytes();
        [0xc1, 0x1a, a, b, c, d]
    });
    let values = (1..=HOURS).flat_map(|_| [0xfb, 0, 0, 0, 0, 0, 0, 0, 0]);
    let result = [
        vec![0xbf],
        text("Id"),
        text("errors"),
        text("Label"),
        text("KMSSecurityError"),
        text("StatusCode"),
        text("Complete"),
        text("Timestamps"),
        list(times.collect()),
        text("Values"),
        list(values.collect()),
        vec![0xff],
    ];
    let answer = [
        vec![0xbf],
        text("MetricDataResults"),
        list(result.concat()),
        text("Messages"),
        list(Vec::new()),
        vec![0xff],
    ];
    answer.concat()
});

/// Answers one request, and notes what it did.
pub(super) fn answer(
    scene: &Scene,
    seen: &mut Seen,
    call: &Call,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let ok = |answer: &'static [u8]| (StatusCode::OK, Bytes::from_static(answer));
    let ok_xml = |result: &str| (StatusCode::OK, xml(&call.operation, result).into());
    match (call.service, call.operation.as_str(), scene) {
        (Service::Ping, ..) => ok(b"healthy"),
        (Service::S3, ..) => {
            seen.put.push(body);
            ok(b"")
        }
        (Service::Logs, "DescribeMetricFilters", Scene::Alert(_)) => ok(THE_FILTER),
        (Service::Logs, "DescribeMetricFilters", Scene::Create) => ok(NO_FILTER),
        (Service::Logs, "CreateLogStream" | "PutMetricFilter", Scene::Create) => ok(b""),
        (Service::Logs, "DescribeLogStreams", Scene::Create) => ok(br#"{"logStreams":[]}"#),
        (Service::Logs, "FilterLogEvents", Scene::Alert(pages)) => events(pages, seen, &body),
        (
            Service::CloudWatch | Service::Sns,
            "DescribeAlarms" | "PutMetricAlarm" | "TagResource",
            _,
        ) => match call.protocol {
            Protocol::Cbor => ok(EMPTY_CBOR),
            Protocol::Json => ok(b"{}"),
            _ => ok_xml(""),
        },
        (Service::CloudWatch, "GetMetricData", Scene::Alert(_)) => {
            (StatusCode::OK, Bytes::from_static(&SUMS))
        }
        (Service::Sns, "Publish", _) => {
            seen.published.push(body);
            ok_xml("<MessageId>m</MessageId>")
        }
        (Service::Sns, "GetTopicAttributes", Scene::Alert(_)) => ok_xml(ATTRIBUTES),
        (Service::Sns, "ListTagsForResource", _) => {
            let error = xml_error("ResourceNotFound", "Resource does not exist");
            (StatusCode::NOT_FOUND, error.into())
        }
        (Service::Sns, "CreateTopic", _) => ok_xml(&format!("<TopicArn>{TOPIC_ARN}</TopicArn>")),
        (Service::Sns, "ListSubscriptionsByTopic", _) => ok_xml("<Subscriptions/>"),
        (Service::Sns, "Subscribe", _) => {
            ok_xml("<SubscriptionArn>pending confirmation</SubscriptionArn>")
        }
        _ => unknown(seen, call.name()),
    }
}

fn events(pages: &Pages, seen: &mut Seen, body: &[u8]) -> (StatusCode, Bytes) {
    let parameters: Value = serde_json::from_slice(body).unwrap_or_default();
    // A search for changes of the key finds none.
    let pattern = parameters["filterPattern"].as_str().unwrap_or_default();
    let found = if pattern.contains("DisableKey") {
        Pages::default().filter(&parameters)
    } else {
        pages.filter(&parameters)
    };
    match found {
        Ok(found) => {
            seen.events += found.events;
            (StatusCode::OK, found.answer)
        }
        Err(_) => unknown(seen, format!("nextToken {}", parameters["nextToken"])),
    }
}

fn unknown(seen: &mut Seen, what: String) -> (StatusCode, Bytes) {
    seen.unknown.push(what.clone());
    (StatusCode::BAD_REQUEST, what.into())
}
