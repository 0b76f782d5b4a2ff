//! The log streams of the function's own log group. They are no part of the [`World`], because tests
//! compare that to see that nothing was touched.
//!
//! - `CreateLogStream` fails at once when there is a stream of that name, or no log group.
//!   <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>
//! - `DescribeLogStreams` lists at most 50 at a time, sorted by name.
//!   <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>
//!
//! [`World`]: super::World

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Error};

/// The log group that the template gives the function.
pub const FUNCTION_LOG_GROUP: &str = "/aws/lambda/pattern1-alarm-AlarmFunction";

/// The function's own log group.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    made: BTreeMap<String, Stream>,
    /// Whether the log group is gone.
    pub gone: bool,
    newest: i64,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    /// When it was made, by the clock of the test.
    at: i64,
    /// The same as it is shown: no two calls arrive within the same millisecond, though the clock
    /// of a test stands still.
    creation_time: i64,
}

impl Streams {
    /// What CloudWatch Logs says to a call about log streams. What was made after `shown` is not
    /// listed yet.
    pub fn perform(&mut self, call: &Call, now: i64, shown: i64) -> Answer {
        if self.gone || call.text("logGroupName") != Some(FUNCTION_LOG_GROUP) {
            return Err(Error::new(
                400,
                "ResourceNotFoundException",
                "The specified log group does not exist.",
            ));
        }
        let answer = if call.operation == "CreateLogStream" {
            self.create(call, now)?
        } else {
            self.describe(call, shown)
        };
        Ok(Body::Value(answer))
    }

    fn create(&mut self, call: &Call, now: i64) -> Result<Value, Error> {
        let name = call.text("logStreamName").unwrap_or_default();
        if self.made.contains_key(name) {
            return Err(Error::new(
                400,
                "ResourceAlreadyExistsException",
                "The specified log stream already exists",
            ));
        }
        self.newest = now.max(self.newest + 1);
        let stream = Stream {
            at: now,
            creation_time: self.newest,
        };
        self.made.insert(name.to_owned(), stream);
        Ok(json!({}))
    }

    fn describe(&self, call: &Call, shown: i64) -> Value {
        let prefix = call.text("logStreamNamePrefix").unwrap_or_default();
        let limit = call.parameters["limit"].as_u64().unwrap_or(50);
        let limit = usize::try_from(limit).expect("a small number");
        let mut streams: Vec<(&String, &Stream)> = self.made.iter().collect();
        if call.parameters["descending"] == true {
            streams.reverse();
        }
        let after = call.text("nextToken");
        let mut streams = streams
            .into_iter()
            .filter(|(name, stream)| name.starts_with(prefix) && stream.at <= shown)
            .skip_while(|(name, _)| after.is_some_and(|after| after != *name))
            .skip(usize::from(after.is_some()))
            .peekable();
        let mut page = Vec::new();
        while page.len() < limit
            && let Some((name, stream)) = streams.next()
        {
            page.push(json!({"logStreamName": name, "creationTime": stream.creation_time}));
        }
        let mut answer = json!({"logStreams": page});
        if streams.peek().is_some() {
            answer["nextToken"] = page.last().expect("a stream")["logStreamName"].clone();
        }
        answer
    }
}
