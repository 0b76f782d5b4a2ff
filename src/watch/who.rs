//! Who made a change, if the trail's own events say so.
//!
//! What must hold: somebody is named only for a call that changed the very object between the last
//! tick that found it in order and the first one that did not.

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::{SignedDuration, Timestamp};

use crate::arn::Scope;
use crate::cloudtrail::{Call, call_pattern};
use crate::fault::Fault;
use crate::health::{Change, Kind, Seen, Silence};

/// The operations that may be why.
const OPERATIONS: [&str; 18] = [
    "DeleteMetricFilter",
    "PutMetricFilter",
    "DeleteAlarms",
    "PutMetricAlarm",
    "DisableAlarmActions",
    "DeleteTopic",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "Unsubscribe",
    "DeleteLogGroup",
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "DisableRule",
    "DeleteRule",
    "RemoveTargets",
];
/// A trail that was changed this long ago may be why there is no event, and no event of KMS.
const HOURS: SignedDuration = SignedDuration::from_hours(2);
const DAY: SignedDuration = SignedDuration::from_hours(25);
/// More calls than this are not read.
const MAX_CALLS: usize = 1_000;

/// Where to look.
#[derive(Clone, Copy)]
pub(super) struct Trail<'a> {
    pub(super) logs: &'a Logs,
    /// CloudTrail's log group.
    pub(super) log_group: &'a str,
    /// The function's own role: what it did itself is no news.
    pub(super) own_role: Option<&'a str>,
    /// Where the alarm is: names are alike in other Regions and accounts.
    pub(super) scope: Option<&'a Scope>,
    pub(super) now: Timestamp,
}

/// Adds to each problem who made the change, and to a silence who stopped the rule.
///
/// # Errors
///
/// The events could not be searched, so nobody is named.
pub(super) async fn name_who(
    trail: &Trail<'_>,
    problems: &mut [Seen],
    silence: Option<&mut Silence>,
) -> Result<(), Fault> {
    let last_tick = silence.as_ref().and_then(|silence| silence.last_tick);
    let Some(from) = problems.iter().filter_map(since).chain(last_tick).min() else {
        return Ok(());
    };
    let mut pages = trail
        .logs
        .filter_log_events()
        .log_group_name(trail.log_group)
        .filter_pattern(call_pattern(OPERATIONS))
        .start_time(from.as_millisecond())
        .end_time(trail.now.as_millisecond())
        .into_paginator()
        .send();
    let mut calls: Vec<Call> = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| Fault::new("logs:FilterLogEvents", trail.log_group, &error))?;
        let found = page.events().iter().filter_map(|event| event.message());
        calls.extend(found.filter_map(Call::read));
        if calls.len() >= MAX_CALLS {
            break;
        }
    }
    calls.retain(|call| {
        let is_here = trail
            .scope
            .is_none_or(|scope| call.is_in(&scope.account, &scope.region));
        is_here && !trail.own_role.is_some_and(|role| call.is_by_role(role))
    });
    for seen in problems {
        let Some(from) = since(seen) else { continue };
        let why = calls
            .iter()
            .filter(|call| from <= call.at && call.at <= seen.first)
            .filter(|call| may_be_why(call, seen, trail.log_group))
            .max_by_key(|call| call.at);
        seen.change = why.map(change);
    }
    if let Some(silence) = silence {
        let rule = silence.rule.as_deref();
        let stopped = |call: &&Call| {
            let operation = call.operation.as_str();
            let is_of_rule = |rule| call.names("name", rule) || call.names("rule", rule);
            last_tick.is_some_and(|last| last <= call.at)
                && matches!(operation, "DisableRule" | "DeleteRule" | "RemoveTargets")
                && rule.is_some_and(is_of_rule)
        };
        let first = calls.iter().filter(stopped).min_by_key(|call| call.at);
        silence.change = first.map(change);
    }
    Ok(())
}

fn change(call: &Call) -> Change {
    Change {
        operation: call.operation.clone(),
        by: call.by.clone(),
        at: call.at,
    }
}

/// From when on the change may have been made; nothing when that is not known.
fn since(seen: &Seen) -> Option<Timestamp> {
    match seen.problem.kind {
        Kind::LogGroupSilent => seen.first.checked_sub(HOURS).ok(),
        Kind::NoKmsEvents => seen.first.checked_sub(DAY).ok(),
        Kind::QueueNotEmpty | Kind::AlarmUnheard => None,
        _ => seen.before,
    }
}

fn may_be_why(call: &Call, seen: &Seen, log_group: &str) -> bool {
    let object = seen.problem.object.as_str();
    let operation = call.operation.as_str();
    match seen.problem.kind {
        Kind::FilterGone => {
            operation == "DeleteMetricFilter"
                && call.names("filterName", object)
                && call.names("logGroupName", log_group)
        }
        Kind::FilterChanged => {
            operation == "PutMetricFilter"
                && call.names("filterName", object)
                && call.names("logGroupName", log_group)
        }
        Kind::AlarmGone => operation == "DeleteAlarms" && call.names("alarmNames", object),
        Kind::AlarmChanged => {
            (operation == "PutMetricAlarm" && call.names("alarmName", object))
                || (operation == "DisableAlarmActions" && call.names("alarmNames", object))
        }
        Kind::HealthAlarmGone => {
            (operation == "DeleteAlarms" || operation == "DisableAlarmActions")
                && call.names("alarmNames", object)
        }
        Kind::TopicGone => operation == "DeleteTopic" && call.names("topicArn", object),
        Kind::TopicChanged => {
            matches!(
                operation,
                "SetTopicAttributes" | "AddPermission" | "RemovePermission"
            ) && call.names("topicArn", object)
        }
        Kind::NobodySubscribed | Kind::AddressesGone => {
            operation == "Unsubscribe" && call.begins("subscriptionArn", &format!("{object}:"))
        }
        Kind::LogGroupGone => operation == "DeleteLogGroup" && call.names("logGroupName", object),
        Kind::LogGroupSilent | Kind::NoKmsEvents => matches!(
            operation,
            "StopLogging" | "DeleteTrail" | "UpdateTrail" | "PutEventSelectors"
        ),
        Kind::QueueNotEmpty | Kind::AlarmUnheard => false,
    }
}
