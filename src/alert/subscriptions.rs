//! Whether anybody is subscribed to the topic. SNS takes an alert for a topic without subscribers as
//! for any other, and mail scanners that follow every link unsubscribe people.
//!
//! What must hold: this runs beside the search and ends two seconds after it began, and the alert goes
//! out without it.

use std::time::Duration;

use aws_sdk_sns::Client as Sns;
use tracing::warn;

use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::report::Subscriptions;

const ACTION: &str = "sns:GetTopicAttributes";

/// The most time that this takes.
const MAX_TIME: Duration = Duration::from_secs(2);

/// Counts the topic's subscriptions. The log says if there is none, and if they cannot be counted.
pub(crate) async fn subscriptions(
    sns: &Sns,
    topic_arn: &str,
    until: Deadline,
) -> Option<Subscriptions> {
    let until = until.within(MAX_TIME);
    let counting = count(sns, topic_arn);
    let counted = until.answer(ACTION, topic_arn, counting).await;
    match &counted {
        Ok(Subscriptions {
            confirmed: 0,
            pending,
        }) => warn!(
            topic_arn,
            pending, "no subscription to the topic is confirmed: nobody gets this alert"
        ),
        Ok(_) => {}
        Err(fault) => warn!(%fault, "the topic's subscriptions could not be counted"),
    }
    counted.ok()
}

/// <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
async fn count(sns: &Sns, topic_arn: &str) -> Result<Subscriptions, Fault> {
    let answer = sns.get_topic_attributes().topic_arn(topic_arn).send().await;
    let answer = answer.map_err(|error| Fault::new(ACTION, topic_arn, &error))?;
    let attribute = |name| {
        let attribute = answer.attributes()?.get(name)?;
        attribute.parse().ok()
    };
    attribute("SubscriptionsConfirmed")
        .zip(attribute("SubscriptionsPending"))
        .map(|(confirmed, pending)| Subscriptions { confirmed, pending })
        .ok_or_else(|| Fault::local(ACTION, topic_arn, "the answer does not count them"))
}
