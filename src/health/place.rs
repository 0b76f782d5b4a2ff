//! Where a notice is about, and where it is read.

use jiff::tz::TimeZone;

use crate::identifier::Identifier;

/// Where the alarm is, and where its reader.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The Region, if it is known.
    pub region: Option<Identifier>,
    /// The function's ARN.
    pub function_arn: &'a str,
    /// The function's log group.
    pub log_group: &'a str,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}
