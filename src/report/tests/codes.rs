//! One mail for each error code, and for each policy that a denial may name.

use super::screen::check_short;
use super::*;
use crate::approved::{assert_approved, differing, mail};

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// In each line the name of the mail, the code, the operation and the error's message, in which KEY
/// stands for the key and USER for how a denial begins.
const CODES: &str = include_str!("../../../tests/cloudtrail/error-codes.tsv");

/// The lines of the table: name, code, operation, message.
fn codes() -> impl Iterator<Item = [&'static str; 4]> {
    CODES.lines().map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        fields.try_into().unwrap()
    })
}

const USER: &str = "User: arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/0f9de1c2b3a4958677685940a1b2c3d4 \
                    is not authorized to perform: kms:Decrypt on resource: KEY";

/// The alert on one event with this code.
fn message(code: &str, operation: &str, text: &str) -> Message {
    let text = text.replace("USER", USER).replace("KEY", KEY);
    let mut event: Value = serde_json::from_str(DENIED).unwrap();
    event["errorCode"] = code.into();
    event["eventName"] = operation.into();
    event["errorMessage"] = if text.is_empty() {
        Value::Null
    } else {
        text.into()
    };
    let mut case = Case::alarm().events(&event.to_string(), 1, None);
    case.change.datapoints[0].value = 1.0;
    case.message()
}

#[test]
fn each_code_has_a_mail_that_was_read_and_approved() {
    let differing: Vec<_> = codes()
        .filter_map(|[name, code, operation, text]| {
            let text = mail(&message(code, operation, text));
            differing(&format!("codes/{name}.txt"), &text)
        })
        .collect();
    assert_approved(&differing);
}

#[test]
fn each_mail_stands_for_a_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/codes");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.trim_end_matches(".new").trim_end_matches(".txt");
        assert!(
            codes().any(|[known, ..]| known == name),
            "{file} is of no use any more"
        );
    }
}

#[test]
fn every_mail_is_short_and_says_the_code() {
    for [_, code, operation, text] in codes() {
        let message = message(code, operation, text);
        let start = format!("[KMS {}] ", message.severity);
        assert!(message.subject.starts_with(&start), "{}", message.subject);
        assert!(message.mail.contains(code), "{}", message.mail);
        check_short(&message);
    }
}
