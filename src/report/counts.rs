//! The numbers of a report, and why they differ where they do.

use serde::Serialize;

use super::evidence::Evidence;
use super::group::Group;
use super::number::{number, plural};
use super::quiet::IgnoredBy;
use super::situation::Situation;
use super::window::SearchedWindow;
use crate::findings::{self, Progress};
use crate::kms_error::Severity;
use crate::shown::{Shown, shown};

/// How much of a name is shown.
const MAX_NAME: usize = 512;

/// The numbers. Each message that was read is in one of `found`, `duplicates`, `notErrors`,
/// `unreadable` and `ignored`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// How many errors the alarm counted, where it counts them.
    pub counted: Option<u64>,
    /// Whether it counted more than that, because its reason lists only its newest datapoints.
    pub counted_at_least: bool,
    /// How many different calls failed.
    pub found: u64,
    /// How many messages were about a call that was counted already.
    pub duplicates: u64,
    /// How many messages were events without an error.
    pub not_errors: u64,
    /// How many messages could not be read.
    pub unreadable: u64,
    /// How many different calls are ignored, and therefore not among those found.
    pub ignored: u64,
    /// By which rules.
    pub ignored_by: Vec<IgnoredBy>,
    /// What is not among the groups.
    pub left_out: LeftOut,
    /// Whether everything was searched, read and told apart.
    pub complete: bool,
    /// The numbers in words, with the reason for each difference.
    pub explanation: Shown,
}

impl Counts {
    pub(super) fn new(evidence: &Evidence<'_>, situation: Situation, left_out: LeftOut) -> Self {
        let (findings, counted) = (evidence.findings, evidence.change.expected());
        Self {
            counted: counted.map(|counted| counted.count),
            counted_at_least: counted.is_some_and(|counted| counted.at_least),
            found: findings.found,
            duplicates: findings.duplicates,
            not_errors: findings.not_errors,
            unreadable: findings.unreadable,
            ignored: findings.ignored(),
            ignored_by: findings.ignored_by().iter().map(IgnoredBy::new).collect(),
            complete: evidence.is_searched() && findings.unreadable == 0 && findings.ungrouped == 0,
            explanation: explanation(evidence, situation),
            left_out,
        }
    }
}

/// What is counted but not among the groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// How many groups.
    pub groups: usize,
    /// How many calls, those among them that were never in a group.
    pub calls: u64,
}

impl LeftOut {
    pub(super) fn new(
        found: &[(&findings::Group, Severity)],
        reported: usize,
        ungrouped: u64,
    ) -> Self {
        let rest = found.iter().skip(reported);
        let calls = rest.clone().map(|(group, _)| group.count);
        Self {
            groups: rest.count(),
            calls: calls.fold(ungrouped, u64::saturating_add),
        }
    }

    pub(super) fn add(&mut self, group: &Group) {
        self.groups = self.groups.saturating_add(1);
        self.calls = self.calls.saturating_add(group.count);
    }
}

/// How a metric filter was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Search {
    /// The metric filter.
    pub filter: Shown,
    /// The log group.
    pub log_group: Shown,
    /// The filter's pattern.
    pub pattern: Shown,
    /// How many pages were read.
    pub pages: u64,
    /// How far it got.
    pub progress: Progress,
    /// The same in a sentence.
    #[serde(skip)]
    pub sentence: Shown,
}

impl Search {
    pub(super) fn new(search: &findings::Search, window: &SearchedWindow) -> Self {
        let pages = shown!("{} page{}", search.pages, plural(search.pages));
        let extent = match search.progress {
            Progress::NotStarted => shown!("was not searched, because time ran out,"),
            Progress::Complete => shown!("was searched completely ({})", pages),
            Progress::OutOfTime => shown!(
                "was searched only in part ({}), because time ran out,",
                pages
            ),
            Progress::Failed if search.pages > 0 => {
                shown!(
                    "was searched only in part ({}), because it then failed,",
                    pages
                )
            }
            Progress::Failed => shown!("could not be searched"),
        };
        let sentence = shown!(
            "Log group {} {} with the pattern of {}, from {} to {}.",
            Shown::outside(&search.log_group, MAX_NAME),
            extent,
            Shown::outside(&search.filter, MAX_NAME),
            window.start.full(),
            window.end.full()
        );
        Self {
            filter: Shown::name(&search.filter, MAX_NAME),
            log_group: Shown::name(&search.log_group, MAX_NAME),
            pattern: Shown::name(&search.pattern, 1_024),
            pages: search.pages,
            progress: search.progress,
            sentence,
        }
    }
}

/// What the alarm counted beside what was found.
fn explanation(evidence: &Evidence<'_>, situation: Situation) -> Shown {
    let findings = evidence.findings;
    let (found, matched) = (findings.found, findings.matched());
    let were = || were_found(found, findings.ignored());
    let counted = match evidence.change.expected() {
        None if situation == Situation::Errors && evidence.change.is_set_by_hand() => shown!(
            "{} found. The alarm's state was set by hand, so it counted nothing.",
            found
        ),
        None if situation == Situation::Errors && evidence.change.lacks_data() => {
            shown!("{} found, although the alarm's metric had no data.", found)
        }
        None => match findings.ignored() {
            0 => shown!("{} found.", found),
            ignored => shown!("{} found, {} ignored.", found, ignored),
        },
        Some(counted) => {
            let counts = shown!("The alarm counted {}", number(counted));
            let missing = counted.count.saturating_sub(findings.decisive);
            match missing {
                0 if counted.at_least || matched == counted.count => {
                    shown!("{}, and {}.", counts, were())
                }
                0 => shown!(
                    "{}, and {}. The search covers more time than the alarm did.",
                    counts,
                    were()
                ),
                _ if evidence.is_cut() => shown!(
                    "{}, and {}, because the search is not complete.",
                    counts,
                    were()
                ),
                _ if evidence.searches.is_empty() => {
                    shown!("{}, and nothing could be searched.", counts)
                }
                _ if findings.decisive == matched => shown!(
                    "{}, and {}. {} may not be searchable yet.",
                    counts,
                    were(),
                    missing
                ),
                _ => shown!(
                    "{}, and {} in more time than that. {} may not be searchable yet.",
                    counts,
                    were(),
                    missing
                ),
            }
        }
    };
    let notes = [
        (
            findings.aside,
            "One more call was mailed before or is below MailFrom.",
            "more calls were mailed before or are below MailFrom.",
        ),
        (
            findings.duplicates,
            "One event was found twice.",
            "events were found twice.",
        ),
        (
            findings.not_errors,
            "One matching event has no error.",
            "matching events have no error.",
        ),
        (
            findings.unreadable,
            "One log message could not be read.",
            "log messages could not be read.",
        ),
    ];
    let notes = notes
        .into_iter()
        .filter_map(|(count, one, many)| match count {
            0 => None,
            1 => Some(Shown::ours(one)),
            _ => Some(shown!("{} {}", count, many)),
        });
    let ignored = findings.ignored_by().iter();
    let ignored = ignored.map(|ignored| IgnoredBy::new(ignored).sentence());
    let sample = findings
        .sample
        .as_deref()
        .map(|sample| shown!("It begins: {}", Shown::outside(sample, 200)));
    let all = [counted].into_iter().chain(ignored);
    Shown::joined(all.chain(notes).chain(sample), " ")
}

/// `7 were`, `1 was`, `none was`.
fn were(count: u64) -> Shown {
    match count {
        0 => shown!("none was"),
        1 => shown!("1 was"),
        _ => shown!("{} were", count),
    }
}

/// `7 were found`, `7 were ignored`, `2 were found and 5 were ignored`.
fn were_found(found: u64, ignored: u64) -> Shown {
    match (found, ignored) {
        (_, 0) => shown!("{} found", were(found)),
        (0, _) => shown!("{} ignored", were(ignored)),
        _ => shown!("{} found and {} ignored", were(found), were(ignored)),
    }
}
