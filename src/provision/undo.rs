//! Undoing a run that failed: everything is put back as it was.

use std::cell::{Cell, OnceCell, RefCell};

use aws_sdk_cloudwatch::types::MetricAlarm;
use aws_sdk_cloudwatchlogs::types::MetricFilter;

use super::error::Error;
use super::run::{Run, patiently};
use super::{alarm, filter, topic};
use crate::fault::Fault;
use crate::names::Names;

/// What one run has changed.
#[derive(Default)]
pub(super) struct Changes {
    /// What was there before each change, oldest first.
    before: RefCell<Vec<Change>>,
    /// The addresses that it subscribed.
    pub(super) subscribed: RefCell<Vec<String>>,
    /// Whether a new filter was asked for, and no answer has come.
    is_filter_unanswered: Cell<bool>,
    /// The request that had completed the topic when the run first looked.
    completed_by: OnceCell<Option<String>>,
}

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
    /// It was removed.
    NoFilter(MetricFilter),
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
        let is_new_filter = matches!(change, Change::NewFilter(_));
        let is_first = !self.any(|known| known.is_about_the_same(&change));
        // What an earlier attempt of this run made or changed was otherwise before that.
        if is_first {
            self.before.borrow_mut().push(change);
        }
        self.is_filter_unanswered.set(is_new_filter);
        let written = write.await;
        let is_refused = written.as_ref().is_err_and(|fault| fault.is_refusal);
        if is_refused || written.is_ok() {
            self.is_filter_unanswered.set(false);
        }
        if is_first && is_refused {
            self.before.borrow_mut().pop();
        }
        written
    }

    /// Notes who had completed the topic when the run first looked.
    pub(super) fn note_completed(&self, completed_by: Option<&str>) {
        self.completed_by
            .get_or_init(|| completed_by.map(str::to_owned));
    }

    /// Whether this run made the topic.
    pub(super) fn made_topic(&self) -> bool {
        self.any(|change| matches!(change, Change::NewTopic))
    }

    /// Whether this run made the filter in a log group.
    pub(super) fn made_filter(&self, log_group: &str) -> bool {
        self.any(|change| matches!(change, Change::NewFilter(made) if made == log_group))
    }

    /// Whether this run made the alarm.
    pub(super) fn made_alarm(&self) -> bool {
        self.any(|change| matches!(change, Change::NewAlarm))
    }

    fn any(&self, is: impl Fn(&Change) -> bool) -> bool {
        self.before.borrow().iter().any(is)
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
            Self::Filter(before) | Self::NoFilter(before) => before.log_group_name(),
            _ => None,
        }
    }
}

/// Undoes everything that a run changed under these names, newest first, as far as that succeeds.
/// What belongs to another stack by now stays. What somebody removed since is not made again.
///
/// # Errors
///
/// The first change that could not be undone, or why nothing may be.
pub(super) async fn undo(run: &Run<'_>, names: &Names, changes: &Changes) -> Result<(), Error> {
    let arn = run.account.scope.topic_arn(&names.topic);
    let sns = run.account.sns;
    if is_completed_since(run, &arn, changes).await {
        return Err(Error::CompletedSince);
    }
    let subscribed = changes.subscribed.take();
    let made_topic = changes.made_topic();
    let mut result = Ok(());
    if !subscribed.is_empty() && !made_topic {
        let unsubscribed = topic::unsubscribe(sns, &arn, &subscribed, &[]).await;
        result = result.and(unsubscribed.map_err(Error::from));
    }
    for change in changes.before.take().iter().rev() {
        // Its tags prove whose the rest is.
        if matches!(change, Change::NewTopic) {
            result.clone()?;
            if changes.is_filter_unanswered.get() {
                return Err(Error::FilterUnanswered);
            }
        }
        // Boxed, because the futures of a dozen SDK calls are large.
        let undone = patiently(run.until, || Box::pin(undo_one(run, names, change))).await;
        result = result.and(undone);
    }
    result
}

/// Whether another delivery or another request has completed the topic since this run first looked.
async fn is_completed_since(run: &Run<'_>, arn: &str, changes: &Changes) -> bool {
    let Some(before) = changes.completed_by.get() else {
        return false;
    };
    let found = topic::ownership(run.account.sns, arn, &run.resource.owner).await;
    found.is_ok_and(|found| {
        found.completed_by().is_some() && found.completed_by() != before.as_deref()
    })
}

async fn undo_one(run: &Run<'_>, names: &Names, change: &Change) -> Result<(), Error> {
    let account = run.account;
    let owner = &run.resource.owner;
    let (topic_arn, alarm_arn) = (
        account.scope.topic_arn(&names.topic),
        account.scope.alarm_arn(&names.alarm),
    );
    match change {
        Change::NewAlarm => {
            let found = alarm::find(account.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
            if !found.ownership.is_theirs() {
                alarm::remove(account.cloudwatch, &names.alarm).await?;
            }
        }
        Change::Alarm(before) => {
            let found = alarm::find(account.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
            if found.alarm.is_some() {
                alarm::restore(account.cloudwatch, before.as_ref().clone()).await?;
            }
        }
        Change::AlarmTags(keys) => {
            gone_is_undone(alarm::untag(account.cloudwatch, &alarm_arn, keys).await)?;
        }
        Change::NewFilter(log_group) => {
            filter::remove(account.logs, log_group, &names.filter).await?;
        }
        Change::Filter(before) => {
            let log_group = before.log_group_name().unwrap_or_default();
            if filter::find(account.logs, log_group, &names.filter)
                .await?
                .is_some()
            {
                filter::restore(account.logs, before.clone()).await?;
            }
        }
        Change::NoFilter(before) => filter::restore(account.logs, before.clone()).await?,
        Change::NewTopic => {
            let found = topic::ownership(account.sns, &topic_arn, owner).await?;
            if !found.is_theirs() {
                topic::remove(account.sns, &topic_arn).await?;
            }
        }
        Change::TopicAttribute(name, before) => {
            gone_is_undone(topic::set(account.sns, &topic_arn, name, before).await)?;
        }
        Change::TopicTags(keys) => {
            gone_is_undone(topic::untag(account.sns, &topic_arn, keys).await)?;
        }
    }
    Ok(())
}

fn gone_is_undone(undone: Result<(), Fault>) -> Result<(), Fault> {
    match undone {
        Err(fault) if fault.is_not_found() => Ok(()),
        undone => undone,
    }
}
