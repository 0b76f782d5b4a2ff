//! CloudFormation is answered whatever happens.

use kms_alarm::custom_resource::{Answer, Data, MAX_RESPONSE_BYTES, Response};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::cloudformation::INVENTED_ID;
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, request};

#[tokio::test(start_paused = true)]
async fn a_hanging_call_leaves_time_for_the_answer() {
    let aws = FakeAws::with_log_group();
    aws.fail("sns:CreateTopic", How::Hang, 99);
    let started = tokio::time::Instant::now();
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    assert_eq!(aws.answer()["Status"], "FAILED");
    assert!(started.elapsed().as_secs() < 60);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_work_is_answered() {
    let aws = FakeAws::with_log_group();
    aws.fail("sns:CreateTopic", How::Panic, 1);
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    let answer = aws.answer();
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(
        reason.starts_with("internal error: the function panicked (log stream"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_request_type_is_answered() {
    let aws = FakeAws::with_log_group();
    invoke(&aws, request("Read", &json!({}))).await.unwrap();
    let answer = aws.answer();
    assert_eq!(answer["Status"], "FAILED");
    assert!(
        answer["Reason"]
            .as_str()
            .unwrap()
            .starts_with("RequestType \"Read\" is unknown: expected Create, Update or Delete")
    );
}

#[tokio::test(start_paused = true)]
async fn the_answer_echoes_the_ids_and_has_no_content_type() {
    let aws = FakeAws::with_log_group();
    let event = request("Create", &json!({}));
    invoke(&aws, event.clone()).await.unwrap();
    let answer = aws.answer();
    for id in ["StackId", "RequestId", "LogicalResourceId"] {
        assert_eq!(answer[id], event[id]);
    }
    let headers = aws.state().answer_headers.clone();
    assert!(!headers.contains_key("content-type"), "{headers:?}");
    assert_eq!(aws.state().answers.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_s3_fails_to_accept_is_sent_again() {
    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Status(503), 2);
    aws.fail("PUT", How::Reset, 1);
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_is_not_retried_by_us_or_by_lambda() {
    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Status(403), 1);
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    let puts = |aws: &FakeAws| aws.calls().iter().filter(|call| *call == "PUT").count();
    assert_eq!(puts(&aws), 1);
}

#[tokio::test(start_paused = true)]
async fn an_undelivered_answer_is_an_error_without_the_address() {
    for (how, expected) in [
        (
            How::Status(500),
            "the answer to CloudFormation was refused with status 500",
        ),
        (
            How::Status(429),
            "the answer to CloudFormation was refused with status 429",
        ),
        (
            How::Status(307),
            "the answer to CloudFormation was refused with status 307",
        ),
        (How::Reset, "the answer to CloudFormation could not be sent"),
        (How::Hang, "the answer to CloudFormation could not be sent"),
    ] {
        let aws = FakeAws::with_log_group();
        aws.fail("PUT", how, 99);
        let started = tokio::time::Instant::now();
        let error = invoke(&aws, request("Create", &json!({})))
            .await
            .unwrap_err();
        assert_eq!(error, expected);
        assert!(
            started.elapsed().as_secs() < 25,
            "{how:?}: {:?}",
            started.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_sent_to_a_host_that_is_not_s3() {
    for host in ["example.com", "api.execute-api.us-east-1.amazonaws.com"] {
        let aws = FakeAws::with_log_group();
        let mut event = request("Create", &json!({}));
        event["ResponseURL"] = json!(format!("https://{host}/?X-Amz-Signature=secret"));
        let error = invoke(&aws, event).await.unwrap_err();
        assert_eq!(
            error,
            "the ResponseURL is not a host of S3; no answer is sent to it"
        );
        // Nor is any work done that cannot be answered.
        assert_eq!(aws.calls(), Vec::<String>::new());
    }
}

/// The ID in an answer, for every request and every result.
#[tokio::test(start_paused = true)]
async fn the_physical_id_is_deterministic_and_echoed_on_failure() {
    // Ends with the digest of the request.
    const NEW: &str = "kms-alarm/v1/pattern1-logging/3edcf8d736df/incomplete/";
    let known = "kms-alarm/v1/pattern1-logging/3edcf8d736df";
    let failed_create = "kms-alarm/v1/pattern1-logging/3edcf8d736df/incomplete/0123456789ab";
    let renamed = "kms-alarm/v1/renamed/3edcf8d736df";
    // The request, its ID, its name, whether it succeeds, the ID in the answer.
    let table = [
        ("Create", None, "pattern1-logging", true, known),
        ("Create", None, "pattern1-logging", false, NEW),
        ("Update", Some(known), "pattern1-logging", true, known),
        ("Update", Some(known), "pattern1-logging", false, known),
        ("Update", Some(known), "renamed", true, renamed),
        ("Update", Some(known), "renamed", false, known),
        ("Update", Some(INVENTED_ID), "pattern1-logging", true, known),
        (
            "Update",
            Some(INVENTED_ID),
            "pattern1-logging",
            false,
            INVENTED_ID,
        ),
        ("Update", None, "pattern1-logging", true, known),
        ("Update", None, "pattern1-logging", false, NEW),
        ("Delete", Some(known), "pattern1-logging", true, known),
        ("Delete", Some(known), "pattern1-logging", false, known),
        (
            "Delete",
            Some(failed_create),
            "pattern1-logging",
            true,
            failed_create,
        ),
        (
            "Delete",
            Some(INVENTED_ID),
            "pattern1-logging",
            true,
            INVENTED_ID,
        ),
        (
            "Delete",
            Some(INVENTED_ID),
            "pattern1-logging",
            false,
            INVENTED_ID,
        ),
        ("Delete", None, "pattern1-logging", true, NEW),
        ("Import", Some(known), "pattern1-logging", false, known),
        ("Import", None, "pattern1-logging", false, NEW),
    ];
    for row in table {
        let (request_type, id, name, succeeds, expected) = row;
        let aws = FakeAws::with_log_group();
        if !succeeds {
            aws.fail("sns:ListTagsForResource", How::Throttled, 99);
        }
        let mut event = request(request_type, &json!({"Name": name}));
        if let Some(id) = id {
            event["PhysicalResourceId"] = json!(id);
        }
        invoke(&aws, event).await.unwrap();
        let answer = aws.answer();
        let status = if succeeds { "SUCCESS" } else { "FAILED" };
        assert_eq!(answer["Status"], status, "{row:?}: {answer}");
        let id = answer["PhysicalResourceId"].as_str().unwrap();
        match id.strip_prefix(NEW) {
            Some(request) if expected == NEW => assert_eq!(request.len(), 12, "{row:?}"),
            _ => assert_eq!(id, expected, "{row:?}"),
        }
    }
}

/// Any text, including text that gets longer as JSON.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<String>(),
        "[\u{0}-\u{1f}\"\\\\]{0,900}",
        "[a-zé錠🔒]{0,1500}",
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

#[test]
fn an_answer_is_valid_json_within_the_limit_whatever_it_is_made_of() {
    // The same cases on every run.
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config {
        cases: 512,
        failure_persistence: None,
        ..Config::default()
    };
    let ids = || "[ -~]{1,300}";
    let result = prop_oneof![
        any_text().prop_map(Err),
        prop::collection::vec(any_text(), 1..4).prop_map(|texts| {
            Ok(["TopicArn", "AlarmArn", "FilterPattern"]
                .into_iter()
                .zip(texts)
                .collect::<Data>())
        }),
    ];
    let cases = (result, ids(), ids());
    TestRunner::new_with_rng(config, random)
        .run(&cases, |(result, stack_id, logical_resource_id)| {
            let answer = Answer {
                physical_resource_id: "kms-alarm/v1/pattern1-logging/0123456789ab".to_owned(),
                result,
            };
            let json = Response::new(&answer, &stack_id, "request", &logical_resource_id).to_json();
            prop_assert!(json.len() <= MAX_RESPONSE_BYTES, "{} bytes", json.len());
            let read: Value = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!(&read["StackId"], &json!(stack_id));
            // What is told is the text or its beginning.
            let is_told = |text: &str, told: &Value| {
                let told = told.as_str().unwrap();
                told == text || text.starts_with(told.strip_suffix('…').unwrap_or(told))
            };
            match &answer.result {
                Ok(data) => {
                    prop_assert_eq!(&read["Status"], "SUCCESS");
                    for (name, text) in data {
                        prop_assert!(is_told(text, &read["Data"][*name]), "{name}");
                    }
                }
                Err(reason) => {
                    let told = &read["Reason"];
                    prop_assert!(!told.as_str().unwrap().is_empty());
                    prop_assert!(is_told(reason, told) || reason.trim().is_empty());
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_deployed_function_unwinds_on_a_panic() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("\npanic = \"unwind\"\n"));
}
