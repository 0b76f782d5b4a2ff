//! CloudWatch Logs.

use serde_json::{Value, json};
use stand_ins::log_events::LogEvent;

use super::call::{Answer, Body, Call, Error};
use super::world::{LogGroup, World};

pub fn perform(world: &mut World, call: &Call) -> Answer {
    let answer = match call.operation.as_str() {
        "DescribeMetricFilters" => describe(world, call)?,
        "PutMetricFilter" => {
            let filter = json!({
                "filterName": call.parameters["filterName"],
                "filterPattern": call.parameters["filterPattern"],
                "metricTransformations": call.parameters["metricTransformations"],
                "logGroupName": call.parameters["logGroupName"],
            });
            let name = call.text("filterName").unwrap_or_default().to_owned();
            group(world, call)?.filters.insert(name, filter);
            json!({})
        }
        "DeleteMetricFilter" => {
            let name = call.text("filterName").unwrap_or_default();
            let removed = group(world, call)?.filters.remove(name);
            removed.map(|_| json!({})).ok_or_else(not_found)?
        }
        "FilterLogEvents" => {
            let group = group(world, call)?;
            let pattern = &call.parameters["filterPattern"];
            let mut filters = group.filters.values();
            let is_filters = filters.any(|filter| filter["filterPattern"] == *pattern);
            if !is_filters && !group.events.is_empty() && group.others.events() == 0 {
                return Ok(Body::Value(search(&group.events, call)));
            }
            let pages = if is_filters {
                &group.pages
            } else {
                &group.others
            };
            let found = pages.filter(&call.parameters);
            return found
                .map(|found| Body::Written(found.answer))
                .map_err(|_| invalid_token());
        }
        other => return Err(Error::new(400, "UnknownOperationException", other)),
    };
    Ok(Body::Value(answer))
}

/// Searches events on one page, by the patterns that this program uses: the operations or the service
/// that they name, or everything.
pub fn search(events: &[LogEvent], call: &Call) -> Value {
    let number = |name: &str| call.parameters[name].as_i64();
    let times = number("startTime").unwrap_or(0)..=number("endTime").unwrap_or(i64::MAX);
    let pattern = call.text("filterPattern").unwrap_or_default();
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok());
    let found = events
        .iter()
        .filter(|(at, message)| times.contains(at) && matches(pattern, message));
    let found: Vec<Value> = found
        .take(limit.unwrap_or(10_000))
        .map(|(at, message)| json!({"timestamp": at, "message": message}))
        .collect();
    json!({"events": found})
}

fn matches(pattern: &str, message: &str) -> bool {
    let message: Value = serde_json::from_str(message).unwrap_or_default();
    let named = |field: &str| {
        let begin = format!("$.{field} = \"");
        let values = pattern.split(&begin).skip(1);
        let values: Vec<&str> = values.filter_map(|rest| rest.split('"').next()).collect();
        values.is_empty() || values.iter().any(|value| message[field] == *value)
    };
    let is_absent = |field: &str| {
        !pattern.contains(&format!("$.{field} NOT EXISTS")) || message.get(field).is_none()
    };
    let is_there =
        |field: &str| !pattern.contains(&format!("$.{field} >= 0")) || message.get(field).is_some();
    named("eventSource")
        && named("eventName")
        && named("Name")
        && is_absent("errorCode")
        && is_there("Problems")
}

fn describe(world: &mut World, call: &Call) -> Result<Value, Error> {
    if call.text("nextToken") == Some("expired") {
        return Err(invalid_token());
    }
    let groups: Vec<&LogGroup> = match call.text("logGroupName") {
        Some(_) => vec![&*group(world, call)?],
        None => world.log_groups.values().collect(),
    };
    let prefix = call.text("filterNamePrefix").unwrap_or_default();
    let is = |filter: &Value, field: &str, wanted: Option<&str>| {
        wanted.is_none_or(|wanted| filter["metricTransformations"][0][field] == wanted)
    };
    let filters: Vec<&Value> = groups
        .into_iter()
        .flat_map(|group| group.filters.iter())
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(_, filter)| filter)
        .filter(|filter| {
            is(filter, "metricName", call.text("metricName"))
                && is(filter, "metricNamespace", call.text("metricNamespace"))
        })
        .collect();
    Ok(json!({"metricFilters": filters}))
}

fn group<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut LogGroup, Error> {
    let name = call.text("logGroupName").unwrap_or_default();
    world.log_groups.get_mut(name).ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::new(
        400,
        "ResourceNotFoundException",
        "The specified log group or filter does not exist.",
    )
}

fn invalid_token() -> Error {
    Error::new(
        400,
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )
}
