//! Every check of a round, side by side.

use std::time::Duration;

use aws_sdk_cloudwatch::types::MetricAlarm;

use super::log_group::{Events, events};
use super::queue::waiting;
use super::round::Round;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::provision::{Condition, TopicSeen, Watched};

/// The time that the checks have.
pub(super) const CHECKS: Duration = Duration::from_secs(15);

/// What the checks saw, or why they could not be made.
pub(super) struct Look {
    pub(super) filter: Result<Condition, Fault>,
    /// The alarm on KMS errors and the one on the watch.
    pub(super) alarms: Result<(Option<MetricAlarm>, Option<MetricAlarm>), Fault>,
    pub(super) topic: Result<TopicSeen, Fault>,
    /// For each address whether it has confirmed, or nothing if it is not subscribed.
    pub(super) addresses: Result<Vec<Option<bool>>, Fault>,
    /// What CloudTrail's log group has.
    pub(super) events: Result<Events, Fault>,
    /// How many subscriptions the topic has that the alarm notifies; nothing if that is gone.
    pub(super) listeners: Result<Option<u64>, Fault>,
    /// How many messages wait in the dead-letter queue.
    pub(super) waiting: Result<u64, Fault>,
}

/// Makes every check.
pub(super) async fn look(round: &Round<'_>, watched: &Watched<'_>) -> Look {
    let until = round.deadline.within(CHECKS);
    let addresses = async {
        if watched.properties.emails.is_empty() {
            return Ok(Vec::new());
        }
        watched.addresses().await
    };
    let queue = async {
        match &round.tick.queue_name {
            Some(queue) => waiting(round.account.cloudwatch, queue, round.now).await,
            None => Ok(0),
        }
    };
    // Boxed, because the futures of a dozen SDK calls are large.
    let (filter, alarms, topic, addresses, events, listeners, waiting) = tokio::join!(
        in_time(
            until,
            "logs:DescribeMetricFilters",
            Box::pin(watched.filter())
        ),
        in_time(
            until,
            "cloudwatch:DescribeAlarms",
            Box::pin(watched.alarms())
        ),
        in_time(until, "sns:GetTopicAttributes", Box::pin(watched.topic())),
        in_time(until, "sns:ListSubscriptionsByTopic", Box::pin(addresses)),
        in_time(until, "logs:FilterLogEvents", Box::pin(events(round))),
        in_time(
            until,
            "sns:GetTopicAttributes",
            Box::pin(watched.listeners())
        ),
        in_time(until, "cloudwatch:GetMetricStatistics", Box::pin(queue)),
    );
    Look {
        filter,
        alarms,
        topic,
        addresses,
        events,
        listeners,
        waiting,
    }
}

async fn in_time<T>(
    until: Deadline,
    action: &'static str,
    check: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let checked = until.limit(check).await;
    checked.unwrap_or_else(|_| Err(Fault::no_answer(action, "the check")))
}
