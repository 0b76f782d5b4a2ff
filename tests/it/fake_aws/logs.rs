//! CloudWatch Logs.

use serde_json::{Value, json};

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
            let pages = if filters.any(|filter| filter["filterPattern"] == *pattern) {
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
