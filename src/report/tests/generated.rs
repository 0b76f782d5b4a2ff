//! What holds whatever the events hold: limits, valid JSON, counts that add up, no control
//! characters, no link of a caller's.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

use super::*;
use crate::text;

/// Text as callers might send it, friendly or not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9/_.-]{0,40}",
        2 => any::<String>(),
        1 => "(https?://|www\\.|<!|`|@|\\$\\(|'|\"|\r\n|\u{202e}|\u{0}|evil\\.example| ){1,12}",
        1 => Just("https://evil.example/a?b".repeat(200)),
        1 => Just("\"\\ä€😀\n".repeat(400)),
    ]
}

/// A key by any of its names, or none.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
                .to_owned()
        ),
        Just("alias/orders".to_owned()),
        text(),
    ]
}

fn code() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "AccessDenied",
        "DisabledException",
        "NotFoundException",
        "KMSInvalidStateException",
        "ThrottlingException",
        "DryRunOperationException",
        "IncorrectKeyException",
        "XksProxyUriUnreachableException",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => text()]
}

fn error_message() -> impl Strategy<Value = String> {
    let clauses = prop::sample::select(vec![
        "because no identity-based policy allows the kms:Decrypt action",
        "because no resource-based policy allows it",
        "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/p-1",
        "with an explicit deny in a VPC endpoint policy",
        "because no grant allows",
    ]);
    prop_oneof![
        text(),
        (text(), text(), clauses).prop_map(|(user, key, clause)| {
            format!(
                "User: {user} is not authorized to perform: kms:Decrypt on resource: {key} {clause}"
            )
        }),
    ]
}

/// One log message: mostly an event, with whatever may be missing missing.
fn event() -> impl Strategy<Value = String> {
    let who = (text(), text(), text(), prop::option::of(text()));
    let what = (code(), text(), key(), error_message());
    let times = (0_i64..4_000, 0_u32..40);
    let rest = (
        text(),
        text(),
        prop::collection::vec((text(), text()), 0..4),
        any::<[bool; 6]>(),
    );
    (who, what, times, rest).prop_map(|((role, session, issued_to, service), (code, operation, key, message), (seconds, id), (agent, source, context, keep))| {
        let time = jiff::Timestamp::from_second(1_795_427_000 + seconds).unwrap();
        let context: serde_json::Map<_, _> = context.into_iter().map(|(name, value)| (name, value.into())).collect();
        let mut event = json!({
            "eventID": format!("e-{id}"), "eventTime": time.to_string(), "eventName": operation,
            "errorCode": code, "errorMessage": message, "userAgent": agent, "sourceIPAddress": source,
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "requestID": source,
            "requestParameters": { "keyId": key, "encryptionContext": context },
            "resources": [{ "ARN": key, "type": "AWS::KMS::Key" }],
            "userIdentity": { "type": "AssumedRole", "arn": format!("arn:aws:sts::1:assumed-role/{role}/{session}"),
                "invokedBy": service, "inScopeOf": { "credentialsIssuedTo": issued_to },
                "sessionContext": { "sessionIssuer": { "arn": format!("arn:aws:iam::1:role/{role}") } } },
        });
        let fields = ["errorCode", "errorMessage", "userIdentity", "eventTime", "eventID", "resources"];
        for (field, _) in fields.iter().zip(keep).filter(|(_, keep)| !keep) {

            if seconds % 2 == 0 {
                event[*field] = Value::Null;
            }
        }
        event.to_string()
    })
}

fn log_message() -> impl Strategy<Value = String> {
    prop_oneof![9 => event(), 1 => text()]
}

fn changes() -> impl Strategy<Value = String> {
    (key(), text(), prop::sample::select(vec!["DisableKey", "PutKeyPolicy", "DeleteAlias"])).prop_map(|(key, by, operation)| {
        json!({ "eventName": operation, "eventTime": "2026-11-23T09:00:00Z", "requestParameters": { "keyId": key },
            "userIdentity": { "type": "IAMUser", "userName": by }, "awsRegion": "eu-west-1" })
        .to_string()
    })
}

/// Every link begins at one of the console's hosts.
#[track_caller]
fn check_links(text: &str) {
    for (at, _) in text.match_indices("://") {
        let address = text[..at]
            .rsplit(|character: char| !character.is_ascii_alphabetic())
            .next()
            .unwrap();
        let host = text[at + 3..].split('/').next().unwrap();
        let is_ours = address == "https" && host.ends_with(".console.aws.amazon.com");
        assert!(is_ours, "{address}://{host}");
    }
    for planted in ["evil.example", "www.e"] {
        let around = text
            .find(planted)
            .map(|at| text[..at].chars().rev().take(80).collect::<String>());
        assert_eq!(around, None, "{planted} behind this, read backwards");
    }
}

/// Every text in a JSON value.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(20_261_123),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_event_breaks_an_alert(
        messages in prop::collection::vec(log_message(), 0..40),
        changes in prop::collection::vec(changes(), 0..4),
        counted in 0_u32..100,
        https in prop::sample::select(vec![HttpsFormat::Json, HttpsFormat::Chat, HttpsFormat::Slack, HttpsFormat::Alarm]),
        outcome in prop::sample::select(vec![Progress::Complete, Progress::OutOfTime, Progress::Failed]),
    ) {
        let mut case = Case::alarm();
        case.change.datapoints[0].value = counted.into();
        case.searches[0].progress = outcome;
        case.https = https;
        for message in &messages {
            case.findings.read_decisive(message);
        }
        for change in &changes {
            case.findings.read_change(change);
        }
        let case = case.explained();
        let message = case.message();
        let object: Value = serde_json::from_str(&message.json).unwrap();
        let https = message.https.as_deref().unwrap_or("null");
        let https: Value = serde_json::from_str(https).unwrap();
        let plain = [&message.mail, &message.sms, &message.subject].map(String::as_str);
        for text in plain.into_iter().chain(strings(&object)).chain(strings(&https)) {
            check_links(&text.replace("file://key-policy.json", ""));
        }
        for group in object["groups"].as_array().unwrap() {
            for change in group["changes"].as_array().unwrap() {
                let by = change["by"].as_str().unwrap();
                let made = |made: &String| {
                    let made: Value = serde_json::from_str(made).unwrap();
                    let user = made["userIdentity"]["userName"].as_str().unwrap();
                    made["eventName"] == change["operation"]
                        && (user.is_empty() || by == text::harmless(&format!("{user} (IAM user)"), 200) || user.len() > 100)
                };
                prop_assert!(changes.iter().any(made), "nobody else is named: {}", by);
                prop_assert!(change["at"].as_str() <= group["first"].as_str(), "not after the first failure");
            }
        }
        let all = messages.concat();
        for (at, _) in message.mail.match_indices("key ") {
            let word = message.mail[at + 4..].split([' ', '.', ',', ':', '\n']).next().unwrap();
            if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                prop_assert!(all.contains(word), "a key that no event names: {}", word);
            }
        }
        let count = |name: &str| object["counts"][name].as_u64().unwrap();
        let read = count("found") + count("duplicates") + count("notErrors") + count("unreadable");
        prop_assert_eq!(read, messages.len() as u64, "every message is in one count");
        let groups = object["groups"].as_array().unwrap();
        let grouped: u64 = groups.iter().map(|group| group["count"].as_u64().unwrap()).sum();
        if object["counts"]["leftOut"]["groups"] == 0 && object["counts"]["leftOut"]["calls"] == 0 {
            prop_assert_eq!(grouped, count("found"), "every call is in one group");
        }
        prop_assert_eq!(object["counts"]["counted"].as_u64(), Some(u64::from(counted)));
        let controls = |text: &str| text.chars().any(|character| character.is_control() && character != '\n');
        prop_assert!(!controls(&message.mail));
        for text in strings(&object) {
            prop_assert!(!text.chars().any(char::is_control), "{}", text);
        }
    }

    #[test]
    fn no_message_from_a_topic_breaks_an_alert(name in text(), reason in text(), description in text(), state in text()) {
        let message = json!({ "AlarmName": format!("a{name}"), "NewStateReason": reason, "AlarmDescription": description,
            "NewStateValue": format!("x{state}"), "StateChangeTime": "2026-11-23T09:48:20.123+0000" });
        let mut case = Case::alarm();
        case.change = StateChange::from_sns_message(&message.to_string(), None).unwrap();
        let composed = case.message();
        prop_assert!(composed.mail.contains("alert id"));
    }
}
