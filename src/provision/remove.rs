//! Removing a resource. The alarm goes first, so nothing fires half-removed.

use tracing::{info, warn};

use super::error::Error;
use super::ownership::{Ownership, filter_is_theirs};
use super::run::{Run, patiently};
use super::{alarm, filter, topic};
use crate::deadline::Deadline;
use crate::names::Names;
use crate::owner::{ADOPTED_TAG, COMPLETE_TAG, OWNER_TAG, STACK_TAG};
use crate::properties::PartialProperties;

/// Removes everything of the resource under a base name, and tries again while a failure may pass.
/// What is not the resource's stays, and the log says so.
pub(super) async fn remove(
    run: &Run<'_>,
    name: &str,
    properties: &PartialProperties,
) -> Result<(), Error> {
    let removal = Removal::new(run, name, properties);
    match patiently(run.until, || removal.when_all_shows()).await {
        Err(Error::NotShown(_)) => removal.carry_out().await,
        removed => removed,
    }
}

/// The same without waiting for what does not show, and only until then.
pub(super) async fn remove_until(
    until: Deadline,
    run: &Run<'_>,
    name: &str,
    properties: &PartialProperties,
) -> Result<(), Error> {
    let removal = Removal::new(run, name, properties);
    patiently(until, || removal.carry_out()).await
}

/// What a removal is about.
struct Removal<'a> {
    run: &'a Run<'a>,
    names: Names,
    properties: &'a PartialProperties,
    /// Whether the ID proves that the objects of these names are the resource's.
    proven: bool,
}

impl<'a> Removal<'a> {
    fn new(run: &'a Run<'a>, name: &str, properties: &'a PartialProperties) -> Self {
        Self {
            run,
            names: Names::of(name),
            properties,
            proven: run.resource.has_made(name),
        }
    }

    /// Removes everything, unless something that was just made may not show yet.
    async fn when_all_shows(&self) -> Result<(), Error> {
        let (topic, alarm) = self.look().await?;
        if self.may_not_be_listed(&topic, &alarm.ownership)
            || self.may_be_waiting_for_tags(&topic, &alarm.ownership)
        {
            return Err(Error::NotShown(self.names.topic.clone()));
        }
        self.remove(&topic, &alarm).await
    }

    /// Removes everything that shows that it is ours.
    async fn carry_out(&self) -> Result<(), Error> {
        let (topic, alarm) = self.look().await?;
        self.remove(&topic, &alarm).await
    }

    async fn look(&self) -> Result<(Ownership, alarm::Found), Error> {
        let (account, owner) = (self.run.account, &self.run.resource.owner);
        let topic_arn = account.scope.topic_arn(&self.names.topic);
        let alarm_arn = account.scope.alarm_arn(&self.names.alarm);
        let topic = topic::ownership(account.sns, &topic_arn, owner).await?;
        let alarm = alarm::find(account.cloudwatch, &self.names.alarm, &alarm_arn, owner).await?;
        Ok((topic, alarm))
    }

    /// The topic goes last, and only after the rest: as long as it exists, its tags prove who owns
    /// the filter, so a removal that fails half-way can be repeated.
    async fn remove(&self, topic: &Ownership, alarm: &alarm::Found) -> Result<(), Error> {
        let scope = self.run.account.scope;
        if self.is_of_a_later_create(topic) {
            info!(
                topic = self.names.topic,
                "left alone: a later Create completed it"
            );
            return Ok(());
        }
        let alarm_arn = scope.alarm_arn(&self.names.alarm);
        let removed_alarm = self.remove_alarm(&alarm.ownership, topic, &alarm_arn).await;
        let removed_filter = self.remove_filter(alarm, topic).await;
        removed_alarm.and(removed_filter)?;
        let topic_arn = scope.topic_arn(&self.names.topic);
        self.remove_topic(topic, &topic_arn).await?;
        info!(name = self.names.topic, ?topic, alarm = ?alarm.ownership, "removed");
        Ok(())
    }

    /// Whether another Create than the failed one that this Delete is about has completed the topic.
    fn is_of_a_later_create(&self, topic: &Ownership) -> bool {
        match (self.run.resource.failed_create(), topic.completed_by()) {
            (Some(failed), Some(completed_by)) => failed != completed_by,
            _ => false,
        }
    }

    /// Whether an object that is not listed may be one that was just made.
    fn may_not_be_listed(&self, topic: &Ownership, alarm: &Ownership) -> bool {
        let turn = self.run.turn;
        let is_absent = *topic == Ownership::Absent || *alarm == Ownership::Absent;
        let was_made = self.proven || (turn.tells_of_another() && !self.was_undone());
        is_absent && was_made && turn.is_unsettled_yet()
    }

    /// Whether an object that shows no owner may be one that a Create has just made.
    fn may_be_waiting_for_tags(&self, topic: &Ownership, alarm: &Ownership) -> bool {
        let is_untagged = |ownership: &Ownership| *ownership == Ownership::Untagged;
        let shows_none = is_untagged(topic) || (is_untagged(alarm) && !topic.is_ours());
        shows_none && !self.proven && !self.was_undone()
    }

    /// Whether the Create that this Delete is about has undone what it had done.
    fn was_undone(&self) -> bool {
        self.run.turn.was_undone(self.run.resource.failed_create())
    }

    /// What is to be done with an object.
    fn claim(&self, what: &str, ownership: &Ownership, topic: &Ownership) -> Claim {
        let is_adopted = ownership.has_adopted(what) || topic.has_adopted(what);
        match ownership {
            Ownership::Absent => Claim::None,
            Ownership::Ours(_) | Ownership::Untagged if self.proven => Claim::Remove,
            Ownership::Ours(_) if is_adopted => Claim::GiveBack,
            Ownership::Ours(_) => Claim::Remove,
            Ownership::Untagged if topic.is_ours() && !is_adopted => Claim::Remove,
            Ownership::Untagged | Ownership::Theirs(_) | Ownership::OfAnotherType(_) => {
                warn!(
                    ?ownership,
                    "the {what} of our name is not ours and was left as it is"
                );
                Claim::None
            }
        }
    }

    async fn remove_alarm(
        &self,
        alarm: &Ownership,
        topic: &Ownership,
        arn: &str,
    ) -> Result<(), Error> {
        let cloudwatch = self.run.account.cloudwatch;
        match self.claim("alarm", alarm, topic) {
            Claim::None => {}
            Claim::GiveBack => {
                self.run.turn.check().await?;
                alarm::untag(cloudwatch, arn, &OUR_TAGS).await?;
                warn!(alarm = self.names.alarm, "{GIVEN_BACK}");
            }
            Claim::Remove => {
                self.run.turn.check().await?;
                if *alarm == Ownership::Untagged {
                    // The function may remove only what carries its stack's tag.
                    alarm::tag(cloudwatch, arn, &self.run.resource.owner.tags()).await?;
                }
                alarm::remove(cloudwatch, &self.names.alarm).await?;
            }
        }
        Ok(())
    }

    async fn remove_filter(&self, alarm: &alarm::Found, topic: &Ownership) -> Result<(), Error> {
        let logs = self.run.account.logs;
        let ours = (self.proven || topic.is_ours() || alarm.ownership.is_ours())
            && !filter_is_theirs(topic, &alarm.ownership);
        let is_adopted = topic.has_adopted("filter") || alarm.ownership.has_adopted("filter");
        if !ours {
            return Ok(());
        }
        if is_adopted && !self.proven {
            warn!(filter = self.names.filter, "{GIVEN_BACK}");
            return Ok(());
        }
        let log_groups = match &self.properties.log_group_name {
            Some(log_group) => vec![log_group.clone()],
            None => self.log_groups_with_filter(alarm).await?,
        };
        for log_group in log_groups {
            self.run.turn.check().await?;
            filter::remove(logs, &log_group, &self.names.filter).await?;
        }
        Ok(())
    }

    /// Where the filter is when no property says so.
    async fn log_groups_with_filter(&self, alarm: &alarm::Found) -> Result<Vec<String>, Error> {
        let metrics = alarm
            .metric()
            .into_iter()
            .chain(self.properties.metric.clone());
        let metrics: Vec<_> = metrics.collect();
        let filter = &self.names.filter;
        let found = filter::log_groups(self.run.account.logs, filter, &metrics).await?;
        if found.is_empty() {
            warn!(
                filter,
                "the metric filter was not found; if one of this name is left in a log group, \
                 delete it by hand"
            );
        }
        Ok(found)
    }

    async fn remove_topic(&self, topic: &Ownership, arn: &str) -> Result<(), Error> {
        let sns = self.run.account.sns;
        match self.claim("topic", topic, topic) {
            Claim::None => {}
            Claim::GiveBack => {
                self.run.turn.check().await?;
                topic::untag(sns, arn, &OUR_TAGS).await?;
                warn!(topic = self.names.topic, "{GIVEN_BACK}");
            }
            Claim::Remove => {
                self.run.turn.check().await?;
                if *topic == Ownership::Untagged {
                    topic::tag(sns, arn, &self.run.resource.owner.tags()).await?;
                }
                topic::remove(sns, arn).await?;
            }
        }
        Ok(())
    }
}

/// What is to be done with an object.
enum Claim {
    /// Nothing: it is not there, or not ours.
    None,
    Remove,
    /// It existed before a Create that failed adopted it, so it stays.
    GiveBack,
}

const OUR_TAGS: [&str; 4] = [OWNER_TAG, STACK_TAG, ADOPTED_TAG, COMPLETE_TAG];
const GIVEN_BACK: &str = "it existed before this stack and stays; its settings may be this stack's";
