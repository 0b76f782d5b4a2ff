//! An AWS Lambda function that sets up its own alarm on KMS errors and sends a mail that says which
//! call failed, why, and what to do.
//!
//! Three flows share one binary. *Provision* answers CloudFormation's custom resource: it makes,
//! changes and removes a metric filter, an alarm, and the topic that people subscribe to. *Alert*
//! answers the alarm: it finds the CloudTrail events that raised it and publishes one message. *Watch*
//! answers a schedule: it makes sure that the alarm can see and be heard, repairs it, and goes on
//! telling while the alarm lasts.
//!
//! # What must hold
//!
//! - A custom-resource request is answered exactly once, whatever happens.
//! - An alert goes out even if the search for its details fails; only a failed publish is an error.
//! - Nothing is overwritten or removed that this resource did not make, unless it was told to adopt
//!   it.
//! - The watch repairs only what is ours, and nothing while CloudFormation is at work.
//! - All names derive from one base name, and a different base name is a different resource.
//! - Nothing publishes to a topic that it listens to.
//! - Text from outside is shown only as [`shown::Shown`], which makes it harmless. A
//!   [`command::Command`] is made only of our own words, of names that AWS would accept
//!   ([`identifier`]), and of quoted text.
//! - Everything that an alert says is decided once, in [`report::Report`]. The mail, the JSON
//!   object and the other texts only write it down.
//! - `main` reads the wall clock and the environment and passes them on. Only the proxy's variables
//!   are read elsewhere, by the HTTP client.
//! - The `ResponseURL` and the credentials never reach the log.
//!
//! # The modules
//!
//! They are listed in the order in which they are best read, which is also the order of the
//! imports: a module uses only modules below it. First comes the entry for events, then the three
//! flows, of which the watch uses the steps of the other two, then the preview of an alert from files,
//! then the nouns. Apart from the flows, only [`clients`] calls AWS.
//!
//! To see the mail, open `src/report/errors.txt`. To see what is said about an error, open
//! `src/kms_error/table.rs`.

#[cfg(test)]
mod approved;

pub mod handler;

pub mod watch;

pub mod alert;
pub mod provision;

pub mod explain;

pub mod clients;
pub mod environment;
pub mod log;

pub mod tick;

pub mod custom_resource;
pub mod properties;

pub mod health;

pub mod report;

pub mod alarm;
pub mod findings;

pub mod metric_filter;
pub mod quiet;

pub mod cloudtrail;
pub mod kms_error;

pub mod roles;

pub mod command;
pub mod identifier;
pub mod shown;

pub mod error_message;

pub mod deadline;
pub mod fault;
pub mod names;
pub mod owner;

pub mod arn;
pub mod lenient;
pub mod partition;
pub mod text;

pub mod version;
