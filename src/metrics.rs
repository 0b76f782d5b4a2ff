//! What became of each event, as one structured line that CloudWatch also reads as metrics.
//!
//! The line is in CloudWatch's embedded metric format: `_aws` says which of the other members are
//! metrics. It holds counts, durations, ids and names of this project's own: nothing of an event
//! that CloudTrail recorded, no address of a person, no credentials.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The metrics' namespace.
pub const NAMESPACE: &str = "KmsAlarm";

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// CloudFormation's request was carried out, and it was told.
    Provisioned {
        /// `Create`, `Update` or `Delete`.
        request_type: String,
    },
    /// An alert was published.
    Alerted {
        /// The alert's id.
        alert_id: String,
        /// The alarm's new state.
        state: String,
        /// How bad it is.
        severity: String,
        /// How many failed calls were found.
        events_found: u64,
        /// How many look-ups failed or were cut short on the way.
        lookups_failed: u64,
    },
    /// A message that is no alarm was passed on.
    PassedOn,
    /// The event could not be handled, or CloudFormation was told that its request failed.
    Failed {
        /// What failed: the flow, and no more. The log's error says why.
        what: &'static str,
    },
}

/// Whose outcome it is.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The function's name, the metrics' dimension.
    pub function: &'a str,
    /// Lambda's request id.
    pub request_id: &'a str,
    /// What the clock said when the event came.
    pub at: Timestamp,
}

impl Outcome {
    /// The line. It has every metric, the zeros too, so that a graph has no gaps and an alarm on
    /// one of them has data.
    #[must_use]
    pub fn line(&self, source: Source<'_>, took: Duration) -> String {
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": source.at.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["FunctionName"]],
                    "Metrics": self.metrics().map(|(name, _)| json!({"Name": name, "Unit": "Count"}))
                        .into_iter()
                        .chain([json!({"Name": "Took", "Unit": "Milliseconds"})])
                        .collect::<Vec<_>>(),
                }],
            }),
        );
        let mut say = |name: &str, value: Value| line.insert(name.to_owned(), value);
        say("FunctionName", json!(source.function));
        for (name, value) in self.metrics() {
            say(name, json!(value));
        }
        say("Took", json!(took.as_millis()));
        say("requestId", json!(source.request_id));
        match self {
            Self::Provisioned { request_type } => {
                say("outcome", json!("provisioned"));
                say("requestType", json!(request_type));
            }
            Self::Alerted {
                alert_id,
                state,
                severity,
                ..
            } => {
                say("outcome", json!("alerted"));
                say("alertId", json!(alert_id));
                say("state", json!(state));
                say("severity", json!(severity));
            }
            Self::PassedOn => {
                say("outcome", json!("passedOn"));
            }
            Self::Failed { what } => {
                say("outcome", json!("failed"));
                say("what", json!(what));
            }
        }
        Value::Object(line).to_string()
    }

    fn metrics(&self) -> [(&'static str, u64); 6] {
        let (sent, found, lookups_failed) = match self {
            Self::Alerted {
                events_found,
                lookups_failed,
                ..
            } => (1, *events_found, *lookups_failed),
            _ => (0, 0, 0),
        };
        [
            ("AlertsSent", sent),
            ("EventsFound", found),
            ("LookupsFailed", lookups_failed),
            ("PassedOn", u64::from(*self == Self::PassedOn)),
            (
                "Provisioned",
                u64::from(matches!(self, Self::Provisioned { .. })),
            ),
            ("Failed", u64::from(matches!(self, Self::Failed { .. }))),
        ]
    }
}

/// The name in a function's ARN, which may end in a version or an alias.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
#[must_use]
pub fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(outcome: &Outcome) -> Value {
        let source = Source {
            function: "f",
            request_id: "r",
            at: "2026-11-23T09:47:30.5Z".parse().unwrap(),
        };
        serde_json::from_str(&outcome.line(source, Duration::from_millis(1_234))).unwrap()
    }

    fn alerted() -> Outcome {
        Outcome::Alerted {
            alert_id: "0123456789ab".to_owned(),
            state: "ALARM".to_owned(),
            severity: "HIGH".to_owned(),
            events_found: 7,
            lookups_failed: 2,
        }
    }

    fn outcomes() -> [Outcome; 4] {
        let provisioned = Outcome::Provisioned {
            request_type: "Create".to_owned(),
        };
        [
            provisioned,
            alerted(),
            Outcome::PassedOn,
            Outcome::Failed { what: "alert" },
        ]
    }

    #[test]
    fn an_alerts_line_has_its_counts_its_id_and_how_long_it_took() {
        let line = line(&alerted());
        assert_eq!(line["outcome"], "alerted");
        assert_eq!(line["alertId"], "0123456789ab");
        let counts = [
            "AlertsSent",
            "EventsFound",
            "LookupsFailed",
            "PassedOn",
            "Failed",
            "Took",
        ];
        assert_eq!(
            counts.map(|name| line[name].as_u64().unwrap()),
            [1, 7, 2, 0, 0, 1_234]
        );
    }

    /// The rules of the specification that a line here could break.
    #[test]
    fn every_line_is_in_the_embedded_metric_format() {
        for outcome in outcomes() {
            let line = line(&outcome);
            assert_eq!(line["_aws"]["Timestamp"], 1_795_427_250_500_i64);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Namespace"], "KmsAlarm");
            assert_eq!(directive["Dimensions"], json!([["FunctionName"]]));
            assert_eq!(line["FunctionName"], "f");
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!(!metrics.is_empty() && metrics.len() <= 100);
            for metric in metrics {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].is_u64(), "{name} of {outcome:?}");
                assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
            }
        }
    }

    #[test]
    fn each_outcome_counts_in_one_metric() {
        let counted = outcomes().map(|outcome| {
            let line = line(&outcome);
            ["Provisioned", "AlertsSent", "PassedOn", "Failed"]
                .map(|name| line[name].as_u64().unwrap())
        });
        assert_eq!(
            counted,
            [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        );
    }

    #[test]
    fn the_dimension_is_the_functions_name_without_its_alias() {
        let arn = "arn:aws:lambda:ap-southeast-2:111122223333:function:f";
        assert_eq!(function_name(arn), "f");
        assert_eq!(function_name(&format!("{arn}:live")), "f");
        assert_eq!(function_name("nonsense"), "unknown");
    }
}
