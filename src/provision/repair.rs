//! Putting right what the watch found: each object by itself, with the writes of an Update. What is
//! not ours stays, nothing is undone when one fails, and the next tick tries again.

use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::Timestamp;

use super::condition::{Condition, of_filter, of_topic};
use super::end::End;
use super::error::Error;
use super::put::Writing;
use super::resource::Resource;
use super::run::{Account, Run};
use super::survey::survey;
use super::turn::{Fate, Force, Turn};
use super::undo::Changes;
use super::wanted::Wanted;
use super::{alarm, filter, topic};
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::{Owner, PhysicalId};
use crate::properties::{PartialProperties, Properties};

/// One of the objects of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// The metric filter.
    Filter,
    /// The alarm.
    Alarm,
    /// The topic that people subscribe to.
    Topic,
}

/// A resource as the watch knows it.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// Where it is.
    pub account: Account<'a>,
    /// Whose it is.
    pub owner: &'a Owner,
    /// What was asked for.
    pub properties: &'a Properties,
    /// The same as CloudFormation writes it.
    pub resource_properties: &'a serde_json::Value,
}

/// What it takes to see other runs and to be seen by them.
#[derive(Clone, Copy, Debug)]
pub struct Journal<'a> {
    /// The function's own log group; empty when it is not known.
    pub log_group: &'a str,
    /// The log stream of this execution environment.
    pub log_stream: &'a str,
    /// When the tick was due.
    pub tick: Timestamp,
    /// The time of the invocation.
    pub now: Timestamp,
    /// When the work must have ended.
    pub until: Deadline,
}

/// The topic, as the watch sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSeen {
    /// How it is.
    pub condition: Condition,
    /// How many subscriptions get what is published; nothing when there is no topic.
    pub confirmed: Option<u64>,
}

impl Watched<'_> {
    fn names(&self) -> Names {
        Names::of(&self.properties.name)
    }

    /// How the metric filter is.
    ///
    /// # Errors
    ///
    /// It could not be looked at. If the log group does not exist, that is the fault.
    pub async fn filter(&self) -> Result<Condition, Fault> {
        let log_group = &self.properties.log_group_name;
        let found = filter::find(self.account.logs, log_group, &self.names().filter).await?;
        Ok(of_filter(found.as_ref(), self.properties))
    }

    /// The alarm on KMS errors and the one on the watch, if they exist.
    ///
    /// # Errors
    ///
    /// They could not be looked at.
    pub async fn alarms(&self) -> Result<(Option<MetricAlarm>, Option<MetricAlarm>), Fault> {
        let names = self.names();
        alarm::described(self.account.cloudwatch, &names.alarm, &names.health).await
    }

    /// How the alarm is.
    pub fn alarm(&self, found: Option<&MetricAlarm>) -> Condition {
        super::condition::of_alarm(found, &self.names(), self.properties, self.account.scope)
    }

    /// Whether the alarm on the watch tells somebody at the first problem.
    pub fn is_heard(&self, health_alarm: Option<&MetricAlarm>) -> bool {
        health_alarm.is_some_and(|alarm| {
            let actions = alarm.alarm_actions();
            let mut asked = self.properties.alarm_actions.iter();
            alarm.actions_enabled() != Some(false)
                && alarm.threshold().is_none_or(|threshold| threshold <= 1.0)
                && asked.any(|action| actions.contains(action))
        })
    }

    /// Whether anybody hears what the alarm notifies: how many subscriptions its topic has, or nothing
    /// when that is gone. It is the first of `AlarmActions`, which the template makes.
    ///
    /// # Errors
    ///
    /// It could not be looked at.
    pub async fn listeners(&self) -> Result<Option<u64>, Fault> {
        let Some(topic_arn) = self.properties.alarm_actions.first() else {
            return Ok(Some(1));
        };
        let found = topic::settings(self.account.sns, topic_arn).await?;
        Ok(found.map(|settings| settings.confirmed.unwrap_or(1)))
    }

    /// How the topic is.
    ///
    /// # Errors
    ///
    /// It could not be looked at.
    pub async fn topic(&self) -> Result<TopicSeen, Fault> {
        let names = self.names();
        let scope = self.account.scope;
        let arn = scope.topic_arn(&names.topic);
        let found = topic::settings(self.account.sns, &arn).await?;
        let condition = of_topic(found.as_ref(), &names, self.properties, scope)?;
        Ok(TopicSeen {
            condition,
            confirmed: found.and_then(|settings| settings.confirmed),
        })
    }

    /// Which of the addresses are subscribed: for each whether it has confirmed, or nothing when it
    /// is no longer subscribed.
    ///
    /// # Errors
    ///
    /// The subscriptions could not be listed.
    pub async fn addresses(&self) -> Result<Vec<Option<bool>>, Fault> {
        let arn = self.account.scope.topic_arn(&self.names().topic);
        topic::confirmed(self.account.sns, &arn, &self.properties.emails).await
    }

    /// Whether the properties are in force, so that something may be judged and put right.
    ///
    /// # Errors
    ///
    /// The requests could not be listed.
    pub async fn force(&self, journal: &Journal<'_>) -> Result<Force, Fault> {
        self.turn(journal).force(self.resource_properties).await
    }

    fn turn<'t>(&'t self, journal: &Journal<'t>) -> Turn<'t> {
        Turn::of_repair(
            self.account.logs,
            (journal.log_group, journal.log_stream),
            self.owner,
            journal.tick,
            journal.now,
            journal.until,
        )
    }

    /// Puts these objects right.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`] if a request or another repair has begun, or the repair could not be
    /// announced: nothing was done.
    pub async fn repair(
        &self,
        journal: &Journal<'_>,
        objects: &[Object],
    ) -> Result<Vec<(Object, Result<(), Error>)>, Error> {
        let names = self.names();
        let turn = self.turn(journal);
        turn.begin_repair().await?;
        let until = journal.until;
        let run = Run {
            account: self.account,
            resource: Resource {
                owner: self.owner.clone(),
                id: Some(PhysicalId {
                    name: self.properties.name.clone(),
                    owner: self.owner.id.clone(),
                    failed_create: None,
                }),
            },
            turn: &turn,
            until,
        };
        let old = PartialProperties::read(self.resource_properties);
        let wanted = Wanted {
            properties: self.properties,
            old: &old,
            old_fate: Fate::Held,
            other_names: [Some(&self.properties.name), None],
            in_place: true,
            proven: true,
            is_return: true,
        };
        let repaired = repair(&run, &names, &wanted, objects).await;
        let is_whole = repaired.iter().all(|(_, result)| result.is_ok());
        turn.end(if is_whole { End::Succeeded } else { End::Left })
            .await;
        Ok(repaired)
    }
}

async fn repair(
    run: &Run<'_>,
    names: &Names,
    wanted: &Wanted<'_>,
    objects: &[Object],
) -> Vec<(Object, Result<(), Error>)> {
    let changes = Changes::default();
    // Without its log group the filter cannot be, but the others can.
    let looks_at_filter = objects.contains(&Object::Filter);
    let found = survey(run, names, wanted.properties, &changes, looks_at_filter).await;
    let checked = found.and_then(|found| found.check(run, names, wanted).map(|_| found));
    let found = match checked {
        Ok(found) => found,
        Err(error) => {
            return objects
                .iter()
                .map(|object| (*object, Err(error.clone())))
                .collect();
        }
    };
    let writing = Writing {
        run,
        names,
        wanted,
        found: &found,
        adopted: "",
        changes: &changes,
    };
    let mut repaired = Vec::new();
    for object in objects {
        let written = match object {
            Object::Filter if found.has_their_filter() => Err(theirs(&names.filter)),
            Object::Alarm if found.alarm.ownership.is_theirs() => Err(theirs(&names.alarm)),
            Object::Topic if found.topic.ownership.is_theirs() => Err(theirs(&names.topic)),
            Object::Filter => writing.put_filter().await,
            Object::Alarm => writing.put_alarm().await,
            Object::Topic => put_topic(&writing).await,
        };
        repaired.push((*object, written));
    }
    repaired
}

/// Puts the topic right. If it had to be made anew, all its subscriptions went with the old one, so
/// the addresses are asked again. An address that is missing from a topic which exists may have left
/// on purpose.
async fn put_topic(writing: &Writing<'_>) -> Result<(), Error> {
    writing.put_topic().await?;
    if writing.found.topic.settings.is_none() {
        writing.subscribe().await?;
        writing.complete().await?;
    }
    Ok(())
}

fn theirs(name: &str) -> Error {
    Error::Existing(format!(
        "{name} carries another stack's tag, so it was left as it is"
    ))
}
