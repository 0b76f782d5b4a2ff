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
    assert_eq!(groups[0].count(), 5);
    assert_eq!(
        groups[0].first(),
        Some("2026-11-23T09:00:01Z".parse().unwrap())
    );
    assert_eq!(
        groups[0].last(),
        Some("2026-11-23T09:00:03Z".parse().unwrap())
    );
    assert_eq!(
        groups[0].sessions().newest().collect::<Vec<_>>(),
        ["c", "b", "a"]
    );
    assert_eq!(
        (groups[0].sessions().count(), groups[0].sessions().more()),
        (4, 1)
    );
    assert_eq!(groups[0].newest().request_id.as_deref(), Some("newest"));
}

#[test]
fn another_code_operation_key_or_role_is_another_group() {
    let findings = read([
        event(1, &json!({})),
        event(2, &json!({ "errorCode": "DisabledException" })),
        event(3, &json!({ "eventName": "Encrypt" })),
        event(
            4,
            &json!({ "requestParameters": { "keyId": "alias/other" } }),
        ),
        event(
            5,
            &json!({ "userIdentity": { "arn": "arn:aws:iam::1:user/alice" } }),
        ),
        event(6, &json!({})),
    ]);
    let groups = findings.groups();
    assert_eq!(groups.len(), 5);
    assert_eq!(
        groups[0].key().code,
        "DisabledException",
        "the worst is first"
    );
    assert_eq!(groups[1].count(), 2, "then the largest");
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
    assert_eq!((findings.found(), findings.duplicates()), (2, 2));
}

#[test]
fn events_without_an_id_are_all_different() {
    let findings = read((0..3).map(|id| event(id, &json!({ "eventID": null }))));
    assert_eq!((findings.found(), findings.duplicates()), (3, 0));
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
        findings.found(),
        findings.duplicates(),
        findings.not_errors(),
        findings.unreadable(),
    ];
    assert_eq!(counts, [1, 1, 1, 2]);
    assert_eq!(findings.unreadable_sample(), Some("no event at all"));
    assert!(!findings.is_empty());
    assert!(Findings::default().is_empty());
}

#[test]
fn what_has_no_room_is_counted() {
    let findings = read((0..80).map(|id| event(id, &json!({ "errorCode": format!("Code{id}") }))));
    assert_eq!(findings.groups().len(), 50);
    assert_eq!((findings.found(), findings.ungrouped()), (80, 30));
    let grouped: u64 = findings.groups().iter().map(|group| group.count()).sum();
    assert_eq!(grouped + findings.ungrouped(), findings.found());
}

#[test]
fn long_fields_are_kept_in_part() {
    let findings = read([event(
        1,
        &json!({ "errorMessage": "ä".repeat(100_000), "errorCode": "x".repeat(100_000) }),
    )]);
    let group = findings.groups()[0];
    assert_eq!(group.newest().message.as_ref().unwrap().len(), 2_048);
    assert_eq!(group.key().code.len(), 2_048);
}

#[test]
fn many_sessions_are_counted_up_to_a_bound() {
    let identity = |nth: usize| json!({ "principalId": format!("AROA:{nth}"), "sessionContext": { "sessionIssuer": { "arn": "r" } } });
    let findings =
        read((0..1_200).map(|nth| event(nth, &json!({ "userIdentity": identity(nth) }))));
    assert_eq!(findings.groups()[0].sessions().count(), 1_000);
    assert_eq!(findings.groups()[0].sessions().newest().count(), 3);
}

#[test]
fn calls_that_are_nobodys_incident_are_groups_of_their_own_and_come_last() {
    let probe =
        json!({ "arn": "arn:aws:sts::1:assumed-role/r/s", "invokedBy": "config.amazonaws.com" });
    let findings = read((0..20).map(|id| event(id, &json!({ "userIdentity": probe }))).chain([
        event(30, &json!({ "userIdentity": { "arn": "arn:aws:sts::1:assumed-role/r/s" }, "errorCode": "ValidationException" })),
        event(31, &json!({ "errorCode": "DryRunOperationException" })),
    ]));
    let told: Vec<_> = findings
        .groups()
        .iter()
        .map(|group| (group.key().nature, group.severity(), group.count()))
        .collect();
    assert_eq!(
        told,
        [
            (Nature::Incident, Severity::Low, 1),
            (Nature::Probe, Severity::Info, 20),
            (Nature::DryRun, Severity::Info, 1),
        ]
    );
    assert_eq!(findings.severity(), Some(Severity::Low));
}

#[test]
fn only_a_denial_of_what_the_service_is_known_to_try_is_a_probe() {
    let by =
        |service: &str| json!({ "arn": "arn:aws:sts::1:assumed-role/r/s", "invokedBy": service });
    for (set, nature) in [
        (
            json!({ "userIdentity": by("config.amazonaws.com") }),
            Nature::Probe,
        ),
        (
            json!({ "userIdentity": by("config.amazonaws.com"), "eventName": "Encrypt" }),
            Nature::Incident,
        ),
        (
            json!({ "userIdentity": by("config.amazonaws.com"), "errorCode": "DisabledException" }),
            Nature::Incident,
        ),
        (
            json!({ "userIdentity": by("s3.amazonaws.com") }),
            Nature::Incident,
        ),
        (
            json!({ "sourceIPAddress": "config.amazonaws.com" }),
            Nature::Incident,
        ),
    ] {
        let findings = read([event(1, &set)]);
        assert_eq!(findings.groups()[0].key().nature, nature, "{set}");
    }
}

/// A change of the denied key at this time.
fn change(operation: &str, time: &str) -> String {
    let key = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    json!({ "eventName": operation, "eventTime": time, "requestParameters": { "keyId": key },
        "userIdentity": { "type": "IAMUser", "userName": time } })
    .to_string()
}

#[test]
fn the_latest_likely_change_before_the_first_error_is_kept() {
    let mut findings = read([
        event(1, &json!({})),
        event(2, &json!({ "errorCode": "ThrottlingException" })),
    ]);
    assert_eq!(
        findings.suspects().into_iter().collect::<Vec<_>>(),
        ["PutKeyPolicy", "RetireGrant", "RevokeGrant"]
    );
    assert_eq!(
        findings.first_suspicious(),
        Some("2026-11-23T09:46:40Z".parse().unwrap())
    );
    for (operation, time) in [
        ("RevokeGrant", "2026-11-23T09:30:00Z"),
        ("PutKeyPolicy", "2026-11-23T09:46:40Z"),
        ("PutKeyPolicy", "2026-11-23T09:40:00Z"),
        ("PutKeyPolicy", "2026-11-23T09:46:41Z"),
        ("DisableKey", "2026-11-23T09:46:30Z"),
    ] {
        findings.read_change(&change(operation, time));
    }
    findings.read_change("no event");
    let groups = findings.groups();
    let denied = groups
        .iter()
        .find(|group| group.key().code == "AccessDenied")
        .unwrap();
    let kept = denied.change().unwrap();
    assert_eq!(
        (kept.operation.as_str(), kept.by.as_str()),
        ("PutKeyPolicy", "2026-11-23T09:46:40Z (IAM user)")
    );
    let throttled = groups
        .iter()
        .find(|group| group.key().code != "AccessDenied")
        .unwrap();
    assert_eq!(throttled.change(), None);
    assert_eq!(findings.found(), 2, "a change is no call that failed");
}
