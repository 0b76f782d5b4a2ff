//! The metric filter, and other filters that feed the same metric. Filters cannot have tags, so
//! they are recognised by their name and metric.

use aws_sdk_cloudwatchlogs::Client as Logs;

use crate::alarm::Metric;
use crate::fault::Fault;
use crate::metric_filter;
use crate::names::Names;
use crate::properties::{PartialProperties, Properties};

/// A metric filter of a log group.
pub(super) struct Feed {
    pub(super) filter: String,
    pub(super) log_group: String,
}

/// Whether a log group has a filter of this name. A log group that does not exist is a fault.
pub(super) async fn exists(logs: &Logs, log_group: &str, filter: &str) -> Result<bool, Fault> {
    let described = logs
        .describe_metric_filters()
        .log_group_name(log_group)
        .filter_name_prefix(filter)
        .send()
        .await
        .map_err(|error| Fault::new("logs:DescribeMetricFilters", log_group, &error))?;
    // Filters are sorted by name, so the exact one comes first.
    let mut filters = described.metric_filters().iter();
    Ok(filters.any(|found| found.filter_name() == Some(filter)))
}

/// Every filter in this Region that feeds a metric, or simply every filter when no metric is given.
pub(super) async fn feeds(logs: &Logs, metric: Option<&Metric>) -> Result<Vec<Feed>, Fault> {
    let object = metric.map_or("every metric filter", |metric| &metric.name);
    let mut pages = logs
        .describe_metric_filters()
        .set_metric_namespace(metric.map(|metric| metric.namespace.clone()))
        .set_metric_name(metric.map(|metric| metric.name.clone()))
        .into_paginator()
        .items()
        .send();
    let mut feeds = Vec::new();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| Fault::new("logs:DescribeMetricFilters", object, &error))?;
        feeds.push(Feed {
            filter: found.filter_name.unwrap_or_default(),
            log_group: found.log_group_name.unwrap_or_default(),
        });
    }
    Ok(feeds)
}

/// The log groups that have a filter of this name for one of these metrics, or for any metric when
/// none is known.
pub(super) async fn log_groups(
    logs: &Logs,
    filter: &str,
    metrics: &[Metric],
) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    if metrics.is_empty() {
        found = feeds(logs, None).await?;
    }
    for metric in metrics {
        found.extend(feeds(logs, Some(metric)).await?);
    }
    let named = found.into_iter().filter(|feed| feed.filter == filter);
    let mut log_groups: Vec<String> = named.map(|feed| feed.log_group).collect();
    log_groups.sort();
    log_groups.dedup();
    Ok(log_groups)
}

pub(super) async fn put(logs: &Logs, names: &Names, properties: &Properties) -> Result<(), Fault> {
    const ACTION: &str = "logs:PutMetricFilter";
    let object = format!(
        "{} of log group {}",
        names.filter, properties.log_group_name
    );
    let request = metric_filter::put(names, properties)
        .map_err(|error| Fault::local(ACTION, &object, error))?;
    request
        .send_with(logs)
        .await
        .map_err(|error| Fault::new(ACTION, object, &error))?;
    Ok(())
}

/// Removes a filter. One that is already gone, with or without its log group, counts as removed.
pub(super) async fn remove(logs: &Logs, log_group: &str, filter: &str) -> Result<(), Fault> {
    let object = format!("{filter} of log group {log_group}");
    let removed = logs
        .delete_metric_filter()
        .log_group_name(log_group)
        .filter_name(filter)
        .send()
        .await;
    match removed.map_err(|error| Fault::new("logs:DeleteMetricFilter", object, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}

/// Removes the filter from log groups that the properties no longer name. The new log group must
/// already have it, so that no error goes uncounted.
pub(super) async fn remove_stale(
    logs: &Logs,
    names: &Names,
    properties: &Properties,
    old: &PartialProperties,
) -> Result<(), Fault> {
    let metrics = std::slice::from_ref(&properties.metric);
    let mut stale = log_groups(logs, &names.filter, metrics).await?;
    stale.extend(old.log_group_name.clone());
    stale.retain(|log_group| *log_group != properties.log_group_name);
    stale.sort();
    stale.dedup();
    for log_group in stale {
        remove(logs, &log_group, &names.filter).await?;
    }
    Ok(())
}
