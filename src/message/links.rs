//! Addresses in the AWS console that open the right thing, in the right Region and partition.
//!
//! The console has no documented form for these; this is the one its own links have. CloudWatch
//! writes `$` for `%` behind the `#`, and names in its log pages are encoded twice: `/` becomes
//! `$252F`. A name that could not be AWS's own gives no link.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Alert;
use crate::alarm::{Window, partition_of};

/// What JavaScript's `encodeURIComponent` leaves alone, but for the marks that end an address in a
/// mail.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Mail programs and browsers cut longer addresses.
const LONGEST: usize = 4_096;

/// The addresses that belong to an alert.
pub(super) struct Links {
    pub(super) alarm: Option<String>,
    pub(super) log_events: Vec<String>,
    pub(super) key: Option<String>,
    pub(super) event: Option<String>,
}

impl Links {
    pub(super) fn of(alert: &Alert<'_>, searches: usize) -> Self {
        let region = alert.change.region.as_deref();
        let groups = alert.findings.groups();
        let lead = groups.first();
        let searches = alert.searches.iter().take(searches);
        Self {
            alarm: region.and_then(|region| alarm(region, &alert.change.name)),
            log_events: searches
                .filter_map(|search| {
                    log_events(region?, &search.log_group, &search.pattern, alert.window)
                })
                .collect(),
            key: lead.and_then(|group| key(group.key().key.as_deref()?)),
            event: lead.and_then(|group| {
                let newest = group.newest();
                cloudtrail_event(
                    newest.region.as_deref().or(region)?,
                    newest.event_id.as_deref()?,
                )
            }),
        }
    }
}

/// The alarm's page.
fn alarm(region: &str, name: &str) -> Option<String> {
    let page = cloudwatch(region)?;
    opens(format!(
        "{page}#alarmsV2:alarm/{}",
        encoded(name).replace('%', "$")
    ))
}

/// The log group's events in this window that match the pattern; all of them when the pattern is too
/// long for an address.
fn log_events(region: &str, log_group: &str, pattern: &str, window: Window) -> Option<String> {
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

/// An address, unless it is so long that no program opens it.
fn opens(address: String) -> Option<String> {
    (address.len() <= LONGEST).then_some(address)
}

/// The key's page, in the key's own Region.
fn key(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some("kms"), Some(region), Some(_), Some(resource)) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return None;
    };
    let id = resource.strip_prefix("key/").filter(|id| is_plain(id))?;
    Some(format!(
        "{}/kms/home?region={region}#/kms/keys/{id}",
        console(region)?
    ))
}

/// The event in CloudTrail's event history.
fn cloudtrail_event(region: &str, id: &str) -> Option<String> {
    let id = Some(id).filter(|id| is_plain(id))?;
    Some(format!(
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
    let domain = match partition_of(region) {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    is_plain(region).then(|| format!("https://{region}.{domain}"))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// An id of letters, digits and hyphens, as Regions, keys and events have.
fn is_plain(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn an_alarm_with_any_name_is_found() {
        let page = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/";
        for (name, encoded) in [
            ("pattern1-logging-alarm", "pattern1-logging-alarm"),
            ("a/b c", "a$2Fb$20c"),
            ("5$ %ü", "5$24$20$25$C3$BC"),
        ] {
            assert_eq!(
                alarm("eu-west-1", name).unwrap(),
                format!("{page}{encoded}")
            );
        }
    }

    #[test]
    fn log_events_have_the_exact_window_and_pattern() {
        let window = Window {
            start: "2026-11-23T09:46:00Z".parse().unwrap(),
            end: "2026-11-23T09:49:00Z".parse().unwrap(),
        };
        let link = log_events(
            "ap-southeast-2",
            "/aws/trail",
            r#"{ $.errorCode = "*" }"#,
            window,
        )
        .unwrap();
        assert_eq!(
            link,
            "https://ap-southeast-2.console.aws.amazon.com/cloudwatch/home?region=ap-southeast-2\
             #logsV2:log-groups/log-group/$252Faws$252Ftrail/log-events$3FfilterPattern$3D\
             $257B$2520$2524.errorCode$2520$253D$2520$2522$252A$2522$2520$257D\
             $26start$3D1795427160000$26end$3D1795427340000"
        );
    }

    #[test]
    fn a_link_that_would_be_too_long_goes_without_the_pattern() {
        let window = Window {
            start: "2026-11-23T09:46:00Z".parse().unwrap(),
            end: "2026-11-23T09:49:00Z".parse().unwrap(),
        };
        let link = log_events("ap-southeast-2", "trail", &"\"".repeat(1_024), window).unwrap();
        assert!(
            link.ends_with("/trail/log-events$3Fstart$3D1795427160000$26end$3D1795427340000"),
            "{link}"
        );
        assert_eq!(alarm("ap-southeast-2", &"%".repeat(4_096)), None);
    }

    #[test]
    fn each_partition_has_its_console() {
        assert!(
            alarm("cn-north-1", "a")
                .unwrap()
                .starts_with("https://cn-north-1.console.amazonaws.cn/")
        );
        let gov = cloudtrail_event("us-gov-west-1", ID).unwrap();
        assert!(
            gov.starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/cloudtrailv2/"),
            "{gov}"
        );
    }

    #[test]
    fn a_key_opens_in_its_own_region() {
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{ID}");
        let page = "https://us-east-1.console.aws.amazon.com/kms/home?region=us-east-1#/kms/keys/";
        assert_eq!(key(&arn).unwrap(), format!("{page}{ID}"));
    }

    #[test]
    fn a_name_that_is_not_aws_own_gives_no_link() {
        assert_eq!(key("alias/orders"), None);
        assert_eq!(key("arn:aws:kms:evil.com/x:1:key/abc"), None);
        assert_eq!(key("arn:aws:kms:us-east-1:1:key/a b"), None);
        assert_eq!(cloudtrail_event("us-east-1", "a/../b"), None);
        assert_eq!(alarm("evil.com/#", "a"), None);
    }
}
