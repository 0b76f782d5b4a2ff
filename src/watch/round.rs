//! One round of the watch.

use jiff::Timestamp;

use super::telling::Telling;
use crate::alert::Destination;
use crate::cloudtrail::OwnIdentity;
use crate::deadline::Deadline;
use crate::provision::Account;
use crate::tick::Tick;

/// What every step of a round needs.
pub struct Round<'a> {
    /// Where the alarm is.
    pub account: Account<'a>,
    /// The tick.
    pub tick: &'a Tick,
    /// Where mails go.
    pub destination: Destination<'a>,
    /// The function's own role and name, whose errors are not the application's.
    pub own_identity: OwnIdentity,
    /// The function's own log group; empty when it is not known.
    pub log_group: &'a str,
    /// The log stream of this execution environment.
    pub log_stream: &'a str,
    /// The time of the invocation.
    pub now: Timestamp,
    /// When Lambda ends it.
    pub deadline: Deadline,
}

impl Round<'_> {
    /// All that it takes to tell of what is found.
    pub(super) fn telling(&self) -> Telling<'_> {
        let OwnIdentity {
            role_arn,
            function_arn,
        } = &self.own_identity;
        Telling {
            logs: self.account.logs,
            sns: self.account.sns,
            destination: self.destination,
            name: &self.tick.properties.name,
            log_group: self.log_group,
            trail: Some(&self.tick.properties.log_group_name),
            own_role: role_arn.as_deref(),
            function_arn: function_arn.as_deref().unwrap_or_default(),
            now: self.now,
            deadline: self.deadline,
        }
    }
}
