//! Every check of a round, side by side.

use std::time::Duration;

use aws_sdk_cloudwatch::types::MetricAlarm;

use super::log_group::{Events, events};
use super::queue::waiting;
use super::round::Round;
use crate::fault::Fault;
use crate::provision::{Condition, TopicSeen, Watched};

/// The time that the checks have.
pub(super) const CHECKS: Duration = Duration::from_secs(15);

/// What is named when a check does not end in time.
const THE_CHECK: &str = "the check";

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
    let (filter, alarms, topic, addresses, events, listeners, waiting) = tokio::join!(
        until.answer("logs:DescribeMetricFilters", THE_CHECK, watched.filter()),
        until.answer("cloudwatch:DescribeAlarms", THE_CHECK, watched.alarms()),
        until.answer("sns:GetTopicAttributes", THE_CHECK, watched.topic()),
        until.answer("sns:ListSubscriptionsByTopic", THE_CHECK, addresses),
        until.answer("logs:FilterLogEvents", THE_CHECK, events(round)),
        until.answer("sns:GetTopicAttributes", THE_CHECK, watched.listeners()),
        until.answer("cloudwatch:GetMetricStatistics", THE_CHECK, queue),
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
