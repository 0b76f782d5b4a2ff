//! The forms in which people have `CloudTrail` events in a file.
//!
//! Nothing is dropped in silence. An entry that is not a whole event is reported with the reason
//! and the remedy; when a file has no other entries, that is the error.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::{Deserializer, Map, Value};

use crate::text::{harmless, name, shell_word};

type Fields = Map<String, Value>;

/// Fields that hold a list of entries: the pages of `aws logs filter-log-events` and
/// `get-log-events`, the files of a trail, `aws cloudtrail lookup-events`, the payload of a
/// subscription filter, and `aws logs get-query-results`.
const LISTS: [&str; 5] = ["events", "Records", "Events", "logEvents", "results"];
/// Fields that hold one event, as text or as an object: a row of Logs Insights, a log event, an
/// event of `lookup-events`, and what `aws logs get-log-record` prints.
const SINGLE: [&str; 4] = ["@message", "message", "CloudTrailEvent", "logRecord"];

/// How much of an entry is shown.
const EXCERPT: usize = 120;

/// What a file holds.
#[derive(Default)]
pub(super) struct Contents {
    /// The events, each as the log group has it.
    pub(super) events: Vec<String>,
    /// What is missing or was left out, and what to do about it.
    pub(super) notes: Vec<String>,
    unusable: BTreeMap<Reason, Entries>,
}

/// Why an entry is not used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// Columns of an event: a row of Logs Insights without `@message`, or fields picked by hand.
    Columns,
    /// What `lookup-events` says beside the event.
    Summary,
    /// What a subscription filter hands to a Lambda function.
    Compressed,
    /// Anything else.
    Foreign,
}

/// Entries that are not used for the same reason.
#[derive(Default)]
struct Entries {
    count: usize,
    /// What the first one looks like.
    first: String,
}

/// The text of a file.
///
/// # Errors
///
/// The file cannot be read, or holds no text.
pub(super) fn text(file: &str) -> Result<String> {
    let bytes = fs::read(file).with_context(|| file.to_owned())?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let file = shell_word(file);
        bail!("{file} is compressed. Unpack it first: gunzip {file}");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        bail!(
            "{file} is not UTF-8 text. If PowerShell wrote it, write it again with `| Out-File \
             -Encoding utf8`"
        );
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        bail!("{file} is empty. Run the command that should have written it again");
    }
    Ok(text.to_owned())
}

/// Every event of a text that holds one JSON value or several, each on its own line or not.
///
/// # Errors
///
/// The text is not JSON, or has entries of which none is a whole event.
pub(super) fn events(text: &str) -> Result<Contents> {
    let mut contents = Contents::default();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        contents.read(value.context(
            "not JSON. Use `--output json`, or export the events as JSON instead of CSV",
        )?);
    }
    let mut unusable = contents.unusable.iter();
    if contents.events.is_empty() {
        if let Some((reason, entries)) = unusable.next() {
            bail!(
                "no event that can be used (first entry: {}): {reason}",
                entries.first
            );
        }
        contents.notes.push("no events in this file.".to_owned());
    }
    for (reason, entries) in unusable {
        let Entries { count, first } = entries;
        let note = format!("left out: {count} (first entry: {first}): {reason}");
        contents.notes.push(note);
    }
    Ok(contents)
}

impl Contents {
    fn read(&mut self, value: Value) {
        match value {
            Value::Array(values) => match row(&values) {
                Some(fields) => self.read_object(fields),
                None => values.into_iter().for_each(|value| self.read(value)),
            },
            Value::Object(fields) => self.read_object(fields),
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => self.read(value),
                _ => self.leave_out(Reason::Foreign, harmless(&text, EXCERPT)),
            },
            other => self.leave_out(Reason::Foreign, harmless(&other.to_string(), EXCERPT)),
        }
    }

    fn read_object(&mut self, mut fields: Fields) {
        if is_event(&fields) {
            self.events.push(Value::Object(fields).to_string());
            return;
        }
        self.note_what_is_missing(&fields);
        for list in LISTS {
            if let Some(entries @ Value::Array(_)) = fields.get_mut(list) {
                return self.read(entries.take());
            }
        }
        for single in SINGLE {
            if let Some(event @ (Value::String(_) | Value::Object(_))) = fields.get_mut(single) {
                return self.read(event.take());
            }
        }
        // EventBridge's envelope.
        if fields.contains_key("detail-type")
            && let Some(detail @ Value::Object(_)) = fields.get_mut("detail")
        {
            return self.read(detail.take());
        }
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let entry = format!("fields {}", name(&names.join(", "), EXCERPT));
        self.leave_out(Reason::of(&fields), entry);
    }

    /// Says when AWS has more than this page or this result.
    fn note_what_is_missing(&mut self, fields: &Fields) {
        let has_more = |name| fields.get(name).is_some_and(Value::is_string);
        if has_more("nextToken") || has_more("NextToken") {
            self.notes.push(
                "more events follow on the next page. Without --max-items and --no-paginate, the AWS \
                 CLI fetches every page."
                    .to_owned(),
            );
        }
        if let (Some(status), true) = (
            fields.get("status").and_then(Value::as_str),
            fields.contains_key("results"),
        ) && status != "Complete"
        {
            self.notes.push(format!(
                "the query's status is {}, so events may be missing. Run get-query-results again when \
                 it is Complete.",
                harmless(status, EXCERPT)
            ));
        }
    }

    fn leave_out(&mut self, reason: Reason, entry: String) {
        let entries = self.unusable.entry(reason).or_default();
        if entries.count == 0 {
            entries.first = entry;
        }
        entries.count = entries.count.saturating_add(1);
    }
}

impl Reason {
    /// Why an object is not used that neither is an event nor holds any.
    fn of(fields: &Fields) -> Self {
        let has = |name| fields.contains_key(name);
        if has("awslogs") {
            Self::Compressed
        } else if has("EventId") || has("EventName") {
            Self::Summary
        } else if has("eventName") || fields.keys().any(|name| is_column(name)) {
            Self::Columns
        } else {
            Self::Foreign
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Columns => {
                "only some fields of an event, not the whole event. In Logs Insights, add @message to \
                 the query's fields, run it and export the result again."
            }
            Self::Summary => {
                "without its CloudTrailEvent. Run `aws cloudtrail lookup-events` without --query, or \
                 with --query 'Events[].CloudTrailEvent'."
            }
            Self::Compressed => {
                "compressed by a subscription filter. Unpack it first: jq -r .awslogs.data FILE | \
                 base64 -d | gunzip"
            }
            Self::Foreign => {
                "not a CloudTrail event. `bootstrap explain` without files lists the forms that can \
                 be read."
            }
        })
    }
}

/// Whether this is a whole event. A row of Logs Insights may have any of its fields, but none that
/// is an object.
fn is_event(fields: &Fields) -> bool {
    let is_whole = fields.contains_key("eventVersion")
        || fields.get("userIdentity").is_some_and(Value::is_object);
    is_whole && fields.contains_key("eventName") && !fields.keys().any(|name| is_column(name))
}

/// Whether only Logs Insights has a field of this name, such as `@timestamp` or `userIdentity.arn`.
fn is_column(name: &str) -> bool {
    name.starts_with('@') || name.contains('.')
}

/// The row that `aws logs get-query-results` prints as a list of `{"field": …, "value": …}`.
fn row(values: &[Value]) -> Option<Fields> {
    let cell = |value: &Value| {
        let name = value.get("field")?.as_str()?.to_owned();
        Some((name, value.get("value").cloned().unwrap_or_default()))
    };
    values
        .iter()
        .map(cell)
        .collect::<Option<Fields>>()
        .filter(|fields| !fields.is_empty())
}
