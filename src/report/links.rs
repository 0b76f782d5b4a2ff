//! The addresses in the AWS console that belong to an alert.

mod console;
mod insights;

use serde::Serialize;

pub use self::console::Address;
use self::console::{alarm, cloudtrail_event, dashboard, insights, key_page, log_events, workload};
use super::evidence::Evidence;
use crate::findings;
use crate::identifier::Key;
use crate::names::Names;

/// The addresses that belong to the alert as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Links {
    /// The alarm.
    pub alarm: Option<Address>,
    /// The dashboard that the template makes beside an alarm of its own.
    pub dashboard: Option<Address>,
    /// The log events of each search, with the pattern and the window.
    pub log_events: Vec<Address>,
    /// Logs Insights for each search, with the same conditions and window.
    pub logs_insights: Vec<Address>,
}

impl Links {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let change = evidence.change;
        let Some(region) = change.region.as_deref() else {
            return Self::default();
        };
        let window = evidence.window;
        let searches = evidence.searches.iter();
        let own = Names::of_alarm(&change.name);
        Self {
            alarm: alarm(region, &change.name),
            dashboard: own.and_then(|names| dashboard(region, &names.dashboard)),
            log_events: searches
                .clone()
                .filter_map(|search| log_events(region, &search.log_group, &search.pattern, window))
                .collect(),
            logs_insights: searches
                .filter_map(|search| insights(region, &search.log_group, &search.pattern, window))
                .collect(),
        }
    }

    pub(super) fn shrink(&mut self) {
        self.log_events.truncate(self.log_events.len().div_ceil(2));
        self.logs_insights
            .truncate(self.logs_insights.len().div_ceil(2));
    }
}

/// The addresses that belong to one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupLinks {
    /// The key.
    pub key: Option<Address>,
    /// The newest event.
    pub cloud_trail_event: Option<Address>,
    /// The event of the change that is the likely cause.
    pub key_change: Option<Address>,
    /// Where the program runs.
    pub workload: Option<Address>,
    /// What that page is.
    #[serde(skip)]
    pub workload_title: &'static str,
}

impl GroupLinks {
    /// Where the program runs, if that is one place and not a list of clusters.
    pub(super) fn known_workload(&self) -> Option<&Address> {
        let is_list = self.workload_title.contains('(');
        self.workload.as_ref().filter(|_| !is_list)
    }

    pub(super) fn new(found: &findings::Group, key: Option<&Key>, evidence: &Evidence<'_>) -> Self {
        let newest = &found.newest;
        let region = newest
            .region
            .as_deref()
            .or(evidence.change.region.as_deref());
        let event =
            |region: Option<&str>, id: &Option<String>| cloudtrail_event(region?, id.as_deref()?);
        let change = found.changes.first();
        let session = found.sessions.newest().next();
        let (workload_title, workload) = session
            .zip(region)
            .and_then(|(session, region)| workload(region, found.workload(session)))
            .unzip();
        Self {
            key: key.and_then(key_page),
            cloud_trail_event: event(region, &newest.event_id),
            key_change: change
                .and_then(|change| event(change.region.as_deref().or(region), &change.event_id)),
            workload,
            workload_title: workload_title.unwrap_or_default(),
        }
    }
}
