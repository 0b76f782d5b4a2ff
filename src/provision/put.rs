//! Making everything as the properties say, whatever exists.

use std::time::Duration;

use backon::{ConstantBuilder, RetryableWithContext};
use tracing::{info, warn};

use super::account::Account;
use super::error::Error;
use super::ownership::Ownership;
use super::resource::Resource;
use super::survey::survey;
use super::undo::{Made, Object};
use super::{alarm, filter, topic};
use crate::custom_resource::Data;
use crate::metric_filter;
use crate::names::Names;
use crate::properties::{PartialProperties, Properties};

/// A new IAM permission takes some seconds to apply everywhere, so a denial counts only after this
/// many attempts, this far apart.
const RETRIES: ConstantBuilder = ConstantBuilder::new()
    .with_delay(Duration::from_secs(3))
    .with_max_times(4);

/// Makes or changes everything, and tries again while the failure is transient. The list holds what
/// any of the attempts made.
pub(super) async fn put(
    account: Account<'_>,
    resource: &Resource,
    properties: &Properties,
    old: &PartialProperties,
) -> (Made, Result<Data, Error>) {
    let attempt = async |mut made: Made| {
        let put = put_once(account, resource, properties, old, &mut made).await;
        (made, put)
    };
    attempt
        .retry(RETRIES)
        .context(Made::new())
        .when(Error::is_transient)
        .notify(|error, _| warn!(%error, "trying again: a permission may not apply yet"))
        .await
}

/// Looks at everything that exists, then writes.
async fn put_once(
    account: Account<'_>,
    resource: &Resource,
    properties: &Properties,
    old: &PartialProperties,
    made: &mut Made,
) -> Result<Data, Error> {
    let Account {
        logs,
        cloudwatch,
        sns,
        scope,
    } = account;
    let names = Names::of(&properties.name);
    let owner = &resource.owner;
    let found = survey(account, resource, &names, properties).await?;
    found.check(resource, &names, properties, old)?;

    if found.topic == Ownership::Absent {
        made.push(Object::Topic);
    }
    let topic_arn = topic::put(sns, scope, &names, owner, properties, &found.topic).await?;
    topic::subscribe(sns, &topic_arn, &properties.emails).await?;
    if !found.filter_exists {
        made.push(Object::Filter);
    }
    filter::put(logs, &names, properties).await?;
    if found.alarm == Ownership::Absent {
        made.push(Object::Alarm);
    }
    alarm::put(
        cloudwatch,
        &names,
        owner,
        properties,
        &topic_arn,
        &found.alarm,
    )
    .await?;
    topic::mark(sns, &topic_arn, owner).await?;
    let alarm_arn = scope.alarm_arn(&names.alarm);
    if found.alarm != Ownership::Absent {
        // After the topic: until that is marked, an adopted alarm is not ours to remove.
        alarm::mark(cloudwatch, &alarm_arn, owner).await?;
    }
    info!(
        topic = names.topic,
        filter = names.filter,
        alarm = names.alarm,
        log_group = properties.log_group_name,
        "provisioned"
    );
    Ok(data(&names, properties, topic_arn, alarm_arn))
}

/// The attributes, which every Create and Update returns in full.
fn data(names: &Names, properties: &Properties, topic_arn: String, alarm_arn: String) -> Data {
    Data::from([
        ("TopicArn", topic_arn),
        ("TopicName", names.topic.clone()),
        ("AlarmArn", alarm_arn),
        ("AlarmName", names.alarm.clone()),
        ("FilterName", names.filter.clone()),
        (
            "FilterPattern",
            metric_filter::pattern(&properties.role_arn),
        ),
        ("LogGroupName", properties.log_group_name.clone()),
        ("MetricNamespace", properties.metric.namespace.clone()),
        ("MetricName", properties.metric.name.clone()),
    ])
}
