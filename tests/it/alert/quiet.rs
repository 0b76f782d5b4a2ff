//! What is counted but not mailed.

use kms_alarm::environment::Environment;
use kms_alarm::kms_error::Severity;
use kms_alarm::quiet::{Quiet, Rules};
use serde_json::{Value, json};

use super::{event, mail, page, provisioned, published};
use crate::cloudformation::{capture_log, log};
use crate::fake_aws::{FakeAws, How, environment};
use crate::invoke::{invoke, invoke_as, sample};

const RECORDER: &str = "by=config.amazonaws.com, until=2026-11-23, why=config recorder";

/// What AWS Config runs into when it records a Lambda function, several times.
fn probes(count: usize) -> Vec<String> {
    let probe = |nth: usize| {
        let mut event: Value = serde_json::from_str(&event("decrypt-access-denied")).unwrap();
        event["eventID"] = json!(format!("e0e1e2e3-0000-4000-9000-{nth:012}"));
        event["userIdentity"]["invokedBy"] = json!("config.amazonaws.com");
        event.to_string()
    };
    (0..count).map(probe).collect()
}

/// The function as it is deployed with these settings.
fn with(mail_from: Severity, ignore: &str) -> Environment {
    Environment {
        quiet: Quiet {
            mail_from,
            rules: Rules::read(ignore),
        },
        ..environment()
    }
}

/// The sample's alarm, which counted 7, after these were logged.
async fn alerted(environment: &Environment, messages: Vec<String>) -> FakeAws {
    let aws = provisioned(&[]).await;
    capture_log();
    aws.fill_log([page(messages)]);
    invoke_as(&aws, environment, sample("sns-alarm"))
        .await
        .unwrap();
    aws
}

/// The line of the log that says what became of the alert.
fn outcome() -> Value {
    let log = log();
    let mut lines = log.lines().map(|line| line.parse::<Value>().unwrap());
    let is_outcome = |line: &Value| line["outcome"].is_string();
    lines.rfind(is_outcome).unwrap()
}

#[tokio::test(start_paused = true)]
async fn harmless_probes_are_logged_and_not_mailed() {
    let aws = alerted(&environment(), probes(7)).await;
    assert_eq!(aws.state().published, Vec::<Value>::new());
    let line = outcome();
    assert_eq!(line["outcome"], "not_mailed");
    assert_eq!(line["why"], "below MailFrom");
    assert_eq!(line["severity"], "INFO");
    assert_eq!(
        (&line["events_found"], &line["events_ignored"]),
        (&json!(7), &json!(0))
    );
    let alerted = alerted(&with(Severity::Info, ""), probes(7)).await;
    assert!(
        mail(&published(&alerted)).contains("AWS Config"),
        "mailed when asked for"
    );
}

#[tokio::test(start_paused = true)]
async fn ignored_calls_are_logged_and_not_mailed() {
    let aws = alerted(&with(Severity::Info, RECORDER), probes(7)).await;
    assert_eq!(aws.state().published, Vec::<Value>::new());
    let line = outcome();
    assert_eq!(
        (&line["outcome"], &line["why"]),
        (&json!("not_mailed"), &json!("ignored"))
    );
    assert_eq!(
        (&line["events_found"], &line["events_ignored"]),
        (&json!(0), &json!(7))
    );
}

#[tokio::test(start_paused = true)]
async fn what_no_rule_matches_is_mailed_and_the_numbers_add_up() {
    let mut messages = probes(5);
    messages.push(event("decrypt-disabled"));
    messages.push(event("decrypt-incorrect-key"));
    let aws = alerted(&with(Severity::Low, RECORDER), messages).await;
    let text = mail(&published(&aws));
    let said = "The alarm counted 7, and 2 were found and 5 were ignored. Ignored by rule 1: 5 (config \
                recorder, until 2026-11-23).";
    assert!(text.contains(said), "{text}");
    assert!(!text.contains("config.amazonaws.com"), "{text}");
    let line = outcome();
    assert_eq!(
        (&line["outcome"], &line["events_ignored"]),
        (&json!("alerted"), &json!(5))
    );
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_over_or_wrong_ignores_nothing() {
    for (rule, said) in [
        (
            "by=config.amazonaws.com, until=2026-11-22, why=config recorder",
            "rule 1 (config recorder) expired on 2026-11-22",
        ),
        (
            "by=config.amazonaws.com, why=config recorder",
            "rule 1: until is missing",
        ),
    ] {
        let aws = alerted(&with(Severity::Info, rule), probes(7)).await;
        let text = mail(&published(&aws));
        assert!(text.contains(said), "{text}");
        assert!(text.contains("and 7 were found."), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_mailed_although_all_that_was_found_is_quiet() {
    for environment in [environment(), with(Severity::Critical, RECORDER)] {
        let aws = alerted(&environment, probes(6)).await;
        let text = mail(&published(&aws));
        assert!(text.contains("1 may not be searchable yet."), "{text}");
        let aws = provisioned(&[]).await;
        aws.fill_log([page(probes(7))]);
        aws.fail("logs:DescribeMetricFilters", How::Denied, 1);
        invoke_as(&aws, &environment, sample("sns-alarm"))
            .await
            .unwrap();
        let text = mail(&published(&aws));
        assert!(text.contains("WHAT IS MISSING"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_rule_makes_no_stack() {
    let aws = FakeAws::with_log_group();
    let create = crate::invoke::request("Create", &json!({"Ignore": "by=config.amazonaws.com"}));
    invoke(&aws, create).await.unwrap();
    let answer = aws.answer();
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap();
    let said = "Ignore: rule 1: until is missing: its last day. Write it like this: by=config.amazonaws.com, operation=Decrypt, \
                until=2027-01-31, why=config recorder";
    assert!(reason.contains(said), "{reason}");
    assert_eq!(aws.world().topics.len(), 0);
}
