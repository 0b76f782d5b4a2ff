//! The alarm on the metric, setting by setting the lab's.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmInput;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmInputBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic, Tag};

use super::survey::{self, Standing};
use crate::fault::Fault;
use crate::names::{Names, Place};
use crate::owner::Owner;
use crate::properties::Properties;

/// The request that makes the alarm or overwrites it completely.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
fn request(names: &Names, properties: &Properties, topic_arn: &str) -> PutMetricAlarmInputBuilder {
    let raw = properties.raw_notifications.then(|| topic_arn.to_owned());
    let alarm_actions = properties.alarm_actions.iter().cloned().chain(raw);
    PutMetricAlarmInput::builder()
        .alarm_name(&names.alarm)
        .alarm_description(format!("KMS errors of {}", properties.role_arn))
        .namespace(&properties.metric_namespace)
        .metric_name(&properties.metric_name)
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

/// Makes the alarm, with its owner's tags, or changes the one that stands there.
pub(super) async fn put(
    cloudwatch: &CloudWatch,
    names: &Names,
    owner: &Owner,
    properties: &Properties,
    topic_arn: &str,
    standing: &Standing,
) -> Result<(), Fault> {
    let mut request = request(names, properties, topic_arn);
    if *standing == Standing::Absent {
        request = request.set_tags(Some(tags(owner)));
    }
    request
        .send_with(cloudwatch)
        .await
        .map_err(|error| Fault::of("cloudwatch:PutMetricAlarm", &names.alarm, &error))?;
    Ok(())
}

/// Marks an alarm as its owner's. `PutMetricAlarm` leaves the tags of an alarm
/// that exists as they are.
pub(super) async fn mark(cloudwatch: &CloudWatch, arn: &str, owner: &Owner) -> Result<(), Fault> {
    cloudwatch
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags(owner)))
        .send()
        .await
        .map_err(|error| Fault::of("cloudwatch:TagResource", arn, &error))?;
    Ok(())
}

fn tags(owner: &Owner) -> Vec<Tag> {
    let tags = owner.tags();
    tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
        .to_vec()
}

/// Removes the alarm if it is this owner's.
pub(super) async fn remove(
    cloudwatch: &CloudWatch,
    place: &Place,
    names: &Names,
    owner: &Owner,
) -> Result<(), Fault> {
    let arn = place.alarm_arn(&names.alarm);
    let (standing, _) = survey::alarm(cloudwatch, &names.alarm, &arn, owner).await?;
    if !standing.is_ours() {
        return Ok(());
    }
    let removed = cloudwatch
        .delete_alarms()
        .alarm_names(&names.alarm)
        .send()
        .await;
    match removed.map_err(|error| Fault::of("cloudwatch:DeleteAlarms", arn, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}
