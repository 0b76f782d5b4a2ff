//! What an alert says: every decision, made once.
//!
//! A [`Report`] is computed from the state change, the searches and the findings. Written as JSON it
//! is the object that programs get (`docs/alert.schema.json`); the mail, the subject, the SMS line, the
//! chat notification and the alarm notification each take the report and nothing else. What must hold: text from outside is
//! [`Shown`] here and nothing else is shown; what is missing is said, never left out in silence; and
//! nobody is named and nothing is counted that the events do not prove.

mod alarm;
mod alarm_notification;
mod callers;
mod chat;
mod commands;
mod content;
mod counts;
mod evidence;
mod follow_up;
mod group;
mod guide;
mod https_format;
mod links;
mod mail;
mod markup;
mod message;
mod moment;
mod number;
mod quiet;
mod situation;
mod subject;
mod subscriptions;
mod trigger;
mod usual;
mod values;
mod window;

pub use self::alarm::Alarm;
pub use self::alarm_notification::notification;
pub use self::callers::Callers;
pub use self::content::Report;
pub use self::counts::{Counts, LeftOut, Search};
pub use self::evidence::{Evidence, FollowUp as FollowUpEvidence, HeldBack, Total};
pub use self::follow_up::FollowUp;
pub use self::group::{Change, Group, NewestEvent, Workload};
pub use self::guide::{Guide, RunbookUrl};
pub use self::https_format::HttpsFormat;
pub use self::links::{Address, GroupLinks, Links};
pub use self::mail::MAX_NAMED;
pub use self::markup::{Markup, plain};
pub use self::message::{Attribute, Message, PassedOn, Texts, passed_on};
pub use self::moment::Moment;
pub use self::quiet::{IgnoredBy, Unmailed};
pub use self::situation::Situation;
pub use self::subject::compose_subject;
pub use self::subscriptions::Subscriptions;
pub use self::trigger::{Dimension, Trigger};
pub use self::usual::{History, Usual};
pub use self::values::Values;
pub use self::window::SearchedWindow;

#[cfg(test)]
mod tests;
