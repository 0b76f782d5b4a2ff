//! How many messages wait in the dead-letter queue. CloudWatch knows it, so no client of SQS is
//! needed; a queue in which something waits reports for as long as it does.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::fault::Fault;

/// SQS reports every minute, some minutes late.
const LOOK_BACK: i64 = 15 * 60;
const PERIOD: i32 = 60;

/// The newest number; none when the queue does not report.
pub(super) async fn waiting(
    cloudwatch: &CloudWatch,
    queue: &str,
    now: Timestamp,
) -> Result<u64, Fault> {
    let now = now.as_second();
    let answer = cloudwatch
        .get_metric_statistics()
        .namespace("AWS/SQS")
        .metric_name("ApproximateNumberOfMessagesVisible")
        .dimensions(Dimension::builder().name("QueueName").value(queue).build())
        .statistics(Statistic::Maximum)
        .period(PERIOD)
        .start_time(DateTime::from_secs(now.saturating_sub(LOOK_BACK)))
        .end_time(DateTime::from_secs(now))
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:GetMetricStatistics", queue, &error))?;
    let newest = answer
        .datapoints()
        .iter()
        .max_by_key(|datapoint| datapoint.timestamp().map(DateTime::secs));
    let waiting = newest.and_then(Datapoint::maximum);
    // A number of messages: whole, and never negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(waiting.unwrap_or_default().max(0.0) as u64)
}
