use super::*;

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

/// A file with this text.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

#[track_caller]
fn check_found(events: &str, found: usize) {
    let file = file(events);
    let text = shown(&["events/sns-alarm.json", file.path().to_str().unwrap()]).unwrap();
    assert!(text.contains(&format!("; {found} found")), "{text}");
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
        text.contains(&format!("are KMS errors of {TASK_ROLE} and count")),
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
    assert!(!text.contains("another-app"), "{text}");
    let json: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(json["kind"], "errors");
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
            "1 are KMS errors of {other} and count; 1 are KMS errors of others"
        )),
        "{text}"
    );
    let text = shown(&["--log-group", "my-trail", "events/sns-alarm.json", files[0]]).unwrap();
    assert!(text.contains("Searched my-trail"), "{text}");
}

#[test]
fn events_are_read_in_every_form_in_which_people_have_them() {
    let one = fs::read_to_string("tests/cloudtrail/decrypt-disabled.json").unwrap();
    let mut first: Value = serde_json::from_str(&one).unwrap();
    let mut second = first.clone();
    first["eventID"] = "1".into();
    second["eventID"] = "2".into();
    check_found(&one, 1);
    check_found(&serde_json::json!([first, second]).to_string(), 2);
    check_found(&format!("{first}\n{second}\n"), 2);
    check_found(
        &serde_json::json!({"Records": [first, second]}).to_string(),
        2,
    );
    let logged = [&first, &second]
        .map(|event| serde_json::json!({"timestamp": 1, "message": event.to_string()}));
    check_found(
        &serde_json::json!({"events": logged, "searchedLogStreams": []}).to_string(),
        2,
    );
    let looked_up =
        [&first, &second].map(|event| serde_json::json!({"CloudTrailEvent": event.to_string()}));
    check_found(&serde_json::json!({"Events": looked_up}).to_string(), 2);
    check_found("", 0);
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
    let alarm = "events/sns-alarm.json";
    check_refused(&[], "bootstrap explain");
    check_refused(&["--fast", alarm], "--fast is not known");
    check_refused(&["--role"], "--role needs the ARN");
    check_refused(&["no-such-file"], "no-such-file: ");
    check_refused(&["README.md"], "README.md: expected value at line 1");
    check_refused(
        &["tests/cloudtrail/s3-error.json"],
        "expected an alarm's state change",
    );
    check_refused(
        &["events/sns-test-message.json"],
        "expected an alarm's state change",
    );
    check_refused(&[alarm, "no-such-file"], "no-such-file: ");
    check_refused(
        &[alarm, "README.md"],
        "README.md: expected JSON with CloudTrail events: ",
    );
    check_refused(
        &[alarm, "events/cloudformation-create.json"],
        "found an object with the fields [",
    );
    check_refused(&[alarm, alarm], "found an object with the fields [");
}
