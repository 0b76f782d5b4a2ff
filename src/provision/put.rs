//! Making everything as the properties say, whatever exists.

use std::time::Duration;

use tracing::{info, warn};

use super::error::Error;
use super::ownership::Ownership;
use super::remove::remove_until;
use super::run::{Run, patiently};
use super::survey::{Survey, survey};
use super::turn::Fate;
use super::undo::{Change, Changes, undo};
use super::wanted::Wanted;
use super::{alarm, filter, topic};
use crate::arn::Scope;
use crate::custom_resource::Data;
use crate::metric_filter;
use crate::names::Names;
use crate::owner::{ADOPTED_TAG, COMPLETE_TAG};
use crate::properties::Properties;

/// The time that is kept for undoing.
const UNDO: Duration = Duration::from_secs(8);

/// The time that is kept for what comes after removing leftovers.
const REST: Duration = Duration::from_secs(3);
/// How long removing leftovers may take, when something has to be waited for.
const LEFTOVERS: Duration = Duration::from_secs(12);

/// Makes or changes everything, and tries again while the failure may pass. When it fails for good,
/// everything is put back as it was.
pub(super) async fn put(run: &Run<'_>, wanted: &Wanted<'_>) -> Result<(), Error> {
    let changes = Changes::default();
    let names = Names::of(&wanted.properties.name);
    // Boxed, because the futures of a dozen SDK calls are large.
    let attempt = || Box::pin(put_once(run, &names, wanted, &changes));
    let Err(cause) = patiently(run.until.keeping(UNDO), attempt).await else {
        return Ok(());
    };
    match undo(run, &names, &changes).await {
        Ok(()) => Err(cause),
        Err(left) => Err(Error::NotUndone {
            cause: Box::new(cause),
            left: Box::new(left),
        }),
    }
}

/// Looks at everything that exists, then writes: the topic, so that the alarm has someone to tell,
/// the filter, the alarm, and last of all the tag that says that everything is complete.
async fn put_once(
    run: &Run<'_>,
    names: &Names,
    wanted: &Wanted<'_>,
    changes: &Changes,
) -> Result<(), Error> {
    let found = survey(run, names, wanted.properties, changes, true).await?;
    let is_absent = |ownership: &Ownership| *ownership == Ownership::Absent;
    if wanted.in_place && is_absent(&found.alarm.ownership) && run.turn.is_unsettled_yet() {
        return Err(Error::NotShown(names.alarm.clone()));
    }
    changes.note_completed(found.topic.ownership.completed_by());
    let adopted = found.check(run, names, wanted)?;
    let writing = Writing {
        run,
        names,
        wanted,
        found: &found,
        adopted: &adopted,
        changes,
    };
    writing.put_topic().await?;
    writing.put_filter().await?;
    writing.put_alarm().await?;
    writing.subscribe().await?;
    if wanted.in_place {
        writing.remove_leftovers().await?;
    }
    writing.complete().await?;
    info!(
        topic = names.topic,
        filter = names.filter,
        alarm = names.alarm,
        log_group = wanted.properties.log_group_name,
        "provisioned"
    );
    Ok(())
}

/// The writes of one attempt.
pub(super) struct Writing<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) names: &'a Names,
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) found: &'a Survey,
    /// What existed and is taken over.
    pub(super) adopted: &'a str,
    pub(super) changes: &'a Changes,
}

impl Writing<'_> {
    pub(super) async fn put_topic(&self) -> Result<(), Error> {
        let (sns, scope) = (self.run.account.sns, self.run.account.scope);
        let Wanted {
            properties, old, ..
        } = self.wanted;
        if self.found.topic.ownership.is_theirs() {
            return Ok(());
        }
        let arn = scope.topic_arn(&self.names.topic);
        if let Some(before) = &self.found.topic.settings {
            let wanted = topic::wanted(scope, self.names, properties, old, before)?;
            let attributes = before.attributes().into_iter().zip(wanted.attributes());
            for ((name, before), (_, value)) in attributes.filter(|(was, is)| was != is) {
                self.run.turn.check().await?;
                let change = Change::TopicAttribute(name, before.to_owned());
                let set = topic::set(sns, &arn, name, value);
                self.changes.write(change, set).await?;
            }
        } else {
            self.run.turn.check().await?;
            let tags = self.tags();
            let created = topic::create(sns, scope, self.names, properties, &tags);
            self.changes.write(Change::NewTopic, created).await?;
        }
        Ok(())
    }

    /// Asks the addresses last, because a subscription that is pending cannot be ended.
    pub(super) async fn subscribe(&self) -> Result<(), Error> {
        if self.found.topic.ownership.is_theirs() {
            return Ok(());
        }
        self.run.turn.check().await?;
        let arn = self.run.account.scope.topic_arn(&self.names.topic);
        let emails = &self.wanted.properties.emails;
        let subscribed = &self.changes.subscribed;
        topic::subscribe(self.run.account.sns, &arn, emails, subscribed).await?;
        Ok(())
    }

    pub(super) async fn put_filter(&self) -> Result<(), Error> {
        if self.found.has_their_filter() {
            return Ok(());
        }
        self.run.turn.check().await?;
        let properties = self.wanted.properties;
        let change = match &self.found.filter {
            Some(before) => Change::Filter(before.clone()),
            None => Change::NewFilter(properties.log_group_name.clone()),
        };
        let put = filter::put(self.run.account.logs, self.names, properties);
        self.changes.write(change, put).await?;
        Ok(())
    }

    pub(super) async fn put_alarm(&self) -> Result<(), Error> {
        let (cloudwatch, scope) = (self.run.account.cloudwatch, self.run.account.scope);
        let found = &self.found.alarm;
        if found.ownership.is_theirs() {
            return Ok(());
        }
        self.run.turn.check().await?;
        let topic_arn = scope.topic_arn(&self.names.topic);
        let (change, tags) = match &found.alarm {
            Some(before) => (Change::Alarm(Box::new(before.clone())), Vec::new()),
            None => (Change::NewAlarm, self.tags()),
        };
        let properties = self.wanted.properties;
        // What others added to the alarm is not the watch's to remove.
        let kept = found.alarm.as_ref().filter(|_| self.run.turn.is_repair());
        let request = alarm::request(self.names, properties, &topic_arn);
        let request = match kept {
            Some(kept) => alarm::keeping_actions(request, kept),
            None => request,
        };
        let put = Box::pin(alarm::put(cloudwatch, &self.names.alarm, request, &tags));
        self.changes.write(change, put).await?;
        if found.ownership == Ownership::Untagged {
            let arn = scope.alarm_arn(&self.names.alarm);
            let tags = self.tags();
            let tagged = alarm::tag(cloudwatch, &arn, &tags);
            if self.wanted.proven {
                tagged.await?;
            } else {
                let change = Change::AlarmTags(keys(&tags));
                self.changes.write(change, tagged).await?;
            }
        }
        Ok(())
    }

    /// Removes what the properties no longer ask for, when everything that they ask for is there.
    async fn remove_leftovers(&self) -> Result<(), Error> {
        let Wanted {
            properties, old, ..
        } = self.wanted;
        let old_group = old.log_group_name.as_ref();
        if let Some(log_group) = old_group.filter(|old| **old != properties.log_group_name) {
            self.remove_stale_filter(log_group).await?;
        }
        // Another old name: this Update rolls back a replacement that could not be undone.
        if let Some(other) = old.name.as_ref().filter(|old| **old != properties.name) {
            let until = self.run.until.keeping(UNDO).keeping(REST).within(LEFTOVERS);
            match remove_until(until, self.run, other, old).await {
                Err(superseded @ Error::Superseded) => return Err(superseded),
                // Nothing that is asked for depends on it.
                Err(error) => warn!(error = error.kind(), "something of {other} is left"),
                Ok(()) => {}
            }
        }
        if self.found.topic.ownership.is_theirs() {
            return Ok(());
        }
        self.run.turn.check().await?;
        let topic_arn = self.run.account.scope.topic_arn(&self.names.topic);
        let (before, now) = (&old.emails, &properties.emails);
        topic::unsubscribe(self.run.account.sns, &topic_arn, before, now).await?;
        Ok(())
    }

    /// Removes the filter from the log group of before. If it is not certain that the old properties
    /// were in force, a filter of our name there may be another's, unless it feeds their metric.
    async fn remove_stale_filter(&self, log_group: &str) -> Result<(), Error> {
        let logs = self.run.account.logs;
        let before = match filter::find(logs, log_group, &self.names.filter).await {
            Ok(Some(before)) => before,
            Ok(None) => return Ok(()),
            Err(fault) if fault.is_not_found() => return Ok(()),
            Err(fault) => return Err(fault.into()),
        };
        let old_metric = self.wanted.old.metric.as_ref();
        let feeds_it = old_metric.is_some_and(|metric| filter::feeds_metric(&before, metric));
        if self.wanted.old_fate != Fate::Held && !feeds_it {
            warn!(
                filter = self.names.filter,
                log_group, "a metric filter of our name may be another's and was left"
            );
            return Ok(());
        }
        self.run.turn.check().await?;
        let removed = filter::remove(logs, log_group, &self.names.filter);
        self.changes
            .write(Change::NoFilter(before), removed)
            .await?;
        Ok(())
    }

    /// Tags the topic as complete, with its owner in case that was missing. Until then an adopted
    /// topic is not ours to remove.
    pub(super) async fn complete(&self) -> Result<(), Error> {
        let found = &self.found.topic.ownership;
        if found.is_theirs() {
            return Ok(());
        }
        self.run.turn.check().await?;
        let mut tags = self.tags();
        tags.push((COMPLETE_TAG, self.run.turn.request()));
        let arn = self.run.account.scope.topic_arn(&self.names.topic);
        let tagged = topic::tag(self.run.account.sns, &arn, &tags);
        if *found == Ownership::Untagged && !self.wanted.proven {
            let change = Change::TopicTags(keys(&tags));
            self.changes.write(change, tagged).await?;
        } else {
            tagged.await?;
        }
        Ok(())
    }

    /// The tags of what is made or adopted.
    fn tags(&self) -> Vec<(&'static str, &str)> {
        let mut tags = self.run.resource.owner.tags().to_vec();
        if !self.adopted.is_empty() {
            tags.push((ADOPTED_TAG, self.adopted));
        }
        tags
    }
}

fn keys(tags: &[(&'static str, &str)]) -> Vec<&'static str> {
    tags.iter().map(|(key, _)| *key).collect()
}

/// The attributes, which every Create and Update returns in full.
pub(super) fn data(scope: &Scope, properties: &Properties) -> Data {
    let names = Names::of(&properties.name);
    Data::from([
        ("TopicArn", scope.topic_arn(&names.topic)),
        ("TopicName", names.topic),
        ("AlarmArn", scope.alarm_arn(&names.alarm)),
        ("AlarmName", names.alarm),
        ("FilterName", names.filter),
        ("FilterPattern", metric_filter::pattern(&properties.roles)),
        ("LogGroupName", properties.log_group_name.clone()),
        ("MetricNamespace", properties.metric.namespace.clone()),
        ("MetricName", properties.metric.name.clone()),
    ])
}
