//! Requests about one resource take turns.
//!
//! When a user cancels an update or a Create, CloudFormation sends the next request while the last
//! one still runs. Lambda delivers a request again when its answer was lost, and sometimes for no
//! reason. So each request leaves log streams in the function's own log group, which is there
//! before the first Create and after the last Delete:
//!
//! ```text
//! kms-alarm/<owner>/<time>-<request>           it has begun
//! kms-alarm/<owner>/<time>-<request>/<end>     it was answered: <how it ended>-<properties>
//! ```
//!
//! What must hold: a run whose request is not the newest writes nothing more; no run begins while
//! an earlier one may still write, or while what it wrote may not show yet, as long as there is time
//! to wait; and a request that was answered is not carried out again. Without the log group there are
//! no turns, and the work is done anyway.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>

use std::cell::{Cell, RefCell};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::types::OrderBy;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::error::Error;
use super::resource::Resource;
use crate::custom_resource::Request;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::owner::digest;

/// How often a waiting run looks whether the run before it has ended.
const LOOK: Duration = Duration::from_secs(1);
/// How long listings and tags may take to show what an earlier run wrote.
const SETTLE: Duration = Duration::from_secs(5);
/// The time that a run keeps for its own work while it waits.
const WORK: Duration = Duration::from_secs(15);
/// The streams of the newest requests, two of each. The one that a rollback returns to is among
/// them.
const STREAMS: i32 = 50;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was made as its properties say, or was removed.
    Succeeded,
    /// It failed, and everything is as it was before.
    Undone,
    /// It failed, and it may have left something.
    Left,
}

/// Whether a delivery of a request is to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Current,
    /// Another delivery of the same request was answered.
    Answered(End),
    /// CloudFormation has sent a later request about the resource.
    Superseded,
}

/// One delivery of a request, among all requests about the resource.
pub struct Turn<'a> {
    logs: &'a Logs,
    /// The function's own log group, if it is known.
    log_group: Option<&'a str>,
    /// Whether a call for a turn has failed, so that there are none.
    is_given_up: Cell<bool>,
    /// What the streams of all requests about the resource begin with.
    prefix: String,
    /// When CloudFormation made this request, in a form that sorts by time.
    time: String,
    /// [`Request::request_id`] as a digest.
    request: String,
    /// The [`properties_digest`].
    properties: String,
    /// The time of the invocation, and the same moment on the clock that moves on.
    now: (Timestamp, Instant),
    /// How long an invocation may take, and so how long another run may still write.
    lifetime: Duration,
    /// The requests that were known when this one began.
    known: RefCell<Vec<Entry>>,
}

/// What the streams tell about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    time: String,
    request: String,
    /// When its first delivery began, in milliseconds.
    began: i64,
    /// How it ended.
    end: Option<Ended>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Ended {
    end: End,
    /// The digest of its properties.
    properties: String,
    /// When, in milliseconds.
    at: i64,
}

impl<'a> Turn<'a> {
    /// A delivery of a request. `log_group` is the function's own, empty when it is not known.
    pub fn new(
        logs: &'a Logs,
        log_group: &'a str,
        request: &Request,
        made_at: Timestamp,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        let owner = Resource::new(request).owner;
        Self {
            logs,
            log_group: Some(log_group).filter(|group| !group.is_empty()),
            is_given_up: Cell::new(false),
            prefix: format!("kms-alarm/{}/", owner.id),
            time: made_at.strftime("%Y%m%dT%H%M%SZ").to_string(),
            request: digest(&request.request_id),
            properties: properties_digest(&request.resource_properties),
            now: (now, Instant::now()),
            lifetime: deadline.remaining(),
            known: RefCell::default(),
        }
    }

    /// The digest of the request that the topic's tag and the id of a failed Create carry.
    pub(super) fn request(&self) -> &str {
        &self.request
    }

    /// Announces the request, and waits until no earlier run may still write, as long as that
    /// leaves enough time for the work.
    pub async fn begin(&self, until: Deadline) -> Standing {
        let Some(log_group) = self.log_group() else {
            warn!("the function's log group is unknown, so requests cannot take turns");
            return Standing::Current;
        };
        let is_repeated = match self.create_stream(log_group, &self.stream()).await {
            Ok(is_new) => !is_new,
            Err(fault) => {
                self.give_up(&fault);
                return Standing::Current;
            }
        };
        let until = until.keeping(WORK);
        loop {
            let entries = match self.entries(log_group).await {
                Ok(entries) => entries,
                Err(fault) => {
                    self.give_up(&fault);
                    return Standing::Current;
                }
            };
            let mine = entries.iter().find(|entry| self.is_mine(entry));
            let end = mine.and_then(|mine| mine.end.as_ref().map(|ended| ended.end));
            if self.is_superseded(&entries) {
                return Standing::Superseded;
            }
            if let Some(end) = end {
                return Standing::Answered(end);
            }
            let mut others = entries
                .iter()
                .filter(|entry| is_repeated || !self.is_mine(entry));
            let must_wait = others.any(|entry| self.is_unsettled(entry));
            self.known.replace(entries);
            if !must_wait || until.remaining() < LOOK {
                return Standing::Current;
            }
            info!("waiting until what another run has written can be seen");
            sleep(LOOK).await;
        }
    }

    /// Makes sure, before a write, that no later request has come.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`].
    pub(super) async fn check(&self) -> Result<(), Error> {
        let Some(log_group) = self.log_group() else {
            return Ok(());
        };
        match self.entries(log_group).await {
            Ok(entries) if self.is_superseded(&entries) => Err(Error::Superseded),
            Ok(_) => Ok(()),
            Err(fault) => {
                self.give_up(&fault);
                Ok(())
            }
        }
    }

    /// Notes how the request ended, after it was answered.
    pub async fn end(&self, end: End) {
        // A call for a turn may have failed earlier; this one tells the next request about it.
        let Some(log_group) = self.log_group else {
            return;
        };
        let stream = format!("{}/{}-{}", self.stream(), end.word(), self.properties);
        if let Err(fault) = self.create_stream(log_group, &stream).await {
            self.give_up(&fault);
        }
    }

    /// Whether the streams tell about other requests.
    pub(super) fn is_known(&self) -> bool {
        self.log_group().is_some()
    }

    /// Whether properties were in force: a request with them succeeded.
    pub(super) fn held(&self, properties: &Value) -> bool {
        self.ends(properties).contains(&End::Succeeded)
    }

    /// Whether every request with these properties failed and undid what it had done.
    pub(super) fn were_undone(&self, properties: &Value) -> bool {
        let ends = self.ends(properties);
        !ends.is_empty() && ends.iter().all(|end| *end == End::Undone)
    }

    /// Whether a request failed and undid what it had done: the one with this digest, or else the
    /// newest one before this.
    pub(super) fn was_undone(&self, request: Option<&str>) -> bool {
        let known = self.known.borrow();
        let entry = match request {
            Some(request) => known.iter().find(|entry| entry.request == request),
            None => known
                .iter()
                .filter(|entry| !self.is_mine(entry))
                .max_by(|one, two| one.order().cmp(&two.order())),
        };
        let ended = entry.and_then(|entry| entry.end.as_ref());
        ended.is_some_and(|ended| ended.end == End::Undone)
    }

    fn ends(&self, properties: &Value) -> Vec<End> {
        let properties = properties_digest(properties);
        let known = self.known.borrow();
        let ended = known.iter().filter_map(|entry| entry.end.as_ref());
        ended
            .filter(|ended| ended.properties == properties)
            .map(|ended| ended.end)
            .collect()
    }

    /// The log group, as long as it can be used.
    fn log_group(&self) -> Option<&'a str> {
        self.log_group.filter(|_| !self.is_given_up.get())
    }

    fn stream(&self) -> String {
        format!("{}{}-{}", self.prefix, self.time, self.request)
    }

    fn is_mine(&self, entry: &Entry) -> bool {
        entry.request == self.request
    }

    fn is_superseded(&self, entries: &[Entry]) -> bool {
        // Not listed yet: it has just begun.
        let mine = entries.iter().find(|entry| self.is_mine(entry));
        let mine = mine.map_or((self.time.as_str(), i64::MAX), Entry::order);
        entries.iter().any(|entry| entry.order() > mine)
    }

    /// Whether a run may still write, or what it has written may not show yet.
    fn is_unsettled(&self, entry: &Entry) -> bool {
        let (then, since) = self.now;
        let now = i128::from(then.as_millisecond()) + millis(since.elapsed());
        let (from, time) = match &entry.end {
            None => (entry.began, self.lifetime),
            Some(ended) if ended.end == End::Undone => return false,
            Some(ended) => (ended.at, SETTLE),
        };
        now < i128::from(from) + millis(time)
    }

    /// Makes a log stream. Returns whether it is new.
    async fn create_stream(&self, log_group: &str, stream: &str) -> Result<bool, Fault> {
        let created = self
            .logs
            .create_log_stream()
            .log_group_name(log_group)
            .log_stream_name(stream)
            .send()
            .await;
        match created.map_err(|error| Fault::new("logs:CreateLogStream", stream, &error)) {
            Ok(_) => Ok(true),
            Err(fault) if fault.has_code(&["ResourceAlreadyExistsException"]) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn entries(&self, log_group: &str) -> Result<Vec<Entry>, Fault> {
        let described = self
            .logs
            .describe_log_streams()
            .log_group_name(log_group)
            .log_stream_name_prefix(&self.prefix)
            .order_by(OrderBy::LogStreamName)
            .descending(true)
            .limit(STREAMS)
            .send()
            .await
            .map_err(|error| Fault::new("logs:DescribeLogStreams", log_group, &error))?;
        let mut entries: Vec<Entry> = Vec::new();
        for stream in described.log_streams() {
            let name = stream.log_stream_name().unwrap_or_default();
            let name = name.strip_prefix(&self.prefix).unwrap_or_default();
            let Some(found) = Entry::read(name, stream.creation_time().unwrap_or_default()) else {
                continue;
            };
            let known = entries
                .iter_mut()
                .find(|entry| entry.request == found.request);
            match known {
                Some(entry) => {
                    entry.began = entry.began.min(found.began);
                    entry.end = entry.end.take().or(found.end);
                }
                None => entries.push(found),
            }
        }
        Ok(entries)
    }

    /// Goes on without turns, which are better than nothing but not worth a failure.
    fn give_up(&self, fault: &Fault) {
        warn!(%fault, "requests cannot take turns");
        self.is_given_up.set(true);
    }
}

impl Entry {
    /// Reads `<time>-<request>` or `<time>-<request>/<end>`.
    fn read(stream: &str, created: i64) -> Option<Self> {
        let (name, end) = match stream.split_once('/') {
            Some((name, end)) => (name, Some(end)),
            None => (stream, None),
        };
        let (time, request) = name.split_once('-')?;
        let end = end.and_then(|end| {
            let (word, properties) = end.split_once('-')?;
            let ends = [End::Succeeded, End::Undone, End::Left];
            Some(Ended {
                end: ends.into_iter().find(|end| end.word() == word)?,
                properties: properties.to_owned(),
                at: created,
            })
        });
        Some(Self {
            time: time.to_owned(),
            request: request.to_owned(),
            began: created,
            end,
        })
    }

    /// What requests are sorted by. CloudFormation signs with seconds; two requests within one are
    /// in the order in which they began.
    fn order(&self) -> (&str, i64) {
        (&self.time, self.began)
    }
}

impl End {
    /// What its log stream says.
    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Undone => "undone",
            Self::Left => "left",
        }
    }
}

/// The digest of a request's properties, without those that say how the function is called and
/// which version of it.
fn properties_digest(properties: &Value) -> String {
    let mut properties = properties.clone();
    if let Some(properties) = properties.as_object_mut() {
        properties.retain(|name, _| {
            !matches!(
                name.as_str(),
                "ServiceToken" | "ServiceTimeout" | "Revision"
            )
        });
    }
    digest(&properties.to_string())
}

fn millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stream_tells_a_request_and_its_end() {
        let read = |stream| Entry::read(stream, 7);
        let entry = |end| {
            Some(Entry {
                time: "20261123T094720Z".to_owned(),
                request: "1f2e3d4c5b6a".to_owned(),
                began: 7,
                end,
            })
        };
        assert_eq!(read("20261123T094720Z-1f2e3d4c5b6a"), entry(None));
        for end in [End::Succeeded, End::Undone, End::Left] {
            let stream = format!("20261123T094720Z-1f2e3d4c5b6a/{}-aabbccddeeff", end.word());
            assert_eq!(
                Entry::read(&stream, 7),
                entry(Some(Ended {
                    end,
                    properties: "aabbccddeeff".to_owned(),
                    at: 7,
                }))
            );
        }
        assert_eq!(read("x"), None);
    }

    #[test]
    fn another_version_of_the_function_asks_for_the_same() {
        let with = |revision: &str, period: &str| {
            properties_digest(&json!({"Revision": revision, "Period": period}))
        };
        assert_eq!(with("1", "60"), with("2", "60"));
        assert_ne!(with("1", "60"), with("1", "10"));
    }
}
