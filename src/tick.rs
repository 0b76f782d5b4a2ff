//! A tick of the watch: the rule's scheduled event, which carries the desired state of the custom
//! resource, so that the watch needs no store.
//!
//! What must hold: a tick that lacks something is refused with the name of the field and the remedy,
//! and never read as if it asked for something else.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::owner::Owner;
use crate::properties::{Problems, Properties};

/// One tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When it was due. The event may come later, or twice.
    pub at: Timestamp,
    /// The time from one tick to the next.
    pub every: Duration,
    /// The custom resource that is watched.
    pub owner: Owner,
    /// The queue of what the function could not handle.
    pub queue_name: Option<String>,
    /// The rule that ticks.
    pub rule_name: Option<String>,
    /// What the custom resource was asked for.
    pub properties: Properties,
    /// The same as CloudFormation writes it.
    pub resource_properties: Value,
}

/// Why a scheduled event is no tick.
#[derive(Debug, Error)]
pub enum Error {
    /// A field is absent or has a value that cannot be used.
    #[error(
        "the scheduled event's {0} is missing or unusable: give the rule's target the input that \
         template.yaml has"
    )]
    Field(&'static str),
    /// The properties are wrong.
    #[error("the scheduled event's detail.ResourceProperties: {0}")]
    Properties(#[from] Problems),
}

impl Tick {
    /// Reads the event.
    ///
    /// # Errors
    ///
    /// The first field that is missing or wrong.
    pub fn read(event: &Value) -> Result<Self, Error> {
        let text = |pointer: &'static str, field: &'static str| {
            let text = event.pointer(pointer).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
                .ok_or(Error::Field(field))
        };
        let at = text("/time", "time")?;
        let minutes = text("/detail/WatchMinutes", "detail.WatchMinutes")?;
        let minutes = minutes
            .parse()
            .ok()
            .filter(|minutes| (1..=60).contains(minutes));
        let stack_id = text("/detail/StackId", "detail.StackId")?;
        let logical_id = text("/detail/LogicalResourceId", "detail.LogicalResourceId")?;
        let properties = event
            .pointer("/detail/ResourceProperties")
            .ok_or(Error::Field("detail.ResourceProperties"))?;
        Ok(Self {
            at: at.parse().map_err(|_| Error::Field("time"))?,
            every: minutes
                .map(Duration::from_mins)
                .ok_or(Error::Field("detail.WatchMinutes"))?,
            owner: Owner::of(stack_id, logical_id),
            queue_name: text("/detail/DeadLetterQueueName", "")
                .ok()
                .map(str::to_owned),
            rule_name: text("/detail/RuleName", "").ok().map(str::to_owned),
            properties: Properties::read(properties)?,
            resource_properties: properties.clone(),
        })
    }
}
