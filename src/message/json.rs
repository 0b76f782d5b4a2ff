//! The alert for programs: one JSON object.
//!
//! `version` is 1 and changes when a member changes its meaning or goes away; new members may come
//! at any time. Its schema is `docs/alert.schema.json`, which says what each member is. Times are
//! RFC 3339 in UTC, members that are unknown are `null`, and text is as harmless as in the mail,
//! because chat programs show it.

use serde_json::{Value, json};

use super::advice::advice_for;
use super::counts::counts;
use super::headline::{self, Situation};
use super::links::Links;
use super::names::NAME;
use super::{Alert, Extent, Outcome, SENTENCE, Search};
use crate::findings::{Group, Values};
use crate::text::{harmless, masked_key, name};

/// Writes the object.
pub(super) fn document(alert: &Alert<'_>, situation: Situation, extent: Extent) -> Value {
    let (change, findings) = (alert.change, alert.findings);
    let groups = findings.groups();
    let links = Links::of(alert, extent.searches);
    json!({
        "version": 1,
        "alertId": change.alert_id(),
        "kind": situation.name(),
        "severity": headline::severity(alert, situation).to_string(),
        "summary": headline::sentence(alert, situation),
        "alarm": {
            "name": name(&change.name, 255),
            "arn": change.arn.as_deref().map(|arn| name(arn, NAME)),
            "account": shown(change.account.as_deref()),
            "region": shown(change.region.as_deref()),
            "oldState": shown(change.old_state.as_ref().map(ToString::to_string).as_deref()),
            "newState": harmless(&change.new_state.to_string(), NAME),
            "reason": harmless(&change.reason, 1_100),
            "changedAt": change.changed_at.to_string(),
            "inAlarmSince": (situation == Situation::Recovered)
                .then(|| change.previous_changed_at.map(|began| began.to_string())),
        },
        "window": {
            "start": alert.window.start.to_string(),
            "end": alert.window.end.to_string(),
            "widened": alert.widened,
        },
        "counts": {
            "counted": change.expected(),
            "found": findings.found(),
            "duplicates": findings.duplicates(),
            "notErrors": findings.not_errors(),
            "unreadable": findings.unreadable(),
            "groupsLeftOut": groups.len().saturating_sub(extent.json_groups),
            "complete": is_complete(alert),
            "explanation": counts(alert),
        },
        "searches": alert.searches.iter().take(extent.searches).map(search).collect::<Vec<_>>(),
        "groups": groups.iter().take(extent.json_groups).map(|found| group(found)).collect::<Vec<_>>(),
        "problems": alert.problems.iter().take(extent.problems).map(|problem| harmless(problem, SENTENCE))
            .collect::<Vec<_>>(),
        "links": {
            "alarm": links.alarm,
            "dashboard": links.dashboard,
            "logEvents": links.log_events,
            "logsInsights": links.insights,
            "key": links.key,
            "cloudTrailEvent": links.event,
            "keyChange": links.change,
            "workload": links.workload.map(|(_, address)| address),
        },
    })
}

/// Whether everything was searched, read and told apart.
fn is_complete(alert: &Alert<'_>) -> bool {
    let searched = alert
        .searches
        .iter()
        .all(|search| search.outcome == Outcome::Complete);
    let findings = alert.findings;
    !alert.searches.is_empty()
        && searched
        && findings.unreadable() == 0
        && findings.ungrouped() == 0
}

fn search(search: &Search) -> Value {
    json!({
        "filter": name(&search.filter, NAME),
        "logGroup": name(&search.log_group, NAME),
        "pattern": search.pattern.chars().take(1_024).collect::<String>(),
        "pages": search.pages,
        "outcome": match search.outcome {
            Outcome::Complete => "complete",
            Outcome::OutOfTime => "outOfTime",
            Outcome::Failed => "failed",
        },
    })
}

fn group(group: &Group) -> Value {
    let (key, newest) = (group.key(), group.newest());
    let advice = advice_for(group);
    let affected = group.affected().newest().map(|affected| {
        json!({
            "key": harmless(&affected.key, 100),
            "value": harmless(&affected.value.to_string(), NAME),
        })
    });
    let workload = group.sessions().newest().next().map(|session| {
        let workload = group.workload(session);
        json!({
            "kind": workload.kind.noun(),
            "id": harmless(workload.id, NAME),
            "cluster": shown(workload.cluster),
            "known": workload.is_known,
        })
    });
    json!({
        "nature": key.nature.name(),
        "code": harmless(&key.code, 100),
        "operation": harmless(&key.operation, 100),
        "key": shown(key.key.as_deref()),
        "aliases": values(group.aliases()),
        "role": harmless(&key.role, NAME),
        "severity": group.severity().to_string(),
        "count": group.count(),
        "first": group.first().map(|time| time.to_string()),
        "last": group.last().map(|time| time.to_string()),
        "sessions": values(group.sessions()),
        "workload": workload,
        "sources": values(group.sources()),
        "vpcEndpoints": values(group.vpc_endpoints()),
        "services": values(group.services()),
        "affected": affected.collect::<Vec<_>>(),
        "keyChange": group.change().map(|change| json!({
            "operation": harmless(&change.operation, 100),
            "by": harmless(&change.by, NAME),
            "at": change.at.to_string(),
            "eventId": shown(change.event_id.as_deref()),
        })),
        "cause": advice.cause,
        "meaning": advice.meaning,
        "firstStep": advice.first_step,
        "command": advice.command,
        "remedy": advice.remedy,
        "newestEvent": {
            "time": newest.time.map(|time| time.to_string()),
            "message": newest.message.as_deref().map(|message| harmless(message, SENTENCE)),
            "eventId": shown(newest.event_id.as_deref()),
            "requestId": shown(newest.request_id.as_deref()),
            "region": shown(newest.region.as_deref()),
            "account": shown(newest.account.as_deref()),
            "keyAccount": shown(newest.key_account.as_deref()),
            "session": shown(newest.session.as_deref()),
            "source": shown(newest.source.as_deref()),
            "userAgent": newest.user_agent.as_deref().map(|agent| harmless(agent, 120)),
            "accessKey": newest.access_key.as_deref().map(masked_key),
            "keyStore": shown(newest.key_store.as_deref()),
            "destinationKey": shown(newest.destination_key.as_deref()),
            "delay": shown(newest.delay.as_deref()),
        },
    })
}

fn values(values: &Values<String>) -> Value {
    json!({
        "newest": values.newest().map(|value| harmless(value, NAME)).collect::<Vec<_>>(),
        "count": values.count(),
    })
}

fn shown(text: Option<&str>) -> Option<String> {
    text.map(|text| harmless(text, NAME))
}
