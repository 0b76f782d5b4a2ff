//! Finding the events: which metric filters feed the alarm, and what their
//! log groups hold.

use aws_sdk_cloudwatchlogs::Client as Logs;
use tokio::time::{Instant, timeout_at};

use crate::alarm::{Metric, StateChange, Window};
use crate::cloudtrail::Ourselves;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::message::{Outcome, Search};

/// So many pages with events are read of one search. Each has up to 10,000
/// events or a megabyte; nobody reads an alert on more of them differently.
const MOST_PAGES: u64 = 100;

/// What looking gave.
pub(super) struct Looked {
    pub(super) window: Window,
    pub(super) widened: bool,
    pub(super) searches: Vec<Search>,
    pub(super) findings: Findings,
    pub(super) problems: Vec<String>,
}

impl Looked {
    pub(super) fn nowhere(window: Window, ourselves: &Ourselves) -> Self {
        Self {
            window,
            widened: false,
            searches: Vec::new(),
            findings: Findings::by(ourselves.clone()),
            problems: Vec::new(),
        }
    }
}

/// Asks which filters feed the alarm's metric and searches their log groups
/// with their patterns, once more in a wider window when nothing is found, while there is time.
pub(super) async fn look(
    logs: &Logs,
    change: &StateChange,
    ourselves: &Ourselves,
    until: Instant,
) -> Looked {
    let mut looked = Looked::nowhere(change.window(), ourselves);
    let Some(metric) = &change.metric else {
        looked.problems.push(
            "the alarm does not watch one metric, so no metric filter tells where to look"
                .to_owned(),
        );
        return looked;
    };
    match timeout_at(until, filters(logs, metric)).await {
        Ok(Ok(searches)) => looked.searches = searches,
        Ok(Err(fault)) => looked.problems.push(fault.to_string()),
        Err(_) => looked
            .problems
            .push("logs:DescribeMetricFilters did not answer in time".to_owned()),
    }
    if looked.searches.is_empty() && looked.problems.is_empty() {
        looked.problems.push(format!(
            "no metric filter feeds {} {} any more",
            metric.namespace, metric.name
        ));
    }
    search(logs, &mut looked, until).await;
    let complete = |search: &Search| search.outcome == Outcome::Complete;
    if looked.findings.is_empty()
        && looked.searches.iter().all(complete)
        && !looked.searches.is_empty()
    {
        looked.window = looked.window.widened();
        looked.widened = true;
        search(logs, &mut looked, until).await;
    }
    looked
}

/// The filters that feed a metric, each a search to make.
async fn filters(logs: &Logs, metric: &Metric) -> Result<Vec<Search>, Fault> {
    let mut pages = logs
        .describe_metric_filters()
        .metric_namespace(&metric.namespace)
        .metric_name(&metric.name)
        .into_paginator()
        .items()
        .send();
    let mut searches = Vec::new();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| Fault::of("logs:DescribeMetricFilters", &metric.name, &error))?;
        searches.push(Search {
            filter: found.filter_name.unwrap_or_default(),
            log_group: found.log_group_name.unwrap_or_default(),
            pattern: found.filter_pattern.unwrap_or_default(),
            pages: 0,
            outcome: Outcome::Complete,
        });
    }
    Ok(searches)
}

/// Makes every search; what each found is in the findings, how each ended in
/// itself.
async fn search(logs: &Logs, looked: &mut Looked, until: Instant) {
    for search in &mut looked.searches {
        let reading = read(logs, search, looked.window, &mut looked.findings);
        match timeout_at(until, reading).await {
            Ok(Ok(outcome)) => search.outcome = outcome,
            Ok(Err(fault)) => {
                search.outcome = Outcome::Failed;
                looked.problems.push(fault.to_string());
            }
            Err(_) => search.outcome = Outcome::OutOfTime,
        }
    }
}

/// Reads every page of one search, or as many as are told apart. A page may be
/// empty and yet not the last: only a missing token ends it.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
async fn read(
    logs: &Logs,
    search: &mut Search,
    window: Window,
    findings: &mut Findings,
) -> Result<Outcome, Fault> {
    let mut token = None;
    let mut full = 0;
    loop {
        let page = logs
            .filter_log_events()
            .log_group_name(&search.log_group)
            .filter_pattern(&search.pattern)
            .start_time(window.start_millis())
            .end_time(window.end_millis())
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Fault::of("logs:FilterLogEvents", &search.log_group, &error))?;
        search.pages += 1;
        full += u64::from(!page.events().is_empty());
        for event in page.events() {
            findings.read(event.message().unwrap_or_default());
        }
        match page.next_token {
            None => return Ok(Outcome::Complete),
            Some(_) if full >= MOST_PAGES => return Ok(Outcome::TooMany),
            Some(next) => token = Some(next),
        }
    }
}
