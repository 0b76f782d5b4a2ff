mod changes;
mod concern;
mod crowd;

use serde_json::{Value, json};

use super::*;

const DENIED: &str = include_str!("../../tests/cloudtrail/decrypt-access-denied.json");

/// An event that fails like any other, but for what is set in it.
fn event(id: usize, set: &Value) -> String {
    let mut event: Value = serde_json::from_str(DENIED).unwrap();
    event["eventID"] = id.to_string().into();
    for (name, value) in set.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

fn read(messages: impl IntoIterator<Item = String>) -> Findings {
    let mut findings = Findings::default();
    for message in messages {
        findings.read(&message);
    }
    findings
}

#[test]
fn calls_that_are_alike_are_one_group() {
    let session = |name: &str| {
        json!({ "arn": format!("arn:aws:sts::1:assumed-role/r/{name}"),
        "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::1:role/r" } } })
    };
    let findings = read([
        event(
            1,
            &json!({ "eventTime": "2026-11-23T09:00:02Z", "userIdentity": session("b") }),
        ),
        event(
            2,
            &json!({ "eventTime": "2026-11-23T09:00:01Z", "userIdentity": session("a") }),
        ),
        event(
            3,
            &json!({ "eventTime": "2026-11-23T09:00:03Z", "userIdentity": session("c"), "requestID": "newest" }),
        ),
        event(
            4,
            &json!({ "eventTime": null, "userIdentity": session("d") }),
        ),
        event(
            5,
            &json!({ "eventTime": "2026-11-23T09:00:02Z", "userIdentity": session("b") }),
        ),
    ]);
    let groups = findings.groups();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].0.count, 5);
    assert_eq!(
        groups[0].0.first,
        Some("2026-11-23T09:00:01Z".parse().unwrap())
    );
    assert_eq!(
        groups[0].0.last,
        Some("2026-11-23T09:00:03Z".parse().unwrap())
    );
    assert_eq!(
        groups[0].0.sessions.newest().collect::<Vec<_>>(),
        ["c", "b", "a"]
    );
    assert_eq!(groups[0].0.sessions.count(), 4);
    assert_eq!(groups[0].0.newest.request_id.as_deref(), Some("newest"));
}

#[test]
fn another_code_operation_key_or_role_is_another_group() {
    let findings = read([
        event(1, &json!({})),
        event(2, &json!({ "errorCode": "DisabledException" })),
        event(3, &json!({ "eventName": "Encrypt" })),
        event(
            4,
            &json!({ "errorMessage": null, "requestParameters": { "keyId": "alias/other" } }),
        ),
        event(
            5,
            &json!({ "userIdentity": { "arn": "arn:aws:iam::1:user/alice" } }),
        ),
        event(6, &json!({})),
    ]);
    let groups = findings.groups();
    assert_eq!(groups.len(), 5);
    assert_eq!(groups[0].0.code, "DisabledException", "the worst is first");
    assert_eq!(groups[1].0.count, 2, "then the largest");
}

#[test]
fn every_call_counts_once() {
    let shared = |id| event(id, &json!({ "sharedEventID": "s" }));
    let findings = read([
        event(1, &json!({})),
        event(1, &json!({})),
        shared(2),
        shared(3),
    ]);
    assert_eq!((findings.found, findings.duplicates), (2, 2));
}

#[test]
fn events_without_an_id_are_all_different() {
    let findings = read((0..3).map(|id| event(id, &json!({ "eventID": null }))));
    assert_eq!((findings.found, findings.duplicates), (3, 0));
}

#[test]
fn every_message_is_in_one_of_the_counts() {
    let findings = read([
        event(1, &json!({})),
        event(1, &json!({})),
        event(2, &json!({ "errorCode": null })),
        "no event\nat all".to_owned(),
        "[]".to_owned(),
    ]);
    let counts = [
        findings.found,
        findings.duplicates,
        findings.not_errors,
        findings.unreadable,
    ];
    assert_eq!(counts, [1, 1, 1, 2]);
    assert_eq!(findings.sample.as_deref(), Some("no event\nat all"));
    assert!(!findings.is_empty());
    assert!(Findings::default().is_empty());
}

#[test]
fn long_fields_are_kept_in_part() {
    let findings = read([event(
        1,
        &json!({ "errorMessage": "ä".repeat(100_000), "errorCode": "x".repeat(100_000) }),
    )]);
    let group = findings.groups()[0].0;
    assert_eq!(group.newest.message.as_ref().unwrap().len(), 2_048);
    assert_eq!(group.code.len(), 2_048);
}

#[test]
fn many_sessions_are_counted_up_to_a_bound() {
    let identity = |nth: usize| json!({ "principalId": format!("AROA:{nth}"), "sessionContext": { "sessionIssuer": { "arn": "r" } } });
    let findings =
        read((0..1_200).map(|nth| event(nth, &json!({ "userIdentity": identity(nth) }))));
    assert_eq!(findings.groups()[0].0.sessions.count(), 1_000);
    assert_eq!(findings.groups()[0].0.sessions.newest().count(), 3);
}
