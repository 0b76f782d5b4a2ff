//! Addresses in the AWS console that open the right thing, in the right Region and partition.
//!
//! The console has no documented form for these; this is the one its own links have. CloudWatch
//! writes `$` for `%` behind the `#`, and names in its log pages are encoded twice: `/` becomes
//! `$252F`. A name that could not be AWS's own gives no link, and neither does a Region whose console
//! is not known.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::insights::query;
use crate::alarm::Window;
use crate::cloudtrail::{Workload, WorkloadKind};
use crate::identifier::{Identifier, Key};
use crate::partition::Partition;
use crate::shown::Safe;

/// An address of the console, put together here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Whether it has at most this many characters.
    pub fn fits(&self, max: usize) -> bool {
        self.0.len() <= max
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Safe for Address {}

/// What JavaScript's `encodeURIComponent` leaves alone, but for the marks that end an address in a
/// mail.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Mail programs and browsers cut longer addresses.
const MAX_LEN: usize = 4_096;

/// The alarm's page.
pub(super) fn alarm(region: &str, name: &str) -> Option<Address> {
    let page = cloudwatch(region)?;
    opens(format!(
        "{page}#alarmsV2:alarm/{}",
        encoded(name).replace('%', "$")
    ))
}

/// The dashboard of that name.
pub(super) fn dashboard(region: &str, name: &str) -> Option<Address> {
    let page = cloudwatch(region)?;
    opens(format!(
        "{page}#dashboards/dashboard/{}",
        encoded(name).replace('%', "$")
    ))
}

/// The log group's events in this window that match the pattern; all of them when the pattern is too
/// long for an address.
pub(super) fn log_events(
    region: &str,
    log_group: &str,
    pattern: &str,
    window: Window,
) -> Option<Address> {
    let page = cloudwatch(region)?;
    let twice = |text: &str| encoded(&encoded(text)).replace('%', "$");
    let events = format!(
        "{page}#logsV2:log-groups/log-group/{}/log-events$3F",
        twice(log_group)
    );
    let span = format!(
        "start$3D{}$26end$3D{}",
        window.start_millis(),
        window.end_millis()
    );
    opens(format!(
        "{events}filterPattern$3D{}$26{span}",
        twice(pattern)
    ))
    .or_else(|| opens(format!("{events}{span}")))
}

/// Logs Insights with the query that finds the same in the same window, ready to run.
pub(super) fn insights(
    region: &str,
    log_group: &str,
    pattern: &str,
    window: Window,
) -> Option<Address> {
    let page = cloudwatch(region)?;
    let query = query(pattern)?;
    let time = |moment: Timestamp| starred(&format!("{moment:.3}"));
    let detail = format!(
        "~(end~'{}~start~'{}~timeType~'ABSOLUTE~tz~'UTC~editorString~'{}~source~(~'{}))",
        time(window.end),
        time(window.start),
        starred(&query),
        starred(log_group)
    );
    let detail = encoded(&encoded(&detail)).replace('%', "$");
    opens(format!(
        "{page}#logsV2:logs-insights$3FqueryDetail$3D{detail}"
    ))
}

/// Text inside the console's own notation for objects, where a star stands before each code.
fn starred(text: &str) -> String {
    let mut starred = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => {
                starred.push(char::from(byte));
            }
            Ok(byte) => drop(write!(starred, "*{byte:02x}")),
            Err(_) => drop(write!(starred, "**{unit:04x}")),
        }
    }
    starred
}

/// Where the program runs that called, with what the page is. Of an ECS task whose cluster is
/// unknown that is the list of the clusters; for other programs there is no page without guessing.
pub(super) fn workload(region: &str, workload: Workload<'_>) -> Option<(&'static str, Address)> {
    let console = console(region)?;
    let name = |text: &str| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=255).contains(&text.len()) && text.bytes().all(is_name)
    };
    let id = Some(workload.id).filter(|id| name(id))?;
    let (title, address) = match (workload.kind, workload.cluster) {
        (WorkloadKind::EcsTask, Some(cluster)) if name(cluster) => (
            "ECS task",
            format!("{console}/ecs/v2/clusters/{cluster}/tasks/{id}/configuration?region={region}"),
        ),
        (WorkloadKind::EcsTask, _) => (
            "ECS clusters (the event does not say which one the task is in)",
            format!("{console}/ecs/v2/clusters?region={region}"),
        ),
        (WorkloadKind::Instance, _) => (
            "EC2 instance",
            format!("{console}/ec2/home?region={region}#InstanceDetails:instanceId={id}"),
        ),
        (WorkloadKind::Function, _) => (
            "Lambda function",
            format!("{console}/lambda/home?region={region}#/functions/{id}"),
        ),
        _ => return None,
    };
    Some((title, opens(address)?))
}

/// An address, unless it is so long that no program opens it.
fn opens(address: String) -> Option<Address> {
    (address.len() <= MAX_LEN).then_some(Address(address))
}

/// The key's page, in the key's own Region.
pub(super) fn key_page(key: &Key) -> Option<Address> {
    let region = key.arn()?.region;
    let id = Some(key.id()).filter(|_| !key.is_alias())?;
    opens(format!(
        "{}/kms/home?region={region}#/kms/keys/{id}",
        console(region)?
    ))
}

/// The event in CloudTrail's event history.
pub(super) fn cloudtrail_event(region: &str, id: &str) -> Option<Address> {
    let id = Identifier::word(id)?;
    opens(format!(
        "{}/cloudtrailv2/home?region={region}#/events/{id}",
        console(region)?
    ))
}

fn cloudwatch(region: &str) -> Option<String> {
    Some(format!(
        "{}/cloudwatch/home?region={region}",
        console(region)?
    ))
}

fn console(region: &str) -> Option<String> {
    let domain = Partition::of_region(region)?.console?;
    Identifier::word(region).map(|region| format!("https://{region}.{domain}"))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests;
