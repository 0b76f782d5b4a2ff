//! Requests about one resource take turns.
//!
//! When a user cancels an update or a Create, CloudFormation sends the next request while the last
//! one still runs. Lambda delivers a request again when its answer was lost, and sometimes for no
//! reason. So each delivery leaves log streams in the function's own log group, which is there
//! before the first Create and after the last Delete:
//!
//! ```text
//! kms-alarm/<owner>/<time>-<request>-<properties>/began-<milliseconds>-<log stream>
//! kms-alarm/<owner>/<time>-<request>-<properties>/<end>
//! ```
//!
//! A repair of the watch does the same under `kms-alarm-repairs/<owner>/`. It waits for nobody: it
//! gives way to every request, and a request that finds one at work waits until it has ended.
//!
//! The time is that of CloudFormation's signature; the rest are digests. What must hold: a run whose
//! request is not the newest writes nothing more; no run begins while an earlier one may still
//! write, or while what it wrote may not show yet, as long as there is time to wait; and a request
//! that has ended is not carried out again. Where the streams cannot be made or listed there are no
//! turns, and the work is done anyway.
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

use super::end::End;
use super::error::Error;
use super::resource::Resource;
use crate::custom_resource::Request;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::owner::{Owner, digest};

/// How often a waiting run looks whether the run before it has ended.
const LOOK: Duration = Duration::from_secs(1);
/// How long a look at the other requests counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long listings and tags may take to show what an earlier run wrote.
const SETTLE: Duration = Duration::from_secs(6);
/// The time that a run keeps for its own work while it waits.
const WORK: Duration = Duration::from_secs(15);
/// The time to note how a request ended.
const NOTE: Duration = Duration::from_secs(2);
/// The streams to list, newest first: two or more of each request.
const STREAMS: i32 = 50;
/// The same of repairs.
const REPAIR_STREAMS: i32 = 30;
/// So many repairs in a day are enough: somebody changes it back each time.
const MAX_REPAIRS: usize = 10;
const DAY: Duration = Duration::from_hours(24);
/// How long after a request nothing is repaired: CloudFormation may still be at work on the stack,
/// and Lambda delivers a request again for up to six minutes.
const QUIET: Duration = Duration::from_mins(10);

/// Whether a delivery of a request is to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Current,
    /// Another delivery of the same request has ended.
    Ended(End),
    /// CloudFormation has sent a later request about the resource.
    Superseded,
}

/// Whether the properties of a tick are in force, so that what differs from them may be repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// The last request that succeeded had these properties.
    InForce,
    /// CloudFormation is at work, or was within the last ten minutes; or another repair is.
    Busy,
    /// The resource was removed.
    Removed,
    /// The last request that succeeded had others.
    Others,
    /// They are in force, but there were ten repairs within a day.
    TooOften,
}

/// One delivery of a request, or one repair, among all requests about the resource.
pub struct Turn<'a> {
    logs: &'a Logs,
    /// The function's own log group; empty when it is not known.
    log_group: &'a str,
    /// What the streams of all requests about the resource begin with, and those of repairs.
    prefix: String,
    repairs: String,
    /// Whether this is a repair.
    is_repair: bool,
    /// The request: its time, in a form that sorts, its digest, and that of its properties.
    request: Key,
    /// What the stream says that tells of this delivery.
    began: String,
    /// Whether that stream exists.
    is_announced: Cell<bool>,
    /// Whether the resource has an ID of ours, so that there was an earlier request.
    has_id: bool,
    /// The time of the invocation, and the same moment on the clock that moves on.
    now: (Timestamp, Instant),
    /// How long an invocation may take, and so how long another run may still write.
    lifetime: Duration,
    /// When it was last seen that no later request has come.
    seen: Cell<Option<Instant>>,
    /// The requests that were known when this one began; nothing when they could not be listed.
    known: RefCell<Option<Vec<Entry>>>,
}

/// What tells one request from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    time: String,
    request: String,
    properties: String,
}

/// What the streams tell about one request or repair.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: Key,
    is_repair: bool,
    /// Each delivery that began: what its stream says, and when, in milliseconds.
    began: Vec<(String, i64)>,
    /// How it ended, and when.
    end: Option<(End, i64)>,
}

impl<'a> Turn<'a> {
    /// A delivery of a request. `log_group` is the function's own, empty when it is not known.
    pub fn new(
        logs: &'a Logs,
        (log_group, log_stream): (&'a str, &str),
        request: &Request,
        made_at: Timestamp,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        let Resource { owner, id } = Resource::new(request);
        let key = Key {
            time: sortable(made_at),
            request: digest(&request.request_id),
            properties: properties_digest(&request.resource_properties),
        };
        Self {
            has_id: id.is_some(),
            ..Self::of(logs, (log_group, log_stream), &owner, key, now, deadline)
        }
    }

    /// A repair by the watch, at the tick that was due at `tick`.
    pub(super) fn of_repair(
        logs: &'a Logs,
        streams: (&'a str, &str),
        owner: &Owner,
        tick: Timestamp,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        let key = Key {
            time: sortable(tick),
            request: digest(&tick.to_string()),
            properties: "repair".to_owned(),
        };
        Self {
            is_repair: true,
            ..Self::of(logs, streams, owner, key, now, deadline)
        }
    }

    /// A run about a resource that exists.
    fn of(
        logs: &'a Logs,
        (log_group, log_stream): (&'a str, &str),
        owner: &Owner,
        request: Key,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        Self {
            logs,
            log_group,
            has_id: true,
            prefix: format!("kms-alarm/{}/", owner.id),
            repairs: format!("kms-alarm-repairs/{}/", owner.id),
            is_repair: false,
            request,
            began: format!("began-{}-{}", now.as_millisecond(), digest(log_stream)),
            is_announced: Cell::new(false),
            now: (now, Instant::now()),
            lifetime: deadline.remaining(),
            seen: Cell::default(),
            known: RefCell::default(),
        }
    }

    /// Whether what differs from these properties may be repaired. Announces nothing.
    ///
    /// # Errors
    ///
    /// The requests could not be listed, so nothing may be repaired.
    pub(super) async fn force(&self, properties: &Value) -> Result<Force, Fault> {
        let mut entries = self.list().await?;
        entries.sort_by(|one, two| one.order().cmp(&two.order()));
        if entries.iter().any(|entry| self.may_be_at_work(entry)) {
            return Ok(Force::Busy);
        }
        let began = |entry: &&Entry| {
            let began = entry.began.iter().map(|(_, at)| *at).max();
            entry.is_repair && began.is_some_and(|at| self.is_within(at, DAY))
        };
        let is_enough = entries.iter().filter(began).count() >= MAX_REPAIRS;
        entries.retain(|entry| !entry.is_repair);
        let digest = properties_digest(properties);
        let held = entries
            .iter()
            .rposition(|entry| entry.ended(End::Succeeded));
        let is_removed = entries
            .iter()
            .skip(held.unwrap_or_default())
            .any(|entry| entry.key.properties == digest && entry.ended(End::Removed));
        let last = held.and_then(|at| entries.get(at));
        Ok(match last {
            _ if is_removed => Force::Removed,
            Some(last) if last.key.properties != digest => Force::Others,
            // If there is none at all, there were no turns, or the streams are gone.
            None if !entries.is_empty() => Force::Others,
            _ if is_enough => Force::TooOften,
            _ => Force::InForce,
        })
    }

    /// Announces a repair that may be made.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`] if a request or another repair has begun in the meantime, or the repair
    /// could not be announced.
    pub(super) async fn begin_repair(&self) -> Result<(), Error> {
        if self.is_superseded(&self.entries().await?) {
            return Err(Error::Superseded);
        }
        self.seen.set(Some(Instant::now()));
        Ok(())
    }

    /// Whether a request, or another repair, may be at work, or was just now.
    fn may_be_at_work(&self, entry: &Entry) -> bool {
        if entry.is_repair {
            return self.is_unsettled(entry);
        }
        let began = entry.began.iter().map(|(_, at)| *at).max();
        let last = entry.end.map(|(_, at)| at).max(began);
        last.is_some_and(|at| self.is_within(at, QUIET))
    }

    /// Whether this is a repair.
    pub(super) fn is_repair(&self) -> bool {
        self.is_repair
    }

    /// The digest of the request that the topic's tag and the id of a failed Create carry.
    pub(super) fn request(&self) -> &str {
        &self.request.request
    }

    /// Announces the delivery, and waits until no earlier run may still write, as long as that
    /// leaves enough time for the work.
    pub async fn begin(&self, until: Deadline) -> Standing {
        let until = until.keeping(WORK);
        loop {
            let entries = match until.limit(self.entries()).await {
                Ok(Ok(entries)) => entries,
                // A new permission does not apply everywhere at once.
                Ok(Err(fault)) if fault.is_denied() && until.remaining() > LOOK => {
                    sleep(LOOK).await;
                    continue;
                }
                Ok(Err(fault)) => {
                    warn!(%fault, "requests cannot take turns");
                    return Standing::Current;
                }
                Err(_) => return Standing::Current,
            };
            let mine = entries.iter().find(|entry| self.is_mine(entry));
            let end = mine.and_then(|mine| mine.end);
            if self.is_superseded(&entries) {
                self.known.replace(Some(entries));
                return Standing::Superseded;
            }
            if let Some((end, _)) = end {
                return Standing::Ended(end);
            }
            self.seen.set(Some(Instant::now()));
            // The request before this one is not listed yet.
            let is_late = self.has_id
                && entries
                    .iter()
                    .all(|entry| entry.is_repair || self.is_mine(entry));
            let must_wait = entries.iter().any(|entry| self.is_unsettled(entry))
                || (is_late && self.is_unsettled_yet());
            self.known.replace(Some(entries));
            if !must_wait || until.remaining() < LOOK {
                return Standing::Current;
            }
            info!("waiting until what another run has written can be seen");
            sleep(LOOK).await;
        }
    }

    /// Makes sure, before a write, that no later request has come. What was seen within the last
    /// second counts: listings are no fresher than that.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`].
    pub(super) async fn check(&self) -> Result<(), Error> {
        if self.seen.get().is_some_and(|seen| seen.elapsed() < FRESH) {
            return Ok(());
        }
        match self.entries().await {
            Ok(entries) if self.is_superseded(&entries) => return Err(Error::Superseded),
            Ok(_) => {}
            Err(fault) => warn!(%fault, "requests cannot take turns"),
        }
        self.seen.set(Some(Instant::now()));
        Ok(())
    }

    /// Notes how the request ended. That comes before the answer: the next request must not find
    /// this one still at work.
    pub async fn end(&self, end: End) {
        if self.log_group.is_empty() {
            return;
        }
        let noting = self.create_stream(end.word());
        let noted = Deadline::after(NOTE).limit(noting).await;
        match noted {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => warn!(%fault, "how the request ended could not be noted"),
            Err(_) => warn!("how the request ended could not be noted in time"),
        }
    }

    /// Whether what an earlier run wrote, just before this one began, may not show yet.
    pub(super) fn is_unsettled_yet(&self) -> bool {
        let (_, began) = self.now;
        began.elapsed() < SETTLE
    }

    /// Whether the streams tell of another request. Without one, a run may be at work that could
    /// not announce itself.
    pub(super) fn tells_of_another(&self) -> bool {
        self.others().is_some_and(|others| !others.is_empty())
    }

    /// Whether an earlier delivery of this request has begun. It may have left something.
    pub fn is_repeated(&self) -> bool {
        let known = self.known.borrow();
        let mut entries = known.iter().flatten();
        let mine = entries.find(|entry| self.is_mine(entry));
        mine.is_some_and(|mine| mine.began.iter().any(|(began, _)| *began != self.began))
    }

    /// Whether the last request carried these properties and did not succeed, so that whoever comes
    /// from them goes back. Where that is not known, it may be so.
    pub(super) fn comes_from_failure(&self, properties: &Value) -> bool {
        let Some(others) = self.others() else {
            return true;
        };
        let digest = properties_digest(properties);
        let is_failure =
            |entry: &Entry| entry.key.properties == digest && !entry.ended(End::Succeeded);
        others.last().is_some_and(is_failure)
    }

    /// What became of the requests with these properties.
    pub(super) fn fate(&self, properties: &Value) -> Fate {
        let digest = properties_digest(properties);
        let mut others = self.others().unwrap_or_default();
        others.retain(|entry| entry.key.properties == digest);
        if others.iter().any(|entry| entry.ended(End::Succeeded)) {
            Fate::Held
        } else if !others.is_empty() && others.iter().all(|entry| entry.ended(End::Undone)) {
            Fate::Undone
        } else {
            Fate::Unknown
        }
    }

    /// Whether a request failed and undid what it had done: the one with this digest, or else the
    /// newest one before this.
    pub(super) fn was_undone(&self, request: Option<&str>) -> bool {
        let others = self.others().unwrap_or_default();
        let entry = match request {
            Some(request) => others.iter().find(|entry| entry.key.request == request),
            None => others.last(),
        };
        entry.is_some_and(|entry| entry.ended(End::Undone))
    }

    /// The other requests, oldest first, if they could be listed.
    fn others(&self) -> Option<Vec<Entry>> {
        let mut others = self.known.borrow().clone()?;
        others.retain(|entry| !entry.is_repair && !self.is_mine(entry));
        others.sort_by(|one, two| one.order().cmp(&two.order()));
        Some(others)
    }

    fn is_mine(&self, entry: &Entry) -> bool {
        entry.is_repair == self.is_repair && entry.key.request == self.request.request
    }

    fn is_superseded(&self, entries: &[Entry]) -> bool {
        if self.is_repair {
            return entries.iter().any(|entry| self.may_be_at_work(entry));
        }
        // Not listed yet: it has just begun.
        let mine = entries.iter().find(|entry| self.is_mine(entry));
        let mine = mine.map_or((self.request.time.as_str(), i64::MAX), Entry::order);
        let mut others = entries
            .iter()
            .filter(|entry| !entry.is_repair && !self.is_mine(entry));
        others.any(|entry| entry.order() > mine)
    }

    /// Whether an earlier run may still write, or what it has written may not show yet.
    fn is_unsettled(&self, entry: &Entry) -> bool {
        match entry.end {
            Some((End::Undone, _)) => false,
            Some((_, at)) => self.is_within(at, SETTLE),
            None => {
                // Of two deliveries of one request, the later one waits.
                let own = entry.began.iter().find(|(began, _)| *began == self.began);
                let is_earlier = |(began, at): &&(String, i64)| {
                    own.is_none_or(|own| (at, began) < (&own.1, &own.0))
                };
                let mut earlier = entry.began.iter().filter(is_earlier);
                earlier.any(|(_, at)| self.is_within(*at, self.lifetime))
            }
        }
    }

    /// Whether less than this time has passed since a moment, in milliseconds.
    fn is_within(&self, from: i64, time: Duration) -> bool {
        let (then, since) = self.now;
        let now = i128::from(then.as_millisecond()) + millis(since.elapsed());
        now < i128::from(from) + millis(time)
    }

    /// Makes the stream that says this of the request. One that exists is as good.
    async fn create_stream(&self, what: &str) -> Result<(), Fault> {
        let Key {
            time,
            request,
            properties,
        } = &self.request;
        let prefix = if self.is_repair {
            &self.repairs
        } else {
            &self.prefix
        };
        let stream = format!("{prefix}{time}-{request}-{properties}/{what}");
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

    /// The requests that the streams tell of, after this delivery was announced.
    async fn entries(&self) -> Result<Vec<Entry>, Fault> {
        if self.log_group.is_empty() {
            const UNKNOWN: &str = "the function's log group is not known";
            return Err(Fault::local("logs:CreateLogStream", "", UNKNOWN));
        }
        if !self.is_announced.get() {
            self.create_stream(&self.began).await?;
            self.is_announced.set(true);
        }
        self.list().await
    }

    async fn list(&self) -> Result<Vec<Entry>, Fault> {
        // Boxed, because the futures of two SDK calls are large.
        let (requests, repairs) = tokio::try_join!(
            Box::pin(self.streams(&self.prefix, STREAMS)),
            Box::pin(self.streams(&self.repairs, REPAIR_STREAMS)),
        )?;
        let requests = requests.iter().map(|stream| (stream, false));
        let repairs = repairs.iter().map(|stream| (stream, true));
        let mut entries: Vec<Entry> = Vec::new();
        for ((stream, created), is_repair) in requests.chain(repairs) {
            let Some(found) = Entry::read(stream, *created, is_repair) else {
                continue;
            };
            let known = entries.iter_mut().find(|entry| {
                entry.is_repair == is_repair && entry.key.request == found.key.request
            });
            match known {
                Some(entry) => entry.add(found),
                None => entries.push(found),
            }
        }
        Ok(entries)
    }

    /// The newest streams that begin with a prefix, without it, and when each was made.
    async fn streams(&self, prefix: &str, limit: i32) -> Result<Vec<(String, i64)>, Fault> {
        let described = self
            .logs
            .describe_log_streams()
            .log_group_name(self.log_group)
            .log_stream_name_prefix(prefix)
            .order_by(OrderBy::LogStreamName)
            .descending(true)
            .limit(limit)
            .send()
            .await
            .map_err(|error| Fault::new("logs:DescribeLogStreams", self.log_group, &error))?;
        let streams = described.log_streams().iter().filter_map(|stream| {
            let name = stream.log_stream_name()?.strip_prefix(prefix)?;
            Some((name.to_owned(), stream.creation_time().unwrap_or_default()))
        });
        Ok(streams.collect())
    }
}

/// What became of the requests with certain properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// One of them succeeded.
    Held,
    /// All of them failed, and undid what they had done.
    Undone,
    /// It is not known.
    Unknown,
}

impl Entry {
    /// Reads what one stream says, which was made at that time.
    fn read(stream: &str, created: i64, is_repair: bool) -> Option<Self> {
        let (key, what) = stream.split_once('/')?;
        let mut parts = key.splitn(3, '-').map(str::to_owned);
        let key = Key {
            time: parts.next()?,
            request: parts.next()?,
            properties: parts.next()?,
        };
        let end = End::of(what);
        Some(Self {
            key,
            is_repair,
            began: match end {
                Some(_) => Vec::new(),
                None => vec![(what.to_owned(), created)],
            },
            end: end.map(|end| (end, created)),
        })
    }

    /// Adds what another stream says about the request.
    fn add(&mut self, other: Self) {
        // Without a signature, each delivery has a time of its own.
        if other.key.time < self.key.time {
            self.key.time = other.key.time;
        }
        self.began.extend(other.began);
        self.end = self.end.or(other.end);
    }

    fn ended(&self, end: End) -> bool {
        self.end.is_some_and(|(ended, _)| ended == end)
    }

    /// What requests are sorted by. CloudFormation signs with seconds; two requests within one are
    /// in the order in which they began.
    fn order(&self) -> (&str, i64) {
        let began = self.began.iter().map(|(_, at)| *at).min();
        let ended = self.end.map(|(_, at)| at);
        (&self.key.time, began.or(ended).unwrap_or_default())
    }
}

/// A moment in a form that sorts.
fn sortable(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
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
    fn a_stream_tells_of_a_beginning_or_an_end() {
        let read = |what| {
            Entry::read(
                &format!("20261123T094720Z-1f2e3d4c5b6a-aabbccddeeff/{what}"),
                7,
                false,
            )
        };
        let entry = |began: Vec<(String, i64)>, end| {
            Some(Entry {
                key: Key {
                    time: "20261123T094720Z".to_owned(),
                    request: "1f2e3d4c5b6a".to_owned(),
                    properties: "aabbccddeeff".to_owned(),
                },
                is_repair: false,
                began,
                end,
            })
        };
        let began = "began-1795427240000-0123456789ab";
        assert_eq!(read(began), entry(vec![(began.to_owned(), 7)], None));
        for end in [End::Succeeded, End::Removed, End::Undone, End::Left] {
            assert_eq!(read(end.word()), entry(Vec::new(), Some((end, 7))));
        }
        assert_eq!(Entry::read("x", 7, false), None);
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
