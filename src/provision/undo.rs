//! Undoing a run that failed: everything is put back as it was.

use std::cell::RefCell;

use aws_sdk_cloudwatch::types::MetricAlarm;
use aws_sdk_cloudwatchlogs::types::MetricFilter;

use super::error::Error;
use super::ownership::Ownership;
use super::run::{Run, patiently};
use super::{alarm, filter, topic};
use crate::fault::Fault;
use crate::names::Names;

/// What one run has changed, oldest first.
#[derive(Default)]
pub(super) struct Changes(RefCell<Vec<Change>>);

/// What was there before a change; nothing when the object is new.
pub(super) enum Change {
    NewTopic,
    /// An attribute of the topic, and its value.
    TopicAttribute(&'static str, String),
    /// The keys of new tags.
    TopicTags(Vec<&'static str>),
    /// In this log group.
    NewFilter(String),
    Filter(MetricFilter),
    NewAlarm,
    Alarm(Box<MetricAlarm>),
    /// The keys of new tags.
    AlarmTags(Vec<&'static str>),
}

impl Changes {
    /// Makes a change and remembers it, unless the service refuses it: then nothing has changed, and
    /// an object of that name may be another's. A write without an answer may have changed
    /// something.
    pub(super) async fn write(
        &self,
        change: Change,
        write: impl Future<Output = Result<(), Fault>>,
    ) -> Result<(), Fault> {
        let is_first = !self.any(|known| known.is_about_the_same(&change));
        // What an earlier attempt of this run made or changed was otherwise before that.
        if is_first {
            self.0.borrow_mut().push(change);
        }
        let written = write.await;
        if is_first && written.as_ref().is_err_and(Fault::is_refusal) {
            self.0.borrow_mut().pop();
        }
        written
    }

    /// Whether this run made the topic.
    pub(super) fn made_topic(&self) -> bool {
        self.any(|change| matches!(change, Change::NewTopic))
    }

    /// Whether this run made the alarm.
    pub(super) fn made_alarm(&self) -> bool {
        self.any(|change| matches!(change, Change::NewAlarm))
    }

    fn any(&self, is: impl Fn(&Change) -> bool) -> bool {
        self.0.borrow().iter().any(is)
    }
}

impl Change {
    fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NewTopic, Self::NewTopic | Self::TopicAttribute(..) | Self::TopicTags(_))
            | (Self::TopicTags(_), Self::TopicTags(_))
            | (Self::NewAlarm, Self::NewAlarm | Self::Alarm(_) | Self::AlarmTags(_))
            | (Self::Alarm(_), Self::Alarm(_))
            | (Self::AlarmTags(_), Self::AlarmTags(_)) => true,
            (Self::TopicAttribute(one, _), Self::TopicAttribute(two, _)) => one == two,
            _ => {
                let log_group = self.filters_log_group();
                log_group.is_some() && log_group == other.filters_log_group()
            }
        }
    }

    fn filters_log_group(&self) -> Option<&str> {
        match self {
            Self::NewFilter(log_group) => Some(log_group),
            Self::Filter(before) => before.log_group_name(),
            _ => None,
        }
    }
}

/// Undoes everything that a run changed under these names, newest first, as far as that succeeds.
/// What belongs to another stack by now stays.
///
/// # Errors
///
/// The first change that could not be undone.
pub(super) async fn undo(run: &Run<'_>, names: &Names, changes: &Changes) -> Result<(), Error> {
    let mut result = Ok(());
    for change in changes.0.take().iter().rev() {
        let undone = patiently(run.until, || undo_one(run, names, change)).await;
        result = result.and(undone);
    }
    result
}

async fn undo_one(run: &Run<'_>, names: &Names, change: &Change) -> Result<(), Error> {
    let account = run.account;
    let owner = &run.resource.owner;
    let (topic_arn, alarm_arn) = (
        account.scope.topic_arn(&names.topic),
        account.scope.alarm_arn(&names.alarm),
    );
    let is_theirs = |ownership: &Ownership| matches!(ownership, Ownership::Theirs(_));
    match change {
        Change::NewAlarm => {
            let found = alarm::find(account.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
            if !is_theirs(&found.ownership) {
                alarm::remove(account.cloudwatch, &names.alarm).await?;
            }
        }
        Change::Alarm(before) => {
            alarm::restore(account.cloudwatch, before.as_ref().clone()).await?;
        }
        Change::AlarmTags(keys) => alarm::untag(account.cloudwatch, &alarm_arn, keys).await?,
        Change::NewFilter(log_group) => {
            filter::remove(account.logs, log_group, &names.filter).await?;
        }
        Change::Filter(before) => filter::restore(account.logs, before.clone()).await?,
        Change::NewTopic => {
            let found = topic::find(account.sns, &topic_arn, owner).await?;
            if !is_theirs(&found.ownership) {
                topic::remove(account.sns, &topic_arn).await?;
            }
        }
        Change::TopicAttribute(name, before) => {
            topic::set(account.sns, &topic_arn, name, before).await?;
        }
        Change::TopicTags(keys) => topic::untag(account.sns, &topic_arn, keys).await?,
    }
    Ok(())
}
