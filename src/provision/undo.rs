//! Undoing a run that failed.

use super::account::Account;
use super::{alarm, filter, topic};
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::Owner;
use crate::properties::Properties;

/// What one run has made where there was nothing before, oldest first.
pub(super) type Made = Vec<Object>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Topic,
    Filter,
    Alarm,
}

/// Removes what a failed run made, newest first. Whatever somebody else owns by now stays.
pub(super) async fn undo(
    account: Account<'_>,
    owner: &Owner,
    properties: &Properties,
    made: &Made,
) -> Result<(), Fault> {
    let Account {
        logs,
        cloudwatch,
        sns,
        scope,
    } = account;
    let names = Names::of(&properties.name);
    for object in made.iter().rev() {
        match object {
            Object::Alarm => {
                let arn = scope.alarm_arn(&names.alarm);
                let found = alarm::find(cloudwatch, &names.alarm, &arn, owner).await?;
                alarm::remove(cloudwatch, &names.alarm, &found.ownership).await?;
            }
            Object::Filter => {
                filter::remove(logs, &properties.log_group_name, &names.filter).await?;
            }
            Object::Topic => {
                let arn = scope.topic_arn(&names.topic);
                let ownership = topic::ownership(sns, &arn, owner).await?;
                topic::remove(sns, &arn, &ownership).await?;
            }
        }
    }
    Ok(())
}
