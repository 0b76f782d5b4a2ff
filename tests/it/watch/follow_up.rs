//! What is told while an alarm lasts.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{ALARM, Story, about, at, seconds};
use crate::alert::event;
use crate::cloudformation::{capture_log, log};
use crate::fake_aws::How;
use crate::invoke::{invoke, sample};

const THROTTLED: &str = "generate-data-key-throttled";
const DISABLED: &str = "decrypt-disabled";
const DENIED: &str = "decrypt-access-denied";

/// An incident that begins with throttling at 9:47.
async fn throttling() -> Story {
    let mut story = Story::new().await;
    story.fails(THROTTLED, "GenerateDataKey", at(2));
    story.alarms(at(3) + seconds(20)).await;
    assert_eq!(story.told(), [about("errors", &["GenerateDataKey"])]);
    story
}

#[tokio::test(start_paused = true)]
async fn six_hours_of_throttling_do_not_hide_the_key_that_is_disabled() {
    let mut story = throttling().await;
    for minute in 3..360 {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
        if minute >= 123 {
            story.fails(DISABLED, "Decrypt", at(minute));
        }
    }
    let mut told = Vec::new();
    for minutes in (5..=360).step_by(5) {
        story.ticks(minutes).await.unwrap();
        told.extend(story.mails().into_iter().map(|mail| (minutes, mail)));
        story.aws.state().published.clear();
    }
    let brief: Vec<_> = told
        .iter()
        .map(|(minutes, mail)| (*minutes, mail.situation.as_str(), mail.operations.join(" ")))
        .collect();
    assert_eq!(
        brief,
        [
            (65, "reminder", "GenerateDataKey".to_owned()),
            (125, "followUp", "Decrypt".to_owned()),
            (245, "reminder", "Decrypt GenerateDataKey".to_owned()),
        ]
    );
    let mail = &told[0].1;
    let said = "Added since 2026-11-23 09:47:20 UTC: 62 calls. Counted by the metric since 2026-11-23 09:46:00 UTC: 63.";
    assert!(mail.text.contains(said), "{}", mail.text);
    let mail = &told[1].1;
    assert!(
        mail.subject
            .starts_with("[KMS CRITICAL] key 1234abcd is disabled ("),
        "{}",
        mail.subject
    );
    let said = "Not mailed before. The alarm went off at 2026-11-23 09:48:20 UTC, 2 h 1 min ago.";
    assert!(mail.text.contains(said), "{}", mail.text);
    assert!(!mail.text.contains("ThrottlingException"), "{}", mail.text);
    assert_eq!(mail.object["counts"]["found"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_comes_every_day() {
    let mut story = throttling().await;
    story.aws.state().published.clear();
    for hour in 0..60 {
        story.fails(THROTTLED, "GenerateDataKey", at(hour * 60 + 10));
    }
    let mut told = Vec::new();
    for minutes in (15..60 * 60).step_by(15) {
        story.ticks(minutes).await.unwrap();
        for (situation, _) in story.told() {
            assert_eq!(situation, "reminder");
            told.push(minutes);
        }
    }
    assert_eq!(told, [75, 255, 24 * 60 + 15, 48 * 60 + 15]);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_lasts_without_errors_is_said_to() {
    let story = throttling().await;
    story.ticks(65).await.unwrap();
    let mail = story.mails().pop().unwrap();
    assert_eq!(mail.situation, "reminder");
    assert_eq!(mail.object["severity"], "LOW");
    for said in [
        "is still in ALARM after 1 h 1 min, but no KMS error was added since 2026-11-23 09:47:20 UTC.",
        "The alarm ignores missing data",
    ] {
        assert!(mail.text.contains(said), "{}", mail.text);
    }
    assert!(
        mail.subject
            .starts_with("[KMS LOW] KMS is throttling (pattern1-app-Pattern1ECSTaskRole) ["),
        "the same as the alert's: {}",
        mail.subject
    );
}

#[tokio::test(start_paused = true)]
async fn a_tick_of_an_alarm_that_does_not_last_says_nothing() {
    let story = throttling().await;
    for state in ["OK", "INSUFFICIENT_DATA"] {
        story.changes(state, at(4));
        story.ticks(65).await.unwrap();
    }
    story.changes("ALARM", at(70));
    story.tick(65, at(71)).await.unwrap();
    assert_eq!(story.told(), []);
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_begins_again_is_another_one() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(6));
    story.ticks(10).await.unwrap();
    assert_eq!(story.told(), [about("followUp", &["Decrypt"])]);
    story.changes("OK", at(12));
    story.fails(THROTTLED, "GenerateDataKey", at(31));
    story.alarms(at(32) + seconds(20)).await;
    assert_eq!(story.told(), [about("errors", &["GenerateDataKey"])]);
    story.fails(DISABLED, "Decrypt", at(33));
    story.ticks(35).await.unwrap();
    story.ticks(40).await.unwrap();
    assert_eq!(story.told(), [about("followUp", &["Decrypt"])]);
    // A tick that was due in the incident before.
    story.tick(11, at(41)).await.unwrap();
    assert_eq!(story.told(), []);
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_is_delivered_twice_says_the_same() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(8));
    story.fails(DENIED, "Encrypt", at(13));
    story.ticks(10).await.unwrap();
    story.ticks(15).await.unwrap();
    // At once, and much later.
    story.tick(15, at(16)).await.unwrap();
    story.tick(10, at(17)).await.unwrap();
    let mails = story.mails();
    let told: Vec<_> = mails.iter().map(|mail| mail.operations.join(" ")).collect();
    assert_eq!(told, ["Decrypt", "Encrypt", "Encrypt", "Decrypt"]);
    assert_eq!(mails[1].text, mails[2].text);
    assert_eq!(mails[0].text, mails[3].text);
    assert_eq!(mails[0].id, mails[3].id);
    assert_ne!(mails[0].id, mails[1].id);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_is_delivered_twice_says_the_same() {
    let mut story = throttling().await;
    story.fails(THROTTLED, "GenerateDataKey", at(20));
    story.ticks(65).await.unwrap();
    story.ticks(70).await.unwrap();
    story.tick(65, at(71)).await.unwrap();
    let mails = story.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].text, mails[1].text);
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_comes_late_tells_nothing_twice() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(8));
    story.fails(DENIED, "Encrypt", at(13));
    story.ticks(15).await.unwrap();
    assert_eq!(story.told(), [about("followUp", &["Decrypt", "Encrypt"])]);
    story.tick(10, at(16)).await.unwrap();
    story.ticks(20).await.unwrap();
    assert_eq!(story.told(), []);
}

#[tokio::test(start_paused = true)]
async fn ticks_that_were_missed_lose_nothing() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(8));
    for minutes in (10..40).step_by(5) {
        story.fails(DENIED, "Encrypt", at(minutes));
    }
    story.fails(DENIED, "ReEncrypt", at(200));
    story.ticks(300).await.unwrap();
    let told = story.told();
    assert_eq!(told.len(), 1);
    let operations: BTreeSet<_> = told[0].1.iter().map(String::as_str).collect();
    assert_eq!(
        operations,
        BTreeSet::from(["Decrypt", "Encrypt", "ReEncrypt"])
    );
    story.ticks(305).await.unwrap();
    assert_eq!(story.told()[0].0, "reminder");
}

#[tokio::test(start_paused = true)]
async fn ticks_that_run_at_the_same_time_tell_a_kind_once() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(8));
    story.until(at(15)).await;
    let (first, second) = tokio::join!(story.tick(10, at(15)), story.tick(15, at(15)));
    assert_eq!((first, second), (Ok(()), Ok(())));
    let told = story.told();
    assert_eq!(told, [about("followUp", &["Decrypt"])]);
}

#[tokio::test(start_paused = true)]
async fn events_that_cloudtrail_delivers_late_are_told_when_they_come() {
    let mut story = throttling().await;
    let (called, logged) = (at(4), at(19));
    story.logs(DISABLED, "Decrypt", called, logged, logged + seconds(50));
    for minutes in [5, 10, 15, 20] {
        story.ticks(minutes).await.unwrap();
    }
    let mail = story.mails().pop().unwrap();
    assert!(
        mail.text.contains("1 call failed at 09:49:00 UTC"),
        "{}",
        mail.text
    );
    // Searchable only after the tick that should have found it, and found by the next.
    story.told();
    story.logs(DENIED, "Encrypt", at(5), at(23), at(26));
    for minutes in [25, 30, 35] {
        story.ticks(minutes).await.unwrap();
    }
    assert_eq!(story.told(), [about("followUp", &["Encrypt"])]);
}

#[tokio::test(start_paused = true)]
async fn what_is_harmless_is_not_told() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(6));
    {
        let (_, (_, message)) = story.log.last_mut().unwrap();
        *message = message.replace("\"DisabledException\"", "\"DryRunOperationException\"");
    }
    story.ticks(10).await.unwrap();
    assert_eq!(story.told(), []);
    story.ticks(65).await.unwrap();
    let mail = story.mails().pop().unwrap();
    assert_eq!(mail.operations, Vec::<String>::new());
    assert_eq!(mail.object["followUp"]["aside"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_raised_the_alarm_unseen_is_told() {
    // The alert finds nothing, because nothing can be found yet.
    let mut story = Story::new().await;
    story.logs(THROTTLED, "GenerateDataKey", at(2), at(2), at(7));
    story.alarms(at(3) + seconds(20)).await;
    assert_eq!(story.told(), [about("nothingFound", &[])]);
    story.ticks(10).await.unwrap();
    assert_eq!(story.told(), [about("followUp", &["GenerateDataKey"])]);
}

#[tokio::test(start_paused = true)]
async fn a_tick_before_the_alert_leaves_it_the_word() {
    let mut story = Story::new().await;
    story.fails(THROTTLED, "GenerateDataKey", at(2));
    story.until(at(4)).await;
    story.changes("ALARM", at(4));
    story.ticks(5).await.unwrap();
    assert_eq!(story.told(), []);
    // It never comes: everything is told, and that it may not be news.
    story.ticks(10).await.unwrap();
    let mail = story.mails().pop().unwrap();
    assert_eq!(mail.operations, ["GenerateDataKey"]);
    let said = "what the alert told was not noted, so some of this may have been mailed before";
    assert!(mail.text.contains(said), "{}", mail.text);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_kinds_brings_ten_mails_a_day_and_loses_none() {
    let mut story = throttling().await;
    let name = |nth: i64| format!("Operation{nth:03}");
    for nth in 0..100 {
        story.fails(THROTTLED, &name(nth), at(5 + nth));
    }
    story.fails(DISABLED, "Decrypt", at(130));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut mails = Vec::new();
    for minutes in (15..=48 * 60).step_by(15) {
        story.ticks(minutes).await.unwrap();
        for (situation, operations) in story.told() {
            mails.push(minutes);
            let first_time = operations
                .iter()
                .filter(|each| seen.insert((*each).clone()));
            let all_new = first_time.count() == operations.len();
            assert!(situation == "reminder" || all_new, "{operations:?}");
            if operations.contains(&"Decrypt".to_owned()) && situation == "followUp" {
                assert_eq!(minutes, 135, "the worst is not held back");
            }
        }
        let today = mails
            .iter()
            .filter(|mail| minutes - **mail < 24 * 60)
            .count();
        assert!(today <= 9, "{mails:?}");
    }
    let missing: Vec<_> = (0..100)
        .map(name)
        .filter(|name| !seen.contains(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "{mails:?}");
}

#[tokio::test(start_paused = true)]
async fn a_mail_with_many_kinds_leaves_the_rest_to_the_next() {
    let mut story = throttling().await;
    for nth in 0..30 {
        story.fails(THROTTLED, &format!("Operation{nth:03}"), at(6));
    }
    let mut told = Vec::new();
    for minutes in [10, 15, 20, 25] {
        story.ticks(minutes).await.unwrap();
        told.extend(
            story
                .told()
                .into_iter()
                .map(|(_, operations)| operations.len()),
        );
    }
    assert_eq!(told, [13, 13, 4]);
}

#[tokio::test(start_paused = true)]
async fn what_the_alert_left_out_is_told_by_the_next_tick() {
    let mut story = Story::new().await;
    for nth in 0..20 {
        story.fails(THROTTLED, &format!("Operation{nth:03}"), at(2));
    }
    story.alarms(at(3) + seconds(20)).await;
    let alert = story.told().pop().unwrap();
    story.ticks(5).await.unwrap();
    let (_, rest) = story.told().pop().unwrap();
    assert_eq!((alert.1.len(), rest.len()), (13, 7));
    assert!(rest.iter().all(|operation| !alert.1.contains(operation)));
}

#[tokio::test(start_paused = true)]
async fn who_disabled_the_key_is_said_here_too() {
    let mut story = throttling().await;
    story.fails(DISABLED, "Decrypt", at(8));
    let mut change: Value = serde_json::from_str(&event("disable-key")).unwrap();
    change["eventTime"] = json!("2026-11-23T09:52:00Z");
    {
        let mut aws = story.aws.state();
        let group = aws.world.log_groups.get_mut("pattern1-logging-loggroup");
        let logged = vec![(at(8).as_millisecond(), change.to_string())];
        group.unwrap().others = [logged].into_iter().collect();
    }
    story.ticks(10).await.unwrap();
    let mail = story.mails().pop().unwrap();
    let said = "alice (IAM user) disabled the key at 09:52:00, 1 min before the first failure.";
    assert!(mail.text.contains(said), "{}", mail.text);
}

/// The log time up to which the newest entry in the memory says that everything was told.
fn read_to(story: &Story) -> Option<i64> {
    let aws = story.aws.state();
    let calls = aws.calls.iter().zip(&aws.parameters);
    let noted = calls.filter(|(call, _)| *call == "logs:CreateLogStream");
    let mut names = noted.filter_map(|(_, parameters)| parameters["logStreamName"].as_str());
    let time = names.next_back()?.rsplit('/').next()?.split('-').nth(1)?;
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", time).unwrap();
    let time = TimeZone::UTC.to_timestamp(time).unwrap();
    Some(time.as_millisecond())
}

#[tokio::test(start_paused = true)]
async fn a_storm_that_cannot_be_read_at_once_is_read_by_the_next_ticks() {
    let mut story = throttling().await;
    for nth in 0..12 {
        story.fails(THROTTLED, "GenerateDataKey", at(6) + seconds(nth));
    }
    story.fails(DISABLED, "Decrypt", at(6) + seconds(30));
    story.until(at(10)).await;
    let mut parts = BTreeSet::new();
    for minutes in (10..=55).step_by(5) {
        story.until(at(minutes) + seconds(1)).await;
        // Each event is a page, and a page takes four seconds.
        let mut events: Vec<_> = story.log.iter().map(|(_, event)| event.clone()).collect();
        events.sort();
        let start = read_to(&story);
        events.retain(|(logged, _)| start.is_none_or(|start| start <= *logged));
        story
            .aws
            .fill_log(events.into_iter().map(|event| vec![event]));
        story.aws.fail("logs:FilterLogEvents", How::Slow(4), 999);
        let mut event = sample("watch-tick");
        event["time"] = json!(at(minutes).to_string());
        invoke(&story.aws, event).await.unwrap();
        story.aws.heal();
        parts.extend(read_to(&story));
    }
    assert!(parts.len() > 3, "{parts:?}");
    let told: Vec<_> = story
        .told()
        .into_iter()
        .map(|(_, told)| told.join(" "))
        .collect();
    assert_eq!(told, ["Decrypt"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_memory_a_kind_is_told_by_the_tick_of_its_own_time() {
    for operation in ["logs:DescribeLogStreams", "logs:CreateLogStream"] {
        capture_log();
        let mut story = throttling().await;
        story.fails(DISABLED, "Decrypt", at(8));
        story.fails(DISABLED, "Decrypt", at(13));
        story.fails(DENIED, "Encrypt", at(13));
        story.aws.fail(operation, How::Denied, 99_999);
        let mut told = Vec::new();
        for minutes in (5..=120).step_by(5) {
            story.ticks(minutes).await.unwrap();
            told.extend(story.told().into_iter().map(|told| (minutes, told)));
        }
        let expected = [
            (10, about("followUp", &["Decrypt"])),
            (15, about("followUp", &["Encrypt"])),
        ];
        assert_eq!(told[..2], expected, "{operation}");
        assert_eq!(
            (told.len(), told[2].0, told[2].1.0.as_str()),
            (3, 65, "reminder")
        );
        assert!(
            log().contains("what was told cannot be remembered"),
            "{}",
            log()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_without_news_is_read_in_small_parts() {
    let mut story = throttling().await;
    for minute in (4..24 * 60).step_by(10) {
        story.fails(THROTTLED, "GenerateDataKey", at(minute));
    }
    let mut longest = SignedDuration::ZERO;
    for minutes in (5..24 * 60).step_by(10) {
        story.aws.all_calls();
        story.aws.state().parameters.clear();
        story.ticks(minutes).await.unwrap();
        let reminds = !story.told().is_empty();
        let aws = story.aws.state();
        let searches = aws.calls.iter().zip(&aws.parameters);
        for (_, parameters) in searches.filter(|(call, _)| *call == "logs:FilterLogEvents") {
            let time = |name: &str| parameters[name].as_i64().unwrap();
            let span = SignedDuration::from_millis(time("endTime") - time("startTime"));
            longest = longest.max(if reminds { longest } else { span });
        }
    }
    assert!(longest <= SignedDuration::from_mins(130), "{longest:?}");
    let alarms = &story.aws.state().world.alarms;
    assert!(alarms.contains_key(ALARM));
}
