//! The metric filter, and other filters that feed the same metric. Filters cannot have tags, so
//! they are recognised by their name and log group.

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::operation::put_metric_filter::PutMetricFilterInput;
use aws_sdk_cloudwatchlogs::operation::put_metric_filter::builders::PutMetricFilterInputBuilder;
use aws_sdk_cloudwatchlogs::types::{MetricFilter, MetricTransformation};
use aws_smithy_types::error::operation::BuildError;

use crate::alarm::Metric;
use crate::fault::Fault;
use crate::metric_filter;
use crate::names::Names;
use crate::properties::Properties;

/// A metric filter of a log group.
pub(super) struct Feed {
    pub(super) filter: String,
    pub(super) log_group: String,
}

/// The filter of this name in a log group, if there is one. A log group that does not exist is a
/// fault.
pub(super) async fn find(
    logs: &Logs,
    log_group: &str,
    filter: &str,
) -> Result<Option<MetricFilter>, Fault> {
    // An empty page need not be the last.
    let mut pages = logs
        .describe_metric_filters()
        .log_group_name(log_group)
        .filter_name_prefix(filter)
        .into_paginator()
        .items()
        .send();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| Fault::new("logs:DescribeMetricFilters", log_group, &error))?;
        if found.filter_name() == Some(filter) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a filter is as these properties ask.
pub(super) fn is_as_asked(found: &MetricFilter, properties: &Properties) -> bool {
    found.filter_pattern() == Some(&metric_filter::pattern(&properties.roles))
        && feeds_metric(found, &properties.metric)
}

/// Whether a filter feeds a metric.
pub(super) fn feeds_metric(found: &MetricFilter, metric: &Metric) -> bool {
    found.metric_transformations().iter().any(|transformation| {
        transformation.metric_namespace() == metric.namespace
            && transformation.metric_name() == metric.name
    })
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

/// The log groups that have a filter of this name for one of these metrics, or else for any metric:
/// somebody may have edited it.
pub(super) async fn log_groups(
    logs: &Logs,
    filter: &str,
    metrics: &[Metric],
) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    for metric in metrics {
        found.extend(feeds(logs, Some(metric)).await?);
    }
    found.retain(|feed| feed.filter == filter);
    if found.is_empty() {
        found = feeds(logs, None).await?;
        found.retain(|feed| feed.filter == filter);
    }
    let mut log_groups: Vec<String> = found.into_iter().map(|feed| feed.log_group).collect();
    log_groups.sort();
    log_groups.dedup();
    Ok(log_groups)
}

/// The request that makes the filter or overwrites it completely. It misses nothing when the
/// properties are valid.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
fn request(
    names: &Names,
    properties: &Properties,
) -> Result<PutMetricFilterInputBuilder, BuildError> {
    let transformation = MetricTransformation::builder()
        .metric_namespace(&properties.metric.namespace)
        .metric_name(&properties.metric.name)
        .metric_value("1")
        .set_default_value(properties.default_value)
        .build()?;
    Ok(PutMetricFilterInput::builder()
        .log_group_name(&properties.log_group_name)
        .filter_name(&names.filter)
        .filter_pattern(metric_filter::pattern(&properties.roles))
        .metric_transformations(transformation))
}

/// Makes the filter or overwrites it completely.
pub(super) async fn put(logs: &Logs, names: &Names, properties: &Properties) -> Result<(), Fault> {
    const ACTION: &str = "logs:PutMetricFilter";
    let object = object(&names.filter, &properties.log_group_name);
    let request =
        request(names, properties).map_err(|error| Fault::local(ACTION, &object, error))?;
    request
        .send_with(logs)
        .await
        .map_err(|error| Fault::new(ACTION, object, &error))?;
    Ok(())
}

/// Makes a filter as it was.
pub(super) async fn restore(logs: &Logs, before: MetricFilter) -> Result<(), Fault> {
    let object = object(
        before.filter_name().unwrap_or_default(),
        before.log_group_name().unwrap_or_default(),
    );
    PutMetricFilterInput::builder()
        .set_log_group_name(before.log_group_name)
        .set_filter_name(before.filter_name)
        // A pattern of its own is required; the empty one matches everything.
        .filter_pattern(before.filter_pattern.unwrap_or_default())
        .set_metric_transformations(before.metric_transformations)
        .apply_on_transformed_logs(before.apply_on_transformed_logs)
        .set_field_selection_criteria(before.field_selection_criteria)
        .set_emit_system_field_dimensions(
            before
                .emit_system_field_dimensions
                .filter(|list| !list.is_empty()),
        )
        .send_with(logs)
        .await
        .map_err(|error| Fault::new("logs:PutMetricFilter", object, &error))?;
    Ok(())
}

/// Removes a filter. One that is already gone, with or without its log group, counts as removed.
pub(super) async fn remove(logs: &Logs, log_group: &str, filter: &str) -> Result<(), Fault> {
    let removed = logs
        .delete_metric_filter()
        .log_group_name(log_group)
        .filter_name(filter)
        .send()
        .await;
    let object = object(filter, log_group);
    match removed.map_err(|error| Fault::new("logs:DeleteMetricFilter", object, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}

fn object(filter: &str, log_group: &str) -> String {
    format!("{filter} of log group {log_group}")
}
