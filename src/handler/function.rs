//! The function, and one invocation of it.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::metric_lines::MetricLines;
use crate::alert::Destination;
use crate::clients::Clients;
use crate::cloudtrail::OwnIdentity;
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

impl Function {
    /// Where the environment says alerts go.
    pub(super) fn destination(&self) -> Result<Destination<'_>> {
        let environment = &self.environment;
        Ok(Destination {
            topic_arn: environment.topic_arn.as_deref().context(
                "TOPIC_ARN is not set: give the ARN of the topic that people subscribe to",
            )?,
            zone: &environment.time_zone,
            problems: &environment.problems,
            https: environment.https_format,
            guide: &environment.guide,
        })
    }

    /// The function's own role and name.
    pub(super) fn own_identity(&self, invocation: &Invocation) -> OwnIdentity {
        OwnIdentity {
            role_arn: self.environment.role_arn.clone(),
            function_arn: Some(invocation.function_arn.clone()),
        }
    }
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
