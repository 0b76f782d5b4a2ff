//! The function, and one invocation of it.

use jiff::Timestamp;

use super::metric_lines::MetricLines;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::environment::Environment;

/// The function as Lambda started it.
#[derive(Debug)]
pub struct Function {
    /// Its settings.
    pub environment: Environment,
    /// Its AWS clients.
    pub clients: Clients,
    /// Where its metrics go.
    pub metrics: MetricLines,
}

/// What is known about an invocation besides its event.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's request ID.
    pub request_id: String,
    /// The ARN by which the function was invoked.
    pub function_arn: String,
    /// The function's log group; empty when it is not known.
    pub log_group: String,
    /// Where the invocation's log lines go, for whoever reads about a failure.
    pub log_stream: String,
    /// When Lambda ends it.
    pub deadline: Deadline,
    /// The time of the invocation.
    pub now: Timestamp,
}
