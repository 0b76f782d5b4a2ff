//! What telling people takes, in a tick and when the alarm on the watch changes.

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use jiff::Timestamp;

use crate::alert::Destination;
use crate::deadline::Deadline;

/// All that it takes to tell.
pub struct Telling<'a> {
    /// CloudWatch Logs.
    pub logs: &'a Logs,
    /// SNS.
    pub sns: &'a Sns,
    /// Where mails go.
    pub destination: Destination<'a>,
    /// The base name.
    pub name: &'a str,
    /// The function's own log group; empty when it is not known.
    pub log_group: &'a str,
    /// CloudTrail's log group, if it is known.
    pub trail: Option<&'a str>,
    /// The function's own role.
    pub own_role: Option<&'a str>,
    /// The function.
    pub function_arn: &'a str,
    /// The time of the invocation.
    pub now: Timestamp,
    /// When Lambda ends it.
    pub deadline: Deadline,
}
