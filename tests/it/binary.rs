//! The real `bootstrap`, driven through the Lambda Runtime API.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bootstrap::Run;
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{alarm_of_one, sample};

fn create() -> Value {
    let mut event = sample("cloudformation-create");
    event["ResponseURL"] = json!("{endpoint}/answer?X-Amz-Signature=secret-of-the-url");
    event
}

/// The log's own lines, without those of the Lambda runtime.
fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .filter(|line: &Value| {
            line["target"]
                .as_str()
                .is_some_and(|t| t.starts_with("kms_alarm"))
        })
        .collect()
}

#[tokio::test]
async fn it_answers_cloudformation_as_s3_wants_it() {
    let aws = FakeAws::with_log_group();
    let ran = Run::new(&aws).events(vec![create()]).await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    assert_eq!(ran.refusals, Vec::<&str>::new());
    assert_eq!(aws.answer()["Status"], "SUCCESS");
}

#[tokio::test]
async fn a_second_answer_is_refused_and_not_tried_again() {
    let aws = FakeAws::with_log_group();
    let ran = Run::new(&aws).events(vec![create(), create()]).await;
    assert_eq!(ran.outcomes, [Ok(()), Ok(())], "{}", ran.log);
    assert_eq!(ran.refusals, ["it was answered before"]);
    assert_eq!(aws.state().answers.len(), 1);
}

#[tokio::test]
async fn it_answers_before_the_timeout_if_a_call_hangs() {
    let aws = FakeAws::with_log_group();
    aws.fail("sns:CreateTopic", How::Hang, 99);
    let run = Run {
        timeout: Duration::from_secs(3),
        ..Run::new(&aws)
    };
    let started = Instant::now();
    let ran = run.events(vec![create()]).await;
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(ran.outcomes, [Ok(())]);
    let reason = aws.answer()["Reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("the AWS calls took longer than the function may run"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_slow_answer_is_retried_and_no_redirect_followed() {
    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Slow(30), 1);
    let ran = Run::new(&aws).events(vec![create()]).await;
    assert_eq!(ran.outcomes, [Ok(())]);
    assert_eq!(aws.state().answers.len(), 1);

    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Status(307), 99);
    let ran = Run::new(&aws).events(vec![create()]).await;
    let error = ran.outcomes[0].as_ref().unwrap_err();
    assert_eq!(
        error["errorMessage"],
        "the answer to CloudFormation was refused with status 307"
    );
}

#[tokio::test]
async fn huge_and_nonsensical_requests_are_answered() {
    let mut huge = create();
    huge["ResourceProperties"]["Name"] = json!("é".repeat(2_000_000));
    let mut nonsense = create();
    nonsense["ResourceProperties"] = json!([{"a": null}]);
    nonsense["StackId"] = json!(7);
    let mut nameless = create();
    nameless
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name == "ResponseURL");
    for (event, expected) in [
        (huge, "Name: \"é"),
        (nonsense, "ResourceProperties: expected an object"),
        (nameless, "RequestType \"\" is unknown"),
    ] {
        let aws = FakeAws::with_log_group();
        let ran = Run::new(&aws).events(vec![event]).await;
        assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
        let answer = aws.answer();
        assert!(
            answer["Reason"].as_str().unwrap().starts_with(expected),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn it_answers_without_region_and_credentials() {
    let aws = FakeAws::with_log_group();
    let ran = Run::new(&aws)
        .with("AWS_REGION", "")
        .with("AWS_ACCESS_KEY_ID", "")
        .events(vec![create()])
        .await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    let reason = aws.answer()["Reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("logs:DescribeMetricFilters on pattern1-logging-loggroup: "),
        "{reason}"
    );
}

#[tokio::test]
async fn the_response_url_is_never_logged() {
    for level in [
        "info",
        "trace",
        "kms_alarm=trace,lambda_runtime=trace,hyper=trace",
    ] {
        for status in [None, Some(403), Some(500)] {
            let aws = FakeAws::with_log_group();
            if let Some(status) = status {
                aws.fail("PUT", How::Status(status), 99);
            }
            let ran = Run::new(&aws)
                .with("RUST_LOG", level)
                .events(vec![create()])
                .await;
            assert_eq!(ran.outcomes[0].is_ok(), status != Some(500));
            let told = format!("{}{:?}", ran.log, ran.outcomes);
            for secret in ["X-Amz", "secret-of-the-url", "ResponseURL\""] {
                assert!(!told.contains(secret), "{level} {status:?}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn an_outcome_is_one_json_line_with_the_request_id() {
    let aws = FakeAws::with_log_group();
    let ran = Run::new(&aws).events(vec![create()]).await;
    let outcomes = outcomes(&ran.log);
    assert_eq!(outcomes.len(), 1, "{}", ran.log);
    let outcome = &outcomes[0];
    assert_eq!(outcome["outcome"], "provisioned");
    assert_eq!(outcome["request_type"], "Create");
    assert_eq!(outcome["physical_id"], aws.answer()["PhysicalResourceId"]);
    assert_eq!(
        outcome["span"]["request_id"],
        "8f507cfc-0000-4111-8222-example"
    );
}

#[tokio::test]
async fn its_version_is_the_same_everywhere() {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let asked = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .arg("--version")
        .output()
        .unwrap();
    assert_eq!(asked.stdout, format!("kms-alarm {VERSION}\n").into_bytes());

    let aws = crate::alert::provisioned(&[&["decrypt-disabled"]]).await;
    let ran = Run::new(&aws).events(vec![alarm_of_one()]).await;
    let first: Value = serde_json::from_str(ran.log.lines().next().unwrap()).unwrap();
    assert_eq!([&first["message"], &first["version"]], ["started", VERSION]);
    let published = aws.state().published[0].clone();
    let texts: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    let object: Value = serde_json::from_str(texts["default"].as_str().unwrap()).unwrap();
    assert_eq!(object["sentBy"], format!("kms-alarm {VERSION}"));

    // Lambda's Runtime API is asked by the runtime, which names itself.
    let of_calls = ran.user_agents.iter();
    let of_calls: Vec<_> = of_calls.filter(|agent| agent.contains("api/")).collect();
    assert!(of_calls.len() >= 2, "{:?}", ran.user_agents);
    for agent in of_calls {
        assert!(
            agent.contains(&format!(" app/kms-alarm-{VERSION}")),
            "{agent}"
        );
    }
}

#[tokio::test]
async fn an_unknown_event_names_what_was_expected() {
    let aws = FakeAws::with_log_group();
    let ran = Run::new(&aws)
        .events(vec![json!({"detail-type": "Something Else"})])
        .await;
    let error = ran.outcomes[0].as_ref().unwrap_err();
    assert_eq!(
        error["errorMessage"],
        "unexpected event: an object with the fields [detail-type]; expected a CloudFormation \
         custom-resource request, SNS records, a CloudWatch alarm's Lambda action, an \
         EventBridge \"CloudWatch Alarm State Change\", or the watch's \"Scheduled Event\""
    );
    assert_eq!(aws.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn it_answers_without_settings_of_its_own() {
    let aws = FakeAws::with_log_group();
    let ran = Run {
        variables: vec![],
        ..Run::new(&aws)
    }
    .events(vec![create(), alarm_of_one()])
    .await;
    assert_eq!(ran.outcomes[0], Ok(()));
    let error = ran.outcomes[1].as_ref().unwrap_err()["errorMessage"]
        .as_str()
        .unwrap();
    assert!(error.contains("TOPIC_ARN is not set"), "{error}");
}

#[tokio::test]
async fn every_sample_event_is_answered() {
    let aws = FakeAws::with_log_group();
    let mut samples = Vec::new();
    let folder = format!("{}/events", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        samples.push(name.strip_suffix(".json").unwrap().to_owned());
    }
    samples.sort();
    assert!(samples.len() >= 10, "{samples:?}");
    let events = samples.iter().map(|name| {
        let mut event = sample(name);
        if event.get("ResponseURL").is_some() {
            event["ResponseURL"] = json!("{endpoint}/answer");
        }
        event
    });
    let ran = Run::new(&aws).events(events.collect()).await;
    for (name, outcome) in samples.iter().zip(ran.outcomes) {
        assert_eq!(outcome, Ok(()), "{name}: {}", ran.log);
    }
}

/// The lines that say what became of each event.
fn outcomes(log: &str) -> Vec<Value> {
    lines(log)
        .into_iter()
        .filter(|line| line["outcome"].is_string())
        .collect()
}

#[tokio::test]
async fn each_event_and_each_record_has_one_outcome() {
    let aws = FakeAws::with_log_group();
    let mut wrong = create();
    wrong["ResourceProperties"]["Period"] = json!("7");
    wrong["ResponseURL"] = json!("{endpoint}/another-answer");
    let events = vec![
        create(),
        alarm_of_one(),
        sample("sns-two-records"),
        sample("sns-test-message"),
        json!({"neither": 1}),
        wrong,
    ];
    let ran = Run::new(&aws).events(events).await;
    let lines = outcomes(&ran.log);
    let seen: Vec<&str> = lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    let expected = [
        "provisioned",
        "alerted",
        "alerted",
        "alerted",
        "passed_on",
        "failed",
        "failed",
    ];
    assert_eq!(seen, expected, "{}", ran.log);
    for line in &lines {
        assert_eq!(line["level"], "INFO");
        assert!(line["took_ms"].is_u64(), "{line}");
        assert_eq!(
            line["span"]["request_id"],
            "8f507cfc-0000-4111-8222-example"
        );
    }
}

#[tokio::test]
async fn the_outcome_of_an_alert_has_its_id_and_its_counts() {
    let aws = crate::alert::provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("logs:FilterLogEvents", How::Denied, 1);
    let ran = Run::new(&aws)
        .events(vec![alarm_of_one(), alarm_of_one()])
        .await;
    let lines = outcomes(&ran.log);
    let published = aws.state().published.clone();
    for (line, published) in lines.iter().zip(&published) {
        let mail = crate::alert::mail(published);
        assert!(mail.contains(line["alert_id"].as_str().unwrap()), "{mail}");
        assert_eq!(line["state"], "ALARM");
    }
    let counts = |line: &Value| {
        let counts = ["events_found", "lookups_failed"].map(|name| line[name].as_u64().unwrap());
        (line["severity"].as_str().unwrap().to_owned(), counts)
    };
    assert_eq!(lines.len(), 2, "{}", ran.log);
    assert_eq!(counts(&lines[0]).1, [0, 1]);
    assert_eq!(counts(&lines[1]), ("CRITICAL".to_owned(), [1, 0]));
}

#[tokio::test]
async fn an_outcome_holds_nothing_personal_and_no_credentials() {
    let aws = FakeAws::with_log_group();
    let mut create = create();
    create["ResourceProperties"]["Emails"] = json!("oncall@example.com");
    let ran = Run::new(&aws)
        .events(vec![create, alarm_of_one(), sample("sns-test-message")])
        .await;
    let lines = outcomes(&ran.log);
    assert_eq!(lines.len(), 3);
    let told = format!("{lines:?}");
    for secret in [
        "oncall",
        "@",
        "ASIA",
        "wJalr",
        "secret",
        "arn:aws:iam",
        "X-Amz",
    ] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

/// With three seconds to go, a call that never answers is given up in time for the publish.
#[tokio::test]
async fn a_hanging_call_leaves_time_for_the_publish() {
    for (event, call) in [
        ("sns-alarm", "logs:DescribeMetricFilters"),
        ("sns-alarm", "logs:FilterLogEvents"),
        ("sns-ok", "cloudwatch:DescribeAlarmHistory"),
    ] {
        let aws = crate::alert::provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail(call, How::Hang, 99);
        let run = Run {
            timeout: Duration::from_secs(3),
            ..Run::new(&aws)
        };
        let started = Instant::now();
        let ran = run.events(vec![sample(event)]).await;
        let took = started.elapsed();
        assert_eq!(ran.outcomes, [Ok(())], "{call}: {}", ran.log);
        assert!(took < Duration::from_secs(3), "{call}: {took:?}");
        let published = aws.state().published.clone();
        assert_eq!(published.len(), 1, "{call}");
        let mail = crate::alert::mail(&published[0]);
        let mail = mail.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            mail.contains(call) || mail.contains("time ran out"),
            "{call}: {mail}"
        );
    }
}

#[tokio::test]
async fn a_hanging_publish_is_reported_before_the_timeout() {
    let aws = crate::alert::provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("sns:Publish", How::Hang, 99);
    let run = Run {
        timeout: Duration::from_secs(3),
        ..Run::new(&aws)
    };
    let started = Instant::now();
    let ran = run.events(vec![alarm_of_one()]).await;
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    let error = ran.outcomes[0].as_ref().unwrap_err()["errorMessage"]
        .as_str()
        .unwrap();
    assert!(
        error.contains("sns:Publish on ") && error.contains("no answer in time"),
        "{error}"
    );
}
