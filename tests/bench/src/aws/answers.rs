//! What AWS answers.

use std::sync::LazyLock;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Value, json};
use stand_ins::log_events::Pages;
use stand_ins::protocol::{Call, Protocol, Service, xml, xml_error};

use super::Scene;
use super::cbor::cbor;
use super::checks::Seen;

/// A map that holds nothing, of indefinite length, as the service itself writes it.
const EMPTY_CBOR: &[u8] = &[0xbf, 0xff];
const TOPIC_ARN: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
/// Of a topic with one subscriber, as SNS writes them.
const ATTRIBUTES: &str = "<Attributes><entry><key>Policy</key><value>{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[]}</value></entry><entry><key>Owner</key><value>111122223333</value></entry><entry><key>SubscriptionsPending</key><value>0</value></entry><entry><key>TopicArn</key><value>arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic</value></entry><entry><key>EffectiveDeliveryPolicy</key><value>{&quot;http&quot;:{&quot;defaultHealthyRetryPolicy&quot;:{&quot;minDelayTarget&quot;:20,&quot;maxDelayTarget&quot;:20,&quot;numRetries&quot;:3,&quot;numMaxDelayRetries&quot;:0,&quot;numNoDelayRetries&quot;:0,&quot;numMinDelayRetries&quot;:0,&quot;backoffFunction&quot;:&quot;linear&quot;},&quot;disableSubscriptionOverrides&quot;:false,&quot;defaultRequestPolicy&quot;:{&quot;headerContentType&quot;:&quot;text/plain; charset=UTF-8&quot;}}}</value></entry><entry><key>SubscriptionsConfirmed</key><value>1</value></entry><entry><key>DisplayName</key><value></value></entry><entry><key>SubscriptionsDeleted</key><value>0</value></entry></Attributes>";

const NO_FILTER: &[u8] = br#"{"metricFilters":[]}"#;
const THE_FILTER: &[u8] = br#"{"metricFilters":[{"filterName":"pattern1-logging-metricfilter","filterPattern":"{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }","metricTransformations":[{"metricName":"KMSSecurityError","metricNamespace":"Pattern1Application/KMSSecurity","metricValue":"1","defaultValue":0.0}],"creationTime":1795420800000,"logGroupName":"pattern1-logging-loggroup","applyOnTransformedLogs":false}]}"#;

/// The hourly sums of 14 quiet days, the newest first.
static SUMS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    const HOURS: i64 = 14 * 24;
    // When the search of the events begins: 2026-11-23T09:46:00Z.
    const END: i64 = 1_795_427_160;
    let times = (1..=HOURS).map(|hour| json!({"$seconds": END - hour * 3_600}));
    let result = json!({
        "Id": "errors",
        "Label": "KMSSecurityError",
        "StatusCode": "Complete",
        "Timestamps": times.collect::<Vec<_>>(),
        "Values": vec![0.0; 14 * 24],
    });
    cbor(&json!({"MetricDataResults": [result], "Messages": []}))
});

/// The alarm on KMS errors and the one on the watch, both as they should be.
static ALARMS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let alarm = json!({
        "AlarmName": "pattern1-logging-alarm",
        "ActionsEnabled": true,
        "AlarmActions": ["arn:aws:sns:ap-southeast-2:111122223333:pattern1-alarm-AlarmStateTopic-EXAMPLE"],
        "OKActions": [],
        "StateValue": "OK",
        "MetricName": "KMSSecurityError",
        "Namespace": "Pattern1Application/KMSSecurity",
        "Statistic": "Sum",
        "Dimensions": [],
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    });
    let health = json!({
        "AlarmName": "pattern1-logging-health",
        "ActionsEnabled": true,
        "AlarmActions": ["arn:aws:sns:ap-southeast-2:111122223333:pattern1-alarm-AlarmStateTopic-EXAMPLE"],
        "Threshold": 1.0,
        "StateValue": "OK",
    });
    cbor(&json!({"MetricAlarms": [alarm, health]}))
});

/// The topic as it was made, with one subscriber.
static TOPIC: LazyLock<String> = LazyLock::new(|| {
    let alarm = |suffix: &str| {
        format!("arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-{suffix}")
    };
    let statements = json!([
        {
            "Sid": "KmsAlarmOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": TOPIC_ARN,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "111122223333"},
                "ArnEquals": {"aws:SourceArn": [alarm("alarm"), alarm("undelivered")]},
            },
        },
        {
            "Sid": "KmsAlarmOnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": TOPIC_ARN,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]);
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let nothing = "{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[]}";
    ATTRIBUTES.replace(nothing, &policy.replace('"', "&quot;"))
});

/// A call to KMS in the trail.
const KMS_CALL: &[u8] =
    br#"{"events":[{"timestamp":1795427100000,"message":"{\"eventSource\":\"kms.amazonaws.com\"}"}]}"#;

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
        (Service::Logs, "DescribeMetricFilters", Scene::Alert(_) | Scene::Tick) => ok(THE_FILTER),
        (Service::Logs, "DescribeMetricFilters", Scene::Create) => ok(NO_FILTER),
        (Service::Logs, "CreateLogStream", Scene::Alert(_) | Scene::Create)
        | (Service::Logs, "PutMetricFilter", Scene::Create) => ok(b""),
        (Service::Logs, "DescribeLogStreams", Scene::Create) => ok(br#"{"logStreams":[]}"#),
        (Service::Logs, "FilterLogEvents", Scene::Alert(pages)) => events(pages, seen, &body),
        (Service::Logs, "FilterLogEvents", Scene::Tick) => ok(KMS_CALL),
        (Service::CloudWatch, "DescribeAlarms", Scene::Tick) => {
            (StatusCode::OK, Bytes::from_static(&ALARMS))
        }
        (Service::CloudWatch, "GetMetricStatistics", Scene::Tick) => ok(EMPTY_CBOR),
        (Service::Sns, "GetTopicAttributes", Scene::Tick) => ok_xml(&TOPIC),
        (
            Service::CloudWatch | Service::Sns,
            "DescribeAlarms" | "PutMetricAlarm" | "TagResource",
            Scene::Alert(_) | Scene::Create,
        ) => match call.protocol {
            Protocol::Cbor => ok(EMPTY_CBOR),
            Protocol::Json => ok(b"{}"),
            _ => ok_xml(""),
        },
        (Service::CloudWatch, "GetMetricData", Scene::Alert(_)) => {
            (StatusCode::OK, Bytes::from_static(&SUMS))
        }
        (Service::Sns, "Publish", Scene::Alert(_)) => {
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
