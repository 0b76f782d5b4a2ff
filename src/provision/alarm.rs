//! The alarm on the metric, with the lab's settings.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmInput;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmInputBuilder;
use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, Statistic, Tag};

use super::ownership::Ownership;
use crate::alarm::Metric;
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::Owner;
use crate::properties::Properties;

/// An alarm of our name, which may be absent.
pub(super) struct Found {
    pub(super) ownership: Ownership,
    pub(super) metric: Option<Metric>,
}

/// Looks for the alarm: who owns it, and its metric.
pub(super) async fn find(
    cloudwatch: &CloudWatch,
    name: &str,
    arn: &str,
    owner: &Owner,
) -> Result<Found, Fault> {
    let described = cloudwatch
        .describe_alarms()
        .alarm_names(name)
        .alarm_types(AlarmType::MetricAlarm)
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:DescribeAlarms", arn, &error))?;
    let Some(alarm) = described.metric_alarms().first() else {
        return Ok(Found {
            ownership: Ownership::Absent,
            metric: None,
        });
    };
    let metric = alarm.namespace().zip(alarm.metric_name());
    let metric = metric.map(|(namespace, name)| Metric {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    });
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
        metric,
    })
}

/// The request that makes the alarm or overwrites it completely.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
fn request(names: &Names, properties: &Properties, topic_arn: &str) -> PutMetricAlarmInputBuilder {
    let raw = properties.raw_notifications.then(|| topic_arn.to_owned());
    let alarm_actions = properties.alarm_actions.iter().cloned().chain(raw);
    PutMetricAlarmInput::builder()
        .alarm_name(&names.alarm)
        .alarm_description(format!("KMS errors of {}", properties.role_arn))
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

/// Makes the alarm with its owner's tags, or changes the existing one.
pub(super) async fn put(
    cloudwatch: &CloudWatch,
    names: &Names,
    owner: &Owner,
    properties: &Properties,
    topic_arn: &str,
    ownership: &Ownership,
) -> Result<(), Fault> {
    let mut request = request(names, properties, topic_arn);
    if *ownership == Ownership::Absent {
        request = request.set_tags(Some(tags(owner)));
    }
    request
        .send_with(cloudwatch)
        .await
        .map_err(|error| Fault::new("cloudwatch:PutMetricAlarm", &names.alarm, &error))?;
    Ok(())
}

/// Tags an existing alarm with its owner, because `PutMetricAlarm` does not change existing tags.
pub(super) async fn mark(cloudwatch: &CloudWatch, arn: &str, owner: &Owner) -> Result<(), Fault> {
    cloudwatch
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags(owner)))
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:TagResource", arn, &error))?;
    Ok(())
}

fn tags(owner: &Owner) -> Vec<Tag> {
    let tags = owner.tags();
    tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
        .to_vec()
}

/// Removes the alarm, if it is ours. One that is already gone counts as removed.
pub(super) async fn remove(
    cloudwatch: &CloudWatch,
    name: &str,
    ownership: &Ownership,
) -> Result<(), Fault> {
    if !ownership.is_ours() {
        return Ok(());
    }
    let removed = cloudwatch.delete_alarms().alarm_names(name).send().await;
    match removed.map_err(|error| Fault::new("cloudwatch:DeleteAlarms", name, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}
