//! Removing a resource. The alarm goes first, so nothing fires half-removed.

use tracing::info;

use super::account::Account;
use super::ownership::Ownership;
use super::resource::Resource;
use super::{alarm, filter, topic};
use crate::fault::Fault;
use crate::names::Names;
use crate::properties::PartialProperties;

/// Removes everything of the resource under a base name. The topic goes last: as long as it exists,
/// its tag proves who owns the filter, so a removal that fails half-way can be repeated.
pub(super) async fn remove(
    account: Account<'_>,
    resource: &Resource,
    name: &str,
    properties: &PartialProperties,
) -> Result<(), Fault> {
    let Account {
        logs,
        cloudwatch,
        sns,
        scope,
    } = account;
    let names = Names::of(name);
    let owner = &resource.owner;
    let topic_arn = scope.topic_arn(&names.topic);
    let alarm_arn = scope.alarm_arn(&names.alarm);
    let topic = topic::ownership(sns, &topic_arn, owner).await?;
    if resource.is_incomplete() && topic == (Ownership::Ours { complete: true }) {
        info!(base = name, "left alone: a later attempt succeeded");
        return Ok(());
    }
    let alarm = alarm::find(cloudwatch, &names.alarm, &alarm_arn, owner).await?;
    let ours = topic.is_ours() || alarm.ownership.is_ours() || resource.has_made(name);

    alarm::remove(cloudwatch, &names.alarm, &alarm.ownership).await?;
    if ours {
        let metrics: Vec<_> = alarm
            .metric
            .into_iter()
            .chain(properties.metric.clone())
            .collect();
        for log_group in filter::log_groups(logs, &names.filter, &metrics).await? {
            filter::remove(logs, &log_group, &names.filter).await?;
        }
    }
    topic::remove(sns, &topic_arn, &topic).await?;
    info!(base = name, ours, ?topic, alarm = ?alarm.ownership, "removed");
    Ok(())
}
