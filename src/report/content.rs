//! The report itself: what goes into it, and how it is cut to fit.

use serde::Serialize;

use super::alarm::Alarm;
use super::callers::Callers;
use super::commands;
use super::counts::{Counts, LeftOut, Search};
use super::evidence::Evidence;
use super::follow_up::FollowUp;
use super::group::Group;
use super::guide::Guide;
use super::links::Links;
use super::quiet::Unmailed;
use super::situation::{self, Situation};
use super::subscriptions::Subscriptions;
use super::usual::Usual;
use super::window::SearchedWindow;
use crate::command::Command;
use crate::kms_error::Severity;
use crate::shown::Shown;
use crate::version;

/// The version of the JSON object. It changes when a member changes its meaning or goes away; new
/// members may come at any time.
const VERSION: u32 = 2;

/// More groups than this are counted, but not reported one by one.
const MAX_GROUPS: usize = 50;

/// How much of a problem is shown.
const MAX_PROBLEM: usize = 600;

/// What an alert says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    version: u32,
    /// The program and its version.
    sent_by: &'static str,
    /// The same for a repeated delivery.
    pub alert_id: Shown,
    /// What kind of news it is.
    pub situation: Situation,
    /// How bad it is.
    pub severity: Severity,
    /// Why it is not mailed, if it is not.
    #[serde(skip)]
    pub unmailed: Option<Unmailed>,
    /// What identifies the incident, the same in its first mail and in its last.
    pub headline: Shown,
    /// Who the headline is about, if anybody.
    #[serde(skip)]
    pub(super) caller_name: Option<Shown>,
    /// Whose calls failed, of all that were found.
    #[serde(skip)]
    pub callers: Callers,
    /// The first sentence.
    pub summary: Shown,
    /// Whom to ask and what to follow.
    #[serde(flatten)]
    pub guide: Guide,
    /// The alarm.
    pub alarm: Alarm,
    /// What was searched.
    pub window: SearchedWindow,
    /// The numbers.
    pub counts: Counts,
    /// How each metric filter was searched.
    pub searches: Vec<Search>,
    /// The failed calls, those first that matter most.
    pub groups: Vec<Group>,
    /// What is missing here, in sentences.
    pub problems: Vec<Shown>,
    /// Whether a look-up is among what is missing, not only a setting.
    #[serde(skip)]
    pub(super) lacks_lookups: bool,
    /// Whether calls may have failed that are to be mailed and are not among those found.
    #[serde(skip)]
    pub(super) lacks_calls: bool,
    /// What is said while the alarm lasts; null for a state change.
    pub follow_up: Option<FollowUp>,
    /// The topic's subscriptions, if they could be counted.
    pub subscriptions: Option<Subscriptions>,
    /// How usual errors are, if calls failed and the metric's past could be looked up.
    pub usual: Option<Usual>,
    /// Where to look in the console.
    pub links: Links,
    /// Commands that look for the events again.
    pub commands: Vec<Command>,
}

impl Report {
    /// Computes it.
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let change = evidence.change;
        let alarm = Alarm::new(change, evidence.zone);
        let found = evidence.findings.groups();
        let at_least = evidence.is_cut();
        let groups: Vec<_> = found
            .iter()
            .take(MAX_GROUPS)
            .map(|(found, severity)| Group::new(found, *severity, at_least, evidence))
            .collect();
        let left_out = LeftOut::new(&found, groups.len(), evidence.findings.ungrouped);
        let window = SearchedWindow::new(evidence);
        let situation = Situation::new(evidence);
        let follow_up = FollowUp::new(evidence, &alarm);
        let alert_id = match evidence.follow_up {
            Some(told) => Shown::outside(told.alert_id, 12),
            None => Shown::outside(&change.alert_id(), 12),
        };
        let raised_by = evidence.follow_up.and_then(|told| told.raised_by);
        let raised_by = raised_by.and_then(|raised_by| {
            let (found, severity) = raised_by.groups().into_iter().next()?;
            Some(Group::new(found, severity, false, evidence))
        });
        let lead = groups.first().or(raised_by.as_ref());
        // It helps whoever reads of errors. Elsewhere it is not missed either.
        let history = evidence.history.filter(|_| situation == Situation::Errors);
        let no_history = history.and_then(|history| history.as_ref().err());
        let no_history =
            no_history.map(|fault| format!("how usual this is could not be looked up: {fault}"));
        let severity = situation.severity(&groups, evidence);
        let counts = Counts::new(evidence, situation, left_out);
        Self {
            callers: Callers::new(
                found.iter().map(|(group, _)| *group),
                &counts,
                evidence.findings.matched(),
            ),
            version: VERSION,
            sent_by: version::PROGRAM,
            alert_id,
            severity,
            unmailed: Unmailed::of(situation, severity, evidence),
            headline: situation::headline(&alarm, lead),
            caller_name: lead.map(|lead| lead.caller_name.clone()),
            summary: situation.summary(&alarm, &groups, evidence, &window),
            guide: evidence.guide.clone(),
            follow_up,
            counts,
            searches: evidence
                .searches
                .iter()
                .map(|search| Search::new(search, &window))
                .collect(),
            problems: evidence
                .problems
                .iter()
                .chain(&no_history)
                .chain(evidence.settings)
                .map(|problem| Shown::outside(problem, MAX_PROBLEM))
                .collect(),
            lacks_calls: evidence.may_lack_calls(),
            lacks_lookups: !evidence.problems.is_empty() || no_history.is_some(),
            subscriptions: evidence.subscriptions,
            usual: history
                .and_then(|history| history.as_ref().ok())
                .map(|history| Usual::new(history, evidence.zone)),
            links: Links::new(evidence),
            commands: commands::commands(evidence),
            situation,
            alarm,
            window,
            groups,
        }
    }

    /// The group that matters most.
    pub fn lead(&self) -> Option<&Group> {
        self.groups.first()
    }

    /// Leaves half of what there are several of out, and counts it. Returns whether there was
    /// anything left to leave out.
    pub(super) fn shrink(&mut self) -> bool {
        let before = (self.groups.len(), self.searches.len(), self.problems.len());
        let kept = self.groups.len() / 2;
        for group in self.groups.drain(kept..) {
            self.counts.left_out.add(&group);
        }
        self.searches.truncate(self.searches.len().div_ceil(2));
        self.problems.truncate(self.problems.len().div_ceil(2));
        self.links.shrink();
        self.commands.truncate(self.commands.len().div_ceil(2));
        before != (self.groups.len(), self.searches.len(), self.problems.len())
    }
}
