//! The alert flow: from one state change of the alarm to one published alert.
//!
//! What must hold: whatever fails while looking for the events, the alert goes
//! out and says what is missing; only a failed publish is an error; and looking
//! stops early enough to leave the publish its time.

mod publish;

use std::time::Duration;

use aws_lambda_events::event::sns::SnsMessage;
use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{HistoryItemType, ScanBy};
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use crate::alarm::{Metric, StateChange, StateValue, Window};
use crate::fault::Fault;
use crate::findings::Findings;
use crate::message::{self, Alert, Message, Outcome, Search};
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
}

/// How much of the time left belongs to the publish: two attempts.
const PUBLISH: Duration = Duration::from_secs(17);

/// So many entries of the alarm's history are read, newest first.
const MOST_HISTORY: usize = 100;

/// Finds what raised the alarm, or what happened until it recovered, and
/// publishes one alert.
///
/// # Errors
///
/// The publish failed: then nobody has been told, and Lambda should try again.
pub async fn alert(
    logs: &Logs,
    cloudwatch: &CloudWatch,
    sns: &Sns,
    reader: Reader<'_>,
    mut change: StateChange,
    deadline: Instant,
) -> Result<metrics::Outcome, Fault> {
    let until = stop_looking(deadline);
    let mut problems = Vec::new();
    if change.new_state == StateValue::Ok && change.previous_changed_at.is_none() {
        match timeout_at(until, alarmed_at(cloudwatch, &change)).await {
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
        StateValue::Alarm => look(logs, change, until).await,
        StateValue::Ok if change.previous_changed_at.is_some() => look(logs, change, until).await,
        _ => Looked::nowhere(change.window()),
    };
    looked.problems.splice(0..0, problems);
    let lookups_failed = looked.problems.len();
    looked.problems.extend(reader.problem.map(str::to_owned));
    let message = message::compose(&Alert {
        change,
        window: looked.window,
        widened: looked.widened,
        searches: &looked.searches,
        findings: &looked.findings,
        problems: &looked.problems,
        zone: reader.zone,
    });
    publish(sns, reader.topic_arn, &message).await?;
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
    publish::send(request, topic_arn).await?;
    Ok(metrics::Outcome::PassedOn)
}

/// When to stop looking: early enough for the publish, or half-way when even
/// that is more than what is left.
fn stop_looking(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - PUBLISH.min(left / 2)
}

/// When the alarm went off before it recovered: SNS's message does not tell.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>
async fn alarmed_at(
    cloudwatch: &CloudWatch,
    change: &StateChange,
) -> Result<Option<Timestamp>, Fault> {
    // A page may be empty and yet not the last.
    let mut items = cloudwatch
        .describe_alarm_history()
        .alarm_name(&change.name)
        .history_item_type(HistoryItemType::StateUpdate)
        .end_date(DateTime::from_millis(change.changed_at.as_millisecond()))
        .scan_by(ScanBy::TimestampDescending)
        .max_records(10)
        .into_paginator()
        .items()
        .send();
    for _ in 0..MOST_HISTORY {
        let Some(item) = items.next().await else {
            break;
        };
        let item = item
            .map_err(|error| Fault::of("cloudwatch:DescribeAlarmHistory", &change.name, &error))?;
        let data = item.history_data().unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        if data.pointer("/newState/stateValue").and_then(Value::as_str) == Some("ALARM") {
            let millis = item.timestamp().and_then(|time| time.to_millis().ok());
            return Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()));
        }
    }
    Ok(None)
}

/// What looking gave.
struct Looked {
    window: Window,
    widened: bool,
    searches: Vec<Search>,
    findings: Findings,
    problems: Vec<String>,
}

impl Looked {
    fn nowhere(window: Window) -> Self {
        Self {
            window,
            widened: false,
            searches: Vec::new(),
            findings: Findings::default(),
            problems: Vec::new(),
        }
    }
}

/// Asks which filters feed the alarm's metric and searches their log groups
/// with their patterns, once more in a wider window when nothing is found.
async fn look(logs: &Logs, change: &StateChange, until: Instant) -> Looked {
    let mut looked = Looked::nowhere(change.window());
    let Some(metric) = &change.metric else {
        looked.problems.push(
            "the alarm does not watch one metric, so no metric filter tells where to look"
                .to_owned(),
        );
        return looked;
    };
    match timeout_at(until, filters(logs, metric)).await {
        Ok(Ok(searches)) => looked.searches = searches,
        Ok(Err(fault)) => looked.problems.push(fault.to_string()),
        Err(_) => looked
            .problems
            .push("logs:DescribeMetricFilters did not answer in time".to_owned()),
    }
    if looked.searches.is_empty() && looked.problems.is_empty() {
        looked.problems.push(format!(
            "no metric filter feeds {} {} any more",
            metric.namespace, metric.name
        ));
    }
    search(logs, &mut looked, until).await;
    let complete = |search: &Search| search.outcome == Outcome::Complete;
    if looked.findings.is_empty()
        && looked.searches.iter().all(complete)
        && !looked.searches.is_empty()
    {
        looked.window = looked.window.widened();
        looked.widened = true;
        search(logs, &mut looked, until).await;
    }
    for problem in &looked.problems {
        warn!(problem, "looked with a problem");
    }
    looked
}

/// The filters that feed a metric, each a search to make.
async fn filters(logs: &Logs, metric: &Metric) -> Result<Vec<Search>, Fault> {
    let mut pages = logs
        .describe_metric_filters()
        .metric_namespace(&metric.namespace)
        .metric_name(&metric.name)
        .into_paginator()
        .items()
        .send();
    let mut searches = Vec::new();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| Fault::of("logs:DescribeMetricFilters", &metric.name, &error))?;
        searches.push(Search {
            filter: found.filter_name.unwrap_or_default(),
            log_group: found.log_group_name.unwrap_or_default(),
            pattern: found.filter_pattern.unwrap_or_default(),
            pages: 0,
            outcome: Outcome::Complete,
        });
    }
    Ok(searches)
}

/// Makes every search; what each found is in the findings, how each ended in
/// itself.
async fn search(logs: &Logs, looked: &mut Looked, until: Instant) {
    for search in &mut looked.searches {
        let reading = read(logs, search, looked.window, &mut looked.findings);
        match timeout_at(until, reading).await {
            Ok(Ok(())) => search.outcome = Outcome::Complete,
            Ok(Err(fault)) => {
                search.outcome = Outcome::Failed;
                looked.problems.push(fault.to_string());
            }
            Err(_) => {
                search.outcome = Outcome::OutOfTime;
                looked.problems.push(format!(
                    "logs:FilterLogEvents on {}: time ran out before all was read",
                    search.log_group
                ));
            }
        }
    }
}

/// Reads every page of one search. A page may be empty and yet not the last:
/// only a missing token ends it.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
async fn read(
    logs: &Logs,
    search: &mut Search,
    window: Window,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let mut token = None;
    loop {
        let page = logs
            .filter_log_events()
            .log_group_name(&search.log_group)
            .filter_pattern(&search.pattern)
            .start_time(window.start_millis())
            .end_time(window.end_millis())
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Fault::of("logs:FilterLogEvents", &search.log_group, &error))?;
        search.pages += 1;
        for event in page.events() {
            findings.read(event.message().unwrap_or_default());
        }
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(()),
        }
    }
}

async fn publish(sns: &Sns, topic_arn: &str, message: &Message) -> Result<(), Fault> {
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .subject(&message.subject)
        .message(message.body())
        .message_structure("json");
    for (name, value) in [
        ("severity", message.severity.to_string()),
        ("alarm", message.alarm.clone()),
    ] {
        let value = attribute_value("String", &value)?;
        request = request.message_attributes(name, value);
    }
    publish::send(request, topic_arn).await
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
