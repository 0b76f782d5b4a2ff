//! What failed: the groups, and of each its newest event.

use super::fields::{self, Fields};
use crate::findings::{Group, Nature};
use crate::message::advice::advice_for;
use crate::message::counts::is_cut;
use crate::message::headline::plural;
use crate::message::page::Page;
use crate::message::time::moment;
use crate::message::{Alert, change, names};
use crate::text::harmless;

/// What failed, one entry for each kind.
pub(super) fn groups(page: &mut Page, alert: &Alert<'_>, most: usize) {
    let groups = alert.findings.groups();
    if groups.is_empty() {
        return;
    }
    page.line("WHAT FAILED");
    let common = Fields::common(groups.iter().map(|group| fields::of_group(group)));
    same_for_all(page, &common);
    for group in groups.iter().take(most) {
        entry(page, alert, group, &common);
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
        let named = names::key(group).map(|key| format!(" with {key}"));
        let role = names::role(&group.key().role);
        page.prose(&format!(
            "{} x {}{} by {role} {}",
            count(alert, group),
            title(group),
            named.unwrap_or_default(),
            label(group)
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

fn entry(page: &mut Page, alert: &Alert<'_>, group: &Group, common: &Fields) {
    let time = |time| moment(time, alert.zone);
    let is_one = group.count() == 1;
    page.prose(&heading(alert, group));
    page.field("why", Some(advice_for(group).cause.into_owned()));
    page.field("changed", change::sentence(alert, group));
    page.field("time", group.last().filter(|_| is_one).map(time));
    page.field("first", group.first().filter(|_| !is_one).map(time));
    page.field("last", group.last().filter(|_| !is_one).map(time));
    fields::of_group(group).without(common).write(page);
}

/// `5 x DisabledException, Decrypt [CRITICAL]`.
fn heading(alert: &Alert<'_>, group: &Group) -> String {
    format!(
        "{} x {} {}",
        count(alert, group),
        title(group),
        label(group)
    )
}

/// How many there were, or how many at least.
fn count(alert: &Alert<'_>, group: &Group) -> String {
    let more = if is_cut(alert) { "+" } else { "" };
    format!("{}{more}", group.count())
}

/// How bad it is, and whose concern.
fn label(group: &Group) -> String {
    let nature = match group.key().nature {
        Nature::Incident => "",
        Nature::Own => ", the alarm's own",
        Nature::Probe => ", harmless",
        Nature::DryRun => ", harmless dry run",
    };
    format!("[{}{nature}]", group.severity())
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
    let common = Fields::common(groups.iter().map(|group| fields::of_newest(alert, group)));
    same_for_all(page, &common);
    for group in groups.iter().take(most) {
        page.prose(&title(group));
        fields::of_newest(alert, group).without(&common).write(page);
        page.gap();
    }
    let left_out = groups.len().saturating_sub(most);
    if left_out > 0 {
        page.paragraph(&format!("+{left_out} more"));
    }
}

/// What is the same for all groups is said once.
fn same_for_all(page: &mut Page, common: &Fields) {
    if !common.is_empty() {
        page.prose("The same for all:");
        common.write(page);
        page.gap();
    }
}
