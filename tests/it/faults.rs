//! The alert flow with a failure of every call in every way: one alert is sent, or the publish
//! itself failed and Lambda learns of it. Never silence, never two alerts.

use std::io::Write as _;

use serde_json::Value;

use crate::alert::{mail, provisioned};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, sample};

/// The ways in which a call fails.
pub const WAYS: [How; 13] = [
    How::Throttled,
    How::Status(500),
    How::Status(503),
    How::Denied,
    How::NotFound,
    How::Refused,
    How::Reset,
    How::ResetMidBody,
    How::StallMidBody,
    How::Hang,
    How::Malformed,
    How::EmptyPage,
    How::ExpiredToken,
];

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// Errors, on two pages.
    Errors,
    /// An alarm without any event, not even in the wider window.
    NothingFound,
    /// A recovery whose start is in the alarm's history.
    Recovery,
    /// A message that is not an alarm.
    Other,
}

const TELLINGS: [Telling; 4] = [
    Telling::Errors,
    Telling::NothingFound,
    Telling::Recovery,
    Telling::Other,
];

/// What became of one invocation.
struct Told {
    outcome: Result<(), String>,
    calls: Vec<String>,
    published: Vec<Value>,
}

async fn tell(telling: Telling, fault: Option<(usize, How, bool)>) -> Told {
    let pages: &[&[&str]] = match telling {
        Telling::NothingFound => &[&[]],
        _ => &[&["decrypt-disabled"], &["decrypt-access-denied"]],
    };
    let aws = provisioned(pages).await;
    if telling == Telling::Recovery {
        began(&aws);
    }
    if let Some((call, how, lasting)) = fault {
        aws.fail_at(call, how, lasting);
    }
    let event = sample(match telling {
        Telling::Errors | Telling::NothingFound => "sns-alarm",
        Telling::Recovery => "sns-ok",
        Telling::Other => "sns-test-message",
    });
    let outcome = invoke(&aws, event).await;
    Told {
        outcome,
        calls: aws.calls(),
        published: aws.state().published.clone(),
    }
}

fn began(aws: &FakeAws) {
    let went_off: jiff::Timestamp = "2026-11-23T09:48:20Z".parse().unwrap();
    let mut state = aws.state();
    let alarm = state.world.alarms.get_mut("pattern1-logging-alarm");
    alarm.unwrap().history = vec![(went_off.as_second(), "ALARM")];
}

/// How the cells of the matrix ended.
#[derive(Default)]
struct Count {
    whole: usize,
    partial: usize,
    failed: usize,
}

/// What a reader gets, regardless of its line breaks and of how many pages were read for it.
fn text(published: &Value) -> String {
    let text = match published["MessageStructure"].as_str() {
        Some(_) => mail(published),
        None => published["Message"].as_str().unwrap().to_owned(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let counts_pages = |index: usize| {
        let next = words.get(index + 1);
        next.is_some_and(|word| word.starts_with("page"))
    };
    let kept = words
        .iter()
        .enumerate()
        .filter(|(index, _)| !counts_pages(*index));
    kept.map(|(_, word)| word.replace("pages", "page"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// One cell of the matrix: a failure of one call.
#[track_caller]
fn check(
    telling: Telling,
    fault: (usize, How, bool),
    whole: &Told,
    told: &Told,
    count: &mut Count,
) {
    let operation = whole.calls[fault.0 - 1].as_str();
    let cell = format!("{telling:?}: {operation} {fault:?}");
    if let Err(error) = &told.outcome {
        let final_at_once = matches!(fault.1, How::Denied | How::NotFound);
        assert!(fault.2 || final_at_once, "{cell}: {error}");
        assert_eq!(operation, "sns:Publish", "{cell}: {error}");
        assert!(
            error.contains("sns:Publish on arn:aws:sns:"),
            "{cell}: {error}"
        );
        assert_eq!(told.published, Vec::<Value>::new(), "{cell}");
        count.failed += 1;
        return;
    }
    assert_eq!(told.published.len(), 1, "{cell}: {:?}", told.calls);
    if text(&told.published[0]) == text(&whole.published[0]) {
        count.whole += 1;
        return;
    }
    let (mail, prose) = (mail(&told.published[0]), text(&told.published[0]));
    let said = [format!("{operation} "), "could not be looked up".to_owned()];
    let missing =
        prose.contains("WHAT IS MISSING") && said.iter().any(|said| prose.contains(said.as_str()));
    let cut = prose.contains("because time ran out");
    assert!(
        missing || cut,
        "{cell}: what is missing is not said: {mail}"
    );
    let command = prose.contains("aws logs filter-log-events --log-group-name")
        || prose.contains("aws logs describe-metric-filters --metric-namespace");
    let link = mail.contains("/cloudwatch/home?region=ap-southeast-2#");
    assert!(command || link, "{cell}: how to look is not said: {mail}");
    count.partial += 1;
}

#[tokio::test(start_paused = true)]
async fn any_failure_sends_one_alert_or_fails_the_invocation() {
    let mut told = std::io::stderr();
    let mut total = 0;
    for telling in TELLINGS {
        let whole = tell(telling, None).await;
        assert_eq!(whole.outcome, Ok(()));
        assert_eq!(whole.published.len(), 1);
        let mut count = Count::default();
        for (index, operation) in whole.calls.iter().enumerate() {
            for how in WAYS {
                let paged = !operation.starts_with("sns:");
                if matches!(how, How::EmptyPage | How::ExpiredToken) && !paged {
                    continue;
                }
                for lasting in [false, true] {
                    let fault = (index + 1, how, lasting);
                    check(
                        telling,
                        fault,
                        &whole,
                        &tell(telling, Some(fault)).await,
                        &mut count,
                    );
                }
            }
        }
        let Count {
            whole: w,
            partial,
            failed,
        } = count;
        let cells = w + partial + failed;
        // Not `eprintln!`, which the test harness captures.
        let _ = writeln!(
            told,
            "matrix: alert, {telling:?}: {} calls × {} ways × once or lasting: {cells} invocations: \
             {w} whole alerts, {partial} that say what is missing, {failed} failed publishes \
             reported to Lambda",
            whole.calls.len(),
            WAYS.len(),
        );
        total += cells;
    }
    let _ = writeln!(
        told,
        "matrix: alerting in all: {total} invocations with a failure, none silent, none with two \
         alerts"
    );
    assert!(total > 250, "{total}");
}

/// The one case in which nobody can know: SNS took the message, but its answer never arrived. The
/// message is sent again, and the same alert ID shows that it is the same alert.
#[tokio::test(start_paused = true)]
async fn a_publish_without_an_answer_is_repeated() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("sns:Publish", How::Lost, 1);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let published = aws.state().published.clone();
    assert_eq!(published.len(), 2);
    assert_eq!(published[0], published[1]);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_publish_is_not_repeated() {
    for how in [How::Malformed, How::ResetMidBody, How::StallMidBody] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail("sns:Publish", how, 99);
        assert_eq!(invoke(&aws, sample("sns-alarm")).await, Ok(()), "{how:?}");
        assert_eq!(aws.state().published.len(), 1, "{how:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_publish_is_reported_before_the_timeout() {
    for how in [How::Hang, How::Throttled, How::Status(503), How::Refused] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail("logs:FilterLogEvents", How::Hang, 99);
        aws.fail("sns:Publish", how, 99);
        let started = tokio::time::Instant::now();
        let error = invoke(&aws, sample("sns-alarm")).await.unwrap_err();
        assert!(error.contains("sns:Publish on "), "{how:?}: {error}");
        assert!(
            started.elapsed().as_secs() < 60,
            "{how:?}: {:?}",
            started.elapsed()
        );
    }
}
