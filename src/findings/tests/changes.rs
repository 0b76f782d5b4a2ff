//! Which change of a key may explain why calls failed, and which may not.

use jiff::Timestamp;

use super::*;

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A change of the key at this time on 23 November.
fn change(operation: &str, time: &str) -> String {
    json!({ "eventID": format!("{operation} {time}"), "eventName": operation,
        "eventTime": format!("2026-11-23T{time}Z"), "requestParameters": { "keyId": KEY },
        "awsRegion": "ap-southeast-2", "recipientAccountId": "111122223333",
        "userIdentity": { "type": "IAMUser", "userName": time } })
    .to_string()
}

/// What is told about calls that failed with this code and message, after these changes.
fn told(code: &str, message: &str, changes: &[(&str, &str)], read_back_to: &str) -> Vec<String> {
    let set = json!({ "errorCode": code, "errorMessage": format!("{KEY} {message}") });
    let mut findings = read([event(1, &set)]);
    for (operation, time) in changes {
        findings.read_change(&change(operation, time));
    }
    findings.explain(read_back_to.parse().unwrap());
    let groups = findings.groups();
    let changes = groups[0].0.changes.iter();
    changes
        .map(|change| format!("{} {}", change.operation, change.at))
        .collect()
}

/// All changes of that day were read; the first call failed at 09:46:40.
#[track_caller]
fn check(code: &str, message: &str, changes: &[(&str, &str)], expected: &[&str]) {
    let told = told(code, message, changes, "2026-11-22T00:00:00Z");
    assert_eq!(told, expected, "{code} {message}: {changes:?}");
}

#[test]
fn the_newest_likely_change_before_the_first_failure_counts() {
    check(
        "DisabledException",
        "is disabled.",
        &[
            ("DisableKey", "09:30:00"),
            ("DisableKey", "09:46:40"),
            ("DisableKey", "09:40:00"),
            ("DisableKey", "09:46:41"),
            ("PutKeyPolicy", "09:46:00"),
        ],
        &["DisableKey 2026-11-23T09:46:40Z"],
    );
}

#[test]
fn a_change_that_was_undone_explains_nothing() {
    let drill = [("DisableKey", "07:00:00"), ("EnableKey", "07:02:00")];
    check("DisabledException", "is disabled.", &drill, &[]);
    check(
        "KMSInvalidStateException",
        "is pending import.",
        &drill,
        &[],
    );
    let canceled = [
        ("ScheduleKeyDeletion", "07:00:00"),
        ("CancelKeyDeletion", "08:00:00"),
    ];
    check(
        "KMSInvalidStateException",
        "is pending deletion.",
        &canceled,
        &[],
    );
    check(
        "DisabledException",
        "is disabled.",
        &canceled,
        &["CancelKeyDeletion 2026-11-23T08:00:00Z"],
    );
}

#[test]
fn a_policy_change_is_told_before_a_grant_that_was_revoked_later() {
    let message =
        "is not authorized to perform: kms:Decrypt because no resource-based policy allows it";
    check(
        "AccessDenied",
        message,
        &[("PutKeyPolicy", "09:30:00"), ("RevokeGrant", "09:45:00")],
        &[
            "PutKeyPolicy 2026-11-23T09:30:00Z",
            "RevokeGrant 2026-11-23T09:45:00Z",
        ],
    );
}

#[test]
fn a_denial_by_the_organization_is_no_ones_key_change() {
    let message = "with an explicit deny in a service control policy";
    check(
        "AccessDenied",
        message,
        &[("PutKeyPolicy", "09:30:00")],
        &[],
    );
}

#[test]
fn nobody_is_named_when_the_newest_changes_were_not_all_read() {
    let changes = [("DisableKey", "09:30:00")];
    let told = |back_to| told("DisabledException", "is disabled.", &changes, back_to);
    assert_eq!(told("2026-11-23T09:00:00Z").len(), 1);
    assert_eq!(
        told("2026-11-23T09:40:00Z"),
        [""; 0],
        "a newer one may be missing"
    );
    assert_eq!(
        told("2026-11-23T09:50:00Z"),
        [""; 0],
        "the first failure was not reached"
    );
}

#[test]
fn a_change_elsewhere_explains_nothing() {
    let set =
        json!({ "errorCode": "DisabledException", "errorMessage": format!("{KEY} is disabled.") });
    for (field, value) in [
        ("awsRegion", json!("eu-west-1")),
        (
            "requestParameters",
            json!({ "keyId": KEY.replace("1234abcd", "0987dcba") }),
        ),
        ("errorCode", json!("AccessDenied")),
    ] {
        let mut findings = read([event(1, &set)]);
        let mut other: Value = serde_json::from_str(&change("DisableKey", "09:30:00")).unwrap();
        other[field] = value;
        findings.read_change(&other.to_string());
        findings.explain(Timestamp::MIN);
        assert!(findings.groups()[0].0.changes.is_empty(), "{field}");
    }
}

#[test]
fn what_undoes_a_change_is_looked_for_too() {
    let findings = read([event(
        1,
        &json!({ "errorCode": "DisabledException", "errorMessage": "x is disabled." }),
    )]);
    let suspects: Vec<_> = findings.suspects().into_iter().collect();
    let expected = [
        "CancelKeyDeletion",
        "DisableKey",
        "EnableKey",
        "ScheduleKeyDeletion",
    ];
    assert_eq!(suspects, expected);
    assert_eq!(
        findings.first_suspicious(),
        Some("2026-11-23T09:46:40Z".parse().unwrap())
    );
}
