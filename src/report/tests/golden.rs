//! Whole alerts, one for each situation: the mail, and the JSON object beside it.

use super::usual::{busy, quiet};
use super::*;
use crate::alarm::{Datapoint, StateValue, Window};
use crate::approved::check_golden;

#[test]
fn a_disabled_key_and_a_denial_are_told_together() {
    let mut case = Case::alarm()
        .events(DISABLED, 3, None)
        .events(DISABLED, 2, Some("ffffffffffffffffffffffffffffffff"))
        .events(DENIED, 2, None);
    case.zone = "Australia/Sydney";
    case.history = Some(Ok(busy()));
    check_golden("disabled-and-denied", &case.message());
}

#[test]
fn one_wrong_key_is_a_short_mail() {
    let mut case = Case::alarm().events(INCORRECT, 1, None);
    case.change.datapoints = vec![Datapoint {
        start: case.change.datapoints[0].start,
        value: 1.0,
    }];
    check_golden("one-incorrect-key", &case.message());
}

#[test]
fn what_is_not_yet_searchable_is_said() {
    let mut case = Case::alarm()
        .events(NOT_FOUND, 2, None)
        .events(THROTTLED, 3, None);
    case.searches.push(Search {
        log_group: "/aws/trail of others".to_owned(),
        filter: "another filter".to_owned(),
        progress: Progress::Failed,
        pages: 0,
        ..case.searches[0].clone()
    });
    case.problems.push(
        "The log group /aws/trail of others could not be searched: AccessDeniedException: User: \
         arn:aws:sts::111122223333:assumed-role/alarm-function/x is not authorized to perform: logs:FilterLogEvents"
            .to_owned(),
    );
    case.history = Some(Err(Fault {
        action: "cloudwatch:GetMetricData",
        object: "KMSSecurityError".to_owned(),
        code: Some("AccessDenied".to_owned()),
        message: "not allowed".to_owned(),
        is_refusal: true,
    }));
    check_golden("in-part", &case.message());
}

#[test]
fn an_alarm_without_events_says_how_to_look() {
    let mut case = Case::alarm();
    case.widened = true;
    check_golden("nothing-found", &case.message());
}

#[test]
fn an_alarm_whose_filter_is_gone_says_how_to_look() {
    let mut case = Case::alarm();
    case.searches.clear();
    case.subscriptions = None;
    check_golden("no-filter", &case.message());
}

#[test]
fn a_state_set_by_hand_is_a_test() {
    let mut case = Case::alarm();
    case.change.reason = "Testing".to_owned();
    case.change.datapoints.clear();
    check_golden("test-by-hand", &case.message());
}

#[test]
fn a_recovery_says_how_long_and_how_many() {
    let mut case = Case::of(include_str!("../../../events/sns-ok.json"))
        .events(DISABLED, 5, None)
        .events(DENIED, 2, None);
    case.change.previous_changed_at = Some("2026-11-23T09:48:20.123Z".parse().unwrap());
    check_golden("recovered", &case.message());
}

#[test]
fn a_recovery_that_was_not_searched_does_not_say_none() {
    let mut case = Case::of(include_str!("../../../events/sns-ok.json"));
    case.searches.clear();
    case.problems.push(
        "cloudwatch:DescribeAlarmHistory on pattern1-logging-alarm: AccessDenied: not allowed"
            .to_owned(),
    );
    check_golden("recovered-not-searched", &case.message());
}

#[test]
fn an_alarm_that_had_no_data_has_not_recovered() {
    let mut case = Case::of(include_str!("../../../events/sns-ok.json"));
    case.change.old_state = Some(StateValue::InsufficientData);
    check_golden("settled", &case.message());
}

#[test]
fn too_little_data_is_said_plainly() {
    check_golden(
        "insufficient-data",
        &Case::of(include_str!("../../../events/sns-insufficient-data.json")).message(),
    );
}

pub(super) const KEY_DISABLED: &str = include_str!("../../../tests/cloudtrail/disable-key.json");

/// The sample's event with some of its fields replaced, by their JSON pointers.
fn with(sample: &str, fields: &[(&str, Value)]) -> String {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    for (pointer, value) in fields {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    event.to_string()
}

/// The sample as a session of the role `order-api`, which names the key by an alias.
pub(super) fn of_order_api(sample: &str) -> String {
    let issuer = "/userIdentity/sessionContext/sessionIssuer/arn";
    with(
        sample,
        &[
            (issuer, "arn:aws:iam::111122223333:role/order-api".into()),
            ("/requestParameters/keyId", "alias/orders".into()),
        ],
    )
}

#[test]
fn who_disabled_the_key_is_told_after_the_first_sentence() {
    let event = of_order_api(DISABLED);
    let mut case = Case::alarm().events(&event, 41, None);
    case.change.datapoints[0].value = 41.0;
    case.findings.read_change(KEY_DISABLED);
    case.history = Some(Ok(quiet()));
    let message = case.explained().message();
    let mail = &message.mail;
    let sentence = "order-api could not Decrypt: key alias/orders is disabled.\n";
    assert!(mail.starts_with(sentence), "{mail}");
    let change =
        "\nalice (IAM user) disabled the key at 09:45:29, 1 min 2 s before the first failure.\n";
    assert!(mail.contains(change), "{mail}");
    check_golden("disabled-by-alice", &message);
}

#[test]
fn what_there_was_no_time_to_read_is_said_to_be_missing() {
    let mut case = Case::alarm();
    for session in 0..5 {
        let session = format!("{session:032x}");
        case = case.events(&of_order_api(THROTTLED), 400, Some(&session));
    }
    case.change.datapoints[0].value = 250_000.0;
    case.searches[0].progress = Progress::OutOfTime;
    case.searches[0].pages = 100;
    let message = case.message();
    assert!(message.subject.contains("[x2000+"), "{}", message.subject);
    check_golden("out-of-time", &message);
}

#[test]
fn a_dry_run_is_labelled_and_alarms_nobody() {
    let event = with(
        DISABLED,
        &[("/errorCode", "DryRunOperationException".into())],
    );
    let message = Case::alarm().events(&event, 2, None).message();
    assert_eq!(message.severity, Severity::Info);
    let start = "[KMS INFO] harmless: dry run ";
    assert!(message.subject.starts_with(start), "{}", message.subject);
    check_golden("harmless-dry-run", &message);
}

#[test]
fn a_service_that_only_looks_is_labelled_and_alarms_nobody() {
    let event = with(
        DENIED,
        &[
            ("/userIdentity/invokedBy", "config.amazonaws.com".into()),
            ("/sourceIPAddress", "config.amazonaws.com".into()),
            (
                "/requestParameters/encryptionContext",
                serde_json::json!({ "aws:lambda:FunctionArn": "arn:aws:lambda:ap-southeast-2:111122223333:function:orders" }),
            ),
        ],
    );
    let message = Case::alarm().events(&event, 12, None).message();
    assert_eq!(
        message.severity,
        Severity::Info,
        "many of them are no burst"
    );
    let start = "[KMS INFO] harmless: kms:Decrypt denied on key ";
    assert!(message.subject.starts_with(start), "{}", message.subject);
    check_golden("harmless-probe", &message);
}

#[test]
fn an_incident_is_not_hidden_by_what_is_harmless() {
    let probe = with(
        DENIED,
        &[("/userIdentity/invokedBy", "config.amazonaws.com".into())],
    );
    let case = Case::alarm()
        .events(&probe, 9, None)
        .events(DENIED, 2, None);
    let message = case.message();
    assert_eq!(message.severity, Severity::Medium);
    assert!(
        message
            .subject
            .starts_with("[KMS MEDIUM] kms:Decrypt denied "),
        "{}",
        message.subject
    );
    assert!(
        message.mail.contains("[INFO, harmless]"),
        "{}",
        message.mail
    );
}

#[test]
fn the_alarms_own_errors_are_labeled() {
    let role = "arn:aws:iam::111122223333:role/pattern1-alarm-AlarmFunctionRole";
    let own = with(
        DISABLED,
        &[
            ("/userIdentity/sessionContext/sessionIssuer/arn", role.into()),
            ("/userIdentity/arn", "arn:aws:sts::111122223333:assumed-role/pattern1-alarm-AlarmFunctionRole/pattern1-alarm-AlarmFunction".into()),
            ("/userIdentity/invokedBy", "sns.amazonaws.com".into()),
            ("/eventName", "GenerateDataKey".into()),
            ("/requestParameters/encryptionContext", serde_json::json!({ "aws:sns:topicArn": "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic" })),
        ],
    );
    let ourselves = crate::cloudtrail::OwnIdentity {
        role_arn: Some(role.to_owned()),
        function_arn: None,
    };
    let mut case = Case::alarm();
    case.findings = Findings::new(ourselves.clone());
    let message = case.events(&own, 3, None).message();
    assert_eq!(
        message.severity,
        Severity::Medium,
        "no more than a fault of the alarm"
    );
    let start = "[KMS MEDIUM] the alarm's own: key 1234abcd is disabled ";
    assert!(message.subject.starts_with(start), "{}", message.subject);
    check_golden("own-errors", &message);

    let mut case = Case::alarm();
    case.findings = Findings::new(ourselves);
    let throttled = with(THROTTLED, &[("/errorCode", "ValidationException".into())]);
    let message = case
        .events(&own, 9, None)
        .events(&throttled, 1, None)
        .message();
    assert!(
        message
            .subject
            .starts_with("[KMS LOW] request is not valid "),
        "the application's come first: {}",
        message.subject
    );
    assert!(
        message.mail.contains("[MEDIUM, the alarm's own function]"),
        "{}",
        message.mail
    );
}

#[test]
fn a_function_that_aws_names_is_no_guess() {
    let scope = serde_json::json!({ "issuerType": "AWS::Lambda::Function",
        "credentialsIssuedTo": "arn:aws:lambda:ap-southeast-2:111122223333:function:order-worker" });
    let event = with(
        &of_order_api(INCORRECT),
        &[("/userIdentity/inScopeOf", scope)],
    );
    let case = Case::alarm().events(&event, 2, Some("order-worker"));
    check_golden("lambda-function", &case.message());
}

#[test]
fn errors_beside_a_state_set_by_hand_have_no_count() {
    let mut case = Case::alarm().events(NOT_FOUND, 1, None);
    case.change.reason = "Testing".to_owned();
    case.change.datapoints.clear();
    check_golden("test-by-hand-with-errors", &case.message());
}

#[test]
fn an_alarm_without_data_is_no_test() {
    let mut case = Case::alarm();
    case.change.reason =
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was \
                          treated as [Breaching]."
            .to_owned();
    case.change.datapoints.clear();
    let message = case.message();
    assert_eq!(message.severity, Severity::High);
    check_golden("no-data", &message);
    let with_errors = case.events(DISABLED, 2, None).message();
    assert!(
        with_errors.mail.contains("2 found, although"),
        "{}",
        with_errors.mail
    );
    assert!(
        !with_errors.mail.contains("by hand"),
        "{}",
        with_errors.mail
    );
}

/// What a tick tells four hours after the sample's alarm went off.
pub(super) fn follow_up(is_reminder: bool) -> FollowUpEvidence<'static> {
    FollowUpEvidence {
        at: "2026-11-23T13:50:00Z".parse().unwrap(),
        alert_id: "0123456789ab",
        is_reminder,
        raised_by: None,
        total: is_reminder.then(|| Total {
            count: 1_234,
            since: "2026-11-23T09:46:00Z".parse().unwrap(),
        }),
        is_quiet: false,
        is_remembered: true,
        held_back: None,
        missing_data: "ignore",
        has_default: false,
    }
}

/// The sample's alarm four hours later, whose own count is no news any more.
pub(super) fn lasting(is_reminder: bool) -> Case {
    let mut case = Case::alarm();
    case.change.datapoints.clear();
    case.window = Some(Window {
        start: "2026-11-23T10:50:00Z".parse().unwrap(),
        end: "2026-11-23T13:49:00Z".parse().unwrap(),
    });
    case.follow_up = Some(follow_up(is_reminder));
    case
}

#[test]
fn another_kind_of_error_is_told_while_the_alarm_lasts() {
    let mut case = lasting(false);
    case.zone = "Australia/Sydney";
    case.follow_up = Some(FollowUpEvidence {
        held_back: Some(HeldBack::Ordinary("2026-11-24T09:55:00Z".parse().unwrap())),
        ..follow_up(false)
    });
    case.findings.aside = 1_229;
    let case = case.events(&of_order_api(DISABLED), 5, None);
    check_golden("follow-up", &case.message());
}

#[test]
fn a_reminder_says_what_was_added_and_the_total() {
    let case = lasting(true)
        .events(THROTTLED, 150, None)
        .events(DENIED, 2, None);
    check_golden("reminder", &case.message());
}

#[test]
fn a_reminder_without_errors_says_why_the_alarm_may_last() {
    let first = Case::alarm().events(THROTTLED, 3, None);
    let first: &'static Findings = Box::leak(Box::new(first.findings));
    let mut case = lasting(true);
    case.follow_up = Some(FollowUpEvidence {
        raised_by: Some(first),
        total: Some(Total {
            count: 3,
            since: "2026-11-23T09:46:00Z".parse().unwrap(),
        }),
        ..follow_up(true)
    });
    let message = case.message();
    assert_eq!(message.severity, Severity::Low);
    check_golden("reminder-nothing-added", &message);
}

#[test]
fn a_reminder_that_could_not_search_does_not_say_none() {
    let mut case = lasting(true);
    case.searches[0].progress = Progress::Failed;
    case.searches[0].pages = 0;
    case.problems.push(
        "logs:FilterLogEvents on pattern1-logging-loggroup: AccessDeniedException: no".to_owned(),
    );
    let message = case.message();
    assert_eq!(message.severity, Severity::High);
    check_golden("reminder-not-searched", &message);
}
