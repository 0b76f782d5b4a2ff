//! The pages of found log events, read where they lie.
//!
//! A page holds up to 10,000 events or a megabyte. The SDK would copy every field of every event, of which only the
//! messages are looked at, and of them only some fields. So the SDK makes the call, with its signing, retries and
//! errors, but the body of an answer goes past it, and the messages are borrowed from that.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

mod answer;
mod keep;

use aws_sdk_cloudwatchlogs::Client as Logs;

use self::keep::Keep;
use crate::alarm::Window;
use crate::fault::Fault;

/// The pages of one search, one after the other in the same memory.
pub(super) struct Pages<'a> {
    logs: &'a Logs,
    query: Query<'a>,
    token: Option<String>,
    kept: Keep,
}

/// What is searched for.
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
            kept: Keep::default(),
        }
    }

    /// Asks for the next page.
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
            .map_err(|error| Fault::of("logs:FilterLogEvents", log_group, &error))?;
        Ok(())
    }

    /// Hands over the messages of the page that was asked for; returns whether there is another. A page may be empty
    /// and yet not the last: only a missing token ends a search.
    pub(super) fn read(&mut self, each: impl FnMut(&str)) -> Result<bool, Fault> {
        let token = answer::read(&self.kept.bytes(), each);
        self.token = token.map_err(|error| Fault {
            action: "logs:FilterLogEvents",
            object: self.query.log_group.to_owned(),
            code: None,
            message: format!("the answer could not be read: {error}"),
        })?;
        Ok(self.token.is_some())
    }
}
