//! One line of the function's log for each tick: the metric, and what the tick found.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

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
    /// Writes it, in the format that CloudWatch takes for a metric: `Problems` of this base name.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
    pub fn write(&self, name: &str) -> String {
        json!({
            "_aws": {
                "Timestamp": self.at.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "kms-alarm",
                    "Dimensions": [["Name"]],
                    "Metrics": [{"Name": "Problems"}],
                }],
            },
            "Name": name,
            "Problems": self.health.value(),
            "tick": self.tick,
            "at": self.at,
            "rule": self.rule,
            "health": self.health,
        })
        .to_string()
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
