//! Whose concern calls are, and which change of a key may explain them.

use super::*;

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
