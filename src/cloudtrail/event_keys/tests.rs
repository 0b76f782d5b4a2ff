use serde_json::{Value, json};

use super::*;

#[track_caller]
fn check_key(event: &Value, key: Option<&str>) {
    let text = event.to_string();
    assert_eq!(Event::parse(&text).unwrap().key(), key);
}

#[test]
fn the_key_is_the_resource_or_what_the_caller_asked_for() {
    let arn = "arn:aws:kms:us-east-1:444455556666:key/k";
    let resource = json!({ "ARN": arn, "type": "AWS::KMS::Key", "accountId": "444455556666" });
    check_key(
        &json!({ "resources": [{ "ARN": "x", "type": "AWS::S3::Object" }, resource] }),
        Some(arn),
    );
    check_key(
        &json!({ "resources": [{ "ARNPrefix": "p", "type": "AWS::KMS::Key" }] }),
        Some("p"),
    );
    check_key(
        &json!({ "resources": null, "requestParameters": { "keyId": "alias/a" } }),
        Some("alias/a"),
    );
    check_key(
        &json!({ "requestParameters": { "keyId": "", "destinationKeyId": "d" } }),
        Some("d"),
    );
    check_key(
        &json!({ "requestParameters": { "sourceKeyId": "s" } }),
        Some("s"),
    );
    check_key(&json!({ "requestParameters": null }), None);
    let text = json!({ "resources": [resource], "recipientAccountId": "111122223333" }).to_string();
    let event = Event::parse(&text).unwrap();
    let owner = event.key().and_then(|key| event.other_account(key));
    assert_eq!(owner, Some("444455556666"));
}

#[test]
fn old_events_give_no_resource_type_and_new_ones_more_fields() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/k";
    let old = json!({ "eventVersion": "1.02", "errorCode": "DisabledException",
        "resources": [{ "ARN": "arn:aws:s3:::b" }, { "ARN": arn, "accountId": "111122223333" }] });
    check_key(&old, Some(arn));
    let new = json!({ "eventVersion": "1.11", "tlsDetails": { "tlsVersion": "TLSv1.3" },
        "additionalEventData": { "keyMaterialId": "m", "customKeyStoreId": "cks-1" },
        "userIdentity": { "inScopeOf": { "issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": "a" } } });
    let text = new.to_string();
    let event = Event::parse(&text).unwrap();
    assert_eq!(event.principal().issued_to, Some("a"));
    let extra = event.additional_event_data.get().unwrap();
    assert_eq!(extra.custom_key_store_id.get(), Some("cks-1"));
}

#[test]
fn a_call_with_two_keys_has_both() {
    let key = |name| json!({ "ARN": format!("arn:aws:kms:us-east-1:1:key/{name}"), "type": "AWS::KMS::Key" });
    let text = json!({ "eventName": "ReEncrypt", "resources": [key("a"), key("b")] }).to_string();
    let event = Event::parse(&text).unwrap();
    let [one, other] = ["a", "b"].map(|name| format!("arn:aws:kms:us-east-1:1:key/{name}"));
    assert_eq!(event.key(), Some(one.as_str()));
    assert_eq!(event.other_key(&one), Some(other.as_str()));
    assert_eq!(event.other_key(&other), Some(one.as_str()));
    let asked = json!({ "sourceKeyId": "s", "destinationKeyId": "alias/d" });
    let text = json!({ "requestParameters": asked }).to_string();
    let event = Event::parse(&text).unwrap();
    assert_eq!(
        (event.key(), event.other_key("s")),
        (Some("s"), Some("alias/d"))
    );
    let text = json!({ "requestParameters": { "destinationKeyId": "d" } }).to_string();
    assert_eq!(Event::parse(&text).unwrap().other_key("d"), None);
}

#[test]
fn the_alias_that_the_caller_used_is_known_beside_the_key() {
    for (asked, alias) in [
        ("alias/orders", Some("alias/orders")),
        ("arn:aws:kms:us-east-1:1:alias/a/b", Some("alias/a/b")),
        ("arn:aws:kms:us-east-1:1:key/k", None),
        ("my-alias/x", None),
    ] {
        let text = json!({ "requestParameters": { "keyId": asked } }).to_string();
        assert_eq!(Event::parse(&text).unwrap().alias(), alias, "{asked}");
    }
}
