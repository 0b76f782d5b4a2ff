//! The provision flow: makes, changes and removes what one custom resource
//! stands for: a topic with its subscriptions, a metric filter, an alarm.
//!
//! What must hold: nothing is written before everything that stands there has
//! been looked at and found to be ours or absent; the alarm comes last and goes
//! first, so nothing fires half-built; a failed Create or replacement undoes
//! what it made; an Update makes everything as the properties say, whatever was
//! there before; and the id changes only with the base name.

mod alarm;
mod filter;
mod survey;
mod topic;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use tracing::info;

use crate::custom_resource::{Answer, Data, Request, RequestType};
use crate::fault::Fault;
use crate::names::{Names, Place};
use crate::owner::{Owner, PhysicalId};
use crate::properties::{Properties, Remembered};
use survey::Standing;

/// Does what a request asks and says what became of it. Never panics on its
/// own account; a caller that drops the future half-way answers FAILED with
/// [`fallback_id`], and the Delete that follows finds what is left.
pub async fn provision(
    logs: &Logs,
    cloudwatch: &CloudWatch,
    sns: &Sns,
    place: &Place,
    request: &Request,
) -> Answer {
    let flow = Flow {
        logs,
        cloudwatch,
        sns,
        place,
    };
    match &request.request_type {
        RequestType::Create => flow.create(request).await,
        RequestType::Update => flow.update(request).await,
        RequestType::Delete => flow.delete(request).await,
        RequestType::Unknown(other) => Answer {
            physical_resource_id: fallback_id(request),
            result: Err(format!(
                "RequestType \"{other}\" is unknown: expected Create, Update or Delete"
            )),
        },
    }
}

/// The id to answer with when the request failed, whatever happened: the one
/// it came with, else the one its Create would have led to, marked incomplete.
#[must_use]
pub fn fallback_id(request: &Request) -> String {
    request.physical_resource_id.clone().unwrap_or_else(|| {
        let owner = Owner::of(&request.stack_id, &request.logical_resource_id);
        let name = Remembered::read(&request.resource_properties).name;
        incomplete(&name.unwrap_or_default(), &owner).to_string()
    })
}

fn incomplete(name: &str, owner: &Owner) -> PhysicalId {
    PhysicalId {
        name: name.to_owned(),
        owner: owner.id.clone(),
        complete: false,
    }
}

/// The clients this flow may use, and where they act: one `Copy` value instead
/// of four parameters on every step.
#[derive(Clone, Copy)]
struct Flow<'a> {
    logs: &'a Logs,
    cloudwatch: &'a CloudWatch,
    sns: &'a Sns,
    place: &'a Place,
}

/// What one run has made where nothing stood before, oldest first.
type Made = Vec<Object>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Topic,
    Filter,
    Alarm,
}

/// Whose resource a request is about, and what its ids say about it.
struct Identity {
    owner: Owner,
    /// The id it has, if this program made that id.
    current: Option<PhysicalId>,
}

impl Identity {
    fn of(request: &Request) -> Self {
        let current: Option<PhysicalId> = request
            .physical_resource_id
            .as_ref()
            .and_then(|id| id.parse().ok());
        let mut owner = Owner::of(&request.stack_id, &request.logical_resource_id);
        if let Some(current) = &current {
            owner.id.clone_from(&current.owner);
        }
        Self { owner, current }
    }

    /// Whether the id proves that objects of this base name are the resource's.
    fn proves(&self, name: &str) -> bool {
        self.current
            .as_ref()
            .is_some_and(|id| id.complete && id.name == name)
    }
}

impl Flow<'_> {
    async fn create(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let result = match Properties::read(&request.resource_properties) {
            Ok(properties) => {
                let old = Remembered::default();
                self.make(&identity, &properties, &old).await.map(|data| {
                    let id = PhysicalId {
                        complete: true,
                        ..incomplete(&properties.name, &identity.owner)
                    };
                    (id.to_string(), data)
                })
            }
            Err(problems) => Err(problems),
        };
        answer(request, result)
    }

    async fn update(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let old = Remembered::read(&request.old_resource_properties);
        let result = match Properties::read(&request.resource_properties) {
            Ok(properties) if identity.proves(&properties.name) => self
                .change(&identity, &properties, &old)
                .await
                .map(|data| (fallback_id(request), data))
                .map_err(|fault| fault.to_string()),
            Ok(properties) => self.make(&identity, &properties, &old).await.map(|data| {
                let id = PhysicalId {
                    complete: true,
                    ..incomplete(&properties.name, &identity.owner)
                };
                (id.to_string(), data)
            }),
            Err(problems) => Err(problems),
        };
        answer(request, result)
    }

    async fn delete(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let remembered = Remembered::read(&request.resource_properties);
        let name = identity
            .current
            .as_ref()
            .map(|id| id.name.clone())
            .or_else(|| remembered.name.clone());
        let result = match name {
            Some(name) => self.remove(&identity, &name, &remembered).await,
            // Neither the id nor the properties name anything that could exist.
            None => Ok(()),
        };
        answer(
            request,
            result
                .map(|()| (fallback_id(request), Data::new()))
                .map_err(|fault| fault.to_string()),
        )
    }

    /// Everything under a name that this resource has not had before. What a
    /// failed run made is undone, newest first.
    async fn make(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<Data, String> {
        let mut made = Made::new();
        match self.put(identity, properties, old, &mut made).await {
            Ok(data) => Ok(data),
            Err(fault) => {
                let names = Names::of(&properties.name);
                let left = self.undo(&identity.owner, &names, properties, &made).await;
                Err(match left {
                    Ok(()) => fault.to_string(),
                    Err(left) => format!("{fault}; and what was made could not be undone: {left}"),
                })
            }
        }
    }

    /// Everything as the properties say, under the name it has; then what they
    /// no longer ask for is removed.
    async fn change(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<Data, survey::Refusal> {
        let names = Names::of(&properties.name);
        let data = self
            .put(identity, properties, old, &mut Made::new())
            .await?;
        filter::remove_stale(self.logs, &names, properties, old).await?;
        let topic_arn = self.place.topic_arn(&names.topic);
        topic::unsubscribe(self.sns, &topic_arn, &old.emails, &properties.emails).await?;
        // A replacement that failed and could not be undone in time: this is
        // the Update by which CloudFormation rolls it back.
        if let Some(other) = old.name.as_ref().filter(|name| **name != properties.name) {
            self.remove(identity, other, old).await?;
        }
        Ok(data)
    }

    /// The upsert: looks at all that stands there, then writes.
    async fn put(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
        made: &mut Made,
    ) -> Result<Data, survey::Refusal> {
        let names = Names::of(&properties.name);
        let survey = survey::survey(self, identity, &names, properties).await?;
        survey.refusal(identity, &names, properties, old)?;

        if survey.topic == Standing::Absent {
            made.push(Object::Topic);
        }
        let owner = &identity.owner;
        let topic_arn = topic::put(
            self.sns,
            self.place,
            &names,
            owner,
            properties,
            &survey.topic,
        )
        .await?;
        topic::subscribe(self.sns, &topic_arn, &properties.emails).await?;
        if !survey.filter_exists {
            made.push(Object::Filter);
        }
        filter::put(self.logs, &names, properties).await?;
        if survey.alarm == Standing::Absent {
            made.push(Object::Alarm);
        }
        let alarm_arn = self.place.alarm_arn(&names.alarm);
        alarm::put(
            self.cloudwatch,
            &names,
            owner,
            properties,
            &topic_arn,
            &alarm_arn,
            &survey.alarm,
        )
        .await?;
        info!(
            topic = names.topic,
            filter = names.filter,
            alarm = names.alarm,
            log_group = properties.log_group_name,
            "provisioned"
        );
        Ok(data(&names, properties, topic_arn, alarm_arn))
    }

    async fn undo(
        self,
        owner: &Owner,
        names: &Names,
        properties: &Properties,
        made: &Made,
    ) -> Result<(), Fault> {
        for object in made.iter().rev() {
            match object {
                Object::Alarm => alarm::remove(self.cloudwatch, self.place, names, owner).await?,
                Object::Filter => {
                    filter::remove(self.logs, &properties.log_group_name, &names.filter).await?;
                }
                Object::Topic => topic::remove(self.sns, self.place, names, owner).await?,
            }
        }
        Ok(())
    }

    /// Removes what is this resource's under a name, the alarm first. The topic
    /// goes last: while it stands, its tag proves whose the filter is.
    async fn remove(
        self,
        identity: &Identity,
        name: &str,
        remembered: &Remembered,
    ) -> Result<(), Fault> {
        let names = Names::of(name);
        let owner = &identity.owner;
        let topic_arn = self.place.topic_arn(&names.topic);
        let alarm_arn = self.place.alarm_arn(&names.alarm);
        let topic = survey::topic(self.sns, &topic_arn, owner).await?;
        let (alarm, metric) =
            survey::alarm(self.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
        let ours = topic == Standing::Ours || alarm == Standing::Ours || identity.proves(name);

        if alarm == Standing::Ours {
            alarm::remove(self.cloudwatch, self.place, &names, owner).await?;
        }
        if ours {
            let metrics = metric.into_iter().chain(remembered.metric.clone());
            for log_group in filter::log_groups(self.logs, &names.filter, metrics.collect()).await?
            {
                filter::remove(self.logs, &log_group, &names.filter).await?;
            }
        }
        if topic == Standing::Ours {
            topic::remove(self.sns, self.place, &names, owner).await?;
        }
        info!(base = name, ours, ?topic, ?alarm, "removed");
        Ok(())
    }
}

/// A result as an answer. A failure goes back with the id it came with.
fn answer(request: &Request, result: Result<(String, Data), String>) -> Answer {
    match result {
        Ok((physical_resource_id, data)) => Answer {
            physical_resource_id,
            result: Ok(data),
        },
        Err(reason) => Answer {
            physical_resource_id: fallback_id(request),
            result: Err(reason),
        },
    }
}

/// The attributes, all of them after every Create and Update.
fn data(names: &Names, properties: &Properties, topic_arn: String, alarm_arn: String) -> Data {
    Data::from([
        ("TopicArn", topic_arn),
        ("TopicName", names.topic.clone()),
        ("AlarmArn", alarm_arn),
        ("AlarmName", names.alarm.clone()),
        ("FilterName", names.filter.clone()),
        (
            "FilterPattern",
            crate::metric_filter::pattern(&properties.role_arn),
        ),
        ("LogGroupName", properties.log_group_name.clone()),
        ("MetricNamespace", properties.metric_namespace.clone()),
        ("MetricName", properties.metric_name.clone()),
    ])
}
