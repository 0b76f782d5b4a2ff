//! What stands there before anything is written, and whose it is.

use std::fmt;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_sns::Client as Sns;
use tracing::warn;

use super::{Flow, Identity, filter};
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::{COMPLETE_TAG, OWNER_TAG, Owner, STACK_TAG};
use crate::properties::{Properties, Remembered};

/// Whose a topic or an alarm is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none of that name.
    Absent,
    /// It carries this owner's tag.
    Ours,
    /// It carries this owner's tag, and was made to the end.
    OursComplete,
    /// It carries no owner's tag: somebody made it by hand or otherwise.
    Unmarked,
    /// It is another stack's.
    Of(String),
}

impl Standing {
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours | Self::OursComplete)
    }
}

/// What stands there.
pub(super) struct Survey {
    pub(super) topic: Standing,
    pub(super) alarm: Standing,
    /// Whether the log group has a filter of our name.
    pub(super) filter_exists: bool,
    /// Every filter that feeds the metric, ours among them.
    feeds: Vec<filter::Feed>,
}

/// Why nothing was written, or what went wrong while writing.
#[derive(Debug)]
pub(super) enum Refusal {
    Fault(Fault),
    Existing(String),
}

impl Refusal {
    /// Whether it can be gone in a few seconds: a permission that has just been
    /// given is not in force everywhere at once, and a topic that has just been
    /// removed may still show its tags.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Fault(fault) => {
                fault.is_denied()
                    || fault.is(&[
                        "ConcurrentAccess",
                        "ConcurrentAccessException",
                        "OperationAbortedException",
                        "StaleTag",
                        "StaleTagException",
                    ])
            }
            Self::Existing(_) => false,
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Existing(text) => f.write_str(text),
        }
    }
}

/// Looks at everything that the properties name. The log group comes first:
/// a wrong name is the likeliest mistake.
pub(super) async fn survey(
    flow: Flow<'_>,
    identity: &Identity,
    names: &Names,
    properties: &Properties,
) -> Result<Survey, Refusal> {
    let log_group = &properties.log_group_name;
    let filter_exists = match filter::exists(flow.logs, log_group, &names.filter).await {
        Ok(exists) => exists,
        Err(fault) if fault.is_not_found() => {
            return Err(Refusal::Existing(format!(
                "LogGroupName: there is no log group \"{log_group}\" in {}; give the group that \
                 CloudTrail writes to in this region",
                flow.place.region
            )));
        }
        Err(fault) => return Err(fault.into()),
    };
    let metric = (
        properties.metric_namespace.clone(),
        properties.metric_name.clone(),
    );
    let topic_arn = flow.place.topic_arn(&names.topic);
    let alarm_arn = flow.place.alarm_arn(&names.alarm);
    Ok(Survey {
        topic: topic(flow.sns, &topic_arn, &identity.owner).await?,
        alarm: alarm(flow.cloudwatch, &names.alarm, &alarm_arn, &identity.owner)
            .await?
            .0,
        filter_exists,
        feeds: filter::feeds(flow.logs, Some(&metric)).await?,
    })
}

impl Survey {
    /// Refuses to go on when something of that name is not ours, or when the
    /// metric is fed already.
    pub(super) fn refusal(
        &self,
        identity: &Identity,
        names: &Names,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<(), Refusal> {
        for (what, name, standing) in [
            ("topic", &names.topic, &self.topic),
            ("alarm", &names.alarm, &self.alarm),
        ] {
            match standing {
                Standing::Absent | Standing::Ours | Standing::OursComplete => {}
                Standing::Unmarked if properties.adopt => {
                    warn!(name, "adopting the {what} that stands there");
                }
                Standing::Unmarked => return Err(existing(what, name, "not made by this stack")),
                Standing::Of(stack) => {
                    return Err(Refusal::Existing(format!(
                        "the {what} {name} exists and belongs to stack {stack}; choose another \
                         Name, or delete that stack first"
                    )));
                }
            }
        }
        let ours =
            self.topic.is_ours() || self.alarm.is_ours() || identity.proves(&properties.name);
        if self.filter_exists && !ours && !properties.adopt {
            return Err(existing(
                "metric filter",
                &names.filter,
                "not made by this stack",
            ));
        }
        let replaced = identity
            .current
            .as_ref()
            .map(|id| id.name.as_str())
            .into_iter()
            .chain(old.name.as_deref())
            .map(|name| Names::of(name).filter)
            .collect::<Vec<_>>();
        let second = self.feeds.iter().find(|feed| {
            let named_ours = feed.filter == names.filter && (ours || properties.adopt);
            let here = feed.filter == names.filter && feed.log_group == properties.log_group_name;
            !named_ours && !here && !replaced.contains(&feed.filter)
        });
        match second {
            Some(feed) if properties.adopt => warn!(
                filter = feed.filter,
                log_group = feed.log_group,
                "another metric filter feeds the same metric: each error is counted twice"
            ),
            Some(feed) => {
                return Err(Refusal::Existing(format!(
                    "the metric filter {} of log group {} already feeds {} {}, so each error \
                     would count twice; delete that filter, or choose another MetricName, or set \
                     ExistingResources to Adopt to keep both",
                    feed.filter,
                    feed.log_group,
                    properties.metric_namespace,
                    properties.metric_name,
                )));
            }
            None => {}
        }
        Ok(())
    }
}

fn existing(what: &str, name: &str, whose: &str) -> Refusal {
    Refusal::Existing(format!(
        "the {what} {name} exists and was {whose}; choose another Name, or set \
         ExistingResources to Adopt to take it over"
    ))
}

/// Whose the topic is.
pub(super) async fn topic(sns: &Sns, arn: &str, owner: &Owner) -> Result<Standing, Fault> {
    let listed = sns.list_tags_for_resource().resource_arn(arn).send().await;
    match listed.map_err(|error| Fault::of("sns:ListTagsForResource", arn, &error)) {
        Ok(listed) => Ok(standing(
            owner,
            listed.tags().iter().map(|tag| (tag.key(), tag.value())),
        )),
        Err(fault) if fault.is_not_found() => Ok(Standing::Absent),
        Err(fault) => Err(fault),
    }
}

/// Whose the alarm is, and its metric.
pub(super) async fn alarm(
    cloudwatch: &CloudWatch,
    name: &str,
    arn: &str,
    owner: &Owner,
) -> Result<(Standing, Option<(String, String)>), Fault> {
    let described = cloudwatch
        .describe_alarms()
        .alarm_names(name)
        .alarm_types(AlarmType::MetricAlarm)
        .send()
        .await
        .map_err(|error| Fault::of("cloudwatch:DescribeAlarms", arn, &error))?;
    let Some(alarm) = described.metric_alarms().first() else {
        return Ok((Standing::Absent, None));
    };
    let metric = alarm.namespace().zip(alarm.metric_name());
    let metric = metric.map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
    let listed = cloudwatch
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .map_err(|error| Fault::of("cloudwatch:ListTagsForResource", arn, &error))?;
    let tags = listed.tags().iter();
    let tags = tags.map(|tag| {
        (
            tag.key().unwrap_or_default(),
            tag.value().unwrap_or_default(),
        )
    });
    Ok((standing(owner, tags), metric))
}

/// Whose an object with these tags is.
fn standing<'a>(owner: &Owner, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Standing {
    let mut marked = None;
    let mut stack = None;
    let mut complete = false;
    for (key, value) in tags {
        match key {
            OWNER_TAG => marked = Some(value),
            STACK_TAG => stack = Some(value),
            COMPLETE_TAG => complete = true,
            _ => {}
        }
    }
    match marked {
        None => Standing::Unmarked,
        Some(id) if id == owner.id && complete => Standing::OursComplete,
        Some(id) if id == owner.id => Standing::Ours,
        Some(id) => Standing::Of(stack.unwrap_or(id).to_owned()),
    }
}
