//! However many kinds of calls there are, the bad ones are seen and the numbers add up.

use super::*;

/// A call on a key that does not exist.
fn not_found(id: usize, alias: &str) -> String {
    let message = format!("Alias arn:aws:kms:eu-west-1:111122223333:alias/{alias} is not found.");
    let set = json!({ "errorCode": "NotFoundException", "errorMessage": message, "resources": [],
        "requestParameters": { "keyId": format!("alias/{alias}") } });
    event(id, &set)
}

fn check_sum(findings: &Findings) {
    let grouped: u64 = findings.groups().iter().map(|(group, _)| group.count).sum();
    assert_eq!(grouped + findings.ungrouped, findings.found);
    assert!(findings.groups().len() <= 50);
}

#[test]
fn many_keys_of_one_kind_are_told_together() {
    let mut findings = read((0..55).map(|id| not_found(id, &format!("customer-{id}"))));
    for id in 55..60 {
        findings.read(&event(id, &json!({ "errorCode": "DisabledException" })));
    }
    let groups = findings.groups();
    let told: Vec<_> = groups
        .iter()
        .map(|(group, severity)| (*severity, group.count, group.keys.count()))
        .collect();
    assert_eq!(told, [(Severity::Critical, 5, 1), (Severity::High, 55, 55)]);
    assert_eq!(
        (groups[1].0.key(), groups[1].0.alias()),
        (None, None),
        "none stands for all"
    );
    check_sum(&findings);
}

#[test]
fn a_few_keys_are_told_one_by_one() {
    let findings = read((0..10).map(|id| not_found(id, &format!("customer-{id}"))));
    assert_eq!(findings.groups().len(), 10);
}

#[test]
fn what_has_no_room_is_the_least_severe_and_is_counted() {
    let made_up = |id: usize| {
        let set = json!({ "errorCode": "ValidationException", "eventName": format!("Made{id}") });
        event(id, &set)
    };
    let mut findings = read((0..80).map(made_up));
    assert_eq!((findings.found, findings.ungrouped), (80, 30));
    check_sum(&findings);
    for id in 80..280 {
        findings.read(&event(id, &json!({ "errorCode": "DisabledException" })));
    }
    let (worst, severity) = findings.groups()[0];
    assert_eq!((worst.count, severity), (200, Severity::Critical));
    assert_eq!((findings.found, findings.ungrouped), (280, 31));
    check_sum(&findings);
    for id in 280..380 {
        findings.read(&made_up(id));
    }
    assert_eq!(
        findings.groups()[0].0.count,
        200,
        "nothing less severe takes its place"
    );
    check_sum(&findings);
}

#[test]
fn a_scan_over_many_keys_is_a_burst() {
    let denied = |id: usize| {
        let key =
            format!("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-{id:012}");
        event(
            id,
            &json!({ "requestParameters": null, "resources": [{ "ARN": key }] }),
        )
    };
    let severities = |count| {
        let findings = read((0..count).map(denied));
        let groups = findings.groups();
        groups.iter().map(|(_, severity)| *severity).max().unwrap()
    };
    assert_eq!(severities(9), Severity::Medium);
    assert_eq!(severities(10), Severity::High);
    assert_eq!(severities(49), Severity::High);
}

#[test]
fn another_kind_of_policy_is_another_group() {
    let denied = |id, clause: &str| {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let message = format!(
            "User: x is not authorized to perform: kms:Decrypt on resource: {key} because no {clause} allows it"
        );
        event(id, &json!({ "errorMessage": message }))
    };
    let findings = read([
        denied(1, "resource-based policy"),
        denied(2, "identity-based policy"),
        denied(3, "resource-based policy"),
    ]);
    let counts: Vec<_> = findings
        .groups()
        .iter()
        .map(|(group, _)| group.count)
        .collect();
    assert_eq!(counts, [2, 1]);
}
