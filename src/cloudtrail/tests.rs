use serde_json::{Value, json};

use super::*;

const SAMPLES: [&str; 8] = [
    include_str!("../../tests/cloudtrail/decrypt-access-denied.json"),
    include_str!("../../tests/cloudtrail/decrypt-disabled.json"),
    include_str!("../../tests/cloudtrail/decrypt-incorrect-key.json"),
    include_str!("../../tests/cloudtrail/decrypt-success.json"),
    include_str!("../../tests/cloudtrail/encrypt-not-found.json"),
    include_str!("../../tests/cloudtrail/generate-data-key-throttled.json"),
    include_str!("../../tests/cloudtrail/other-role-error.json"),
    include_str!("../../tests/cloudtrail/s3-error.json"),
];

#[test]
fn every_sample_is_read_in_full() {
    for sample in SAMPLES {
        let event = Event::parse(sample).unwrap();
        assert!(
            event.event_time.get().is_some() && event.event_id.get().is_some(),
            "{sample}"
        );
        assert!(
            event
                .principal()
                .name
                .starts_with("arn:aws:iam::111122223333:role/"),
            "{sample}"
        );
        assert!(event.principal().session.is_some(), "{sample}");
    }
}

#[test]
fn a_message_that_is_no_object_is_an_error() {
    for message in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{",
        "{\"eventID\":",
        "plain text",
    ] {
        assert!(Event::parse(message).is_err(), "{message}");
    }
    let error = Event::parse("{\"userIdentity\": x}")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the log message is not a CloudTrail event: expected value"),
        "{error}"
    );
}

#[test]
fn a_field_of_another_type_costs_that_field_only() {
    let whole: Value = serde_json::from_str(SAMPLES[0]).unwrap();
    for name in whole.as_object().unwrap().keys() {
        for surprise in [
            Value::Null,
            json!(7),
            json!("x"),
            json!([1, {}]),
            json!({ "a": [] }),
        ] {
            let mut event = whole.clone();
            event[name] = surprise;
            let text = event.to_string();
            let event = Event::parse(&text).unwrap();
            let code = event.error_code.get();
            assert!(
                code == Some("AccessDenied") || name == "errorCode",
                "{text}"
            );
        }
    }
}

#[track_caller]
fn check_principal(identity: &Value, name: &str, session: Option<&str>, invoked_by: Option<&str>) {
    let text = json!({ "userIdentity": identity }).to_string();
    let event = Event::parse(&text).unwrap();
    assert_eq!(
        event.principal(),
        Principal {
            name,
            session,
            invoked_by,
            issued_to: None
        },
        "{identity}"
    );
}

#[test]
fn every_form_of_identity_has_a_name() {
    let role = json!({ "sessionIssuer": { "type": "Role", "arn": "arn:aws:iam::1:role/r", "userName": "r" } });
    let assumed = "arn:aws:sts::1:assumed-role/r/s";
    check_principal(
        &json!({ "type": "AssumedRole", "arn": assumed, "principalId": "AROA:s", "sessionContext": role }),
        "arn:aws:iam::1:role/r",
        Some("s"),
        None,
    );
    check_principal(
        &json!({ "type": "AssumedRole", "principalId": "AROA:s", "sessionContext": role, "invokedBy": "config.amazonaws.com" }),
        "arn:aws:iam::1:role/r",
        Some("s"),
        Some("config.amazonaws.com"),
    );
    check_principal(
        &json!({ "type": "AssumedRole", "arn": assumed }),
        "r",
        Some("s"),
        None,
    );
    let user = "arn:aws:iam::1:user/alice";
    check_principal(
        &json!({ "type": "IAMUser", "arn": user, "userName": "alice" }),
        user,
        None,
        None,
    );
    check_principal(
        &json!({ "type": "IAMUser", "userName": "alice" }),
        "alice",
        None,
        None,
    );
    let root = json!({ "type": "Root", "arn": "arn:aws:iam::1:root", "sessionContext": { "attributes": {} } });
    check_principal(&root, "arn:aws:iam::1:root", None, None);
    check_principal(
        &json!({ "type": "AWSAccount", "principalId": "AIDA", "accountId": "2" }),
        "2",
        None,
        None,
    );
    let service = json!({ "type": "AWSService", "invokedBy": "s3.amazonaws.com" });
    check_principal(&service, "s3.amazonaws.com", None, None);
    let federated = "arn:aws:sts::1:federated-user/bob";
    check_principal(
        &json!({ "type": "FederatedUser", "arn": federated, "principalId": "1:bob",
            "sessionContext": { "sessionIssuer": { "type": "IAMUser", "arn": user, "userName": "alice" } } }),
        user,
        Some("bob"),
        None,
    );
    for kind in ["SAMLUser", "WebIdentityUser"] {
        let identity = json!({ "type": kind, "principalId": "x:y", "userName": "carol" });
        check_principal(&identity, "carol", None, None);
    }
    check_principal(
        &json!({ "type": "Role", "arn": "arn:aws:iam::1:role/r", "userName": "r" }),
        "arn:aws:iam::1:role/r",
        None,
        None,
    );
    check_principal(
        &json!({ "type": "IdentityCenterUser", "accountId": "1", "onBehalfOf": { "userId": "94482488", "identityStoreArn": "x" } }),
        "94482488",
        None,
        None,
    );
    check_principal(
        &json!({ "type": "Directory", "userName": "dave" }),
        "dave",
        None,
        None,
    );
    check_principal(&json!({ "type": "Unknown" }), "Unknown", None, None);
    check_principal(&json!({ "arn": "" }), "an unknown caller", None, None);
    check_principal(&Value::Null, "an unknown caller", None, None);
}

#[test]
fn only_documented_context_is_shown() {
    let event = Event::parse(SAMPLES[1]).unwrap();
    let affected: Vec<_> = event
        .affected()
        .map(|pair| format!("{}={:?}", pair.key, pair.shown_value()))
        .collect();
    let arn = r#"aws:s3:arn=Some("arn:aws:s3:::pattern1-orders/2026/11/23/0002")"#;
    assert_eq!(affected, ["tenant=None", arn]);
}

#[test]
fn a_huge_context_is_bounded() {
    let pairs: serde_json::Map<_, _> = (0..500)
        .map(|nth| (format!("{nth}{}", "k".repeat(9_000)), json!("v")))
        .collect();
    let text = json!({ "requestParameters": { "encryptionContext": pairs } }).to_string();
    let affected: Vec<_> = Event::parse(&text).unwrap().affected().collect();
    assert_eq!(affected.len(), 16);
    assert!(affected.iter().all(|pair| pair.key.len() <= 512));
}
