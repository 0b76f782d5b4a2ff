use serde_json::{Value, json};

use super::*;

const PROBE: &str = include_str!("../../tests/cloudtrail/decrypt-access-denied.json");

/// A rule with these conditions.
fn rule(conditions: &str) -> Rule {
    let text = format!("{conditions}, until=2027-01-31, why=known");
    Rule::read(1, &text).unwrap()
}

fn is_about(conditions: &str, set: &Value) -> bool {
    let mut event: Value = serde_json::from_str(PROBE).unwrap();
    for (name, value) in set.as_object().unwrap() {
        event[name] = value.clone();
    }
    let event = event.to_string();
    rule(conditions).is_about(&Event::parse(&event).unwrap())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn check_unreadable(rule: &str, expected: &str) {
    let rules = Rules::read(rule);
    assert_eq!(rules.problems().collect::<Vec<_>>(), [expected], "{rule}");
    assert_eq!(rules.at(at("2026-11-23T09:48:20Z")), InForce::default());
}

#[test]
fn a_call_must_meet_every_condition_of_a_rule() {
    let of_config = json!({
        "errorCode": "AccessDenied",
        "eventName": "Decrypt",
        "userIdentity": {
            "invokedBy": "config.amazonaws.com",
            "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::1:role/path/recorder" } },
        },
    });
    for (conditions, expected) in [
        ("code=AccessDenied", true),
        ("code=AccessDeniedException", false),
        ("code=Access*", true),
        ("operation=Decrypt, by=config.amazonaws.com", true),
        ("operation=Encrypt, by=config.amazonaws.com", false),
        ("operation=Decrypt, by=s3.amazonaws.com", false),
        ("role=recorder", true),
        ("role=arn:aws:iam::1:role/path/recorder", true),
        ("role=arn:aws:iam::1:role/path/*", true),
        ("role=path", false),
        ("role=record", false),
        ("role=rec*", true),
        ("role=a*", false),
        ("role=arn:*", true),
        ("code=accessdenied", false),
    ] {
        assert_eq!(is_about(conditions, &of_config), expected, "{conditions}");
    }
    // Neither the words for an unknown caller nor the type of an identity is a name.
    for identity in [json!(null), json!({}), json!({ "type": "AssumedRole" })] {
        for conditions in ["role=a*", "role=A*"] {
            let set = json!({ "userIdentity": identity });
            assert!(!is_about(conditions, &set), "{conditions} {identity}");
        }
    }
    assert!(!is_about(
        "by=config.amazonaws.com",
        &json!({ "userIdentity": null })
    ));
}

#[test]
fn a_key_is_known_by_its_arn_its_id_or_its_alias() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let set = json!({
        "errorMessage": null,
        "resources": [{ "ARN": key, "type": "AWS::KMS::Key" }],
        "requestParameters": { "keyId": "alias/orders" },
    });
    for conditions in [
        "key=1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
        "key=1234abcd*".to_owned(),
        "key=alias/orders".to_owned(),
        "key=alias/*".to_owned(),
        format!("key={key}"),
        "key=arn:aws:kms:eu-west-1:*".to_owned(),
    ] {
        assert!(is_about(&conditions, &set), "{conditions}");
    }
    for conditions in ["key=alias/other", "key=a*", "key=al*"] {
        assert!(!is_about(conditions, &set), "{conditions}");
    }
    let elsewhere = json!({
        "errorMessage": null,
        "resources": null,
        "requestParameters": { "keyId": "arn:aws:kms:eu-west-1:444455556666:alias/orders" },
    });
    assert!(!is_about("key=alias/orders", &elsewhere));
    assert!(is_about(
        "key=arn:aws:kms:eu-west-1:444455556666:alias/orders",
        &elsewhere
    ));
    let of_two = json!({
        "errorMessage": null,
        "resources": null,
        "requestParameters": { "sourceKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
            "destinationKeyId": "alias/orders" },
    });
    for conditions in ["key=1234abcd*", "key=alias/orders"] {
        assert!(
            !is_about(conditions, &of_two),
            "it may have failed on the other"
        );
    }
    let mut on_one = of_two.clone();
    on_one["errorMessage"] = format!("{key} is disabled.").into();
    assert!(is_about("key=1234abcd*", &on_one));
    assert!(!is_about("key=alias/orders", &on_one));
}

#[test]
fn nobody_chooses_a_name_that_a_rule_knows() {
    let federated = json!({ "userIdentity": {
        "type": "FederatedUser",
        "arn": "arn:aws:sts::111122223333:federated-user/recorder",
    } });
    assert!(!is_about("role=recorder", &federated));
    assert!(is_about(
        "role=arn:aws:sts::111122223333:federated-user/recorder",
        &federated
    ));
}

#[test]
fn a_reason_and_a_role_may_hold_commas() {
    let rule = Rule::read(
        2,
        " role = a,b , until=2027-01-31, why=known, and harmless,",
    );
    let rule = rule.unwrap();
    assert_eq!((rule.number, rule.why.as_str()), (2, "known, and harmless"));
    let event = json!({ "userIdentity": { "arn": "arn:aws:sts::1:assumed-role/a,b/x" } });
    assert!(rule.is_about(&Event::parse(&event.to_string()).unwrap()));
}

#[test]
fn a_rule_holds_until_the_end_of_its_last_day() {
    let rules = Rules::read("code=AccessDenied, until=2027-01-31, why=config recorder");
    let (last, after) = (at("2027-01-31T23:59:59Z"), at("2027-02-01T00:00:00Z"));
    assert_eq!(rules.at(last), InForce(vec![rule_of(&rules)]));
    assert_eq!(rules.notices(last), Vec::<String>::new());
    assert_eq!(rules.at(after), InForce::default());
    assert_eq!(
        rules.notices(after),
        [
            "Ignore, rule 1 (config recorder) expired on 2027-01-31, so it ignores nothing. Remove it or \
          give it a later day."
        ]
    );
}

fn rule_of(rules: &Rules) -> Rule {
    rules.readable().next().unwrap().clone()
}

#[test]
fn what_cannot_be_read_ignores_nothing_and_keeps_its_place() {
    let rules = Rules::read(
        "code=AccessDenied, until=soon, why=known; ;code=AccessDenied, until=2027-01-31, why=known",
    );
    let now = at("2026-11-23T09:48:20Z");
    assert_eq!(
        rules.notices(now),
        [
            "Ignore, rule 1: \"until=soon\": use a date such as 2027-01-31. The rule ignores \
          nothing until that is put right."
        ]
    );
    let numbers: Vec<_> = rules.at(now).0.iter().map(|rule| rule.number).collect();
    assert_eq!(numbers, [2]);
}

#[test]
fn the_rule_that_comes_first_decides() {
    let rules = Rules::read(
        "code=Disabled*, until=2027-01-31, why=a; code=Access*, until=2027-01-31, why=b; \
         operation=Decrypt, until=2027-01-31, why=c",
    );
    let rules = rules.at(at("2026-11-23T09:48:20Z"));
    let event = Event::parse(PROBE).unwrap();
    assert_eq!(rules.rule_for(&event).unwrap().number, 2);
}

#[test]
fn a_wrong_rule_says_what_to_write() {
    for (rule, expected) in [
        (
            "code",
            "rule 1: \"code\": write name=value; a semicolon begins another rule",
        ),
        ("code=\"A\"", "rule 1: \"code=\"A\"\": leave the quotes out"),
        (
            "by=config",
            "rule 1: \"by=config\": give the service as CloudTrail does, such as \
             config.amazonaws.com",
        ),
        (
            "role=config.amazonaws.com",
            "rule 1: \"role=config.amazonaws.com\": this is a service: use by in place of role",
        ),
        ("code=", "rule 1: \"code=\": give it a value"),
        (
            "code=*",
            "rule 1: \"code=*\": * alone stands for anything: leave the field out",
        ),
        ("code=A*d", "rule 1: \"code=A*d\": use * only at the end"),
        (
            "code=A, B",
            "rule 1: \"code=A, B\": give one value; another one needs a rule of its own",
        ),
        ("code=A, code=B", "rule 1: \"code=B\": give each field once"),
        (
            "code=A, until=2027-1-31",
            "rule 1: \"until=2027-1-31\": use a date such as 2027-01-31",
        ),
        (
            "code=A, until=2027-02-29",
            "rule 1: \"until=2027-02-29\": use a date such as 2027-01-31",
        ),
        (
            "code=A, until=2027-01-31",
            "rule 1: why is missing: the reason",
        ),
        (
            "code=A, why=known",
            "rule 1: until is missing: its last day",
        ),
        (
            "code=A, until=2027-01-31, why=",
            "rule 1: \"why=\": say why",
        ),
        (
            "until=2027-01-31, why=all",
            "rule 1: it would ignore everything: give at least one of code, operation, by, key and \
             role",
        ),
    ] {
        check_unreadable(rule, expected);
    }
    let long = format!("why={}", "a".repeat(101));
    let shown = format!("{}…", "a".repeat(75));
    check_unreadable(
        &long,
        &format!("rule 1: \"why={shown}\": say it in at most 100 characters"),
    );
}
