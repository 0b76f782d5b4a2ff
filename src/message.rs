//! The alert that is published, from data alone: its subject and its text for each kind of reader.
//!
//! What must stay true: the subject is ASCII and short enough for SNS, every variant together fits
//! into one publish however much was found, and nothing from an event reaches a reader without
//! passing through [`text::harmless`](crate::text::harmless). What is missing is said, never left
//! out in silence.

mod advice;
mod change;
mod chat;
mod counts;
mod headline;
mod incident;
mod insights;
mod json;
mod links;
mod mail;
mod names;
mod page;
mod subject;
mod time;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::json;

use crate::alarm::{StateChange, Window};
use crate::findings::Findings;
use crate::kms_error::Severity;
use crate::text;

/// SNS takes subjects of fewer than 100 characters.
const LONGEST_SUBJECT: usize = 99;
/// SNS takes 262,144 bytes, the message's attributes among them.
const LARGEST_BODY: usize = 255_000;

/// How much of a problem, and of an error's message, is told.
const SENTENCE: usize = 600;

/// Everything an alert is made of.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    /// The state change that it tells of.
    pub change: &'a StateChange,
    /// The span of log time that was searched last.
    pub window: Window,
    /// Whether the window was widened because nothing was found.
    pub widened: bool,
    /// How each metric filter that feeds the alarm was searched; none when none was found.
    pub searches: &'a [Search],
    /// What was found.
    pub findings: &'a Findings,
    /// What went wrong on the way, in plain sentences.
    pub problems: &'a [String],
    /// The reader's time zone.
    pub zone: &'a TimeZone,
    /// What HTTPS subscribers understand.
    pub https: HttpsFormat,
}

/// What goes to HTTPS subscribers, of which SNS knows one kind only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpsFormat {
    /// The JSON object for programs.
    #[default]
    Json,
    /// A custom notification of Amazon Q Developer in chat applications, which subscribes to a topic
    /// over HTTPS and shows nothing else of it.
    Chat,
}

/// The search with one metric filter's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The filter's name.
    pub filter: String,
    /// The log group it reads, and that was searched.
    pub log_group: String,
    /// Its pattern, with which it was searched.
    pub pattern: String,
    /// How many pages of results were read.
    pub pages: u64,
    /// How far the search came.
    pub outcome: Outcome,
}

/// How far a search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of the window was searched.
    Complete,
    /// It was ended because time ran out.
    OutOfTime,
    /// It failed; the problems say why.
    Failed,
}

/// An alert, ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject: ASCII, 1 to 99 characters.
    pub subject: String,
    /// The attribute `severity`, for subscriptions that filter.
    pub severity: Severity,
    /// The attribute `alarm`: the alarm's name.
    pub alarm: String,
    /// The mail's text.
    pub mail: String,
    /// One line of at most 140 characters.
    pub sms: String,
    /// The JSON object for programs.
    pub json: String,
    /// What HTTPS subscribers get in its place.
    pub https: Option<String>,
    /// All of these, as a publish with `MessageStructure` set to `json` takes them.
    pub body: String,
}

impl Message {
    /// One text for each protocol. The JSON object is everybody's who is not named, rather than each program's by
    /// name: a text is in here once, so that more fits, and less must be signed and sent.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>
    fn variants(&self) -> String {
        let mut variants = BTreeMap::from([
            ("default", &self.json),
            ("email", &self.mail),
            ("sms", &self.sms),
        ]);
        variants.extend(self.https.as_ref().map(|https| ("https", https)));
        json!(variants).to_string()
    }
}

/// How much of everything is told.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// So many groups are in the mail.
    groups: usize,
    /// So many of them with their newest event.
    events: usize,
    /// So many groups are in the JSON object.
    json_groups: usize,
    /// So many searches.
    searches: usize,
    /// So many problems.
    problems: usize,
}

/// From the most that anybody reads to what fits whatever the events hold.
const EXTENTS: [Extent; 4] = [
    Extent {
        groups: 20,
        events: 10,
        json_groups: 50,
        searches: 4,
        problems: 8,
    },
    Extent {
        groups: 10,
        events: 5,
        json_groups: 15,
        searches: 2,
        problems: 4,
    },
    Extent {
        groups: 5,
        events: 2,
        json_groups: 4,
        searches: 1,
        problems: 2,
    },
    Extent {
        groups: 1,
        events: 0,
        json_groups: 0,
        searches: 1,
        problems: 1,
    },
];

/// Writes the alert.
#[must_use]
pub fn compose(alert: &Alert<'_>) -> Message {
    let situation = headline::Situation::of(alert);
    let mut message = Message {
        subject: subject::subject(alert, situation),
        severity: headline::severity(alert, situation),
        alarm: text::name(&alert.change.name, 255),
        sms: subject::sms(alert, situation),
        mail: String::new(),
        json: String::new(),
        https: None,
        body: String::new(),
    };
    for extent in EXTENTS {
        message.mail = mail::mail(alert, situation, extent);
        message.json = json::document(alert, situation, extent).to_string();
        message.https = match alert.https {
            HttpsFormat::Json => None,
            HttpsFormat::Chat => {
                Some(chat::notification(alert, situation, &message.subject).to_string())
            }
        };
        message.body = message.variants();
        if message.body.len() <= LARGEST_BODY {
            break;
        }
    }
    message
}

/// A message that is passed on as it is, to be published without `MessageStructure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// The subject, if it had one that SNS takes.
    pub subject: Option<String>,
    /// The text; SNS takes no empty one.
    pub text: String,
}

/// Passes on a message that is no alarm's state change: its text unchanged, its subject such that
/// SNS takes it.
#[must_use]
pub fn passed_on(subject: Option<&str>, message: &str) -> PassedOn {
    let one_line =
        subject.map(|subject| text::ascii(&text::cut(&one_line(subject), LONGEST_SUBJECT)));
    PassedOn {
        subject: one_line.filter(|subject| !subject.is_empty()),
        text: if message.is_empty() {
            "(an empty message)".to_owned()
        } else {
            message.to_owned()
        },
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
