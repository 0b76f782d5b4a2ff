//! What is not told while an alarm lasts, because the user asked for that.

use super::{Story, about, at, seconds};

const THROTTLED: &str = "generate-data-key-throttled";
const DISABLED: &str = "decrypt-disabled";
const DENIED: &str = "decrypt-access-denied";

/// A rule about the throttling that the stories begin with.
const THROTTLING: &str = "code=ThrottlingException, until=2026-11-23, why=load test";

/// An incident that begins with an error at 9:47, with these settings. Nothing is mailed of it.
async fn quietly(
    sample: &str,
    operation: &str,
    mail_from: &'static str,
    ignore: &'static str,
) -> Story {
    let mut story = Story::new().await;
    (story.mail_from, story.ignore) = (mail_from, ignore);
    story.fails(sample, operation, at(2));
    story.alarms(at(3) + seconds(20)).await;
    assert_eq!(story.told(), []);
    story
}

/// What is told, at which tick, until so many minutes after the first.
async fn told(story: &Story, minutes: std::ops::RangeInclusive<i64>) -> Vec<(i64, String, String)> {
    let mut told = Vec::new();
    for minutes in minutes.step_by(5) {
        story.ticks(minutes).await.unwrap();
        for (situation, operations) in story.told() {
            told.push((minutes, situation, operations.join(" ")));
        }
    }
    told
}

fn mail(minutes: i64, situation: &str, operations: &str) -> (i64, String, String) {
    (minutes, situation.to_owned(), operations.to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_incident_of_ignored_errors_brings_neither_news_nor_reminders() {
    let mut story = quietly(THROTTLED, "GenerateDataKey", "INFO", THROTTLING).await;
    for minute in 3..360 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
    }
    assert_eq!(told(&story, 5..=360).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_nobody_gets_is_thought_of_once() {
    let mut story = quietly(THROTTLED, "GenerateDataKey", "LOW", THROTTLING).await;
    for minute in 3..130 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
    }
    assert_eq!(told(&story, 5..=65).await, []);
    story.aws.all_calls();
    assert_eq!(told(&story, 70..=70).await, []);
    let calls = story.aws.all_calls();
    let counted = calls.iter().filter(|call| *call == "logs:CreateLogStream");
    assert_eq!(counted.count(), 0, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn ignored_errors_do_not_hide_the_key_that_is_disabled() {
    let mut story = quietly(THROTTLED, "GenerateDataKey", "LOW", THROTTLING).await;
    for minute in 3..300 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
        if minute >= 123 {
            story.fails(DISABLED, "Decrypt", at(minute));
        }
    }
    let expected = [
        mail(125, "followUp", "Decrypt"),
        mail(245, "reminder", "Decrypt"),
    ];
    assert_eq!(told(&story, 5..=300).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_counted_in_a_reminder_of_something_else() {
    let mut story = Story::new().await;
    story.ignore = THROTTLING;
    story.fails(DISABLED, "Decrypt", at(2));
    story.alarms(at(3) + seconds(20)).await;
    assert_eq!(story.told(), [about("errors", &["Decrypt"])]);
    for minute in 10..15 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
    }
    story.ticks(65).await.unwrap();
    let reminder = story.mails().pop().unwrap();
    assert_eq!(reminder.situation, "reminder");
    for said in [
        "and every KMS error since 2026-11-23 09:47:20 UTC is ignored or below MailFrom.",
        "Ignored by rule 1: 5 (load test, until 2026-11-23).",
    ] {
        assert!(reminder.text.contains(said), "{}", reminder.text);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_less_severe_than_asked_for_is_not_told_until_it_gets_worse() {
    let mut story = quietly(DENIED, "Decrypt", "HIGH", "").await;
    for minute in 10..13 {
        story.fails(DENIED, "Decrypt", at(minute));
    }
    assert_eq!(told(&story, 5..=30).await, []);
    // Ten denials of one caller are HIGH.
    for minute in 31..37 {
        story.fails(DENIED, "Decrypt", at(minute));
    }
    let expected = [mail(40, "followUp", "Decrypt")];
    assert_eq!(told(&story, 35..=45).await, expected);
}

#[tokio::test(start_paused = true)]
async fn errors_are_told_when_the_rule_about_them_is_over() {
    let mut story = quietly(THROTTLED, "GenerateDataKey", "LOW", THROTTLING).await;
    let midnight = 14 * 60 + 15;
    for minute in 3..midnight + 30 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
    }
    let told = told(&story, 5..=midnight + 15).await;
    assert_eq!(told, [mail(midnight, "followUp", "GenerateDataKey")]);
}
