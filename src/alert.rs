//! The alert flow: from one state change of the alarm to one published alert.
//!
//! What must hold: whatever fails while looking for the events, the alert goes
//! out and says what is missing; only a failed publish is an error; and looking
//! stops early enough to leave the publish its time.

mod changes;
mod history;
mod pages;
mod publish;
mod search;

use std::time::Duration;

use aws_lambda_events::event::sns::SnsMessage;
use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::types::MessageAttributeValue;
use jiff::tz::TimeZone;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use self::changes::{leaving_time_for_changes, look_for_changes};
use self::history::alarmed_at;
use self::search::{Looked, look};
use crate::alarm::{StateChange, StateValue};
use crate::clients::Clients;
use crate::cloudtrail::Ourselves;
use crate::fault::Fault;
use crate::message::{self, Alert, HttpsFormat, Message};
use crate::metrics;

/// Where alerts go and how they show times.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The people's topic.
    pub topic_arn: &'a str,
    /// The zone shown beside UTC.
    pub zone: &'a TimeZone,
    /// What is wrong with the reader's settings, for the mail to say.
    pub problem: Option<&'a str>,
    /// What HTTPS subscribers understand.
    pub https: HttpsFormat,
}

/// How much of the time left belongs to the publish: two attempts.
const PUBLISH: Duration = Duration::from_secs(17);

/// Finds what raised the alarm, or what happened until it recovered, and
/// publishes one alert.
///
/// # Errors
///
/// The publish failed: then nobody has been told, and Lambda should try again.
pub async fn alert(
    clients: &Clients,
    reader: Reader<'_>,
    ourselves: &Ourselves,
    mut change: StateChange,
    deadline: Instant,
) -> Result<metrics::Outcome, Fault> {
    let logs = clients.logs();
    let until = stop_looking(deadline);
    let mut problems = Vec::new();
    if change.is_recovery() && change.previous_changed_at.is_none() {
        match timeout_at(until, alarmed_at(clients.cloudwatch(), &change)).await {
            Ok(Ok(Some(began))) => change.previous_changed_at = Some(began),
            Ok(Ok(None)) => problems.push(format!(
                "cloudwatch:DescribeAlarmHistory on {}: it does not tell when the alarm went off",
                change.name
            )),
            Ok(Err(fault)) => problems.push(fault.to_string()),
            Err(_) => {
                problems.push("cloudwatch:DescribeAlarmHistory did not answer in time".to_owned());
            }
        }
    }
    let change = &change;
    let mut looked = match change.new_state {
        StateValue::Alarm => look(logs, change, ourselves, leaving_time_for_changes(until)).await,
        _ if change.is_recovery() && change.previous_changed_at.is_some() => {
            look(logs, change, ourselves, until).await
        }
        _ => Looked::nowhere(change.window(), ourselves),
    };
    if change.new_state == StateValue::Alarm {
        look_for_changes(logs, &mut looked, until).await;
    }
    looked.problems.splice(0..0, problems);
    for problem in &looked.problems {
        warn!(problem, "looked with a problem");
    }
    let lookups_failed = looked.problems.len().saturating_add(looked.cut_short());
    looked.problems.extend(reader.problem.map(str::to_owned));
    let message = message::compose(&Alert {
        change,
        window: looked.window,
        widened: looked.widened,
        searches: &looked.searches,
        findings: &looked.findings,
        problems: &looked.problems,
        zone: reader.zone,
        https: reader.https,
    });
    publish(clients.sns(), reader.topic_arn, &message, deadline).await?;
    info!(
        alarm = change.name,
        alert_id = change.alert_id(),
        problems = looked.problems.len(),
        "alerted"
    );
    Ok(metrics::Outcome::Alerted {
        alert_id: change.alert_id(),
        state: change.new_state.to_string(),
        severity: message.severity.to_string(),
        events_found: looked.findings.found(),
        lookups_failed: u64::try_from(lookups_failed).unwrap_or(u64::MAX),
    })
}

/// Sends a message that is no alarm on as it is, its attributes included, so
/// that subscriptions that filter by them still see it.
///
/// # Errors
///
/// The publish failed.
pub async fn pass_on(
    sns: &Sns,
    topic_arn: &str,
    original: &SnsMessage,
    deadline: Instant,
) -> Result<metrics::Outcome, Fault> {
    let passed_on = message::passed_on(original.subject.as_deref(), &original.message);
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .set_subject(passed_on.subject)
        .message(passed_on.text);
    for (name, attribute) in &original.message_attributes {
        // Binary ones arrive encoded, and no subscription can filter by them.
        if attribute.data_type != "Binary" {
            let value = attribute_value(&attribute.data_type, &attribute.value)?;
            request = request.message_attributes(name, value);
        }
    }
    publish::send(request, topic_arn, deadline).await?;
    Ok(metrics::Outcome::PassedOn)
}

/// When the first of so many must end, so that none uses up the time of those behind it.
#[must_use]
pub fn fair_share(until: Instant, count: usize) -> Instant {
    let now = Instant::now();
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    now + until.saturating_duration_since(now) / count
}

/// When to stop looking: early enough for the publish, or half-way when even
/// that is more than what is left.
fn stop_looking(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - PUBLISH.min(left / 2)
}

async fn publish(
    sns: &Sns,
    topic_arn: &str,
    message: &Message,
    deadline: Instant,
) -> Result<(), Fault> {
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .subject(&message.subject)
        .message(&message.body)
        .message_structure("json");
    for (name, value) in [
        ("severity", message.severity.to_string()),
        ("alarm", message.alarm.clone()),
    ] {
        let value = attribute_value("String", &value)?;
        request = request.message_attributes(name, value);
    }
    publish::send(request, topic_arn, deadline).await
}

fn attribute_value(data_type: &str, value: &str) -> Result<MessageAttributeValue, Fault> {
    let built = MessageAttributeValue::builder()
        .data_type(data_type)
        .string_value(value)
        .build();
    built.map_err(|error| Fault {
        action: "sns:Publish",
        object: "a message attribute".to_owned(),
        code: None,
        message: error.to_string(),
    })
}
