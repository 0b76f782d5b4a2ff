//! The account and Region in which the resource is made.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;

use crate::arn::Scope;

/// The clients that provisioning may use, and where they act.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) logs: &'a Logs,
    pub(super) cloudwatch: &'a CloudWatch,
    pub(super) sns: &'a Sns,
    pub(super) scope: &'a Scope,
}
