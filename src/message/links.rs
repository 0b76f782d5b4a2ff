//! The addresses in the AWS console that belong to an alert.

mod pages;

use self::pages::{alarm, cloudtrail_event, dashboard, insights, key, log_events, workload};
use super::Alert;
use crate::names::Names;

/// The addresses that belong to an alert.
pub(super) struct Links {
    pub(super) alarm: Option<String>,
    pub(super) dashboard: Option<String>,
    pub(super) log_events: Vec<String>,
    pub(super) insights: Vec<String>,
    pub(super) key: Option<String>,
    pub(super) event: Option<String>,
    pub(super) change: Option<String>,
    pub(super) workload: Option<(&'static str, String)>,
}

impl Links {
    pub(super) fn of(alert: &Alert<'_>, searches: usize) -> Self {
        let region = alert.change.region.as_deref();
        let groups = alert.findings.groups();
        let lead = groups.first();
        let searches = || alert.searches.iter().take(searches);
        Self {
            alarm: region.and_then(|region| alarm(region, &alert.change.name)),
            dashboard: region.and_then(|region| {
                dashboard(region, &Names::of_alarm(&alert.change.name)?.dashboard)
            }),
            log_events: searches()
                .filter_map(|search| {
                    log_events(region?, &search.log_group, &search.pattern, alert.window)
                })
                .collect(),
            insights: searches()
                .filter_map(|search| {
                    insights(region?, &search.log_group, &search.pattern, alert.window)
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
            change: lead.and_then(|group| {
                let change = group.change()?;
                cloudtrail_event(
                    change.region.as_deref().or(region)?,
                    change.event_id.as_deref()?,
                )
            }),
            workload: lead.and_then(|group| {
                let session = group.sessions().newest().next()?;
                let region = group.newest().region.as_deref().or(region)?;
                workload(region, group.workload(session))
            }),
        }
    }
}
