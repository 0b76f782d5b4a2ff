//! Whose concern calls are.

use super::*;

#[test]
fn calls_that_concern_nobody_come_last() {
    let probe =
        json!({ "arn": "arn:aws:sts::1:assumed-role/r/s", "invokedBy": "config.amazonaws.com" });
    let findings = read((0..20).map(|id| event(id, &json!({ "userIdentity": probe }))).chain([
        event(30, &json!({ "userIdentity": { "arn": "arn:aws:sts::1:assumed-role/r/s" }, "errorCode": "ValidationException" })),
        event(31, &json!({ "errorCode": "DryRunOperationException" })),
    ]));
    let told: Vec<_> = findings
        .groups()
        .iter()
        .map(|(group, severity)| (group.concern, *severity, group.count))
        .collect();
    assert_eq!(
        told,
        [
            (Concern::Application, Severity::Low, 1),
            (Concern::Probe, Severity::Info, 20),
            (Concern::DryRun, Severity::Info, 1),
        ]
    );
}

#[test]
fn only_a_denial_of_what_the_service_is_known_to_try_is_a_probe() {
    let by =
        |service: &str| json!({ "arn": "arn:aws:sts::1:assumed-role/r/s", "invokedBy": service });
    for (set, concern) in [
        (
            json!({ "userIdentity": by("config.amazonaws.com") }),
            Concern::Probe,
        ),
        (
            json!({ "userIdentity": by("config.amazonaws.com"), "eventName": "Encrypt" }),
            Concern::Application,
        ),
        (
            json!({ "userIdentity": by("config.amazonaws.com"), "errorCode": "DisabledException" }),
            Concern::Application,
        ),
        (
            json!({ "userIdentity": by("s3.amazonaws.com") }),
            Concern::Application,
        ),
        (
            json!({ "sourceIPAddress": "config.amazonaws.com" }),
            Concern::Application,
        ),
    ] {
        let findings = read([event(1, &set)]);
        assert_eq!(findings.groups()[0].0.concern, concern, "{set}");
    }
}
