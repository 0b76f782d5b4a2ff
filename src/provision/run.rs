//! One run: a delivery of a request that is carried out.

use std::cell::RefCell;
use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use backon::{ConstantBuilder, Retryable};
use tracing::warn;

use super::error::Error;
use super::resource::Resource;
use super::turn::Turn;
use crate::arn::Scope;
use crate::deadline::Deadline;

/// A new permission or tag takes up to half a minute to apply everywhere, so what may be due to
/// that counts only after this many attempts, this far apart.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const RETRIES: ConstantBuilder = ConstantBuilder::new().with_delay(DELAY).with_max_times(10);
const DELAY: Duration = Duration::from_secs(3);
/// The time without which no other attempt begins.
const ATTEMPT: Duration = Duration::from_secs(1);

/// The account and Region in which the resource is made.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// CloudWatch Logs.
    pub logs: &'a Logs,
    /// CloudWatch.
    pub cloudwatch: &'a CloudWatch,
    /// SNS.
    pub sns: &'a Sns,
    /// Their account and Region.
    pub scope: &'a Scope,
}

/// What every step of a run needs.
pub(super) struct Run<'a> {
    pub(super) account: Account<'a>,
    pub(super) resource: Resource,
    pub(super) turn: &'a Turn<'a>,
    /// When the work must have ended.
    pub(super) until: Deadline,
}

/// Tries again while the failure may pass, until the time is up.
pub(super) async fn patiently<T, Attempt>(
    until: Deadline,
    attempt: impl FnMut() -> Attempt,
) -> Result<T, Error>
where
    Attempt: Future<Output = Result<T, Error>>,
{
    let failure = RefCell::new(Error::OutOfTime);
    let attempts = attempt
        .retry(RETRIES)
        .when(|error| error.is_transient() && until.remaining() > DELAY + ATTEMPT)
        .notify(|error, _| {
            warn!(error = error.kind(), "trying again: it may pass");
            failure.replace(error.clone());
        });
    // What failed before says more than that the last attempt took too long.
    let result = until.limit(attempts).await;
    result.unwrap_or_else(|_| Err(failure.into_inner()))
}
