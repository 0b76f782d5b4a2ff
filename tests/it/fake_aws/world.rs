//! What exists in the fake AWS.

use std::collections::BTreeMap;

use serde_json::Value;
use stand_ins::log_events::{LogEvent, Pages};

pub use stand_ins::lambda::REGION;

pub const ACCOUNT: &str = "111122223333";

/// Compared as a whole to see that nothing was touched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    pub log_groups: BTreeMap<String, LogGroup>,
    pub alarms: BTreeMap<String, Alarm>,
    pub topics: BTreeMap<String, Topic>,
    /// How many messages wait in the dead-letter queue.
    pub waiting: f64,
    /// By namespace and name: the datapoints of a metric, each with its time in seconds.
    pub metrics: BTreeMap<(String, String), Vec<(i64, f64)>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogGroup {
    /// By name: the filter as `DescribeMetricFilters` shows it.
    pub filters: BTreeMap<String, Value>,
    /// What the filters' patterns find.
    pub pages: Pages,
    /// What any other pattern finds.
    pub others: Pages,
    /// The events of this log group, in which any other pattern is searched if there are any, and no
    /// `others`.
    pub events: Vec<LogEvent>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    pub kind: AlarmKind,
    pub settings: Value,
    /// Its state, as `DescribeAlarms` shows it; null before the first evaluation.
    pub state: Value,
    pub tags: BTreeMap<String, String>,
    /// When it went into which state, newest first.
    pub history: Vec<(i64, &'static str)>,
}

/// Alarms of all kinds share their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlarmKind {
    #[default]
    Metric,
    Composite,
    Log,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    /// Without a `Policy` it has SNS's default one.
    pub attributes: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// Address to subscription ARN, or [`PENDING`], or [`DELETED`].
    pub subscriptions: BTreeMap<String, String>,
}

/// How SNS lists a subscription that nobody has confirmed yet.
pub const PENDING: &str = "PendingConfirmation";

/// How SNS lists a subscription for some days after somebody left.
pub const DELETED: &str = "Deleted";
