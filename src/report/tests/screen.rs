//! What somebody sees who is woken up: the mail on a phone, twelve lines of forty columns.

use super::usual::{busy, quiet};
use super::*;

/// The mail's first lines, as a phone wraps them.
fn first_screen(mail: &str) -> String {
    const COLUMNS: usize = 40;
    let mut lines: Vec<String> = Vec::new();
    for line in mail.lines() {
        let mut shown = String::new();
        for word in line.split(' ') {
            if !shown.is_empty() && shown.chars().count() + 1 + word.chars().count() > COLUMNS {
                lines.push(std::mem::take(&mut shown));
            }
            if !shown.is_empty() {
                shown.push(' ');
            }
            shown.push_str(word);
        }
        lines.push(shown);
    }
    lines.truncate(12);
    lines.join(" ")
}

/// One kind of error is a short mail, whatever the kind.
#[track_caller]
pub(super) fn check_short(message: &Message) {
    let mail = &message.mail;
    assert!(
        mail.lines().count() <= 60,
        "{} lines: {mail}",
        mail.lines().count()
    );
    assert!(mail.len() <= 2_560, "{} bytes: {mail}", mail.len());
    check_links_are_short(mail);
}

#[track_caller]
pub(super) fn check_links_are_short(mail: &str) {
    for line in mail.lines() {
        let address = line.find("https://").map(|at| &line[at..]);
        assert!(address.is_none_or(|address| address.len() <= 300), "{line}");
    }
}

#[test]
fn the_first_screen_is_enough_to_act() {
    let mut case = Case::alarm().events(DISABLED, 41, None);
    case.zone = "Australia/Sydney";
    case.findings
        .read_change(include_str!("../../../tests/cloudtrail/disable-key.json"));
    case.history = Some(Ok(quiet()));
    let message = case.explained().message();
    let screen = first_screen(&message.mail);
    for part in [
        "pattern1-app-Pattern1ECSTaskRole could not Decrypt",
        "key 1234abcd is disabled",
        "41 calls failed from 20:46:31 to 20:47:11 AEDT (09:46 UTC)",
        "alice (IAM user) disabled the key at 20:45:29",
        "DO FIRST Ask alice (IAM user) whether this was intended. If not, enable the key again.",
    ] {
        assert!(screen.contains(part), "{part} is not in {screen}");
    }
    let lock_screen: String = message.subject.chars().take(40).collect();
    assert_eq!(lock_screen, "[KMS CRITICAL] key 1234abcd is disabled ");
}

#[test]
fn the_first_screen_says_how_usual_this_is_unless_it_says_who_did_it() {
    let mut case = Case::alarm().events(DISABLED, 41, None);
    case.zone = "Australia/Sydney";
    case.history = Some(Ok(busy()));
    let screen = first_screen(&case.message().mail);
    for part in [
        "key 1234abcd is disabled",
        "41 calls failed from 20:46:31 to 20:47:11 AEDT (09:46 UTC)",
        "KMS errors were counted on 9 of the 14 days before, 3 to 9 a day.",
        "DO FIRST Find out who did this, and whether it was intended. If not, enable the key again.",
    ] {
        assert!(screen.contains(part), "{part} is not in {screen}");
    }
}

#[test]
fn an_alarm_and_its_recovery_have_the_same_subject_outside_brackets() {
    let outside = |subject: &str| {
        let (_, rest) = subject.split_once("] ").unwrap();
        rest.split(" [").next().unwrap().to_owned()
    };
    let alarm = Case::alarm().events(DISABLED, 5, None).message();
    let mut recovery =
        Case::of(include_str!("../../../events/sns-ok.json")).events(DISABLED, 7, None);
    recovery.change.previous_changed_at = Some("2026-11-23T09:48:20.123Z".parse().unwrap());
    let recovery = recovery.message();
    assert_eq!(outside(&alarm.subject), outside(&recovery.subject));
    assert!(
        recovery.subject.starts_with("[KMS RECOVERED] "),
        "{}",
        recovery.subject
    );
    assert!(alarm.subject.contains("[x5, "), "{}", alarm.subject);
}
