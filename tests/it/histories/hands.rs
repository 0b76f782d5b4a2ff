//! What people do by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::history::{Asked, GROUPS, Hand, Lab, METRICS, NAMES, topic_arn};
use super::ledger::{KEY, Marks, NAMESPACE, statements};
use crate::fake_aws::{Alarm, DELETED, PENDING, Topic, World};

pub fn filter(group: &str, name: &str, metric: &str, pattern: &str) -> Value {
    json!({
        "filterName": name,
        "filterPattern": pattern,
        "logGroupName": group,
        "metricTransformations": [{
            "metricNamespace": NAMESPACE,
            "metricName": metric,
            "metricValue": "1",
        }],
    })
}

fn own_statement(arn: &str) -> Value {
    json!({
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
    })
}

/// As somebody leaves the account who follows the lab's instructions.
pub fn lab(world: &mut World, lab: Lab) {
    let (base, group, metric) = (NAMES[0], GROUPS[0], METRICS[0]);
    let arn = topic_arn(base);
    if lab.topic {
        let mut topic = Topic::default();
        topic
            .subscriptions
            .insert("me@example.com".to_owned(), format!("{arn}:me"));
        topic.tags.insert("team".to_owned(), "security".to_owned());
        if lab.own_policy {
            let policy = json!({"Version": "2012-10-17", "Statement": [own_statement(&arn)]});
            let attributes = &mut topic.attributes;
            attributes.insert("Policy".to_owned(), policy.to_string());
            attributes.insert(KEY.to_owned(), "alias/lab".to_owned());
        }
        world.topics.insert(arn.clone(), topic);
    }
    if lab.alarm {
        let name = format!("{base}-alarm");
        let alarm = Alarm {
            settings: json!({
                "AlarmName": name,
                "AlarmDescription": "made by hand",
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 1,
                "Threshold": 3.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "ActionsEnabled": true,
                "AlarmActions": [arn],
                "InsufficientDataActions": [arn],
            }),
            tags: BTreeMap::from([("team".to_owned(), "security".to_owned())]),
            ..Alarm::default()
        };
        world.alarms.insert(name, alarm);
    }
    if lab.filter {
        let name = format!("{base}-metricfilter");
        let filter = filter(group, &name, metric, "{ $.errorCode = \"*\" }");
        let group = world.log_groups.get_mut(group).expect("a log group");
        group.filters.insert(name, filter);
    }
}

/// Changes what is ours, unless it is another stack's by now.
pub fn touch(world: &mut World, foreign: &mut World, marks: &mut Marks, asked: &Asked, hand: Hand) {
    let (arn, alarm) = (asked.topic_arn(), asked.alarm());
    let is_topic_theirs = foreign.topics.contains_key(&arn);
    let is_alarm_theirs = foreign.alarms.contains_key(&alarm);
    if !is_topic_theirs {
        match hand {
            Hand::DeleteTopic | Hand::RemakeTopic => {
                world.topics.remove(&arn);
                if hand == Hand::RemakeTopic {
                    world.topics.insert(arn.clone(), Topic::default());
                }
                *marks = Marks::default();
            }
            _ => {}
        }
        if let Some(topic) = world.topics.get_mut(&arn) {
            touch_topic(topic, &arn, marks, asked, hand);
            if hand == Hand::TheirTopic {
                foreign.topics.insert(arn, topic.clone());
            }
        }
    }
    if !is_alarm_theirs {
        if hand == Hand::DeleteAlarm {
            world.alarms.remove(&alarm);
        }
        if let Some(found) = world.alarms.get_mut(&alarm) {
            touch_alarm(found, hand);
            if hand == Hand::TheirAlarm {
                foreign.alarms.insert(alarm, found.clone());
            }
        }
    }
    let group = world.log_groups.get_mut(asked.group());
    let filters = &mut group.expect("a log group").filters;
    match hand {
        Hand::EditFilter => {
            let edited = filter(asked.group(), &asked.filter(), "Edited", "ERROR");
            filters.insert(asked.filter(), edited);
        }
        Hand::DeleteFilter => {
            filters.remove(&asked.filter());
        }
        _ => {}
    }
}

fn touch_topic(topic: &mut Topic, arn: &str, marks: &mut Marks, asked: &Asked, hand: Hand) {
    match hand {
        Hand::StripTopic => topic.tags.retain(|key, _| !key.starts_with("kms-alarm:")),
        Hand::TheirTopic => topic.tags = theirs(),
        Hand::AddStatement => {
            let statement = own_statement(arn);
            let mut all = statements(topic, arn);
            if !all.contains(&statement) {
                all.push(statement);
            }
            for statement in all.iter_mut().filter(|it| it["Resource"].is_null()) {
                statement["Resource"] = json!(arn);
            }
            let policy = json!({"Version": "2012-10-17", "Statement": all});
            let attributes = &mut topic.attributes;
            attributes.insert("Policy".to_owned(), policy.to_string());
            marks.statement = true;
        }
        Hand::SetKey => {
            let key = "alias/theirs".to_owned();
            topic.attributes.insert(KEY.to_owned(), key.clone());
            marks.key = asked.key.is_none().then_some(key);
        }
        Hand::Confirm => {
            for (address, listed) in &mut topic.subscriptions {
                if listed == PENDING {
                    *listed = format!("{arn}:{address}");
                }
            }
        }
        Hand::Leave => {
            let mut listed = topic.subscriptions.values_mut();
            if let Some(listed) = listed.find(|listed| listed.starts_with("arn:")) {
                DELETED.clone_into(listed);
            }
        }
        _ => {}
    }
}

fn touch_alarm(alarm: &mut Alarm, hand: Hand) {
    match hand {
        Hand::StripAlarm => alarm.tags.retain(|key, _| !key.starts_with("kms-alarm:")),
        Hand::TheirAlarm => alarm.tags = theirs(),
        Hand::EditAlarm => {
            alarm.settings["Period"] = json!(3600);
            alarm.settings["ActionsEnabled"] = json!(false);
        }
        _ => {}
    }
}

/// The tags of another stack.
fn theirs() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("kms-alarm:owner".to_owned(), "0123456789ab".to_owned()),
        ("kms-alarm:stack".to_owned(), "their-stack".to_owned()),
    ])
}
