//! Finding the events: which metric filters feed the alarm, and what their patterns match in their
//! log groups.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::deployment::Deployment;
use super::pages::{Pages, Query};
use crate::alarm::{Metric, StateChange, Window};
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::findings::{Findings, Progress, Search};

/// How long newly counted events take to become searchable, more or less; also the most time that a
/// search may take to be worth making again.
const WAIT: Duration = Duration::from_secs(5);
/// How often to look again for them.
const MAX_LOOKS: usize = 3;

/// What all searches found, and how each of them ended.
pub(crate) struct SearchResult {
    pub(crate) window: Window,
    /// Up to when everything was read: the end of the window, unless a search is not complete.
    pub(crate) reach: Timestamp,
    /// Whether the window is the wider one, after the first found nothing.
    pub(crate) widened: bool,
    pub(crate) searches: Vec<Search>,
    pub(crate) findings: Findings,
    /// What could not be looked up, and why.
    pub(crate) problems: Vec<String>,
}

impl SearchResult {
    /// The result before any search, on top of these findings.
    pub(crate) fn before(window: Window, findings: Findings) -> Self {
        Self {
            window,
            reach: window.start,
            widened: false,
            searches: Vec::new(),
            findings,
            problems: Vec::new(),
        }
    }

    /// The result before the same searches are made again, in this window and on top of these
    /// findings.
    fn again(&self, window: Window, findings: Findings) -> Self {
        Self {
            searches: self.searches.clone(),
            ..Self::before(window, findings)
        }
    }

    /// Whether there was something to search, and all of it was searched.
    pub(crate) fn is_complete(&self) -> bool {
        Search::are_complete(&self.searches)
    }

    /// How many searches ran out of time.
    pub(crate) fn out_of_time(&self) -> usize {
        let out_of_time = |search: &&Search| {
            matches!(search.progress, Progress::OutOfTime | Progress::NotStarted)
        };
        self.searches.iter().filter(out_of_time).count()
    }
}

/// Asks which filters feed the alarm's metric, and searches their log groups with their patterns; the
/// log group and pattern of the deployment when no filter is known. When that finds fewer events
/// than the alarm counted, looks again; when it finds nothing at all, searches a wider window while
/// there is time.
pub(super) async fn find_events(
    logs: &Logs,
    change: &StateChange,
    deployment: &Deployment,
    until: Deadline,
) -> SearchResult {
    let nothing = deployment.nothing_found(change.changed_at);
    let mut result = SearchResult::before(change.window(), nothing.clone());
    choose_searches(logs, change, deployment, &mut result, until).await;
    if result.searches.is_empty() {
        return result;
    }
    let periods = change.deciding_periods();
    let began = Instant::now();
    search(logs, &mut result, &periods, until).await;
    if began.elapsed() < WAIT {
        look_again(logs, change, &periods, &nothing, &mut result, until).await;
    }
    if result.findings.is_empty() && Search::are_complete(&result.searches) {
        result.window = result.window.widened();
        result.widened = true;
        // What is read again must not be counted again.
        result.findings = nothing;
        search(logs, &mut result, &periods, until).await;
    }
    result
}

/// Makes the same searches in this window, on top of these findings.
pub(crate) async fn find_in(
    logs: &Logs,
    change: &StateChange,
    deployment: &Deployment,
    window: Window,
    findings: Findings,
    until: Deadline,
) -> SearchResult {
    let mut result = SearchResult::before(window, findings);
    choose_searches(logs, change, deployment, &mut result, until).await;
    search(logs, &mut result, &change.deciding_periods(), until).await;
    result
}

/// Asks which filters feed the alarm's metric.
async fn choose_searches(
    logs: &Logs,
    change: &StateChange,
    deployment: &Deployment,
    result: &mut SearchResult,
    until: Deadline,
) {
    let found = match &change.metric {
        None => Err(
            "the alarm does not watch a single metric, so no metric filter shows where to look"
                .to_owned(),
        ),
        Some(metric) => match until.limit(filters(logs, metric)).await {
            Ok(Ok(searches)) if searches.is_empty() => Err(format!(
                "no metric filter feeds {} {} any more",
                metric.namespace, metric.name
            )),
            Ok(Ok(searches)) => Ok(searches),
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(_) => Err("logs:DescribeMetricFilters did not answer in time".to_owned()),
        },
    };
    match (found, &deployment.search) {
        (Ok(searches), _) => result.searches = searches,
        (Err(problem), Some(deployed)) => {
            result.problems.push(format!(
                "{problem}; the log group of this deployment was searched instead"
            ));
            result.searches = vec![deployed.clone()];
        }
        (Err(problem), None) => result.problems.push(problem),
    }
}

/// Searches the end of the window again while fewer events were found than the alarm counted: just
/// after the alarm, the newest are not searchable yet. What goes wrong here changes nothing: the
/// search before was complete.
async fn look_again(
    logs: &Logs,
    change: &StateChange,
    periods: &[Window],
    nothing: &Findings,
    result: &mut SearchResult,
    until: Deadline,
) {
    let Some(counted) = change.expected() else {
        return;
    };
    let end = change.last_period();
    // What is read again must not be counted again, so each look begins with what lies before.
    let mut before = nothing.clone();
    for look in 0..MAX_LOOKS {
        let is_missing =
            Search::are_complete(&result.searches) && result.findings.decisive < counted.count;
        if !is_missing || until.remaining() < WAIT * 2 {
            return;
        }
        sleep(WAIT).await;
        let until = until.within(WAIT);
        if look == 0
            && let Some(window) = result.window.before(end)
        {
            let mut earlier = result.again(window, before);
            search(logs, &mut earlier, periods, until).await;
            if !Search::are_complete(&earlier.searches) {
                return;
            }
            before = earlier.findings;
        }
        let mut again = result.again(end, before.clone());
        search(logs, &mut again, periods, until).await;
        if !Search::are_complete(&again.searches) {
            return;
        }
        result.searches = again.searches;
        result.findings = again.findings;
    }
}

/// One search to make for each filter that feeds the metric.
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
        let found = found
            .map_err(|error| Fault::new("logs:DescribeMetricFilters", &metric.name, &error))?;
        searches.push(Search {
            filter: found.filter_name.unwrap_or_default(),
            log_group: found.log_group_name.unwrap_or_default(),
            pattern: found.filter_pattern.unwrap_or_default(),
            pages: 0,
            progress: Progress::NotStarted,
        });
    }
    Ok(searches)
}

/// Makes every search. A search holds how it ended, the findings hold what it found, and how much of
/// that was logged in these periods.
async fn search(logs: &Logs, result: &mut SearchResult, periods: &[Window], until: Deadline) {
    let count = result.searches.len();
    let Window { start, end } = result.window;
    let mut reaches = Vec::new();
    for (index, search) in result.searches.iter_mut().enumerate() {
        // A storm in one log group must not hide the one error in another.
        let until = until.share(count - index);
        let mut reach = start;
        let window = result.window;
        let findings = &mut result.findings;
        // Where the periods are not known, each message may be one that the alarm counted.
        let count = |message: &str, at: Option<Timestamp>| {
            let is_in = |period: &Window| at.is_some_and(|at| period.has(at));
            if periods.is_empty() || periods.iter().any(is_in) {
                findings.read_decisive(message);
            } else {
                findings.read(message);
            }
        };
        let reading = read(logs, search, window, count, &mut reach, until);
        match until.limit(reading).await {
            Ok(Ok(progress)) => search.progress = progress,
            Ok(Err(fault)) => {
                search.progress = Progress::Failed;
                result.problems.push(fault.to_string());
            }
            Err(_) => search.progress = Progress::OutOfTime,
        }
        reaches.push(if search.is_complete() { end } else { reach });
    }
    result.reach = reaches.into_iter().min().unwrap_or(start);
}

/// Reads the pages of one search, as long as there is time for one more like the last.
///
/// There is no other limit, and none is needed: on a slow processor a page of a megabyte takes 9 ms
/// (docs/performance.md), which is 0.12 s with the share that 128 MB get. The 38 s that the
/// template's timeout leaves for the search suffice for some 300 pages, about as many events as can
/// be told apart. Even a last page that is slow does not delay the publish, whose own time is longer
/// than that.
async fn read(
    logs: &Logs,
    search: &mut Search,
    window: Window,
    mut count: impl FnMut(&str, Option<Timestamp>),
    reach: &mut Timestamp,
    until: Deadline,
) -> Result<Progress, Fault> {
    let query = Query {
        log_group: &search.log_group,
        pattern: &search.pattern,
        window,
    };
    let mut pages = Pages::of(logs, query);
    loop {
        let began = Instant::now();
        pages.ask().await?;
        search.pages += 1;
        if !pages.read(&mut count)? {
            return Ok(Progress::Complete);
        }
        *reach = pages.reach().unwrap_or(*reach);
        if began.elapsed() > until.remaining() {
            return Ok(Progress::OutOfTime);
        }
    }
}
