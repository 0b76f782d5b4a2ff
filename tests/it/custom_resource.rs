//! CloudFormation is answered whatever happens.

use serde_json::json;

use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, request};

#[tokio::test(start_paused = true)]
async fn an_aws_call_that_hangs_is_given_up_in_time_for_the_answer() {
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
async fn an_answer_that_s3_fails_to_take_is_sent_again() {
    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Status(503), 2);
    aws.fail("PUT", How::Reset, 1);
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    assert_eq!(aws.answer()["Status"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_s3_refuses_is_not_sent_again_and_not_handed_back_to_lambda() {
    let aws = FakeAws::with_log_group();
    aws.fail("PUT", How::Status(403), 1);
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    let puts = |aws: &FakeAws| aws.calls().iter().filter(|call| *call == "PUT").count();
    assert_eq!(puts(&aws), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_through_is_an_error_that_does_not_show_the_address() {
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
async fn no_answer_is_sent_to_a_host_that_is_not_aws() {
    let aws = FakeAws::with_log_group();
    let mut event = request("Create", &json!({}));
    event["ResponseURL"] = json!("https://example.com/?X-Amz-Signature=secret");
    let error = invoke(&aws, event).await.unwrap_err();
    assert_eq!(
        error,
        "the ResponseURL is not an AWS host; no answer is sent to it"
    );
    // Nor is anything done that nobody would hear of.
    assert_eq!(aws.calls(), Vec::<String>::new());
}
