//! The state change of an alarm, in the three shapes in which CloudWatch reports it.
//!
//! The same change gives the same [`StateChange`] whichever way it came, and the same
//! [`alert_id`](StateChange::alert_id) each time it is delivered. Nothing in a message is trusted:
//! times may lie at the end of time, periods may be enormous, and no calculation here overflows.

mod alarm_data;
mod datapoints;
mod error;
mod event_bridge;
mod lambda_action;
mod sns;
mod state_change;
mod unchecked;
mod watched;
mod window;

pub use self::datapoints::{Datapoint, whole};
pub use self::error::Error;
pub use self::state_change::{Counted, Metric, StateChange, StateValue};
pub use self::window::Window;

#[cfg(test)]
mod tests;
