//! What already exists before anything is written, and who owns it.

use tracing::warn;

use super::account::Account;
use super::error::Error;
use super::ownership::Ownership;
use super::resource::Resource;
use super::{alarm, filter, topic};
use crate::names::Names;
use crate::properties::{PartialProperties, Properties};

/// What already exists.
pub(super) struct Survey {
    pub(super) topic: Ownership,
    pub(super) alarm: Ownership,
    /// Whether the log group has a filter of our name.
    pub(super) filter_exists: bool,
    /// Every filter that feeds the metric, ours among them.
    feeds: Vec<filter::Feed>,
}

/// Looks at everything that the properties name. The log group comes first, because a wrong name is
/// the most likely mistake.
pub(super) async fn survey(
    account: Account<'_>,
    resource: &Resource,
    names: &Names,
    properties: &Properties,
) -> Result<Survey, Error> {
    let Account {
        logs,
        cloudwatch,
        sns,
        scope,
    } = account;
    let owner = &resource.owner;
    let log_group = &properties.log_group_name;
    let filter_exists = match filter::exists(logs, log_group, &names.filter).await {
        Ok(exists) => exists,
        Err(fault) if fault.is_not_found() => {
            return Err(Error::Existing(format!(
                "LogGroupName: there is no log group \"{log_group}\" in {}; give the log group \
                 that CloudTrail writes to in this Region",
                scope.region
            )));
        }
        Err(fault) => return Err(fault.into()),
    };
    let (alarm_arn, topic_arn) = (scope.alarm_arn(&names.alarm), scope.topic_arn(&names.topic));
    Ok(Survey {
        topic: topic::ownership(sns, &topic_arn, owner).await?,
        alarm: alarm::find(cloudwatch, &names.alarm, &alarm_arn, owner)
            .await?
            .ownership,
        filter_exists,
        feeds: filter::feeds(logs, Some(&properties.metric)).await?,
    })
}

impl Survey {
    /// Refuses to continue when an object of our name is not ours, or when another filter already
    /// feeds the metric.
    pub(super) fn check(
        &self,
        resource: &Resource,
        names: &Names,
        properties: &Properties,
        old: &PartialProperties,
    ) -> Result<(), Error> {
        for (what, name, ownership) in [
            ("topic", &names.topic, &self.topic),
            ("alarm", &names.alarm, &self.alarm),
        ] {
            match ownership {
                Ownership::Absent | Ownership::Ours { .. } => {}
                Ownership::Untagged if properties.adopt => {
                    warn!(name, "adopting the existing {what}");
                }
                Ownership::Untagged => return Err(not_ours(what, name)),
                Ownership::Theirs(stack) => {
                    return Err(Error::Existing(format!(
                        "the {what} {name} exists and belongs to stack {stack}; choose another \
                         Name, or delete that stack first"
                    )));
                }
            }
        }
        let ours =
            self.topic.is_ours() || self.alarm.is_ours() || resource.has_made(&properties.name);
        if self.filter_exists && !ours && !properties.adopt {
            return Err(not_ours("metric filter", &names.filter));
        }
        self.check_feeds(resource, names, properties, old, ours)
    }

    /// Each error must count once. The filter of a resource that is being replaced may feed the
    /// metric until it is removed.
    fn check_feeds(
        &self,
        resource: &Resource,
        names: &Names,
        properties: &Properties,
        old: &PartialProperties,
        ours: bool,
    ) -> Result<(), Error> {
        let current_name = resource.id.as_ref().map(|id| id.name.as_str());
        let replaced: Vec<String> = current_name
            .into_iter()
            .chain(old.name.as_deref())
            .map(|name| Names::of(name).filter)
            .collect();
        let second = self.feeds.iter().find(|feed| {
            let named_ours = feed.filter == names.filter && (ours || properties.adopt);
            let here = feed.filter == names.filter && feed.log_group == properties.log_group_name;
            !named_ours && !here && !replaced.contains(&feed.filter)
        });
        match second {
            Some(feed) if properties.adopt => warn!(
                filter = feed.filter,
                log_group = feed.log_group,
                "another metric filter feeds the same metric, so each error counts twice"
            ),
            Some(feed) => {
                return Err(Error::Existing(format!(
                    "the metric filter {} of log group {} already feeds {} {}, so each error \
                     would count twice; delete that filter, choose another MetricName, or set \
                     ExistingResources to Adopt to keep both",
                    feed.filter,
                    feed.log_group,
                    properties.metric.namespace,
                    properties.metric.name,
                )));
            }
            None => {}
        }
        Ok(())
    }
}

fn not_ours(what: &str, name: &str) -> Error {
    Error::Existing(format!(
        "the {what} {name} exists and was not made by this stack; choose another Name, or set \
         ExistingResources to Adopt to take it over"
    ))
}
