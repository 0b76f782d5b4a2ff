//! Finding the events: which metric filters feed the alarm, and what their
//! log groups hold.

use aws_sdk_cloudwatchlogs::Client as Logs;
use tokio::time::{Instant, timeout_at};

use super::fair_share;
use super::pages::{Pages, Query};
use crate::alarm::{Metric, StateChange, Window};
use crate::cloudtrail::Ourselves;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::message::{Outcome, Search};

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

    /// How many searches time ended.
    pub(super) fn cut_short(&self) -> usize {
        let cut = |search: &&Search| search.outcome == Outcome::OutOfTime;
        self.searches.iter().filter(cut).count()
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
    let count = looked.searches.len();
    for (index, search) in looked.searches.iter_mut().enumerate() {
        // A storm in one log group must not hide the one error in another.
        let until = fair_share(until, count.saturating_sub(index));
        let reading = read(logs, search, looked.window, &mut looked.findings, until);
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

/// Reads the pages of one search: all, or so many that the time ends after a whole one rather than within the next.
///
/// There is no other limit, and none is needed: a page of a megabyte takes 3 ms of CPU (docs/performance.md), so 40 ms
/// with the share of a core that 128 MB get, and thrice that on a slower core. In the 38 s that the template's timeout
/// leaves for it, some 300 pages are read, with nearly as many events as are told apart. The last one never keeps the
/// publish waiting: that has more time of its own than a page takes.
async fn read(
    logs: &Logs,
    search: &mut Search,
    window: Window,
    findings: &mut Findings,
    until: Instant,
) -> Result<Outcome, Fault> {
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
        if !pages.read(|message| findings.read(message))? {
            return Ok(Outcome::Complete);
        }
        if Instant::now() + began.elapsed() > until {
            return Ok(Outcome::OutOfTime);
        }
    }
}
