//! One round of the watch.

use jiff::Timestamp;

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
