//! CloudWatch.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Error};
use super::world::{ACCOUNT, Alarm, REGION, World};

pub fn perform(world: &mut World, call: &Call) -> Answer {
    let answer = match call.operation.as_str() {
        "PutMetricAlarm" => {
            let name = call.text("AlarmName").unwrap_or_default().to_owned();
            let mut settings = call.parameters.clone();
            let tags = settings
                .as_object_mut()
                .and_then(|settings| settings.remove("Tags"));
            let alarm = world.alarms.entry(name).or_insert_with(|| Alarm {
                settings: Value::Null,
                tags: pairs(tags.as_ref()),
                history: Vec::new(),
            });
            alarm.settings = settings;
            json!({})
        }
        "DescribeAlarms" => {
            let names = call.parameters["AlarmNames"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let alarms: Vec<&Value> = names
                .iter()
                .filter_map(|name| world.alarms.get(name.as_str()?))
                .map(|alarm| &alarm.settings)
                .collect();
            json!({"MetricAlarms": alarms})
        }
        "DescribeAlarmHistory" => {
            let name = call.text("AlarmName").unwrap_or_default();
            let history = world.alarms.get(name).map(|alarm| &alarm.history);
            let items: Vec<Value> = history
                .into_iter()
                .flatten()
                .map(|(seconds, state)| {
                    let data = json!({"version": "1.0", "newState": {"stateValue": state}});
                    json!({"Timestamp": {"$seconds": seconds}, "HistoryData": data.to_string()})
                })
                .collect();
            json!({"AlarmHistoryItems": items})
        }
        "DeleteAlarms" => {
            let names = call.parameters["AlarmNames"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for name in names.iter().filter_map(Value::as_str) {
                world.alarms.remove(name).ok_or_else(|| not_found(name))?;
            }
            json!({})
        }
        "ListTagsForResource" => {
            let tags: Vec<Value> = alarm(world, call)?
                .tags
                .iter()
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect();
            json!({"Tags": tags})
        }
        "TagResource" => {
            let tags = pairs(call.parameters.get("Tags"));
            alarm(world, call)?.tags.extend(tags);
            json!({})
        }
        other => return Err(Error::new(400, "UnknownOperationException", other)),
    };
    Ok(Body::Value(answer))
}

fn alarm<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Alarm, Error> {
    let arn = call.text("ResourceARN").unwrap_or_default();
    let name = arn
        .strip_prefix(&format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"))
        .unwrap_or_default();
    world.alarms.get_mut(name).ok_or_else(|| not_found(arn))
}

fn not_found(what: &str) -> Error {
    Error::new(404, "ResourceNotFound", format!("{what} does not exist"))
}

fn pairs(tags: Option<&Value>) -> BTreeMap<String, String> {
    tags.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|tag| {
            let text = |field: &str| tag[field].as_str().unwrap_or_default().to_owned();
            (text("Key"), text("Value"))
        })
        .collect()
}
