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
    event["eventName"] = "<!channel> <https://evil.example|`Decrypt`>".into();
    let mut case = Case::alarm();
    case.https = HttpsFormat::Chat;
    case.findings.read_decisive(&event.to_string());
    let text = case.message().https.unwrap();
    for planted in ["<!", "<h", "://evil", "evil.example", "`Decrypt"] {
        assert!(!text.contains(planted), "{planted} in {text}");
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
