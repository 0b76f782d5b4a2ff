//! The pages of log events that a search finds, read without copying them.
//!
//! A page holds up to 10,000 events or a megabyte. The SDK would copy every field of every event,
//! but only the messages are needed, and only some of their fields. So the SDK makes the call, with
//! its signing, retries and errors, but the body of the response goes past it, and the messages are
//! borrowed from that body.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

mod body;
mod kept_body;

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::Timestamp;

use self::kept_body::KeptBody;
use crate::alarm::Window;
use crate::fault::Fault;

/// The pages of one search, one after another in the same memory.
pub(super) struct Pages<'a> {
    logs: &'a Logs,
    query: Query<'a>,
    token: Option<String>,
    kept: KeptBody,
    /// The time of the newest event that was read, in milliseconds.
    newest: Option<f64>,
}

/// What to search for.
pub(super) struct Query<'a> {
    pub(super) log_group: &'a str,
    pub(super) pattern: &'a str,
    pub(super) window: Window,
}

impl<'a> Pages<'a> {
    pub(super) fn of(logs: &'a Logs, query: Query<'a>) -> Self {
        Self {
            logs,
            query,
            token: None,
            kept: KeptBody::default(),
            newest: None,
        }
    }

    /// Requests the next page.
    pub(super) async fn ask(&mut self) -> Result<(), Fault> {
        let Query {
            log_group,
            pattern,
            window,
        } = self.query;
        self.logs
            .filter_log_events()
            .log_group_name(log_group)
            .filter_pattern(pattern)
            .start_time(window.start_millis())
            .end_time(window.end_millis())
            .set_next_token(self.token.take())
            .customize()
            .interceptor(self.kept.clone())
            .send()
            .await
            .map_err(|error| Fault::new("logs:FilterLogEvents", log_group, &error))?;
        Ok(())
    }

    /// Passes each message of the requested page to `each`, with the time when it was logged; returns
    /// whether there is another page. An empty page need not be the last: only a missing token ends a
    /// search.
    pub(super) fn read(
        &mut self,
        mut each: impl FnMut(&str, Option<Timestamp>),
    ) -> Result<bool, Fault> {
        let newest = &mut self.newest;
        let token = body::read(&self.kept.bytes(), |message, at| {
            *newest = newest.iter().copied().chain(at).max_by(f64::total_cmp);
            each(message, at.and_then(time));
        });
        self.token = token.map_err(|error| {
            let error = format!("the response could not be read: {error}");
            Fault::local("logs:FilterLogEvents", self.query.log_group, error)
        })?;
        Ok(self.token.is_some())
    }

    /// Up to when the pages that were read reach: events come in the order of their times.
    pub(super) fn reach(&self) -> Option<Timestamp> {
        time(self.newest?)
    }
}

/// A time in milliseconds since 1970.
fn time(millis: f64) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the end of time is far enough"
    )]
    let millis = millis as i64;
    Timestamp::from_millisecond(millis).ok()
}
