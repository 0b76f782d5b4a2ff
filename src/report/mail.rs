//! The mail: `errors.txt` when calls are known to have failed, else `no_errors.txt`.
//!
//! The first twelve lines of forty columns, a phone's first screen, are enough to act: who could not
//! do what and why, how often and when, who changed the key, and the first thing to do. How usual
//! errors are has its place there only where nobody is known to have changed the key: there is no
//! room for both, and who did it answers more. Nothing is wrapped, because mail programs wrap to
//! their own screen.

use askama::Template;

use super::content::Report;
use super::counts::Search;
use super::follow_up::FollowUp;
use super::group::Group;
use super::links::Address;
use super::number::plural;
use super::situation::Situation;
use crate::command::Command;
use crate::findings::Progress;
use crate::identifier::Identifier;
use crate::shown::{Shown, shown};

/// How many kinds of errors have a line, and how many of them their details.
const MAX_LINES: usize = 12;
const MAX_DETAILED: usize = 3;
/// How many kinds of errors are named at most: the first, and those that have a line.
pub const MAX_NAMED: usize = 1 + MAX_LINES;
/// How many searches and problems are told.
const MAX_SEARCHES: usize = 4;
const MAX_PROBLEMS: usize = 8;
/// Longer addresses do more harm to a mail than good; programs get them in the JSON object.
const MAX_ADDRESS_LEN: usize = 300;

/// Calls failed.
#[derive(Template)]
#[template(path = "errors.txt", config = "src/report/askama.toml")]
struct Errors<'r> {
    report: &'r Report,
    follow_up: Option<&'r FollowUp>,
    lead: &'r Group,
    others: &'r [Group],
    more: Option<Shown>,
    detailed: &'r [Group],
    incomplete: Vec<&'r Search>,
    problems: &'r [Shown],
    links: Vec<(Shown, &'r Address)>,
}

/// No call is known to have failed, or the alarm is over.
#[derive(Template)]
#[template(path = "no_errors.txt", config = "src/report/askama.toml")]
struct NoErrors<'r> {
    report: &'r Report,
    follow_up: Option<&'r FollowUp>,
    why: Option<Shown>,
    remedy: Option<Command>,
    commands: Vec<Command>,
    others: &'r [Group],
    more: Option<Shown>,
    incomplete: Vec<&'r Search>,
    problems: &'r [Shown],
    links: Vec<(Shown, &'r Address)>,
}

/// Writes the mail.
pub(super) fn mail(report: &Report) -> String {
    let problems = first(&report.problems, MAX_PROBLEMS);
    let rendered = match (report.situation, report.groups.split_first()) {
        (Situation::Errors | Situation::FollowUp | Situation::Reminder, Some((lead, others))) => {
            Errors {
                report,
                follow_up: report.follow_up.as_ref(),
                lead,
                others: first(others, MAX_LINES),
                more: more(report, others.len()),
                detailed: first(&report.groups, MAX_DETAILED),
                incomplete: searches(report, report.window.widened),
                problems,
                links: links(report, Some(lead)),
            }
            .render()
        }
        _ => NoErrors {
            report,
            follow_up: report.follow_up.as_ref(),
            why: why(report),
            remedy: remedy(report),
            commands: commands(report),
            others: first(&report.groups, MAX_LINES),
            more: more(report, report.groups.len()),
            incomplete: searches(report, looked_in_vain(report)),
            problems,
            links: links(report, None),
        }
        .render(),
    };
    // Writing into a string does not fail.
    let mut text = rendered.unwrap_or_default();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn first<T>(all: &[T], max: usize) -> &[T] {
    all.get(..max).unwrap_or(all)
}

/// What has no line of its own.
fn more(report: &Report, others: usize) -> Option<Shown> {
    let left_out = report.counts.left_out;
    let unlisted = report
        .groups
        .iter()
        .rev()
        .take(others.saturating_sub(MAX_LINES));
    let kinds = left_out.groups.saturating_add(unlisted.clone().count());
    let calls = unlisted
        .map(|group| group.count)
        .fold(left_out.calls, u64::saturating_add);
    let next = match report.situation {
        Situation::FollowUp | Situation::Reminder => ", in the next mail",
        _ => "",
    };
    match (kinds, calls) {
        (_, 0) => None,
        (0, _) => Some(shown!(
            "{} more call{} of other kinds{}",
            calls,
            plural(calls),
            next
        )),
        (1, _) => Some(shown!(
            "one more kind of error ({} call{}){}",
            calls,
            plural(calls),
            next
        )),
        _ => Some(shown!(
            "{} more kinds of errors ({} call{}){}",
            kinds,
            calls,
            plural(calls),
            next
        )),
    }
}

/// The searches that need a word: those that are not complete, or all.
fn searches(report: &Report, all: bool) -> Vec<&Search> {
    let searches = report.searches.iter();
    searches
        .filter(|search| all || search.progress != Progress::Complete)
        .take(MAX_SEARCHES)
        .collect()
}

fn looked_in_vain(report: &Report) -> bool {
    matches!(
        report.situation,
        Situation::NothingFound | Situation::NoData | Situation::Reminder | Situation::Ignored
    )
}

/// The command that sets the state of an alarm back that lasts without errors and without data.
fn remedy(report: &Report) -> Option<Command> {
    let told = report.follow_up.as_ref()?;
    let region = report.alarm.region.as_deref().and_then(Identifier::word)?;
    (told.can_be_ended && why(report).is_some()).then(|| {
        Command::new("aws cloudwatch set-alarm-state")
            .quoted("--alarm-name", &report.alarm.name)
            .words("--state-value OK --state-reason 'No more errors'")
            .option("--region", &region)
    })
}

/// How many of the groups the mail names.
pub(super) fn named(report: &Report) -> usize {
    report.groups.len().min(MAX_NAMED)
}

/// Why nothing was found, as far as that is known.
fn why(report: &Report) -> Option<Shown> {
    let searched = |search: &Search| search.progress == Progress::Complete;
    match report.situation {
        Situation::NoData => Some(shown!(
            "CloudWatch received no data for the metric, and the alarm treats that as breaching. Check that the trail is logging \
             and delivers KMS events to the log group, and that the metric filter is still there."
        )),
        Situation::Reminder if report.searches.iter().all(searched) => {
            report.follow_up.as_ref().map(|told| told.why.clone())
        }
        Situation::NothingFound | Situation::Ignored if report.lacks_lookups => None,
        Situation::NothingFound if report.searches.is_empty() => Some(shown!(
            "No metric filter in this account and Region feeds the alarm's metric, so there is no log group to search."
        )),
        Situation::NothingFound | Situation::Ignored if !report.searches.iter().all(searched) => {
            Some(shown!(
                "The search was not complete. The command below runs the full search."
            ))
        }
        Situation::NothingFound | Situation::Ignored if report.counts.unreadable > 0 => Some(
            shown!("Log messages were found, but they could not be read as CloudTrail events."),
        ),
        Situation::Ignored if report.lacks_calls => Some(shown!(
            "The others may not be searchable yet, because the metric can be ahead of the log. Look again in a few minutes."
        )),
        Situation::NothingFound => Some(shown!(
            "The events may not be searchable yet, because the metric can be ahead of the log. Or the metric filter has been changed since. Look again in a few minutes."
        )),
        _ => None,
    }
}

/// Commands to look for what was not found.
fn commands(report: &Report) -> Vec<Command> {
    if !looked_in_vain(report) {
        return Vec::new();
    }
    report.commands.iter().take(MAX_SEARCHES).cloned().collect()
}

/// At most one address for each purpose, none of them long.
fn links<'r>(report: &'r Report, lead: Option<&'r Group>) -> Vec<(Shown, &'r Address)> {
    let own = [
        (Shown::ours("Alarm"), report.links.alarm.as_ref()),
        (Shown::ours("Dashboard"), report.links.dashboard.as_ref()),
    ];
    let of_lead = lead.map(|lead| {
        [
            (
                Shown::ours("CloudTrail event"),
                lead.links.cloud_trail_event.as_ref(),
            ),
            (
                Shown::ours("CloudTrail event of the change"),
                lead.links.key_change.as_ref(),
            ),
            (
                Shown::ours(lead.links.workload_title),
                lead.links.known_workload(),
            ),
        ]
    });
    own.into_iter()
        .chain(of_lead.into_iter().flatten())
        .filter_map(|(title, address)| Some((title, address?)))
        .filter(|(_, address)| address.fits(MAX_ADDRESS_LEN))
        .collect()
}
