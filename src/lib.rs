//! An AWS Lambda function that sets up its own alarm on KMS errors and tells
//! people, in a mail, which call failed and what to do.
//!
//! Two flows share one binary. *Provision* answers CloudFormation's custom
//! resource: it makes, changes and removes a metric filter, an alarm, and the
//! topic that people subscribe to. *Alert* answers the alarm: it finds the
//! CloudTrail events that raised it and publishes one message.
//!
//! # What holds
//!
//! - A custom-resource request is answered exactly once, whatever happens.
//! - An alert goes out whatever fails while its details are looked for; only a
//!   failed publish is an error.
//! - Nothing is overwritten or removed that this resource did not make.
//! - All names derive from one base name, and another base name is another
//!   resource.
//! - Nothing publishes to a topic that it listens to.
//! - The wall clock and the environment are read in `main` and passed on, but for the proxy's variables, which the HTTP
//!   client reads itself.
//! - The `ResponseURL` and the credentials have no way into the log.
//!
//! # The modules
//!
//! In the order in which they are best read, which is also the order of the
//! imports: a module uses only those below it. First the events' way in, then
//! the two flows, then the preview of an alert for those who have files instead
//! of an account, then the nouns, which call no AWS.

pub mod handler;

pub mod alert;
pub mod provision;

pub mod explain;

pub mod clients;
pub mod environment;
pub mod log;

pub mod custom_resource;
pub mod metric_filter;
pub mod properties;

pub mod message;
pub mod metrics;

pub mod alarm;
pub mod findings;

pub mod cloudtrail;
pub mod kms_error;

pub mod fault;
pub mod names;
pub mod owner;

pub mod lenient;
pub mod text;
