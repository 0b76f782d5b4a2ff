use serde_json::{Value, json};

use super::*;

const DISABLED: &str = include_str!("../../../tests/cloudtrail/disable-key.json");
const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const ARN: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn change(set: &Value) -> Option<KeyChange> {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    for (name, value) in set.as_object().unwrap() {
        event[name] = value.clone();
    }
    KeyChange::of(&Event::parse(&event.to_string()).unwrap())
}

#[test]
fn a_change_says_who_made_it_and_when() {
    let change = change(&json!({})).unwrap();
    assert_eq!(change.operation, "DisableKey");
    assert_eq!(change.by, "alice (IAM user)");
    assert_eq!(change.at, "2026-11-23T09:45:29Z".parse().unwrap());
    let id = "e0e1e2e3-0000-4000-8000-000000000090";
    assert_eq!(change.event_id.as_deref(), Some(id));
}

#[test]
fn a_change_that_failed_is_none() {
    assert_eq!(change(&json!({ "errorCode": "AccessDenied" })), None);
    assert_eq!(change(&json!({ "eventTime": "yesterday" })), None);
}

#[track_caller]
fn check_by(identity: &Value, by: &str) {
    assert_eq!(change(&json!({ "userIdentity": identity })).unwrap().by, by);
}

#[test]
fn a_change_names_the_caller_and_the_type_of_identity() {
    check_by(
        &json!({ "type": "Root", "arn": "arn:aws:iam::1:root" }),
        "the root user",
    );
    let admin = json!({ "type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/admin/bob@example.com",
        "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::1:role/ops/admin" } } });
    check_by(&admin, "role admin (session named bob@example.com)");
    let mut deployed = admin.clone();
    deployed["invokedBy"] = json!("cloudformation.amazonaws.com");
    check_by(
        &deployed,
        "role admin (session named bob@example.com) through cloudformation.amazonaws.com",
    );
    let service = json!({ "type": "AWSService", "invokedBy": "dynamodb.amazonaws.com" });
    check_by(&service, "dynamodb.amazonaws.com (AWS service)");
    let person = json!({ "type": "IdentityCenterUser", "onBehalfOf": { "userId": "94482488" } });
    check_by(&person, "94482488 (Identity Center user)");
    check_by(&json!({}), "an unknown caller");
}

#[test]
fn a_change_concerns_the_key_by_any_of_its_names() {
    let by_id = change(&json!({ "resources": [] })).unwrap();
    let by_arn =
        change(&json!({ "requestParameters": { "keyId": ARN }, "resources": [] })).unwrap();
    let key = |name| Key {
        name: Some(name),
        ..Key::default()
    };
    for (change, name, expected) in [
        (&by_id, ID, true),
        (&by_id, ARN, true),
        (&by_arn, ID, true),
        (&by_arn, ARN, true),
        (
            &by_arn,
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            false,
        ),
        (&by_arn, "alias/orders", false),
        (&by_id, "", false),
    ] {
        assert_eq!(change.concerns(key(name)), expected, "{change:?} {name}");
    }
    let elsewhere = Key {
        region: Some("us-east-1"),
        ..key(ID)
    };
    assert!(!by_id.concerns(elsewhere));
    assert!(!by_id.concerns(Key::default()));
}

#[test]
fn an_alias_and_a_key_store_are_names_too() {
    let moved = json!({ "eventName": "UpdateAlias", "requestParameters": { "aliasName": "alias/orders", "targetKeyId": ID } });
    let moved = change(&moved).unwrap();
    let arn = "arn:aws:kms:ap-southeast-2:111122223333:alias/orders";
    for alias in ["alias/orders", arn] {
        assert!(
            moved.concerns(Key {
                alias: Some(alias),
                ..Key::default()
            }),
            "{alias}"
        );
    }
    let parameters = json!({ "customKeyStoreId": "cks-1234" });
    let parted = json!({ "requestParameters": parameters, "resources": [] });
    let parted = change(&parted).unwrap();
    assert!(parted.concerns(Key {
        key_store: Some("cks-1234"),
        ..Key::default()
    }));
    assert!(!parted.concerns(Key {
        name: Some(ARN),
        ..Key::default()
    }));
}

#[test]
fn an_alias_that_is_pointed_at_a_key_is_no_change_of_that_key() {
    let moved = json!({ "eventName": "UpdateAlias", "resources": [{ "ARN": ARN }],
        "requestParameters": { "aliasName": "alias/unrelated", "targetKeyId": ID } });
    let moved = change(&moved).unwrap();
    for alias in [None, Some("alias/orders")] {
        let key = Key {
            name: Some(ARN),
            alias,
            ..Key::default()
        };
        assert!(!moved.concerns(key), "{alias:?}");
    }
}

#[test]
fn an_alias_of_another_account_is_another_alias() {
    let deleted = json!({ "eventName": "DeleteAlias", "recipientAccountId": "444455556666",
        "requestParameters": { "aliasName": "alias/orders" }, "resources": [] });
    let deleted = change(&deleted).unwrap();
    let key = |account| Key {
        alias: Some("alias/orders"),
        account: Some(account),
        ..Key::default()
    };
    assert!(!deleted.concerns(key("111122223333")));
    assert!(deleted.concerns(key("444455556666")));
}

#[test]
fn the_pattern_for_all_changes_is_the_approved_one() {
    let operations = [
        "CancelKeyDeletion",
        "ConnectCustomKeyStore",
        "CreateAlias",
        "DeleteAlias",
        "DeleteImportedKeyMaterial",
        "DisableKey",
        "DisconnectCustomKeyStore",
        "EnableKey",
        "ImportKeyMaterial",
        "PutKeyPolicy",
        "RetireGrant",
        "RevokeGrant",
        "ScheduleKeyDeletion",
        "UpdateAlias",
        "UpdateCustomKeyStore",
    ];
    let pattern = key_change_pattern(operations);
    assert!(pattern.len() <= 1_024, "{}", pattern.len());
    let approved = include_str!("../../../tests/cloudtrail/key-change-pattern.txt");
    assert_eq!(pattern, approved.trim_end());
}
