//! The provision flow: makes, changes and removes the objects of one custom resource: a topic with
//! its subscriptions, a metric filter, an alarm.
//!
//! What must hold: requests take turns; nothing is written before everything that exists has been
//! looked at and found to be ours or absent; the alarm is made last and removed first, so nothing
//! fires half-built; a request that fails puts everything back as it was; what held before can
//! always be returned to, whatever people did since; and the ID changes only with the base name.

mod alarm;
mod condition;
mod end;
mod error;
mod filter;
mod ownership;
mod put;
mod remove;
mod repair;
mod resource;
mod run;
mod survey;
mod topic;
mod turn;
mod undo;
mod wanted;

use std::time::Duration;

pub use self::condition::Condition;
pub use self::end::End;
pub use self::error::Error;
use self::put::put;
use self::remove::remove;
pub use self::repair::{Journal, Object, TopicSeen, Watched};
use self::resource::Resource;
pub use self::resource::fallback_id;
pub use self::run::Account;
use self::run::Run;
use self::turn::Fate;
pub use self::turn::{Force, Standing, Turn};
use self::wanted::Wanted;
use crate::arn::Scope;
use crate::custom_resource::{Data, Request, RequestType};
use crate::deadline::Deadline;
use crate::properties::{PartialProperties, Properties};

/// A resource that is as its request asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Its ID from now on.
    pub physical_id: String,
    /// Its attributes; none after a Delete.
    pub data: Data,
}

/// How long a Create may still write after CloudFormation gave up on it.
const CREATE: Duration = Duration::from_secs(42);
/// The time that removing everything takes at most, when nothing fails.
const REMOVE: Duration = Duration::from_secs(8);

/// Does what a request asks, when it is its turn. A caller that drops the future half-way answers
/// FAILED with [`fallback_id`], and the Delete that follows removes what is left.
///
/// # Errors
///
/// What kept the resource from becoming what the request asked, to be answered with
/// [`fallback_id`].
pub async fn provision(
    account: Account<'_>,
    request: &Request,
    turn: &Turn<'_>,
    until: Deadline,
) -> Result<Provisioned, Error> {
    let run = Run {
        account,
        resource: Resource::new(request),
        turn,
        until,
    };
    match &request.request_type {
        RequestType::Create | RequestType::Update => create_or_update(&run, request).await,
        RequestType::Delete => delete(&run, request).await,
        RequestType::Unknown(other) => Err(Error::RequestType(other.clone())),
    }
}

/// What a request that succeeded was answered with: the same, when it is delivered again.
///
/// # Errors
///
/// The properties cannot be used, or the request type is unknown.
pub fn answer_of(scope: &Scope, request: &Request) -> Result<Provisioned, Error> {
    match &request.request_type {
        RequestType::Create | RequestType::Update => {
            let properties = Properties::read(&request.resource_properties)?;
            Ok(completed(scope, &Resource::new(request), &properties))
        }
        RequestType::Delete => Ok(Provisioned {
            physical_id: fallback_id(request),
            data: Data::new(),
        }),
        RequestType::Unknown(other) => Err(Error::RequestType(other.clone())),
    }
}

/// What a Create or an Update with these properties leads to.
fn completed(scope: &Scope, resource: &Resource, properties: &Properties) -> Provisioned {
    Provisioned {
        physical_id: resource.completed(&properties.name).to_string(),
        data: put::data(scope, properties),
    }
}

/// Makes everything as the properties say. Another base name leads to another ID, and so to a
/// replacement: CloudFormation then has the resource of the old name deleted.
async fn create_or_update(run: &Run<'_>, request: &Request) -> Result<Provisioned, Error> {
    let properties = Properties::read(&request.resource_properties)?;
    let old_fate = run.turn.fate(&request.old_resource_properties);
    let old = match old_fate {
        Fate::Undone => PartialProperties::default(),
        Fate::Held | Fate::Unknown => PartialProperties::read(&request.old_resource_properties),
    };
    let in_place = run.resource.has_made(&properties.name);
    let held = request.request_type == RequestType::Update
        && run.turn.fate(&request.resource_properties) == Fate::Held;
    let current_name = run.resource.id.as_ref().map(|id| id.name.as_str());
    let wanted = Wanted {
        properties: &properties,
        old: &old,
        old_fate,
        other_names: [current_name, old.name.as_deref()],
        in_place,
        proven: in_place || held,
        is_return: held
            || (in_place
                && run
                    .turn
                    .comes_from_failure(&request.old_resource_properties)),
    };
    put(run, &wanted).await?;
    Ok(completed(run.account.scope, &run.resource, &properties))
}

async fn delete(run: &Run<'_>, request: &Request) -> Result<Provisioned, Error> {
    let properties = PartialProperties::read(&request.resource_properties);
    match &run.resource.id {
        // A Create whose name could not be used never made anything.
        Some(id) if id.name.is_empty() => {}
        Some(id) => remove(run, &id.name, &properties).await?,
        None => sweep(run, &properties).await?,
    }
    answer_of(run.account.scope, request)
}

/// Handles a Delete with an ID that CloudFormation invented: a Create was never answered, or was
/// cancelled. When its turn has come, no Create runs any more that could announce itself. If there
/// was none, one may run all the same, so everything is removed twice, with the time of a Create
/// between, as far as there is time.
async fn sweep(run: &Run<'_>, properties: &PartialProperties) -> Result<(), Error> {
    let Some(name) = &properties.name else {
        // With such properties no Create made anything.
        return Ok(());
    };
    remove(run, name, properties).await?;
    if run.turn.tells_of_another() {
        return Ok(());
    }
    let time = run.until.remaining().saturating_sub(REMOVE);
    tokio::time::sleep(time.min(CREATE)).await;
    remove(run, name, properties).await
}
