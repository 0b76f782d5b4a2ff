//! The forms in which people have `CloudTrail` events in a file.

use anyhow::{Context as _, Result, bail};
use serde_json::{Deserializer, Value};

/// Where lists of events stand: in what `aws logs filter-log-events` prints, in the files that a
/// trail writes to S3, and in what `aws cloudtrail lookup-events` prints.
const LISTS: [&str; 3] = ["events", "Records", "Events"];
/// Where such a list has the event as a text.
const TEXTS: [&str; 2] = ["message", "CloudTrailEvent"];

/// Every event of a file, as the log group would have it. The file may hold one value or several,
/// on a line each or not.
pub(super) fn events(text: &str) -> Result<Vec<String>> {
    let mut events = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.context("expected JSON with CloudTrail events")?;
        collect(value, &mut events)?;
    }
    Ok(events)
}

fn collect(value: Value, events: &mut Vec<String>) -> Result<()> {
    let mut fields = match value {
        Value::Array(values) => {
            return values
                .into_iter()
                .try_for_each(|value| collect(value, events));
        }
        Value::Object(fields) => fields,
        _ => bail!("expected CloudTrail events, found a single value"),
    };
    if fields.contains_key("eventName") {
        events.push(Value::Object(fields).to_string());
        return Ok(());
    }
    for name in LISTS {
        if let Some(list @ Value::Array(_)) = fields.get_mut(name) {
            return collect(list.take(), events);
        }
    }
    for name in TEXTS {
        if let Some(Value::String(message)) = fields.get_mut(name) {
            events.push(std::mem::take(message));
            return Ok(());
        }
    }
    let names: Vec<String> = fields
        .keys()
        .take(10)
        .map(|name| format!("{name:.40}"))
        .collect();
    bail!(
        "expected CloudTrail events, found an object with the fields [{}]",
        names.join(", ")
    );
}
