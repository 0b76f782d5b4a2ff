//! CloudWatch Logs, JSON 1.1.

use serde_json::{Value, json};

use super::{Call, Error, LogGroup, World};

pub(super) fn perform(world: &mut World, call: &Call) -> Result<Value, Error> {
    match call.operation.as_str() {
        "DescribeMetricFilters" => describe(world, call),
        "PutMetricFilter" => {
            let filter = json!({
                "filterName": call.parameters["filterName"],
                "filterPattern": call.parameters["filterPattern"],
                "metricTransformations": call.parameters["metricTransformations"],
                "logGroupName": call.parameters["logGroupName"],
            });
            let name = call.text("filterName").unwrap_or_default().to_owned();
            group(world, call)?.filters.insert(name, filter);
            Ok(json!({}))
        }
        "DeleteMetricFilter" => {
            let name = call.text("filterName").unwrap_or_default().to_owned();
            group(world, call)?
                .filters
                .remove(&name)
                .map(|_| json!({}))
                .ok_or_else(not_found)
        }
        "FilterLogEvents" => {
            let group = group(world, call)?;
            let pattern = &call.parameters["filterPattern"];
            let mut filters = group.filters.values();
            let others = [group.others.clone()];
            let pages = if filters.any(|filter| filter["filterPattern"] == *pattern) {
                group.pages.as_slice()
            } else {
                &others
            };
            let page: usize = call
                .text("nextToken")
                .map_or(0, |token| token.parse().unwrap());
            let within = |timestamp: i64| {
                call.parameters["startTime"]
                    .as_i64()
                    .is_none_or(|start| timestamp >= start)
                    && call.parameters["endTime"]
                        .as_i64()
                        .is_none_or(|end| timestamp <= end)
            };
            let events: Vec<Value> = pages
                .get(page)
                .into_iter()
                .flatten()
                .filter(|(timestamp, _)| within(*timestamp))
                .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
                .collect();
            let mut answer = json!({"events": events});
            if page + 1 < pages.len() {
                answer["nextToken"] = json!((page + 1).to_string());
            }
            Ok(answer)
        }
        other => Err(Error::new(400, "UnknownOperationException", other)),
    }
}

fn describe(world: &mut World, call: &Call) -> Result<Value, Error> {
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
