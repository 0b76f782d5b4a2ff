//! An alert, ready to be published: its subject, and one text for each kind of reader.
//!
//! What must stay true: the subject is ASCII and short enough for SNS, and all texts together fit into
//! one publish however much was found.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::callers::Callers;
use super::content::Report;
use super::https_format::HttpsFormat;
use super::subject::{MAX_SMS, MAX_SUBJECT};
use super::{alarm_notification, chat, mail, subject};
use crate::kms_error::Severity;
use crate::shown::Shown;
use crate::text;

/// SNS takes 262,144 bytes, the message's attributes among them.
const MAX_BODY: usize = 255_000;

/// An alert, ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject: ASCII, 1 to 99 characters.
    pub subject: String,
    /// The attribute `severity`, for subscriptions that filter.
    pub severity: Severity,
    /// The attribute `alarm`: the alarm's name.
    pub alarm: Shown,
    /// The attributes `role` and `account`.
    pub callers: Callers,
    /// The mail's text.
    pub mail: String,
    /// How many of the groups the mail names, the first ones.
    pub named: usize,
    /// One line of at most 140 characters.
    pub sms: String,
    /// The JSON object for programs.
    pub json: String,
    /// What HTTPS subscribers get in its place.
    pub https: Option<String>,
    /// What HTTPS subscribers get.
    pub https_format: HttpsFormat,
    /// All of these, as a publish with `MessageStructure` set to `json` takes them.
    pub body: String,
}

/// An attribute, by which subscriptions can filter.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type: `String`, or `String.Array` where any of several values may match.
    pub data_type: &'static str,
    /// Its value.
    pub value: String,
}

/// The texts of a message that is not about failed calls.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The subject, which is cut where it is too long.
    pub subject: String,
    /// The attribute `severity`.
    pub severity: Severity,
    /// The attribute `alarm`.
    pub alarm: Shown,
    /// The mail's text.
    pub mail: String,
    /// One line, which is cut where it is too long.
    pub sms: String,
    /// The JSON object for programs.
    pub json: Value,
    /// What HTTPS subscribers get.
    pub https_format: HttpsFormat,
    /// That, unless it is the JSON object for programs.
    pub https: Option<Value>,
}

impl Message {
    /// Puts texts together.
    pub fn from_texts(texts: Texts) -> Self {
        let mut message = Self {
            subject: text::ascii(&text::cut(&texts.subject, MAX_SUBJECT)),
            severity: texts.severity,
            alarm: texts.alarm,
            callers: Callers::default(),
            mail: texts.mail,
            named: 0,
            sms: text::ascii(&text::cut(&texts.sms, MAX_SMS)),
            json: texts.json.to_string(),
            https: texts.https.map(|https| https.to_string()),
            https_format: texts.https_format,
            body: String::new(),
        };
        message.body = serde_json::to_string(&message.variants()).unwrap_or_default();
        message
    }

    /// Writes every text, of as much of the report as fits.
    pub fn new(mut report: Report, https_format: HttpsFormat) -> Self {
        loop {
            let message = Self::of_all(&report, https_format);
            if message.body.len() <= MAX_BODY || !report.shrink() {
                return message;
            }
        }
    }

    /// The attributes by which subscriptions can filter.
    pub fn attributes(&self) -> [Attribute; 4] {
        let text = |name, value: String| Attribute {
            name,
            data_type: "String",
            value,
        };
        let texts = |name, values: &[Shown]| Attribute {
            name,
            data_type: "String.Array",
            value: json!(values).to_string(),
        };
        [
            text("severity", self.severity.to_string()),
            text("alarm", self.alarm.to_string()),
            texts("role", &self.callers.roles),
            texts("account", &self.callers.accounts),
        ]
    }

    fn of_all(report: &Report, https_format: HttpsFormat) -> Self {
        let subject = subject::subject(report, https_format);
        let https = match (https_format, https_format.markup()) {
            (_, Some(markup)) => Some(chat::notification(report, &subject, markup)),
            (HttpsFormat::Alarm, None) => Some(alarm_notification::of_report(report)),
            _ => None,
        };
        let mut message = Self {
            severity: report.severity,
            alarm: report.alarm.name.clone(),
            callers: report.callers.clone(),
            mail: mail::mail(report),
            named: mail::named(report),
            sms: subject::sms(report),
            // Every field is a text, a number or a list of these.
            json: serde_json::to_string(report).unwrap_or_default(),
            subject,
            https: https.map(|https| https.to_string()),
            https_format,
            body: String::new(),
        };
        message.body = serde_json::to_string(&message.variants()).unwrap_or_default();
        message
    }

    /// One text for each protocol. Whoever is not named gets the JSON object, so that each text is in
    /// here once: more fits, and less must be signed and sent. The bridges to chats that read
    /// CloudWatch's notification are Lambda functions, so these get it as well.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>
    fn variants(&self) -> BTreeMap<&'static str, &str> {
        let mut variants = BTreeMap::from([
            ("default", self.json.as_str()),
            ("email", &self.mail),
            ("sms", &self.sms),
        ]);
        let protocols: &[_] = match self.https_format {
            HttpsFormat::Alarm => &["https", "lambda"],
            HttpsFormat::Json | HttpsFormat::Chat | HttpsFormat::Slack => &["https"],
        };
        for protocol in protocols {
            variants.extend(self.https.as_deref().map(|https| (*protocol, https)));
        }
        variants
    }
}

/// A message that is passed on as it is, to be published without `MessageStructure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// The subject, if it had one that SNS takes.
    pub subject: Option<String>,
    /// The text; SNS takes no empty one.
    pub text: String,
}

/// Passes on a message that is not an alarm's state change: its text unchanged, its subject such that
/// SNS takes it.
pub fn passed_on(subject: Option<&str>, message: &str) -> PassedOn {
    let one_line = |subject: &str| subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let subject = subject.map(|subject| text::ascii(&text::cut(&one_line(subject), MAX_SUBJECT)));
    let text = if message.is_empty() {
        "(an empty message)"
    } else {
        message
    };
    PassedOn {
        subject: subject.filter(|subject| !subject.is_empty()),
        text: text.to_owned(),
    }
}
