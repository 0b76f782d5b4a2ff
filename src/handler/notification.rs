//! Messages from SNS. Every record of a batch is handled, whatever happens to the others, and a
//! message that is not an alarm's is passed on as it is.

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lambda_events::event::sns::{SnsMessage, SnsRecord};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tracing::{error, warn};

use super::function::{Function, Invocation};
use super::outcome::{Outcome, record_outcome};
use super::state_change;
use crate::alarm::StateChange;
use crate::alert;

/// Handles every record. All failures together are the error.
pub(super) async fn batch(
    function: &Function,
    invocation: &Invocation,
    mut event: Value,
) -> Result<()> {
    let records = event.get_mut("Records").map(Value::take);
    let Some(Value::Array(records)) = records else {
        bail!("SNS event: Records is not a list");
    };
    let count = records.len();
    let mut failures = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let began = Instant::now();
        let invocation = &Invocation {
            deadline: invocation.deadline.share(count - index),
            ..invocation.clone()
        };
        let handled = async {
            let message = message(record)?;
            notification(function, invocation, &message).await
        };
        let outcome = handled.await;
        record_outcome(began, &outcome);
        if let Err(failure) = outcome {
            error!(
                error = format!("{failure:#}"),
                record = index,
                "a record failed"
            );
            failures.push(format!("record {} of {count}: {failure:#}", index + 1));
        }
    }
    let sent = count - failures.len();
    match failures.len() {
        0 => Ok(()),
        _ if sent == 0 => Err(anyhow!(failures.join("; "))),
        // Lambda retries the whole batch, and nothing in it shows that it is a retry.
        _ => Err(anyhow!(
            "{}; the other {sent} of {count} were sent, and will be sent again, with the same \
             alert IDs, when Lambda retries the whole batch",
            failures.join("; ")
        )),
    }
}

/// A record's message. One that was sent by hand, from the dead-letter queue or as a test, may lack
/// what only SNS fills in.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
fn message(record: &Value) -> Result<SnsMessage> {
    if let Ok(record) = SnsRecord::deserialize(record) {
        return Ok(record.sns);
    }
    let text = |field: &str| {
        let value = record.pointer(field)?;
        value.as_str().map(str::to_owned)
    };
    let mut message = SnsMessage::default();
    message.message = text("/Sns/Message").context("an SNS record without Sns.Message")?;
    message.topic_arn = text("/Sns/TopicArn").unwrap_or_default();
    message.subject = text("/Sns/Subject");
    Ok(message)
}

/// Handles one message: an alarm's state change becomes an alert, anything else is passed on.
async fn notification(
    function: &Function,
    invocation: &Invocation,
    sns: &SnsMessage,
) -> Result<Outcome> {
    if function.environment.topic_arn.as_ref() == Some(&sns.topic_arn) {
        // Publishing it there again would bring it back here forever.
        bail!(
            "the message came from {}, the topic that alerts go to; remove the function's \
             subscription to that topic",
            sns.topic_arn
        );
    }
    match StateChange::from_sns_message(&sns.message, Some(invocation.now)) {
        Ok(change) => state_change::alert(function, invocation, Ok(change)).await,
        Err(error) => {
            warn!(reason = %error, "passing a message on as it is");
            let topic_arn = function.destination()?.topic_arn;
            alert::pass_on(&function.clients.sns, topic_arn, sns, invocation.deadline).await?;
            Ok(Outcome::PassedOn)
        }
    }
}
