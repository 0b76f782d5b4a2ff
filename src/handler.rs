//! Tells events apart and gives each to its flow.
//!
//! Two promises are kept here: CloudFormation is answered whatever happens to the work, and no
//! record of a batch is lost because another failed.

mod cloudformation;
mod function;
mod metric_lines;
mod notification;
mod outcome;
mod shape;
mod state_change;
mod watch;

use anyhow::{Result, anyhow};
use serde_json::Value;
use tokio::time::Instant;

pub use self::function::{Function, Invocation};
pub use self::metric_lines::MetricLines;
use self::outcome::record_outcome;
use self::shape::{Shape, Unexpected};
use crate::alarm::StateChange;

/// Handles one event.
///
/// # Errors
///
/// An answer or an alert that could not be delivered, which Lambda should try again, or an event of
/// no known shape.
pub async fn handle(function: &Function, invocation: &Invocation, event: Value) -> Result<()> {
    let began = Instant::now();
    // Boxed, because the futures of a dozen SDK calls are large.
    let outcome = match Shape::new(&event) {
        Some(Shape::CustomResource) => {
            Box::pin(cloudformation::answer(function, invocation, event)).await
        }
        Some(Shape::Sns) => {
            return Box::pin(notification::batch(function, invocation, event)).await;
        }
        Some(Shape::LambdaAction) => {
            let change = StateChange::from_lambda_action(&event, Some(invocation.now));
            Box::pin(state_change::alert(function, invocation, change)).await
        }
        Some(Shape::EventBridge) => {
            let change = StateChange::from_event_bridge(&event, Some(invocation.now));
            Box::pin(state_change::alert(function, invocation, change)).await
        }
        Some(Shape::Watch) => Box::pin(watch::tick(function, invocation, &event)).await,
        None => Err(anyhow!("{}", Unexpected::new(&event))),
    };
    record_outcome(began, &outcome);
    outcome.map(drop)
}
