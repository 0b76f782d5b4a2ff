//! One CloudTrail event, as it is in the log group: the fields that an alert needs.
//!
//! Everything is borrowed from the log message, and everything may be missing. Other fields are not
//! kept, least of all the whole request parameters, which may hold what a mail must not show.

mod by;
mod call;
mod encryption_context;
mod event;
mod event_keys;
mod key_change;
mod own_identity;
mod principal;
mod session_workload;
mod user_identity;

pub use self::call::{Call, call_pattern};
pub use self::encryption_context::Affected;
pub use self::event::{Addendum, AdditionalEventData, Error, Event, RequestParameters, Resource};
pub use self::key_change::{Key, KeyChange, key_change_pattern};
pub use self::own_identity::OwnIdentity;
pub use self::principal::Principal;
pub use self::session_workload::{Workload, WorkloadKind};
pub use self::user_identity::{InScopeOf, OnBehalfOf, SessionContext, SessionIssuer, UserIdentity};

#[cfg(test)]
mod tests;
