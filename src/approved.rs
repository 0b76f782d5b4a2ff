//! Compares alerts with the texts that were read and approved, in `tests/golden`.

use std::path::Path;

use serde_json::Value;

use crate::report::Message;
use crate::version;

/// Compares an alert with the approved one.
#[track_caller]
pub(crate) fn check_golden(name: &str, message: &Message) {
    let object: Value = serde_json::from_str(&message.json).unwrap();
    let object = serde_json::to_string_pretty(&object).unwrap();
    // A release changes no approved text.
    let object = object.replace(version::PROGRAM, "kms-alarm 0.0.0");
    let differing: Vec<_> = [
        differing(&format!("{name}.txt"), &mail(message)),
        differing(&format!("{name}.json"), &format!("{object}\n")),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_approved(&differing);
}

/// Compares what HTTPS subscribers get, in the envelope in which SNS delivers it, with the approved
/// one.
#[track_caller]
pub(crate) fn check_https(name: &str, message: &Message) {
    let https: Value = serde_json::from_str(message.https.as_deref().unwrap()).unwrap();
    let envelope = serde_json::json!({"Subject": message.subject, "Message": https});
    let envelope = serde_json::to_string_pretty(&envelope).unwrap();
    let differing = differing(&format!("{name}.json"), &format!("{envelope}\n"));
    assert_approved(&differing.into_iter().collect::<Vec<_>>());
}

/// The mail with its subject, and the line for a phone.
pub(crate) fn mail(message: &Message) -> String {
    format!(
        "Subject: {}\nSMS: {}\n\n{}",
        message.subject, message.sms, message.mail
    )
}

/// The name of the text if it differs from the approved one. The new one then lies beside that, to be
/// looked at; `make mails` moves it over.
pub(crate) fn differing(name: &str, actual: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let approved = std::fs::read_to_string(&path).unwrap_or_default();
    let new = path.with_file_name(format!("{}.new", path.file_name().unwrap().display()));
    if actual == approved {
        let _ = std::fs::remove_file(new);
        return None;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(new, actual).unwrap();
    Some(name.to_owned())
}

#[track_caller]
pub(crate) fn assert_approved(differing: &[String]) {
    assert!(
        differing.is_empty(),
        "not as approved, see the .new file beside each, and `make mails` if these are better: {differing:?}"
    );
}
