//! Messages from SNS: each record of a batch is handled, whatever becomes of the
//! others, and what is no alarm is passed on as it is.

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lambda_events::event::sns::{SnsMessage, SnsRecord};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tracing::{error, warn};

use super::{Invocation, alerted, reader, tell};
use crate::alarm::StateChange;
use crate::alert;
use crate::clients::Clients;
use crate::environment::Environment;
use crate::metrics::Outcome;

/// Handles every record; the failures together are the error.
pub(super) async fn batch(
    environment: &Environment,
    clients: &Clients,
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
            deadline: alert::fair_share(invocation.deadline, count.saturating_sub(index)),
            ..invocation.clone()
        };
        let handled = async {
            let message = message(record)?;
            notification(environment, clients, invocation, &message).await
        };
        let done = handled.await;
        tell(invocation, began, &done);
        if let Err(failure) = done {
            error!(
                error = format!("{failure:#}"),
                record = index,
                "a record failed"
            );
            failures.push(format!("record {} of {count}: {failure:#}", index + 1));
        }
    }
    let answered = count.saturating_sub(failures.len());
    match failures.len() {
        0 => Ok(()),
        _ if answered == 0 => Err(anyhow!(failures.join("; "))),
        // Lambda hands over the whole batch again, and nothing in it tells that it did before.
        _ => Err(anyhow!(
            "{}; the other {answered} of {count} went out, and will again, with the same alert ids, \
             when Lambda hands over the whole batch again",
            failures.join("; ")
        )),
    }
}

/// A record's message. One that was sent again by hand, from the dead-letter
/// queue or a test, may lack what only SNS itself would fill in.
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

/// One message: an alarm's state change becomes an alert, anything else is
/// passed on.
async fn notification(
    environment: &Environment,
    clients: &Clients,
    invocation: &Invocation,
    sns: &SnsMessage,
) -> Result<Outcome> {
    if environment.topic_arn.as_ref() == Some(&sns.topic_arn) {
        // Publishing it there again would bring it back here for ever.
        bail!(
            "the message came from {}, where alerts are published to; remove the function's \
             subscription to that topic",
            sns.topic_arn
        );
    }
    match StateChange::from_sns_message(&sns.message) {
        Ok(change) => alerted(environment, clients, invocation, Ok(change)).await,
        Err(not_read) => {
            warn!(reason = %not_read, "passing a message on as it is");
            let reader = reader(environment)?;
            Ok(alert::pass_on(clients.sns(), reader.topic_arn, sns, invocation.deadline).await?)
        }
    }
}
