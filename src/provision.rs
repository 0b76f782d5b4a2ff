//! The provision flow: makes, changes and removes the objects of one custom resource: a topic with
//! its subscriptions, a metric filter, an alarm.
//!
//! What must hold: nothing is written before everything that exists has been looked at and found to
//! be ours or absent; the alarm is made last and removed first, so nothing fires half-built; a
//! failed Create or replacement undoes what it made; an Update makes everything as the properties
//! say, whatever was there before; and the ID changes only with the base name.

mod account;
mod alarm;
mod error;
mod filter;
mod ownership;
mod put;
mod remove;
mod resource;
mod survey;
mod topic;
mod undo;

use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;

use self::account::Account;
pub use self::error::Error;
use self::put::put;
use self::remove::remove;
use self::resource::Resource;
pub use self::resource::fallback_id;
use self::undo::undo;
use crate::arn::Scope;
use crate::custom_resource::{Data, Request, RequestType};
use crate::fault::Fault;
use crate::names::Names;
use crate::properties::{PartialProperties, Properties};

/// A resource that is as its request asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Its ID from now on.
    pub physical_id: String,
    /// Its attributes; none after a Delete.
    pub data: Data,
}

/// How long a Create may still run after CloudFormation gave up on it: it takes seconds, and with
/// all its retries not much longer than this.
const CREATE: Duration = Duration::from_secs(15);

/// Does what a request asks. A caller that drops the future half-way answers FAILED with
/// [`fallback_id`], and the Delete that follows removes what is left.
///
/// # Errors
///
/// What kept the resource from becoming what the request asked, to be answered with
/// [`fallback_id`].
pub async fn provision(
    logs: &Logs,
    cloudwatch: &CloudWatch,
    sns: &Sns,
    scope: &Scope,
    request: &Request,
) -> Result<Provisioned, Error> {
    let account = Account {
        logs,
        cloudwatch,
        sns,
        scope,
    };
    match &request.request_type {
        RequestType::Create => create(account, request).await,
        RequestType::Update => update(account, request).await,
        RequestType::Delete => delete(account, request).await,
        RequestType::Unknown(other) => Err(Error::RequestType(other.clone())),
    }
}

async fn create(account: Account<'_>, request: &Request) -> Result<Provisioned, Error> {
    let properties = Properties::read(&request.resource_properties)?;
    let old = PartialProperties::default();
    make(account, &Resource::new(request), &properties, &old).await
}

async fn update(account: Account<'_>, request: &Request) -> Result<Provisioned, Error> {
    let resource = Resource::new(request);
    let properties = Properties::read(&request.resource_properties)?;
    let old = PartialProperties::read(&request.old_resource_properties);
    if !resource.has_made(&properties.name) {
        return make(account, &resource, &properties, &old).await;
    }
    let (_, put) = put(account, &resource, &properties, &old).await;
    let data = put?;
    remove_leftovers(account, &resource, &properties, &old).await?;
    Ok(Provisioned {
        physical_id: fallback_id(request),
        data,
    })
}

async fn delete(account: Account<'_>, request: &Request) -> Result<Provisioned, Error> {
    let resource = Resource::new(request);
    let properties = PartialProperties::read(&request.resource_properties);
    match &resource.id {
        // A Create whose name could not be used never made anything.
        Some(id) if id.name.is_empty() => {}
        Some(id) => remove(account, &resource, &id.name, &properties).await?,
        None => sweep(account, &resource, &properties).await?,
    }
    Ok(Provisioned {
        physical_id: fallback_id(request),
        data: Data::new(),
    })
}

/// Makes everything under a name that is new to this resource, which gives it a new ID. What a
/// failed run made is undone.
async fn make(
    account: Account<'_>,
    resource: &Resource,
    properties: &Properties,
    old: &PartialProperties,
) -> Result<Provisioned, Error> {
    let (made, put) = put(account, resource, properties, old).await;
    let cause = match put {
        Ok(data) => {
            return Ok(Provisioned {
                physical_id: resource.completed(&properties.name).to_string(),
                data,
            });
        }
        Err(cause) => cause,
    };
    match undo(account, &resource.owner, properties, &made).await {
        Ok(()) => Err(cause),
        Err(left) => Err(Error::NotUndone {
            cause: Box::new(cause),
            left,
        }),
    }
}

/// Removes what the properties no longer ask for.
async fn remove_leftovers(
    account: Account<'_>,
    resource: &Resource,
    properties: &Properties,
    old: &PartialProperties,
) -> Result<(), Fault> {
    let names = Names::of(&properties.name);
    filter::remove_stale(account.logs, &names, properties, old).await?;
    let topic_arn = account.scope.topic_arn(&names.topic);
    topic::unsubscribe(account.sns, &topic_arn, &old.emails, &properties.emails).await?;
    // Another old name: this Update rolls back a replacement that failed and could not be undone.
    if let Some(other) = old.name.as_ref().filter(|name| **name != properties.name) {
        remove(account, resource, other, old).await?;
    }
    Ok(())
}

/// Handles a Delete with an ID that CloudFormation invented: a Create was never answered, or was
/// cancelled and may still be running. So everything is removed twice, with the time of a Create
/// between.
async fn sweep(
    account: Account<'_>,
    resource: &Resource,
    properties: &PartialProperties,
) -> Result<(), Fault> {
    let Some(name) = &properties.name else {
        // With such properties no Create made anything.
        return Ok(());
    };
    remove(account, resource, name, properties).await?;
    tokio::time::sleep(CREATE).await;
    remove(account, resource, name, properties).await
}
