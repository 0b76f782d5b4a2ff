//! The alert in the form in which CloudWatch itself tells SNS of an alarm, for pagers and chat bridges,
//! which read nothing else. Its reason is what the mail's first screen says.
//!
//! What must stay true: a pager takes the alarm's name, or what the alarm watches, as the key of the
//! incident, so both are the same when the alarm goes off, while it lasts and when it is over; only
//! the end has the state OK; no text is longer than CloudWatch's own may be, because pagers cut or
//! refuse what is longer; and no bridge finds a chat's markup in what it hands on.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>

use serde::Serialize;
use serde_json::Value;

use super::alarm::Alarm;
use super::content::Report;
use super::guide::Guide;
use super::markup::plain;
use super::situation::Situation;
use super::subject;
use super::trigger::Trigger;
use crate::shown::{Shown, shown};
use crate::text::cut;

/// CloudWatch's reasons have at most so many characters.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>
const MAX_REASON: usize = 1_023;
/// And its descriptions so many.
const MAX_DESCRIPTION: usize = 1_024;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Notification<'a> {
    alarm_name: &'a Shown,
    alarm_description: Option<String>,
    #[serde(rename = "AWSAccountId")]
    account: Option<&'a Shown>,
    new_state_value: Shown,
    new_state_reason: String,
    state_change_time: Shown,
    region: Option<&'a Shown>,
    alarm_arn: Option<&'a Shown>,
    old_state_value: Shown,
    trigger: &'a Trigger,
}

/// Writes the notification of an alert.
pub(super) fn of_report(report: &Report) -> Value {
    let lasts = report.follow_up.is_some();
    notification(
        &report.alarm,
        &report.alarm.trigger,
        lasts,
        &report.guide,
        first_screen(report),
    )
}

/// Writes a notification. That the alarm lasts is no change of its state.
pub fn notification(
    alarm: &Alarm,
    trigger: &Trigger,
    lasts: bool,
    guide: &Guide,
    reason: impl IntoIterator<Item = String>,
) -> Value {
    let in_alarm = shown!("ALARM");
    let (new_state, old_state) = if lasts {
        (in_alarm.clone(), in_alarm)
    } else {
        let unknown = || shown!("INSUFFICIENT_DATA");
        let old_state = alarm.old_state.clone().unwrap_or_else(unknown);
        (alarm.new_state.clone(), old_state)
    };
    let about = [
        guide
            .owner
            .as_ref()
            .map(|owner| format!("Owner: {}", plain(owner))),
        guide
            .runbook_url
            .as_ref()
            .map(|address| format!("Runbook: {address}")),
        alarm
            .description
            .as_ref()
            .map(|description| plain(description).to_string()),
    ];
    let about = fitting(about.into_iter().flatten(), MAX_DESCRIPTION);
    let notification = Notification {
        alarm_name: &alarm.name,
        alarm_description: Some(about).filter(|about| !about.is_empty()),
        account: alarm.account.as_ref(),
        new_state_value: new_state,
        new_state_reason: fitting(reason, MAX_REASON),
        state_change_time: alarm.changed_at.cloudwatch(),
        region: alarm.region.as_ref(),
        alarm_arn: alarm.arn.as_ref(),
        old_state_value: old_state,
        trigger,
    };
    // Every field is a text, a number or a list of these.
    serde_json::to_value(notification).unwrap_or_default()
}

/// What the mail says first, a line each.
fn first_screen(report: &Report) -> Vec<String> {
    let lead = report.lead().filter(|_| {
        matches!(
            report.situation,
            Situation::Errors | Situation::FollowUp | Situation::Reminder
        )
    });
    let page = lead.and_then(|lead| lead.links.key.as_ref().filter(|_| lead.needs_key));
    let command = lead.and_then(|lead| {
        let remedy = lead.short_remedy().map(|remedy| &remedy.command);
        remedy.or(lead.command.as_ref())
    });
    let change = lead.and_then(|lead| lead.changes.first());
    let is_counted = lead.is_some() || report.counts.counted.is_some();
    let before = [
        Some(shown!("{}: {}", subject::mark(report), report.summary)),
        lead.map(|lead| lead.calls.clone()),
        change.map(|change| change.sentence.clone()),
        report.follow_up.as_ref().map(|told| told.sentence.clone()),
        report.usual.as_ref().map(|usual| usual.sentence.clone()),
        lead.map(|lead| shown!("Do first: {}", lead.first_step)),
    ];
    // An address and a command are of no use when they are changed.
    let exact = [
        page.map(ToString::to_string),
        command.map(ToString::to_string),
    ];
    let after = is_counted.then(|| report.counts.explanation.clone());
    let said = |text: Shown| plain(&text).to_string();
    let lines = before
        .into_iter()
        .flatten()
        .map(said)
        .chain(exact.into_iter().flatten())
        .chain(after.map(said));
    lines.filter(|line| !line.is_empty()).collect()
}

/// As many lines as there is room for, in their order. Only the first one is cut: half an address or
/// half a command is worse than none.
fn fitting(lines: impl IntoIterator<Item = String>, max: usize) -> String {
    let mut lines = lines.into_iter();
    let mut whole = cut(&lines.next().unwrap_or_default(), max);
    for line in lines {
        if whole.chars().count() + 1 + line.chars().count() <= max {
            whole.push('\n');
            whole.push_str(&line);
        }
    }
    whole
}
