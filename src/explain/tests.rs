use std::fs;

use serde_json::json;

use super::*;

const ALARM: &str = "events/sns-alarm.json";
const DISABLED: &str = "tests/cloudtrail/decrypt-disabled.json";

const TASK_ROLE: &str = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";

fn shown(arguments: &[&str]) -> Result<String> {
    let arguments: Vec<String> = ["explain"]
        .iter()
        .chain(arguments)
        .map(|word| (*word).to_owned())
        .collect();
    let environment = Environment::read(|name| (name == "TIME_ZONE").then(|| "UTC".to_owned()));
    explain(&arguments, &environment).map(|preview| preview.to_string())
}

fn samples() -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir("tests/cloudtrail")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| path.display().to_string())
        .collect();
    files.sort();
    files
}

/// A file with these bytes.
fn file(bytes: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// The event of a sample file, with an id of its own.
fn event(id: &str) -> Value {
    let sample: Value = serde_json::from_str(&fs::read_to_string(DISABLED).unwrap()).unwrap();
    let mut event = sample.get(0).unwrap_or(&sample).clone();
    event["eventID"] = id.into();
    event
}

/// Two events in one form: both count.
#[track_caller]
fn check_both_count(events: impl fmt::Display) {
    let file = file(events.to_string());
    let text = shown(&[ALARM, path(&file)]).unwrap();
    let counted = format!("# Events read: 2. Counted, as KMS errors of {TASK_ROLE}: 2.\n");
    assert!(text.contains(&counted), "{text}");
    assert!(text.contains(" 2 were found"), "{text}");
}

/// The notes on one file's events.
fn notes(events: impl fmt::Display) -> String {
    let file = file(events.to_string());
    let text = shown(&[ALARM, path(&file)]).unwrap();
    let (notes, _) = text.split_once("\n# Subject\n").unwrap();
    notes.replace(path(&file), "FILE")
}

/// A file that has nothing but what cannot be used.
#[track_caller]
fn check_unusable(events: impl fmt::Display, reason: &str) {
    let file = file(events.to_string());
    let failure = format!("{:#}", shown(&[ALARM, path(&file)]).unwrap_err());
    let named = format!("{}: no event that can be used (first entry: ", path(&file));
    assert!(failure.starts_with(&named), "{failure}");
    assert!(failure.contains(&format!("): {reason}")), "{failure}");
}

#[track_caller]
fn check_refused(arguments: &[&str], reason: &str) {
    let failure = format!("{:#}", shown(arguments).unwrap_err());
    assert!(failure.contains(reason), "{failure}");
}

#[test]
fn the_samples_give_what_the_alarm_would_send() {
    let files = samples();
    let arguments: Vec<&str> = ["events/sns-alarm.json"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    let text = shown(&arguments).unwrap();
    assert!(text.starts_with("# A preview: nothing was sent"), "{text}");
    assert!(
        text.contains(&format!("Counted, as KMS errors of {TASK_ROLE}: ")),
        "{text}"
    );
    for part in [
        "\n# Subject\n[KMS CRITICAL] ",
        "\n# SMS\nKMS CRITICAL ",
        "\n# Mail\n",
        "\nseverity: CRITICAL\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (_, alert) = text.split_once("# Subject").unwrap();
    assert!(!alert.contains("another-app"), "{text}");
    let json: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(json["situation"], "errors");
    assert_eq!(shown(&arguments).unwrap(), text);
}

#[test]
fn every_shape_of_an_alarm_gives_the_same() {
    let event = "tests/cloudtrail/decrypt-disabled.json";
    let of = |alarm: &str| shown(&[alarm, event]).unwrap();
    let subject = |text: &str| {
        text.split("# Subject\n")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    let sns = of("events/sns-alarm.json");
    assert_eq!(
        subject(&of("events/lambda-action-alarm.json")),
        subject(&sns)
    );
    assert_eq!(
        subject(&of("events/event-bridge-alarm.json")),
        subject(&sns)
    );
    let event_of_sns: Value =
        serde_json::from_str(&fs::read_to_string("events/sns-alarm.json").unwrap()).unwrap();
    let message = file(
        event_of_sns["Records"][0]["Sns"]["Message"]
            .as_str()
            .unwrap(),
    );
    assert_eq!(of(message.path().to_str().unwrap()), sns);
}

#[test]
fn a_role_that_is_named_counts_and_no_other() {
    let files = [
        "tests/cloudtrail/decrypt-disabled.json",
        "tests/cloudtrail/other-role-error.json",
    ];
    let other: Value = serde_json::from_str(&fs::read_to_string(files[1]).unwrap()).unwrap();
    let other = other["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
        .as_str()
        .unwrap()
        .to_owned();
    let text = shown(&[
        "--role",
        &other,
        "events/sns-alarm.json",
        files[0],
        files[1],
    ])
    .unwrap();
    assert!(
        text.contains(&format!(
            "# Events read: 2. Counted, as KMS errors of {other}: 1.\n\
             # Not counted: 1, KMS errors of other roles; --role chooses one of them: {TASK_ROLE}\n"
        )),
        "{text}"
    );
    let text = shown(&["--log-group", "my-trail", "events/sns-alarm.json", files[0]]).unwrap();
    assert!(text.contains("\"logGroup\":\"my-trail\""), "{text}");
}

#[test]
fn bare_events_are_read() {
    let (first, second) = (event("1"), event("2"));
    check_both_count(json!([first, second]));
    check_both_count(format!("{first}\n{second}\n"));
    check_both_count(format!("{first}{second}"));
    check_both_count(format!("\u{feff}[{first},\r\n{second}]"));
}

#[test]
fn the_files_of_a_trail_are_read() {
    check_both_count(json!({"Records": [event("1"), event("2")]}));
}

#[test]
fn log_events_are_read() {
    let logged = ["1", "2"].map(|id| json!({"timestamp": 1, "message": event(id).to_string()}));
    check_both_count(json!({"events": logged, "searchedLogStreams": []}));
    check_both_count(json!({"events": logged, "nextForwardToken": "f/1"}));
    check_both_count(json!(["1", "2"].map(|id| event(id).to_string())));
    let record = |id: &str| json!({"logRecord": {"eventName": "Decrypt", "@message": event(id).to_string()}});
    check_both_count(format!("{}\n{}\n", record("1"), record("2")));
}

#[test]
fn looked_up_events_are_read() {
    let looked_up = ["1", "2"].map(|id| {
        json!({"EventId": id, "EventName": "Decrypt", "CloudTrailEvent": event(id).to_string()})
    });
    check_both_count(json!({"Events": looked_up}));
    check_both_count(json!(looked_up));
    // --query 'Events[].CloudTrailEvent', and the same with --output text.
    check_both_count(json!(["1", "2"].map(|id| event(id).to_string())));
    check_both_count(format!("{}\t{}\n", event("1"), event("2")));
}

#[test]
fn rows_of_logs_insights_are_read() {
    let columns = |id: &str, message: Value| {
        json!({"@timestamp": "2026-11-23 09:52:41.431", "eventName": "Decrypt",
               "userIdentity.arn": id, "@message": message})
    };
    check_both_count(json!(["1", "2"].map(|id| columns(id, event(id)))));
    check_both_count(json!(
        ["1", "2"].map(|id| columns(id, event(id).to_string().into()))
    ));
    let rows = ["1", "2"].map(|id| {
        json!([
            {"field": "@timestamp", "value": "2026-11-23 09:52:41.431"},
            {"field": "@message", "value": event(id).to_string()},
            {"field": "@ptr", "value": "CmEKJgoiMTEx"},
        ])
    });
    check_both_count(json!({"results": rows, "statistics": {}, "status": "Complete"}));
    check_both_count(json!(rows));
}

#[test]
fn payloads_of_a_subscription_filter_are_read() {
    let payload = |id: &str| {
        json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail",
               "logEvents": [{"id": "0", "timestamp": 1, "message": event(id).to_string()}]})
    };
    check_both_count(format!("{}{}", payload("1"), payload("2")));
}

#[test]
fn event_bridges_envelopes_are_read() {
    check_both_count(json!(["1", "2"].map(|id| {
        json!({"detail-type": "AWS API Call via CloudTrail", "source": "aws.kms",
               "resources": [], "detail": event(id)})
    })));
}

#[test]
fn part_of_an_event_does_not_pass_for_an_event() {
    let reason =
        "only some fields of an event, not the whole event. In Logs Insights, add @message";
    let row = json!({"eventTime": "2026-11-23T09:47:05Z", "errorCode": "DisabledException",
                     "eventName": "Decrypt", "userIdentity.arn": "arn:aws:sts::1:assumed-role/a/b"});
    check_unusable(json!([row]), reason);
    check_unusable(
        json!([{"eventVersion": "1.11", "eventName": "Decrypt", "@timestamp": "x"}]),
        reason,
    );
    check_unusable(
        json!([{"eventName": "Decrypt", "errorCode": "DisabledException"}]),
        reason,
    );
    let cells: Vec<Value> = row
        .as_object()
        .unwrap()
        .iter()
        .map(|(field, value)| json!({"field": field, "value": value}))
        .collect();
    check_unusable(json!({"results": [cells], "status": "Complete"}), reason);
    check_unusable(
        json!({"Events": [{"EventId": "1", "EventName": "Decrypt"}]}),
        "without its CloudTrailEvent. Run `aws cloudtrail lookup-events` without --query",
    );
}

#[test]
fn what_has_to_be_unpacked_says_how() {
    check_unusable(
        json!({"awslogs": {"data": "H4sIAAAAAAAA"}}),
        "compressed by a subscription filter. Unpack it first: jq -r .awslogs.data FILE | base64 -d | gunzip",
    );
    let gzip = file([0x1f, 0x8b, 8, 0]);
    let remedy = format!(
        "{0} is compressed. Unpack it first: gunzip {0}",
        path(&gzip)
    );
    check_refused(&[ALARM, path(&gzip)], &remedy);
    let utf_16 = file([0xff, 0xfe, b'{', 0]);
    let remedy = format!(
        "{} is not UTF-8 text. If PowerShell wrote it",
        path(&utf_16)
    );
    check_refused(&[ALARM, path(&utf_16)], &remedy);
}

#[test]
fn what_is_no_event_is_left_out_and_named() {
    check_unusable(json!(["Decrypt"]), "not a CloudTrail event.");
    check_unusable(json!([7]), "not a CloudTrail event.");
    check_unusable(
        json!({"events": [{"message": "CWL CONTROL MESSAGE: \u{1b}[2J"}]}),
        "not a CloudTrail",
    );
    let notes = notes(
        json!([event("1"), "START RequestId: 1", "END RequestId: 1", {"eventName": "Decrypt"}]),
    );
    assert!(notes.contains("# Events read: 1. Counted, "), "{notes}");
    for note in [
        "\n# FILE: left out: 2 (first entry: START RequestId: 1): not a CloudTrail event. ",
        "\n# FILE: left out: 1 (first entry: fields eventName): only some fields of an event",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
}

#[test]
fn a_file_without_events_is_named() {
    let notes = notes(json!({"Events": []}));
    assert!(
        notes.ends_with(
            "\n# Events read: 0. Counted: 0.\n\
             # Without a counted event, this is the alert for an alarm whose events cannot be found.\n\
             # FILE: no events in this file.\n"
        ),
        "{notes}"
    );
    let empty = file("\n");
    check_refused(
        &[ALARM, path(&empty)],
        &format!("{} is empty", path(&empty)),
    );
}

#[test]
fn a_page_says_that_more_follow() {
    let logged = [json!({"message": event("1").to_string()})];
    for (contents, note) in [
        (
            json!({"events": logged, "nextToken": "x"}),
            "more events follow",
        ),
        (
            json!({"events": logged, "NextToken": "x"}),
            "more events follow",
        ),
        (
            json!({"results": [], "status": "Running"}),
            "the query's status is Running",
        ),
    ] {
        let notes = notes(contents);
        assert!(notes.contains(&format!("\n# FILE: {note}")), "{notes}");
    }
    let all = notes(json!({"events": logged, "nextToken": null}));
    assert!(!all.contains("FILE"), "{all}");
}

#[test]
fn what_does_not_count_says_why() {
    let mut by_a_user = event("1");
    by_a_user["userIdentity"] =
        json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/me", "userName": "me"});
    assert_eq!(
        notes(json!({"Records": [by_a_user]})),
        "# A preview: nothing was sent, and AWS was not called.\n\
         # Events read: 1. Counted: 0.\n\
         # Not counted: 1, KMS errors outside role sessions; only --role '*' counts them: arn:aws:iam::111122223333:user/me\n\
         # Without a counted event, this is the alert for an alarm whose events cannot be found.\n"
    );
    let mut success = event("2");
    success["errorCode"] = Value::Null;
    let mut elsewhere = event("3");
    elsewhere["eventSource"] = "s3.amazonaws.com".into();
    let notes = notes(json!([success, elsewhere, event("4")]));
    for note in [
        "\n# Not counted: 1, KMS calls without an error: Decrypt\n",
        "\n# Not counted: 1, calls to other services: s3.amazonaws.com\n",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
}

#[test]
fn several_roles_and_every_caller_are_counted_when_asked_for() {
    let user = file(
        json!({"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "eventID": "1",
            "errorCode": "AccessDenied", "userIdentity": {"type": "IAMUser", "userName": "alice",
                "arn": "arn:aws:iam::111122223333:user/alice"}})
        .to_string(),
    );
    let other = "tests/cloudtrail/other-role-error.json";
    let with =
        |roles: &str| shown(&["--role", roles, ALARM, DISABLED, other, path(&user)]).unwrap();
    let both = format!("{TASK_ROLE},arn:aws:iam::111122223333:role/another-*");
    let text = with(&both);
    let both = both.replace(',', ", ");
    assert!(
        text.contains(&format!(
            "# Events read: 3. Counted, as KMS errors of {both}: 2.\n\
             # Not counted: 1, KMS errors outside role sessions; only --role '*' counts them: \
             arn:aws:iam::111122223333:user/alice\n"
        )),
        "{text}"
    );
    let text = with("*");
    assert!(
        text.contains("# Events read: 3. Counted, as KMS errors of every caller: 3.\n"),
        "{text}"
    );
    check_refused(
        &["--role", "app", ALARM],
        "--role: \"app\": give the ARN of an IAM role",
    );
}

#[test]
fn a_role_without_errors_counts_nothing() {
    let text = shown(&[
        "--role",
        "arn:aws:iam::111122223333:role/idle",
        ALARM,
        DISABLED,
    ])
    .unwrap();
    let notes = format!(
        "# Events read: 1. Counted, as KMS errors of arn:aws:iam::111122223333:role/idle: 0.\n\
         # Not counted: 1, KMS errors of other roles; --role chooses one of them: {TASK_ROLE}\n"
    );
    assert!(text.contains(&notes), "{text}");
}

#[test]
fn an_event_in_two_files_counts_once() {
    let (one, other) = (
        file(json!([event("1"), event("2")]).to_string()),
        file(json!({"Records": [event("2"), event("3")]}).to_string()),
    );
    let text = shown(&[ALARM, path(&one), path(&other)]).unwrap();
    for part in [
        "# Events read: 3. ",
        " 3 were found",
        &format!(
            "# {}: also in an earlier file, so not counted again: 1.\n",
            path(&other)
        ),
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("delivered twice"), "{text}");
    // In one file it is what the log group has.
    let twice = file(json!([event("1"), event("1")]).to_string());
    let text = shown(&[ALARM, path(&twice)]).unwrap();
    assert!(text.contains("# Events read: 2. "), "{text}");
    assert!(text.contains(" 1 was found"), "{text}");
}

#[test]
fn a_recovery_is_told_without_a_search() {
    let text = shown(&[
        "events/sns-ok.json",
        "tests/cloudtrail/decrypt-disabled.json",
    ])
    .unwrap();
    assert!(text.contains("looks for no events"), "{text}");
    assert!(text.contains("[KMS RECOVERED]"), "{text}");
}

#[test]
fn what_cannot_be_read_is_named() {
    check_refused(&[], "bootstrap explain");
    check_refused(&["--fast", ALARM], "--fast is not known");
    check_refused(&["--role"], "--role needs the ARN");
    check_refused(&["no-such-file"], "no-such-file: ");
    check_refused(
        &["README.md"],
        "README.md: not JSON: expected value at line 1",
    );
    check_refused(
        &["tests/cloudtrail/s3-error.json"],
        "tests/cloudtrail/s3-error.json: expected an alarm's state change",
    );
    check_refused(
        &["events/sns-test-message.json"],
        "expected an alarm's state change",
    );
    check_refused(&[ALARM, "no-such-file"], "no-such-file: ");
    check_refused(
        &[ALARM, "README.md"],
        "README.md: not JSON. Use `--output json`, or export the events as JSON instead of CSV: ",
    );
    for other in [
        ALARM,
        "events/event-bridge-alarm.json",
        "events/cloudformation-create.json",
    ] {
        check_refused(
            &[ALARM, other],
            &format!("{other}: no event that can be used (first entry: fields "),
        );
    }
}
