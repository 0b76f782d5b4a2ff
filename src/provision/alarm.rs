//! The alarm on the metric, with the lab's settings.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmInput;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmInputBuilder;
use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, MetricAlarm, Statistic, Tag};

use super::ownership::Ownership;
use crate::alarm::Metric;
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::Owner;
use crate::properties::Properties;

/// An alarm of our name, which may be absent.
pub(super) struct Found {
    pub(super) ownership: Ownership,
    /// Its settings.
    pub(super) alarm: Option<MetricAlarm>,
}

impl Found {
    /// The metric that it watches.
    pub(super) fn metric(&self) -> Option<Metric> {
        let alarm = self.alarm.as_ref()?;
        Some(Metric {
            namespace: alarm.namespace()?.to_owned(),
            name: alarm.metric_name()?.to_owned(),
        })
    }
}

/// Looks for the alarm: who owns it, and its settings. Alarms of all types share their names.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
pub(super) async fn find(
    cloudwatch: &CloudWatch,
    name: &str,
    arn: &str,
    owner: &Owner,
) -> Result<Found, Fault> {
    let describe = |log_alarms: Option<AlarmType>| {
        let types = [AlarmType::MetricAlarm, AlarmType::CompositeAlarm];
        let request = cloudwatch.describe_alarms().alarm_names(name);
        let types = types.into_iter().chain(log_alarms).collect();
        request.set_alarm_types(Some(types)).send()
    };
    let to_fault = |error| Fault::new("cloudwatch:DescribeAlarms", arn, &error);
    let described = match describe(Some(AlarmType::LogAlarm)).await.map_err(to_fault) {
        // Log alarms are new, and not every Region may know the type.
        Err(fault) if fault.has_code(&["ValidationError", "InvalidParameterValue"]) => {
            describe(None).await.map_err(to_fault)?
        }
        described => described?,
    };
    let other = if !described.composite_alarms().is_empty() {
        Ownership::OfAnotherType("composite alarm")
    } else if !described.log_alarms().is_empty() {
        Ownership::OfAnotherType("log alarm")
    } else {
        Ownership::Absent
    };
    let Some(alarm) = described.metric_alarms.unwrap_or_default().pop() else {
        return Ok(Found {
            ownership: other,
            alarm: None,
        });
    };
    let listed = cloudwatch
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:ListTagsForResource", arn, &error))?;
    let tags = listed.tags().iter().map(|tag| {
        (
            tag.key().unwrap_or_default(),
            tag.value().unwrap_or_default(),
        )
    });
    Ok(Found {
        ownership: Ownership::new(owner, tags),
        alarm: Some(alarm),
    })
}

/// The metric alarms of these two names, in one call.
pub(super) async fn described(
    cloudwatch: &CloudWatch,
    name: &str,
    other: &str,
) -> Result<(Option<MetricAlarm>, Option<MetricAlarm>), Fault> {
    // An empty page need not be the last.
    let mut pages = cloudwatch
        .describe_alarms()
        .alarm_names(name)
        .alarm_names(other)
        .into_paginator()
        .send();
    let mut found = (None, None);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Fault::new("cloudwatch:DescribeAlarms", name, &error))?;
        for alarm in page.metric_alarms.unwrap_or_default() {
            match alarm.alarm_name() {
                Some(found_name) if found_name == name => found.0 = Some(alarm),
                Some(found_name) if found_name == other => found.1 = Some(alarm),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The request that makes the alarm or overwrites it completely.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
pub(super) fn request(
    names: &Names,
    properties: &Properties,
    topic_arn: &str,
) -> PutMetricAlarmInputBuilder {
    let raw = properties.raw_notifications.then(|| topic_arn.to_owned());
    let alarm_actions = properties.alarm_actions.iter().cloned().chain(raw);
    PutMetricAlarmInput::builder()
        .alarm_name(&names.alarm)
        .alarm_description(format!("KMS errors of {}", properties.roles))
        .namespace(&properties.metric.namespace)
        .metric_name(&properties.metric.name)
        .statistic(Statistic::Sum)
        .period(properties.period)
        .evaluation_periods(properties.evaluation_periods)
        .threshold(properties.threshold)
        .comparison_operator(ComparisonOperator::GreaterThanThreshold)
        .treat_missing_data(&properties.treat_missing_data)
        .actions_enabled(true)
        .set_alarm_actions(Some(alarm_actions.collect()))
        .set_ok_actions(Some(properties.ok_actions.clone()))
}

/// The same request with the actions that the alarm has besides, as far as CloudWatch takes them: five
/// for each state.
pub(super) fn keeping_actions(
    request: PutMetricAlarmInputBuilder,
    found: &MetricAlarm,
) -> PutMetricAlarmInputBuilder {
    let with = |asked: &Option<Vec<String>>, found: &[String]| {
        let mut actions = asked.clone().unwrap_or_default();
        for action in found {
            if actions.len() < 5 && !actions.contains(action) {
                actions.push(action.clone());
            }
        }
        actions
    };
    let alarm_actions = with(request.get_alarm_actions(), found.alarm_actions());
    let ok_actions = with(request.get_ok_actions(), found.ok_actions());
    request
        .set_alarm_actions(Some(alarm_actions))
        .set_ok_actions(Some(ok_actions))
        .set_insufficient_data_actions(Some(found.insufficient_data_actions().to_vec()))
}

/// Makes the alarm with these tags, or changes the existing one, which keeps the tags that it has.
pub(super) async fn put(
    cloudwatch: &CloudWatch,
    name: &str,
    mut request: PutMetricAlarmInputBuilder,
    with_tags: &[(&str, &str)],
) -> Result<(), Fault> {
    if !with_tags.is_empty() {
        request = request.set_tags(Some(tags(with_tags)));
    }
    request
        .send_with(cloudwatch)
        .await
        .map_err(|error| Fault::new("cloudwatch:PutMetricAlarm", name, &error))?;
    Ok(())
}

/// Makes an alarm as it was. Its tags are kept by CloudWatch, which takes no empty list beside
/// settings that exclude it.
pub(super) async fn restore(cloudwatch: &CloudWatch, before: MetricAlarm) -> Result<(), Fault> {
    let name = before.alarm_name().unwrap_or_default().to_owned();
    PutMetricAlarmInput::builder()
        .set_alarm_name(before.alarm_name)
        .set_alarm_description(before.alarm_description)
        .set_actions_enabled(before.actions_enabled)
        .set_ok_actions(before.ok_actions)
        .set_alarm_actions(before.alarm_actions)
        .set_insufficient_data_actions(before.insufficient_data_actions)
        .set_metric_name(before.metric_name)
        .set_namespace(before.namespace)
        .set_statistic(before.statistic)
        .set_extended_statistic(before.extended_statistic)
        .set_dimensions(before.dimensions.filter(|list| !list.is_empty()))
        .set_period(before.period)
        .set_unit(before.unit)
        .set_evaluation_periods(before.evaluation_periods)
        .set_datapoints_to_alarm(before.datapoints_to_alarm)
        .set_threshold(before.threshold)
        .set_comparison_operator(before.comparison_operator)
        .set_treat_missing_data(before.treat_missing_data)
        .set_evaluate_low_sample_count_percentile(before.evaluate_low_sample_count_percentile)
        .set_metrics(before.metrics.filter(|list| !list.is_empty()))
        .set_threshold_metric_id(before.threshold_metric_id)
        .set_evaluation_window(before.evaluation_window)
        .set_warm_up_configuration(before.warm_up_configuration)
        .set_evaluation_criteria(before.evaluation_criteria)
        .set_evaluation_interval(before.evaluation_interval)
        .set_action_configuration(before.action_configuration)
        .send_with(cloudwatch)
        .await
        .map_err(|error| Fault::new("cloudwatch:PutMetricAlarm", name, &error))?;
    Ok(())
}

/// Tags an existing alarm, because `PutMetricAlarm` does not change existing tags.
pub(super) async fn tag(
    cloudwatch: &CloudWatch,
    arn: &str,
    added: &[(&str, &str)],
) -> Result<(), Fault> {
    cloudwatch
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags(added)))
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:TagResource", arn, &error))?;
    Ok(())
}

/// Takes tags off an alarm.
pub(super) async fn untag(cloudwatch: &CloudWatch, arn: &str, keys: &[&str]) -> Result<(), Fault> {
    cloudwatch
        .untag_resource()
        .resource_arn(arn)
        .set_tag_keys(Some(keys.iter().map(|key| (*key).to_owned()).collect()))
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:UntagResource", arn, &error))?;
    Ok(())
}

fn tags(tags: &[(&str, &str)]) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(*key).value(*value).build())
        .collect()
}

/// Removes the alarm. One that is already gone counts as removed.
pub(super) async fn remove(cloudwatch: &CloudWatch, name: &str) -> Result<(), Fault> {
    let removed = cloudwatch.delete_alarms().alarm_names(name).send().await;
    match removed.map_err(|error| Fault::new("cloudwatch:DeleteAlarms", name, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}
