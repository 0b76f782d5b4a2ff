//! What already exists before anything is written, and who owns it.

use aws_sdk_cloudwatchlogs::types::MetricFilter;
use tracing::warn;

use super::error::Error;
use super::ownership::{Marks, Ownership, filter_is_theirs};
use super::run::Run;
use super::undo::Changes;
use super::wanted::Wanted;
use super::{alarm, filter, topic};
use crate::names::Names;
use crate::properties::Properties;

/// What already exists.
pub(super) struct Survey {
    pub(super) topic: topic::Found,
    pub(super) alarm: alarm::Found,
    /// The filter of our name in the log group of the properties.
    pub(super) filter: Option<MetricFilter>,
    /// Whether an earlier attempt of this run made that filter.
    made_filter: bool,
    /// Every filter that feeds the metric, ours among them.
    feeds: Vec<filter::Feed>,
}

/// Looks at everything that the properties name. The log group comes first, because a wrong name is
/// the most likely mistake.
pub(super) async fn survey(
    run: &Run<'_>,
    names: &Names,
    properties: &Properties,
    changes: &Changes,
    looks_at_filter: bool,
) -> Result<Survey, Error> {
    let account = run.account;
    let scope = account.scope;
    let owner = &run.resource.owner;
    let log_group = &properties.log_group_name;
    let filter = match filter::find(account.logs, log_group, &names.filter).await {
        Ok(filter) => filter,
        Err(_) if !looks_at_filter => None,
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
    let mut topic = topic::find(account.sns, &topic_arn, owner).await?;
    let mut alarm = alarm::find(account.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
    // An earlier attempt of this run made it, and its tags do not show yet.
    if topic.ownership == Ownership::Untagged && changes.made_topic() {
        topic.ownership = Ownership::Ours(Marks::default());
    }
    if alarm.ownership == Ownership::Untagged && changes.made_alarm() {
        alarm.ownership = Ownership::Ours(Marks::default());
    }
    Ok(Survey {
        topic,
        alarm,
        filter,
        made_filter: changes.made_filter(log_group),
        feeds: filter::feeds(account.logs, Some(&properties.metric)).await?,
    })
}

impl Survey {
    /// Refuses to continue when an object of our name is not ours, or when another filter already
    /// feeds the metric. Returns what is adopted: some of `topic`, `filter` and `alarm`, separated
    /// by spaces.
    ///
    /// Returning to what held before is never refused because of what somebody did since: nothing
    /// else could bring the stack back.
    pub(super) fn check(
        &self,
        run: &Run<'_>,
        names: &Names,
        wanted: &Wanted<'_>,
    ) -> Result<String, Error> {
        let mut adopted = Vec::new();
        for (what, name, ownership) in [
            ("topic", &names.topic, &self.topic.ownership),
            ("alarm", &names.alarm, &self.alarm.ownership),
        ] {
            match ownership {
                Ownership::Absent | Ownership::Ours(_) => {}
                Ownership::Untagged if wanted.proven => {
                    warn!(name, "the {what} has lost its tags; they are put back");
                }
                Ownership::Untagged if wanted.properties.adopt => adopted.push(what),
                Ownership::Untagged => return Err(not_ours(what, name)),
                Ownership::Theirs(stack) if wanted.is_return => {
                    warn!(
                        name,
                        stack, "the {what} carries another stack's tag and is left as it is"
                    );
                }
                Ownership::Theirs(stack) => {
                    return Err(Error::Existing(format!(
                        "the {what} {name} exists and belongs to stack {stack}; choose another \
                         Name, or delete that stack first"
                    )));
                }
                Ownership::OfAnotherType(kind) => {
                    return Err(Error::Existing(format!(
                        "the {what} {name} exists as a {kind}; choose another Name, or delete it \
                         first"
                    )));
                }
            }
        }
        if self.filter.is_some() && !self.has_their_filter() && !self.has_our_filter(run, wanted) {
            if !wanted.properties.adopt {
                return Err(not_ours("metric filter", &names.filter));
            }
            adopted.push("filter");
        }
        for what in &adopted {
            warn!(
                name = wanted.properties.name,
                "adopting the existing {what}"
            );
        }
        let key = self.topic.settings.as_ref().and_then(topic::Settings::key);
        if key.is_some() && wanted.properties.topic_kms_key_id.is_none() {
            warn!(
                key,
                "the topic is encrypted with a key that TopicKmsKeyId does not name; unless the \
                 key's policy lets the function use it, no alert can be published"
            );
        }
        self.check_feeds(names, wanted)?;
        // An earlier delivery of the request may have begun to adopt.
        let earlier = [&self.topic.ownership, &self.alarm.ownership]
            .into_iter()
            .filter_map(Ownership::marks)
            .flat_map(|marks| &marks.adopted);
        let mut adopted: Vec<&str> = adopted
            .into_iter()
            .chain(earlier.map(String::as_str))
            .collect();
        adopted.sort_unstable();
        adopted.dedup();
        Ok(adopted.join(" "))
    }

    /// Whether the filter of our name went to another stack, which took the topic and the alarm.
    pub(super) fn has_their_filter(&self) -> bool {
        filter_is_theirs(&self.topic.ownership, &self.alarm.ownership)
    }

    /// Whether the filter of our name is ours. In a log group that the resource has not used so far
    /// it may be anybody's.
    fn has_our_filter(&self, run: &Run<'_>, wanted: &Wanted<'_>) -> bool {
        let Wanted {
            properties, old, ..
        } = wanted;
        let old_group = old.log_group_name.as_ref();
        let has_moved =
            wanted.in_place && old_group.is_some_and(|old| *old != properties.log_group_name);
        // An earlier delivery of this request may have made it.
        let is_made_before = || {
            let filter = self.filter.as_ref();
            let completed = self.topic.ownership.completed_by() == Some(run.turn.request());
            (completed || run.turn.is_repeated())
                && filter.is_some_and(|filter| filter::is_as_asked(filter, properties))
        };
        self.made_filter
            || self.is_ours(wanted) && (!has_moved || wanted.is_return || is_made_before())
    }

    /// Whether anything shows that the objects of these names are the resource's.
    fn is_ours(&self, wanted: &Wanted<'_>) -> bool {
        wanted.proven || self.topic.ownership.is_ours() || self.alarm.ownership.is_ours()
    }

    /// Each error must count once. A filter that began to feed the metric after it was chosen is
    /// only told, and the filter of a resource that is being replaced may feed it until it is
    /// removed.
    fn check_feeds(&self, names: &Names, wanted: &Wanted<'_>) -> Result<(), Error> {
        let Wanted {
            properties, old, ..
        } = wanted;
        let others = wanted.other_names.map(|name| Some(Names::of(name?).filter));
        let is_known = |feed: &&filter::Feed| {
            let here = feed.log_group == properties.log_group_name
                || (Some(&feed.log_group) == old.log_group_name.as_ref() && self.is_ours(wanted));
            (feed.filter == names.filter && here)
                || others.iter().flatten().any(|filter| *filter == feed.filter)
        };
        let Some(second) = self.feeds.iter().find(|feed| !is_known(feed)) else {
            return Ok(());
        };
        if properties.adopt || wanted.is_return || old.metric.as_ref() == Some(&properties.metric) {
            warn!(
                filter = second.filter,
                log_group = second.log_group,
                "another metric filter feeds the same metric, so each error counts twice"
            );
            return Ok(());
        }
        Err(Error::Existing(format!(
            "the metric filter {} of log group {} already feeds {} {}, so each error would count \
             twice; delete that filter, choose another MetricName, or set ExistingResources to \
             Adopt to keep both",
            second.filter, second.log_group, properties.metric.namespace, properties.metric.name,
        )))
    }
}

fn not_ours(what: &str, name: &str) -> Error {
    Error::Existing(format!(
        "the {what} {name} exists and was not made by this stack; choose another Name, or set \
         ExistingResources to Adopt to take it over"
    ))
}
