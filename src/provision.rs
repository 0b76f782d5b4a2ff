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
mod identity;
mod survey;
mod topic;

use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use backon::{ConstantBuilder, RetryableWithContext};
use tracing::{info, warn};

use crate::custom_resource::{Answer, Data, Request, RequestType};
use crate::fault::Fault;
use crate::names::{Names, Place};
use crate::owner::Owner;
use crate::properties::{Properties, Remembered};
use identity::Identity;
pub use identity::fallback_id;
use survey::{Refusal, Standing};

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

/// IAM needs some seconds until a new permission is in force everywhere: a
/// denial is taken for one only after this many attempts, this far apart.
const PATIENCE: ConstantBuilder = ConstantBuilder::new()
    .with_delay(Duration::from_secs(3))
    .with_max_times(4);

/// How long a Create may still be running that CloudFormation has given up: it
/// takes seconds, and with all its patience not much longer than this.
const CREATE: Duration = Duration::from_secs(15);

impl Flow<'_> {
    async fn create(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let result = match Properties::read(&request.resource_properties) {
            Ok(properties) => {
                let old = Remembered::default();
                self.make(&identity, &properties, &old).await
            }
            Err(problems) => Err(problems),
        };
        answer(request, result)
    }

    async fn update(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let old = Remembered::read(&request.old_resource_properties);
        let result = match Properties::read(&request.resource_properties) {
            Ok(properties) if identity.proves(&properties.name) => {
                let changed = self.change(&identity, &properties, &old).await;
                changed.map(|data| (fallback_id(request), data))
            }
            Ok(properties) => self.make(&identity, &properties, &old).await,
            Err(problems) => Err(problems),
        };
        answer(request, result)
    }

    async fn delete(self, request: &Request) -> Answer {
        let identity = Identity::of(request);
        let remembered = Remembered::read(&request.resource_properties);
        let result = match &identity.current {
            // A Create whose name could not be used never made anything.
            Some(id) if id.name.is_empty() => Ok(()),
            Some(id) => self.remove(&identity, &id.name, &remembered).await,
            None => self.sweep(&identity, &remembered).await,
        };
        let result = result.map(|()| (fallback_id(request), Data::new()));
        answer(request, result.map_err(|fault| fault.to_string()))
    }

    /// Everything under a name that this resource has not had before, and its
    /// new id. What a failed run made is undone, newest first.
    async fn make(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<(String, Data), String> {
        let (made, put) = self.put_patiently(identity, properties, old).await;
        let refusal = match put {
            Ok(data) => return Ok((identity.completed(&properties.name).to_string(), data)),
            Err(refusal) => refusal,
        };
        match self.undo(&identity.owner, properties, &made).await {
            Ok(()) => Err(refusal.to_string()),
            Err(left) => Err(format!(
                "{refusal}; and not all that was made could be undone: {left}"
            )),
        }
    }

    /// Everything as the properties say, under the name it has; then what they
    /// no longer ask for is removed.
    async fn change(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<Data, String> {
        let (_, put) = self.put_patiently(identity, properties, old).await;
        let data = put.map_err(|refusal| refusal.to_string())?;
        let removed = self.remove_what_is_no_longer_asked_for(identity, properties, old);
        removed.await.map_err(|fault| fault.to_string())?;
        Ok(data)
    }

    async fn remove_what_is_no_longer_asked_for(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> Result<(), Fault> {
        let names = Names::of(&properties.name);
        filter::remove_stale(self.logs, &names, properties, old).await?;
        let topic_arn = self.place.topic_arn(&names.topic);
        topic::unsubscribe(self.sns, &topic_arn, &old.emails, &properties.emails).await?;
        // A replacement that failed and could not be undone in time: this is
        // the Update by which CloudFormation rolls it back.
        if let Some(other) = old.name.as_ref().filter(|name| **name != properties.name) {
            self.remove(identity, other, old).await?;
        }
        Ok(())
    }

    /// The upsert, tried again while it fails in a way that can pass. What any
    /// of the attempts made is in the list.
    async fn put_patiently(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
    ) -> (Made, Result<Data, Refusal>) {
        let attempt = async |mut made: Made| {
            let put = self.put(identity, properties, old, &mut made).await;
            (made, put)
        };
        attempt
            .retry(PATIENCE)
            .context(Made::new())
            .when(Refusal::may_pass)
            .notify(|refusal, _| warn!(%refusal, "trying again: a permission may be on its way"))
            .await
    }

    /// The upsert: looks at all that stands there, then writes.
    async fn put(
        self,
        identity: &Identity,
        properties: &Properties,
        old: &Remembered,
        made: &mut Made,
    ) -> Result<Data, Refusal> {
        let names = Names::of(&properties.name);
        let owner = &identity.owner;
        let survey = survey::survey(self, identity, &names, properties).await?;
        survey.refusal(identity, &names, properties, old)?;

        if survey.topic == Standing::Absent {
            made.push(Object::Topic);
        }
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
        alarm::put(
            self.cloudwatch,
            &names,
            owner,
            properties,
            &topic_arn,
            &survey.alarm,
        )
        .await?;
        topic::mark(self.sns, &topic_arn, owner).await?;
        let alarm_arn = self.place.alarm_arn(&names.alarm);
        if survey.alarm != Standing::Absent {
            // After the topic: until that is marked, what is adopted is not ours
            // to remove.
            alarm::mark(self.cloudwatch, &alarm_arn, owner).await?;
        }
        info!(
            topic = names.topic,
            filter = names.filter,
            alarm = names.alarm,
            log_group = properties.log_group_name,
            "provisioned"
        );
        Ok(data(&names, properties, topic_arn, alarm_arn))
    }

    /// Removes what a run made, newest first.
    async fn undo(self, owner: &Owner, properties: &Properties, made: &Made) -> Result<(), Fault> {
        let names = Names::of(&properties.name);
        for object in made.iter().rev() {
            match object {
                Object::Alarm => alarm::remove(self.cloudwatch, self.place, &names, owner).await?,
                Object::Filter => {
                    filter::remove(self.logs, &properties.log_group_name, &names.filter).await?;
                }
                Object::Topic => topic::remove(self.sns, self.place, &names, owner).await?,
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
        if identity.is_of_a_failed_create() && topic == Standing::OursComplete {
            info!(base = name, "left: a later attempt made it to the end");
            return Ok(());
        }
        let (alarm, metric) =
            survey::alarm(self.cloudwatch, &names.alarm, &alarm_arn, owner).await?;
        let ours = topic.is_ours() || alarm.is_ours() || identity.proves(name);

        if alarm.is_ours() {
            alarm::remove(self.cloudwatch, self.place, &names, owner).await?;
        }
        if ours {
            let metrics = metric.into_iter().chain(remembered.metric.clone());
            for log_group in filter::log_groups(self.logs, &names.filter, metrics.collect()).await?
            {
                filter::remove(self.logs, &log_group, &names.filter).await?;
            }
        }
        if topic.is_ours() {
            topic::remove(self.sns, self.place, &names, owner).await?;
        }
        info!(base = name, ours, ?topic, ?alarm, "removed");
        Ok(())
    }

    /// A Delete with an id that CloudFormation invented: a Create was never
    /// answered, or is cancelled and may still be running. It is swept away
    /// twice, with the time of a Create between.
    async fn sweep(self, identity: &Identity, remembered: &Remembered) -> Result<(), Fault> {
        let Some(name) = &remembered.name else {
            // Such properties never led to anything.
            return Ok(());
        };
        self.remove(identity, name, remembered).await?;
        tokio::time::sleep(CREATE).await;
        self.remove(identity, name, remembered).await
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
