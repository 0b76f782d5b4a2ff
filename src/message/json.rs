//! The alert for programs: one JSON object.
//!
//! `version` is 1 and changes when a member changes its meaning or goes away; new members may come
//! at any time. Times are RFC 3339 in UTC. Members that are unknown are `null`. Text is as harmless
//! as in the mail, because chat programs show it.
//!
//! | member | what it is |
//! |---|---|
//! | `version` | 1 |
//! | `alertId` | the same for a repeated delivery |
//! | `kind` | `errors`, `nothingFound`, `test`, `recovered`, `insufficientData` |
//! | `severity` | `INFO`, `LOW`, `MEDIUM`, `HIGH`, `CRITICAL` |
//! | `summary` | the mail's first sentence |
//! | `alarm` | `name`, `arn`, `account`, `region`, `oldState`, `newState`, `reason`, `changedAt`, `inAlarmSince` (of a recovery) |
//! | `window` | the log time that was searched: `start`, `end`, `widened` |
//! | `counts` | `counted` by the alarm, `found`, `duplicates`, `notErrors`, `unreadable`, `groupsLeftOut`, `complete`, and `explanation` in words |
//! | `searches` | for each metric filter: `filter`, `logGroup`, `pattern`, `pages`, `outcome` (`complete`, `outOfTime`, `tooMany`, `failed`) |
//! | `groups` | the worst first: `code`, `operation`, `key`, `role`, `severity`, `count`, `first`, `last`, `sessions`, `sources`, `vpcEndpoints`, `services` (each with `newest` and `count`), `affected`, `meaning`, `firstStep`, `command`, `remedy`, `newestEvent` |
//! | `problems` | what went wrong on the way |
//! | `links` | `alarm`, `logEvents`, `key`, `cloudTrailEvent` |

use serde_json::{Value, json};

use super::advice::advice_for;
use super::counts::counts;
use super::headline::{self, Situation};
use super::links::Links;
use super::names::NAME;
use super::{Alert, Extent, Outcome, SENTENCE, Search};
use crate::findings::{Group, Values};
use crate::text::{harmless, masked_key};

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
            "name": harmless(&change.name, 255),
            "arn": shown(change.arn.as_deref()),
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
            "logEvents": links.log_events,
            "key": links.key,
            "cloudTrailEvent": links.event,
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
        "filter": harmless(&search.filter, NAME),
        "logGroup": harmless(&search.log_group, NAME),
        "pattern": search.pattern.chars().take(1_024).collect::<String>(),
        "pages": search.pages,
        "outcome": match search.outcome {
            Outcome::Complete => "complete",
            Outcome::OutOfTime => "outOfTime",
            Outcome::TooMany => "tooMany",
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
    json!({
        "code": harmless(&key.code, 100),
        "operation": harmless(&key.operation, 100),
        "key": shown(key.key.as_deref()),
        "role": harmless(&key.role, NAME),
        "severity": group.severity().to_string(),
        "count": group.count(),
        "first": group.first().map(|time| time.to_string()),
        "last": group.last().map(|time| time.to_string()),
        "sessions": values(group.sessions()),
        "sources": values(group.sources()),
        "vpcEndpoints": values(group.vpc_endpoints()),
        "services": values(group.services()),
        "affected": affected.collect::<Vec<_>>(),
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
