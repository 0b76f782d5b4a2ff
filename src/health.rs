//! What the watch found: problems, what was done about them, and what could not be looked at.

use jiff::Timestamp;
use serde_json::json;

/// What one tick found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// What is wrong, or was until it was repaired.
    pub problems: Vec<String>,
    /// Checks that could not be made.
    pub unknown: Vec<String>,
}

impl Health {
    /// The metric, as one line for the log.
    pub fn metric_line(&self, name: &str, now: Timestamp) -> String {
        json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "kms-alarm",
                    "Dimensions": [["Name"]],
                    "Metrics": [{"Name": "Problems"}],
                }],
            },
            "Name": name,
            "Problems": self.problems.len(),
        })
        .to_string()
    }
}
