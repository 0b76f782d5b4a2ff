//! What was told of an incident, kept in the names of empty log streams in the function's own log
//! group, because nothing else remembers it from one invocation to the next:
//!
//! ```text
//! kms-alarm-told/<Name>/<time>/<what>-<told until>-<marks of the kinds of errors>
//! ```
//!
//! The time is that of the alarm's state change or of the tick. All that is told between two changes
//! of the state is about one incident, so the times alone tell incidents apart. What must hold: an
//! entry names no kind of error that its mail does not name, and everything that was logged up to
//! "told until" was told in its mail or in one before.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::types::OrderBy;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::search::SearchResult;
use crate::alarm::{StateChange, StateValue};
use crate::deadline::Deadline;
use crate::fault::Fault;

/// An event can be found this long after it was logged, almost always.
pub(crate) const SEARCHABLE_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// What was read up to that long ago need not be read again: by then, what became searchable late
/// has been read too.
pub(crate) const LATEST: SignedDuration = SignedDuration::from_mins(6);

/// How far the time that an alert was told of may lie before the one that `DescribeAlarms` shows.
const PRECISION: SignedDuration = SignedDuration::from_secs(5);

/// The most time that an alert takes to note what it told.
const MAX_TIME: Duration = Duration::from_secs(2);

const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// That the alarm went off.
    Alert,
    /// Kinds of errors that had not been told before.
    Kinds,
    /// That the alarm still lasts.
    Reminder,
    /// Nothing: a reminder was due, but of nothing that is mailed.
    Quiet,
    /// Nothing: there was nothing new up to then.
    Nothing,
}

const WORDS: [(What, &str); 5] = [
    (What::Alert, "alert"),
    (What::Kinds, "kinds"),
    (What::Reminder, "reminder"),
    (What::Quiet, "quiet"),
    (What::Nothing, "nothing"),
];

/// What was told at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The time of the alarm's state change, or of the tick.
    pub(crate) at: Timestamp,
    pub(crate) what: What,
    /// The log time up to which everything was told.
    pub(crate) until: Timestamp,
    /// The kinds of errors that were told.
    pub(crate) marks: Vec<String>,
    /// When the entry was made, in milliseconds.
    pub(crate) made: i64,
}

impl Entry {
    fn name(&self) -> String {
        let word = WORDS
            .iter()
            .find_map(|(what, word)| (*what == self.what).then_some(*word));
        format!(
            "{}/{}-{}-{}",
            self.at.strftime(TIME_FORMAT),
            word.unwrap_or_default(),
            self.until.strftime(TIME_FORMAT),
            self.marks.join(".")
        )
    }

    fn read(name: &str, made: i64) -> Option<Self> {
        let (at, rest) = name.split_once('/')?;
        let mut parts = rest.splitn(3, '-');
        let word = parts.next()?;
        let until = parts.next()?;
        let marks = parts.next()?.split('.').filter(|mark| !mark.is_empty());
        Some(Self {
            at: time(at)?,
            what: WORDS
                .iter()
                .find_map(|(what, known)| (*known == word).then_some(*what))?,
            until: time(until)?,
            marks: marks.map(str::to_owned).collect(),
            made,
        })
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(TIME_FORMAT, text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// What was told of one alarm.
#[derive(Clone, Debug)]
pub(crate) struct Memory<'a> {
    logs: &'a Logs,
    log_group: &'a str,
    prefix: String,
}

impl<'a> Memory<'a> {
    /// The memory of the alarm with this name in the function's own log group; none if that is not
    /// known, or if the alarm is not named like one of this program's.
    pub(crate) fn of(logs: &'a Logs, log_group: &'a str, alarm: &str) -> Option<Self> {
        let base = alarm.strip_suffix("-alarm")?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_ours = base.len() <= 200 && base.bytes().all(is_plain);
        (is_ours && !log_group.is_empty()).then(|| Self {
            logs,
            log_group,
            prefix: format!("kms-alarm-told/{base}/"),
        })
    }

    /// Notes what is told. To note the same again is as good.
    pub(crate) async fn note(&self, entry: &Entry) -> Result<(), Fault> {
        let stream = format!("{}{}", self.prefix, entry.name());
        let created = self
            .logs
            .create_log_stream()
            .log_group_name(self.log_group)
            .log_stream_name(&stream)
            .send()
            .await;
        match created.map_err(|error| Fault::new("logs:CreateLogStream", stream, &error)) {
            Err(fault) if !fault.has_code(&["ResourceAlreadyExistsException"]) => Err(fault),
            _ => Ok(()),
        }
    }

    /// What was told of the incident that began then, in the order of the entries' making.
    pub(crate) async fn since(&self, began: Timestamp) -> Result<Vec<Entry>, Fault> {
        let first = began.checked_sub(PRECISION).unwrap_or(began);
        let mut streams = self
            .logs
            .describe_log_streams()
            .log_group_name(self.log_group)
            .log_stream_name_prefix(&self.prefix)
            .order_by(OrderBy::LogStreamName)
            .descending(true)
            .limit(50)
            .into_paginator()
            .items()
            .send();
        let mut entries = Vec::new();
        while let Some(stream) = streams.next().await {
            let stream = stream
                .map_err(|error| Fault::new("logs:DescribeLogStreams", self.log_group, &error))?;
            let name = stream.log_stream_name().unwrap_or_default();
            let name = name.strip_prefix(&self.prefix).unwrap_or_default();
            let Some(entry) = Entry::read(name, stream.creation_time().unwrap_or_default()) else {
                continue;
            };
            if entry.at < first {
                break;
            }
            if entry.at >= began || entry.what == What::Alert {
                entries.push(entry);
            }
        }
        entries.sort_by_key(|entry| entry.made);
        Ok(entries)
    }
}

/// Notes which kinds of errors the alert told, of which its mail names the first ones. What goes
/// wrong here costs a mail too many later, and nothing now.
pub(super) async fn note_alert(
    memory: &Memory<'_>,
    change: &StateChange,
    found: &SearchResult,
    named: usize,
    deadline: Deadline,
) {
    if change.new_state != StateValue::Alarm {
        return;
    }
    let groups = found.findings.groups();
    let missing = change
        .expected()
        .is_some_and(|counted| found.findings.decisive < counted.count);
    let is_all =
        found.is_complete() && !missing && groups.len() <= named && found.findings.ungrouped == 0;
    let start = found.window.start;
    let until = change.changed_at.checked_sub(LATEST);
    let entry = Entry {
        at: change.changed_at,
        what: What::Alert,
        until: until
            .ok()
            .filter(|_| is_all)
            .map_or(start, |until| until.max(start)),
        marks: groups
            .iter()
            .take(named)
            .map(|(group, _)| group.mark())
            .collect(),
        made: 0,
    };
    match deadline.within(MAX_TIME).limit(memory.note(&entry)).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => warn!(%fault, "what the alert told could not be noted"),
        Err(_) => warn!("what the alert told could not be noted in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        for marks in [
            vec![],
            vec!["0123456789ab".to_owned()],
            vec!["a".to_owned(), "b".to_owned()],
        ] {
            for (what, _) in WORDS {
                let entry = Entry {
                    at: "2026-11-23T09:48:20Z".parse().unwrap(),
                    what,
                    until: "2026-11-23T09:47:20Z".parse().unwrap(),
                    marks: marks.clone(),
                    made: 7,
                };
                assert_eq!(Entry::read(&entry.name(), 7), Some(entry));
            }
        }
        assert_eq!(
            Entry::read("20261123T094820Z/else-20261123T094820Z-", 7),
            None
        );
        assert_eq!(Entry::read("x", 7), None);
    }

    #[test]
    fn the_longest_name_is_one_that_logs_accepts() {
        let entry = Entry {
            at: "2026-11-23T09:48:20Z".parse().unwrap(),
            what: What::Reminder,
            until: "2026-11-23T09:47:20Z".parse().unwrap(),
            marks: vec!["0123456789ab".to_owned(); crate::report::MAX_NAMED],
            made: 0,
        };
        let prefix = "kms-alarm-told/".len() + 200 + 1;
        assert!(prefix + entry.name().len() <= 512);
        assert!(!entry.name().contains([':', '*']));
    }
}
