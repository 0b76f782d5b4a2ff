//! The alert flow: from one state change of the alarm to one published alert.
//!
//! What must hold: whatever fails while looking for the events, the alert goes out and says what is
//! missing; only a failed publish is an error; and looking stops early enough for the publish.

mod changes;
mod deployment;
mod history;
mod pages;
mod publish;
mod search;
mod subscriptions;
mod told;
mod usual;

use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::warn;

pub(crate) use self::changes::find_changes;
use self::changes::keeping_time_for_changes;
pub use self::deployment::Deployment;
pub(crate) use self::history::alarmed_at;
pub use self::publish::pass_on;
pub(crate) use self::publish::publish;
use self::search::find_events;
pub(crate) use self::search::{SearchResult, find_in};
pub(crate) use self::subscriptions::subscriptions;
use self::told::note_alert;
pub(crate) use self::told::{Entry, LATEST, Memory, SEARCHABLE_AFTER, What};
use self::usual::{Question, history};
use crate::alarm::{StateChange, StateValue};
use crate::clients::Lazy;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::report::{Evidence, Guide, HttpsFormat, Message, Report, Unmailed};

/// Where alerts go, and how they are written for the people there.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The topic that people subscribe to.
    pub topic_arn: &'a str,
    /// The time zone shown beside UTC.
    pub zone: &'a TimeZone,
    /// What is wrong with the settings, for the mail to say.
    pub problems: &'a [String],
    /// What HTTPS subscribers understand.
    pub https: HttpsFormat,
    /// Whom to ask and what to follow.
    pub guide: &'a Guide,
}

/// An alert that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The alert's ID.
    pub alert_id: String,
    /// The alarm's new state.
    pub state: String,
    /// How bad it is.
    pub severity: String,
    /// How many failed calls were found.
    pub events_found: u64,
    /// How many more are ignored.
    pub events_ignored: u64,
    /// How many look-ups failed or ran out of time.
    pub lookups_failed: usize,
}

/// An alert that was not published, because nothing in it is to be mailed and nothing is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMailed {
    /// Why.
    pub why: Unmailed,
    /// The alert's ID.
    pub alert_id: String,
    /// How bad it is.
    pub severity: String,
    /// How many failed calls were found.
    pub events_found: u64,
    /// How many more are ignored.
    pub events_ignored: u64,
}

/// What became of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alerted {
    /// It was published.
    Published(Published),
    /// It is in the log only.
    NotMailed(NotMailed),
}

/// The time that belongs to the publish: two attempts.
pub(crate) const PUBLISH_TIME: Duration = Duration::from_secs(17);

/// Finds what raised the alarm, or what happened until it recovered, and publishes one alert, unless
/// it is about nothing that is to be mailed.
/// CloudWatch's client is made only to ask how usual errors are, and for a recovery whose beginning
/// is not known.
///
/// # Errors
///
/// The publish failed, so Lambda should try again.
pub async fn alert(
    logs: &Logs,
    cloudwatch: &Lazy<CloudWatch>,
    sns: &Sns,
    destination: Destination<'_>,
    deployment: &Deployment,
    mut change: StateChange,
    deadline: Deadline,
) -> Result<Alerted, Fault> {
    let until = deadline.keeping(PUBLISH_TIME);
    let question = Question::about(&change);
    let (found, subscriptions, history) = tokio::join!(
        look(logs, cloudwatch, deployment, &mut change, until),
        // Boxed, because they would make the whole alert's future too large.
        Box::pin(subscriptions(sns, destination.topic_arn, until)),
        Box::pin(history(cloudwatch, question, until)),
    );
    let change = &change;
    for problem in &found.problems {
        warn!(problem, "a look-up failed");
    }
    let no_history = history.as_ref().and_then(|history| history.as_ref().err());
    if let Some(fault) = no_history {
        warn!(%fault, "how usual errors are could not be looked up");
    }
    let lookups_failed =
        found.problems.len() + found.out_of_time() + usize::from(no_history.is_some());
    let settings = settings_problems(destination, deployment, change.changed_at);
    let report = Report::of(&Evidence {
        change,
        window: found.window,
        widened: found.widened,
        searches: &found.searches,
        findings: &found.findings,
        problems: &found.problems,
        settings: &settings,
        mail_from: deployment.quiet.mail_from,
        subscriptions,
        follow_up: None,
        history: history.as_ref(),
        guide: destination.guide,
        zone: destination.zone,
    });
    let memory = Memory::of(logs, &deployment.log_group, &change.name);
    let (alert_id, severity) = (change.alert_id(), report.severity.to_string());
    let (events_found, events_ignored) = (found.findings.found, found.findings.ignored());
    if let Some(why) = report.unmailed {
        if let Some(memory) = memory {
            // What is not mailed is not told either: should it get worse, the watch tells it.
            note_alert(&memory, change, &found, 0, deadline).await;
        }
        return Ok(Alerted::NotMailed(NotMailed {
            why,
            alert_id,
            severity,
            events_found,
            events_ignored,
        }));
    }
    let message = Message::new(report, destination.https);
    publish(sns, destination.topic_arn, &message, deadline).await?;
    if let Some(memory) = memory {
        note_alert(&memory, change, &found, message.named, deadline).await;
    }
    Ok(Alerted::Published(Published {
        alert_id,
        state: change.new_state.to_string(),
        severity,
        events_found,
        events_ignored,
        lookups_failed,
    }))
}

/// What is wrong with the settings at this time.
pub(crate) fn settings_problems(
    destination: Destination<'_>,
    deployment: &Deployment,
    at: Timestamp,
) -> Vec<String> {
    let notices = deployment.quiet.rules.notices(at);
    destination
        .problems
        .iter()
        .cloned()
        .chain(notices)
        .collect()
}

/// Looks for what raised the alarm or happened until it recovered, for when that began, and for who
/// changed the key.
async fn look(
    logs: &Logs,
    cloudwatch: &Lazy<CloudWatch>,
    deployment: &Deployment,
    change: &mut StateChange,
    until: Deadline,
) -> SearchResult {
    let mut problems = Vec::new();
    if change.is_recovery() && change.previous_changed_at.is_none() {
        match until.limit(alarmed_at(cloudwatch, change)).await {
            Ok(Ok(Some(began))) => change.previous_changed_at = Some(began),
            Ok(Ok(None)) => problems.push(format!(
                "cloudwatch:DescribeAlarmHistory on {}: it does not show when the alarm went off",
                change.name
            )),
            Ok(Err(fault)) => problems.push(fault.to_string()),
            Err(_) => {
                problems.push("cloudwatch:DescribeAlarmHistory did not answer in time".to_owned());
            }
        }
    }
    let is_alarm = change.new_state == StateValue::Alarm;
    let mut found = if change.has_events_to_find() {
        let until = if is_alarm {
            keeping_time_for_changes(until)
        } else {
            until
        };
        find_events(logs, change, deployment, until).await
    } else {
        let nothing = deployment.nothing_found(change.changed_at);
        SearchResult::before(change.window(), nothing)
    };
    if is_alarm {
        find_changes(logs, &mut found, until).await;
    }
    found.problems.splice(0..0, problems);
    found
}
