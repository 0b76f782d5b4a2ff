//! What failed: the groups, and of each its newest event.

use crate::findings::Group;
use crate::message::advice::advice_for;
use crate::message::headline::plural;
use crate::message::names::{self, NAME};
use crate::message::page::Page;
use crate::message::time::moment;
use crate::message::{Alert, SENTENCE};
use crate::text::{harmless, masked_key};

/// What failed, one entry for each kind.
pub(super) fn groups(page: &mut Page, alert: &Alert<'_>, most: usize) {
    let groups = alert.findings.groups();
    if groups.is_empty() {
        return;
    }
    page.line("WHAT FAILED");
    for group in groups.iter().take(most) {
        entry(page, alert, group);
        page.gap();
    }
    left_out(page, alert, most);
}

/// What failed, one line for each kind.
pub(super) fn in_short(page: &mut Page, alert: &Alert<'_>, most: usize) {
    let groups = alert.findings.groups();
    if groups.is_empty() {
        return;
    }
    page.line("WHAT FAILED");
    for group in groups.iter().take(most) {
        let named = group
            .key()
            .key
            .as_deref()
            .map(|key| format!(" with {}", names::key(key)));
        let role = names::role(&group.key().role);
        page.prose(&format!(
            "{} x {}{} by {role} [{}]",
            group.count(),
            title(group),
            named.unwrap_or_default(),
            group.severity()
        ));
    }
    page.gap();
    left_out(page, alert, most);
}

fn title(group: &Group) -> String {
    format!(
        "{}, {}",
        harmless(&group.key().code, 100),
        harmless(&group.key().operation, 100)
    )
}

/// How much is not told, if anything.
fn left_out(page: &mut Page, alert: &Alert<'_>, most: usize) {
    let groups = alert.findings.groups();
    let counts = groups.iter().skip(most).map(|group| group.count());
    let calls = counts.fold(alert.findings.ungrouped(), u64::saturating_add);
    let kinds = u64::try_from(groups.len().saturating_sub(most)).unwrap_or(u64::MAX);
    match (kinds, calls) {
        (_, 0) => {}
        (0, _) => page.paragraph(&format!(
            "+{calls} more call{} of other kinds, too many to tell apart",
            plural(calls)
        )),
        _ => page.paragraph(&format!(
            "+{kinds} more kind{} of error ({calls} call{})",
            plural(kinds),
            plural(calls)
        )),
    }
}

fn entry(page: &mut Page, alert: &Alert<'_>, group: &Group) {
    let (key, newest) = (group.key(), group.newest());
    let time = |time| moment(time, alert.zone);
    let is_one = group.count() == 1;
    let sessions = if group.sessions().count() > 1 {
        "sessions"
    } else {
        "session"
    };
    page.prose(&format!(
        "{} x {} [{}]",
        group.count(),
        title(group),
        group.severity()
    ));
    page.field("why", Some(advice_for(group).cause.to_owned()));
    page.field("key", shown(key.key.as_ref(), NAME));
    page.field("key's account", shown(newest.key_account.as_ref(), 40));
    page.field("role", Some(harmless(&key.role, NAME)));
    page.field("time", group.last().filter(|_| is_one).map(time));
    page.field("first", group.first().filter(|_| !is_one).map(time));
    page.field("last", group.last().filter(|_| !is_one).map(time));
    page.field(
        sessions,
        names::list(group.sessions(), |session| names::session(session)),
    );
    page.field(
        "from",
        names::list(group.sources(), |source| harmless(source, 100)),
    );
    page.field(
        "VPC endpoint",
        names::list(group.vpc_endpoints(), |endpoint| harmless(endpoint, 60)),
    );
    page.field(
        "called by",
        names::list(group.services(), |service| harmless(service, 100)),
    );
    let data = names::list(group.affected(), |affected| {
        format!(
            "{} = {}",
            harmless(&affected.key, 100),
            harmless(&affected.value.to_string(), NAME)
        )
    });
    page.field("data", data);
}

/// The newest event of each group: the fields that help and that the group has not told already.
pub(super) fn newest(page: &mut Page, alert: &Alert<'_>, most: usize) {
    let groups = alert.findings.groups();
    if most == 0 || groups.is_empty() {
        return;
    }
    page.line(if groups.len() == 1 {
        "NEWEST EVENT"
    } else {
        "NEWEST EVENT OF EACH KIND"
    });
    for group in groups.iter().take(most) {
        event(page, alert, group);
        page.gap();
    }
    let left_out = groups.len().saturating_sub(most);
    if left_out > 0 {
        page.paragraph(&format!("+{left_out} more"));
    }
}

fn event(page: &mut Page, alert: &Alert<'_>, group: &Group) {
    let newest = group.newest();
    let is_one = group.sessions().count() <= 1;
    let differs = |text: &&String, alarm: &Option<String>| alarm.as_ref() != Some(*text);
    page.prose(&title(group));
    page.field("message", shown(newest.message.as_ref(), SENTENCE));
    page.field(
        "session",
        newest
            .session
            .as_deref()
            .filter(|_| !is_one)
            .map(names::session),
    );
    page.field(
        "from",
        shown(
            newest
                .source
                .as_ref()
                .filter(|_| group.sources().count() > 1),
            100,
        ),
    );
    page.field("program", shown(newest.user_agent.as_ref(), 120));
    page.field("access key", newest.access_key.as_deref().map(masked_key));
    page.field(
        "Region",
        shown(
            newest
                .region
                .as_ref()
                .filter(|region| differs(region, &alert.change.region)),
            40,
        ),
    );
    page.field(
        "account",
        shown(
            newest
                .account
                .as_ref()
                .filter(|account| differs(account, &alert.change.account)),
            40,
        ),
    );
    page.field("key store", shown(newest.key_store.as_ref(), 100));
    page.field("late because", shown(newest.delay.as_ref(), 100));
    page.field("event id", shown(newest.event_id.as_ref(), 100));
    page.field("request id", shown(newest.request_id.as_ref(), 100));
}

fn shown(text: Option<&String>, most: usize) -> Option<String> {
    text.map(|text| harmless(text, most))
}
