//! CloudWatch.
//!
//! - `PutMetricAlarm` overwrites an alarm's settings and leaves its tags and its history. Metric,
//!   composite and log alarms share their names, so it refuses that of another kind.
//!   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
//! - `DescribeAlarms` lists the kinds that are asked for, and metric alarms when none is.
//!   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
//! - `GetMetricData` adds up periods that begin where the time that is asked for begins, and leaves
//!   out those without data. Here it knows one statistic, `Sum`, and one query in a call.
//!   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
//! - `GetMetricStatistics` leaves the end of its span out.
//!   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>

use std::collections::BTreeMap;
use std::time::Duration;

use kms_alarm::alarm::whole;
use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Error};
use super::world::{ACCOUNT, Alarm, AlarmKind, REGION, World};

pub fn perform(world: &mut World, call: &Call) -> Answer {
    let answer = match call.operation.as_str() {
        "PutMetricAlarm" => {
            let name = call.text("AlarmName").unwrap_or_default().to_owned();
            let mut settings = call.parameters.clone();
            let tags = settings
                .as_object_mut()
                .and_then(|settings| settings.remove("Tags"));
            let alarm = world.alarms.entry(name).or_insert_with(|| Alarm {
                tags: pairs(tags.as_ref()),
                ..Alarm::default()
            });
            if alarm.kind != AlarmKind::Metric {
                let message = "An alarm of another type has this name";
                return Err(Error::new(400, "ValidationError", message));
            }
            alarm.settings = settings;
            json!({})
        }
        "DescribeAlarms" => describe(world, call),
        "GetMetricStatistics" if call.text("Namespace") == Some("AWS/SQS") => waiting(world, call),
        "GetMetricStatistics" => statistics(world, call),
        "GetMetricData" => metric_data(world, call)?,
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
            for name in texts(call, "AlarmNames") {
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
        "UntagResource" => {
            let keys = texts(call, "TagKeys");
            let tags = &mut alarm(world, call)?.tags;
            tags.retain(|key, _| !keys.contains(&key.as_str()));
            json!({})
        }
        other => return Err(Error::new(400, "UnknownOperationException", other)),
    };
    Ok(Body::Value(answer))
}

fn describe(world: &World, call: &Call) -> Value {
    let names = texts(call, "AlarmNames");
    let kinds = match &texts(call, "AlarmTypes")[..] {
        [] => vec!["MetricAlarm"],
        kinds => kinds.to_vec(),
    };
    let of = |kind: AlarmKind, name: &str| -> Vec<Value> {
        let asked = kinds.contains(&name);
        let alarms = world.alarms.iter().filter(|(name, alarm)| {
            asked && alarm.kind == kind && (names.is_empty() || names.contains(&name.as_str()))
        });
        alarms.map(|(name, alarm)| described(name, alarm)).collect()
    };
    json!({
        "MetricAlarms": of(AlarmKind::Metric, "MetricAlarm"),
        "CompositeAlarms": of(AlarmKind::Composite, "CompositeAlarm"),
        "LogAlarms": of(AlarmKind::Log, "LogAlarm"),
    })
}

fn metric_data(world: &World, call: &Call) -> Result<Value, Error> {
    if call.text("NextToken") == Some("expired") {
        let message = "The next token is not valid";
        return Err(Error::new(400, "InvalidNextToken", message));
    }
    let parameters = &call.parameters;
    let query = &parameters["MetricDataQueries"][0];
    let sum = &query["MetricStat"];
    assert_eq!(sum["Stat"], "Sum", "{query}");
    let metric = |field: &str| {
        let text = sum["Metric"][field].as_str();
        text.expect("a name").to_owned()
    };
    let seconds = |field: &str| seconds(&parameters[field]);
    let (start, end) = (seconds("StartTime"), seconds("EndTime"));
    let period = sum["Period"].as_i64().expect("a period");
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    let datapoints = world
        .metrics
        .get(&(metric("Namespace"), metric("MetricName")));
    for (at, value) in datapoints.into_iter().flatten() {
        if (start..end).contains(at) {
            *sums.entry(at - (at - start) % period).or_default() += value;
        }
    }
    // The newest first, as AWS does unless it is asked not to.
    let sums: Vec<_> = sums.into_iter().rev().collect();
    let timestamps: Vec<Value> = sums.iter().map(|(at, _)| json!({"$seconds": at})).collect();
    let values: Vec<f64> = sums.iter().map(|(_, sum)| *sum).collect();
    let result = json!({
        "Id": query["Id"],
        "Label": metric("MetricName"),
        "StatusCode": "Complete",
        "Timestamps": timestamps,
        "Values": values,
    });
    Ok(json!({"MetricDataResults": [result], "Messages": []}))
}

/// A moment among a call's parameters, as seconds.
pub fn seconds(moment: &Value) -> i64 {
    let seconds = moment.as_f64().and_then(whole);
    i64::try_from(seconds.expect("whole seconds")).expect("a time")
}

/// An alarm with its settings and its state.
fn described(name: &str, alarm: &Alarm) -> Value {
    let mut described = alarm.settings.clone();
    let Some(fields) = described.as_object_mut() else {
        return described;
    };
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}");
    fields.insert("AlarmArn".to_owned(), json!(arn));
    match alarm.state.as_object() {
        Some(state) => fields.extend(state.clone()),
        None => drop(fields.insert("StateValue".to_owned(), json!("INSUFFICIENT_DATA"))),
    }
    described
}

/// How many messages wait in the queue. One that nobody uses does not report.
fn waiting(world: &World, call: &Call) -> Value {
    let at = seconds(&call.parameters["EndTime"]);
    let waiting = json!({
        "Timestamp": {"$seconds": at}, "Maximum": world.waiting, "Unit": "Count",
    });
    json!({"Datapoints": Vec::from_iter((world.waiting > 0.0).then_some(waiting))})
}

/// What a metric filter counted: as many as its pattern finds, each at the time when it was logged.
fn statistics(world: &World, call: &Call) -> Value {
    let seconds = |name: &str| call.parameters[name].as_f64().expect("a time");
    let millis = |name: &str| {
        let time = Duration::from_secs_f64(seconds(name));
        i64::try_from(time.as_millis()).expect("a time")
    };
    let window = |page: usize| {
        json!({
            "startTime": millis("StartTime"),
            "endTime": millis("EndTime") - 1,
            "nextToken": page.to_string(),
        })
    };
    let feeds = |filter: &Value| {
        let transformation = &filter["metricTransformations"][0];
        transformation["metricName"] == call.parameters["MetricName"]
            && transformation["metricNamespace"] == call.parameters["Namespace"]
    };
    let groups = world.log_groups.values();
    let counts = groups
        .filter(|group| group.filters.values().any(feeds))
        .flat_map(|group| (0..).map_while(|page| group.pages.filter(&window(page)).ok()));
    let sum: usize = counts.map(|found| found.events).sum();
    let sum = u32::try_from(sum).expect("few events");
    json!({
        "Label": call.parameters["MetricName"],
        "Datapoints": [{
            "Timestamp": {"$seconds": seconds("StartTime")},
            "Sum": f64::from(sum),
            "Unit": "None",
        }],
    })
}

/// A parameter's texts.
pub fn texts<'a>(call: &'a Call, name: &str) -> Vec<&'a str> {
    let values = call.parameters.get(name).and_then(Value::as_array);
    values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
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
