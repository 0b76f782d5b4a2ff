//! What a mail says of an alarm whose reason lists only some of what was counted.

use super::*;

/// Ten periods crossed the threshold; the reason lists the newest five, with 2 errors in each.
fn ten_periods() -> Case {
    let mut event: Value =
        serde_json::from_str(include_str!("../../../events/sns-alarm.json")).unwrap();
    let message = event.pointer_mut("/Records/0/Sns/Message").unwrap();
    let mut alarm: Value = serde_json::from_str(message.as_str().unwrap()).unwrap();
    let listed: Vec<_> = (43..48)
        .rev()
        .map(|minute| format!("2.0 (23/11/26 09:{minute}:00)"))
        .collect();
    alarm["NewStateReason"] = format!(
        "Threshold Crossed: 10 out of the last 10 datapoints were greater than the threshold (1.0). \
         The most recent datapoints which crossed the threshold: [{}] (minimum 10 datapoints for OK \
         -> ALARM transition).",
        listed.join(", ")
    )
    .into();
    *message = alarm.to_string().into();
    Case::of(&event.to_string())
}

#[track_caller]
fn check_counts(message: &Message, counted: u64, at_least: bool) {
    let json: Value = serde_json::from_str(&message.json).unwrap();
    assert_eq!(json["counts"]["counted"], counted);
    assert_eq!(json["counts"]["countedAtLeast"], at_least);
}

#[test]
fn more_than_a_part_of_the_count_is_no_difference() {
    let message = ten_periods().events(DISABLED, 20, None).message();
    check_counts(&message, 10, true);
    let said = "The alarm counted at least 10, and 20 were found.";
    assert!(message.mail.contains(said), "{}", message.mail);
    assert!(
        !message.mail.contains("more time was searched"),
        "{}",
        message.mail
    );
    let message = ten_periods().events(DISABLED, 10, None).message();
    let said = "The alarm counted at least 10, and 10 were found.";
    assert!(message.mail.contains(said), "{}", message.mail);
}

#[test]
fn less_than_a_part_of_the_count_is_missing() {
    let message = ten_periods().events(DISABLED, 7, None).message();
    check_counts(&message, 10, true);
    let said = "The alarm counted at least 10, and 7 were found. 3 may not be searchable yet.";
    assert!(message.mail.contains(said), "{}", message.mail);
}

#[test]
fn a_part_of_the_count_is_no_number_of_errors() {
    let message = ten_periods().message();
    check_counts(&message, 10, true);
    assert!(
        message.mail.contains("counted at least 10 KMS errors"),
        "{}",
        message.mail
    );
    assert!(message.subject.contains("[x10+, "), "{}", message.subject);
}

#[test]
fn a_whole_count_is_said_without_at_least() {
    let message = Case::alarm().events(DISABLED, 7, None).message();
    check_counts(&message, 7, false);
    assert!(!message.mail.contains("at least"), "{}", message.mail);
    let message = Case::alarm().message();
    assert!(message.subject.contains("[x7, "), "{}", message.subject);
}
