//! One line of the function's log for each tick: the metric, and what the tick found.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::found::Health;

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// When the tick was due.
    pub tick: Timestamp,
    /// When the tick looked.
    pub at: Timestamp,
    /// The rule that ticks.
    #[serde(default)]
    pub rule: Option<String>,
    /// What the tick found.
    pub health: Health,
}

impl Line {
    /// The line of a deployment, which has just put everything right. It is no tick: it only gives the
    /// alarm on the watch, which is made after it, a datapoint.
    #[must_use]
    pub fn of_deployment(name: &str, at: Timestamp) -> String {
        Value::Object(metric(name, at, 0)).to_string()
    }

    /// Writes it, in the format that CloudWatch takes for a metric: `Problems` of this base name.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
    pub fn write(&self, name: &str) -> String {
        let mut line = metric(name, self.at, self.health.value());
        line.extend([
            ("tick".to_owned(), json!(self.tick)),
            ("at".to_owned(), json!(self.at)),
            ("rule".to_owned(), json!(self.rule)),
            ("health".to_owned(), json!(self.health)),
        ]);
        Value::Object(line).to_string()
    }

    /// The pattern that finds these lines in the function's log.
    #[must_use]
    pub fn pattern(name: &str) -> String {
        // A base name has no quote: see `Properties`.
        format!(r#"{{ $.Problems >= 0 && $.Name = "{name}" }}"#)
    }

    /// Reads a line of the log; nothing when it is another.
    #[must_use]
    pub fn read(message: &str) -> Option<Self> {
        serde_json::from_str(message).ok()
    }
}

fn metric(name: &str, at: Timestamp, problems: usize) -> Map<String, Value> {
    let about = json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": "kms-alarm",
            "Dimensions": [["Name"]],
            "Metrics": [{"Name": "Problems"}],
        }],
    });
    Map::from_iter([
        ("_aws".to_owned(), about),
        ("Name".to_owned(), json!(name)),
        ("Problems".to_owned(), json!(problems)),
    ])
}
