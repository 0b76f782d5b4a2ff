//! What each kind of reader gets.

use super::*;
use crate::approved::{assert_approved, differing};

#[test]
fn a_name_that_is_not_ascii_is_replaced_in_the_subject_only() {
    let mut case = Case::alarm();
    case.change.name = "Schlüssel-Alarm".to_owned();
    let message = case.message();
    assert!(
        message.subject.contains("Schl?ssel-Alarm"),
        "{}",
        message.subject
    );
    assert!(message.mail.contains("Schlüssel-Alarm"), "{}", message.mail);
}

#[test]
fn https_subscribers_get_the_json_object_unless_a_chat_reads_the_topic() {
    let mut case = Case::alarm().events(DISABLED, 2, None);
    let message = case.message();
    let body: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(body["https"], Value::Null, "they get the default");
    case.https = HttpsFormat::Chat;
    let chat: Value = serde_json::from_str(&case.message().body).unwrap();
    for protocol in ["default", "email", "sms"] {
        assert_eq!(chat[protocol], body[protocol], "{protocol} must not change");
    }
    assert_eq!(chat["https"], case.message().https.unwrap());
}

#[test]
fn a_chat_gets_a_custom_notification() {
    let mut case = Case::alarm().events(DISABLED, 2, None);
    case.https = HttpsFormat::Chat;
    case.history = Some(Ok(super::usual::quiet()));
    let notification: Value = serde_json::from_str(&case.message().https.unwrap()).unwrap();
    let text = serde_json::to_string_pretty(&notification).unwrap();
    let differing = differing("chat.json", &format!("{text}\n"));
    assert_approved(&differing.into_iter().collect::<Vec<_>>());
}

/// The sample with an owner and a runbook.
fn with_a_guide(https: HttpsFormat) -> Case {
    let mut case = Case::alarm().events(DISABLED, 2, None);
    case.https = https;
    let runbook = RunbookUrl::new("https://wiki.example.com/kms_(orders)?a=1&b=2");
    case.guide = Guide::new(Some("Team Orders <#orders-oncall>"), runbook);
    case
}

#[test]
fn a_chat_gets_links_in_its_own_markup() {
    let description = |https| {
        let notification = with_a_guide(https).message().https.unwrap();
        let notification: Value = serde_json::from_str(&notification).unwrap();
        notification["content"]["description"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (teams, slack) = (
        description(HttpsFormat::Chat),
        description(HttpsFormat::Slack),
    );
    assert!(teams.contains(
        "[Runbook](https://wiki.example.com/kms_%28orders%29?a=1&b=2) · [Alarm](https://"
    ));
    assert!(
        slack.contains("<https://wiki.example.com/kms_(orders)?a=1&amp;b=2|Runbook> · <https://")
    );
    for description in [teams, slack] {
        assert!(description.contains("\n\nOwner: Team Orders ‹#orders-oncall›\n\n"));
        let bare = |(at, _): (usize, &str)| !description[..at].ends_with(['(', '<']);
        assert!(
            !description.match_indices("https://").any(bare),
            "{description}"
        );
    }
}

#[test]
fn whoever_reads_it_is_told_whom_to_ask_and_what_to_follow() {
    let message = with_a_guide(HttpsFormat::Json).message();
    let mail = "owner: Team Orders <#orders-oncall>\nrunbook: https://wiki.example.com/kms_(orders)?a=1&b=2\n";
    assert!(message.mail.contains(mail), "{}", message.mail);
    let object: Value = serde_json::from_str(&message.json).unwrap();
    assert_eq!(object["owner"], "Team Orders <#orders-oncall>");
    assert_eq!(
        object["runbookUrl"],
        "https://wiki.example.com/kms_(orders)?a=1&b=2"
    );
    let nobody = Case::alarm().events(DISABLED, 2, None).message();
    let object: Value = serde_json::from_str(&nobody.json).unwrap();
    assert_eq!(
        (&object["owner"], &object["runbookUrl"]),
        (&Value::Null, &Value::Null)
    );
    assert!(!nobody.mail.contains("owner:") && !nobody.mail.contains("runbook:"));
}

#[test]
fn a_recovery_is_told_in_the_thread_of_its_alarm() {
    let mut alarm = Case::alarm().events(DISABLED, 2, None);
    alarm.https = HttpsFormat::Chat;
    let mut recovery = Case::of(include_str!("../../../events/sns-ok.json"));
    recovery.change.previous_changed_at = Some(alarm.change.changed_at);
    recovery.https = HttpsFormat::Chat;
    let thread = |case: &Case| -> Value {
        let notification: Value = serde_json::from_str(&case.message().https.unwrap()).unwrap();
        notification["metadata"]["threadId"].clone()
    };
    assert!(thread(&alarm).is_string());
    assert_eq!(thread(&alarm), thread(&recovery));
    recovery.change.previous_changed_at = None;
    assert_ne!(thread(&alarm), thread(&recovery));
}

#[test]
fn a_chat_is_given_no_markup_that_callers_chose() {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    event["eventName"] = "<!channel> <https://evil.example|`Decrypt`> [x](y)".into();
    let mut case = Case::alarm();
    case.findings.read_decisive(&event.to_string());
    for (https, own) in [(HttpsFormat::Chat, "<"), (HttpsFormat::Slack, "](")] {
        case.https = https;
        let text = case.message().https.unwrap();
        for planted in ["<!", "://evil", "evil.example", "`Decrypt", "[x](y)", own] {
            assert!(!text.contains(planted), "{planted} in {text}");
        }
    }
}

#[test]
fn another_message_is_passed_on_as_it_is() {
    let passed = passed_on(Some("Grüße\naus  dem Test"), "  text\n unchanged ");
    assert_eq!(passed.subject.as_deref(), Some("Gr??e aus dem Test"));
    assert_eq!(passed.text, "  text\n unchanged ");
    assert_eq!(passed_on(Some(" \n"), "x").subject, None);
    assert_eq!(passed_on(None, "x").subject, None);
    assert!(!passed_on(None, "").text.is_empty());
    assert!(
        passed_on(Some(&"x".repeat(500)), "x")
            .subject
            .unwrap()
            .len()
            <= 99
    );
}
