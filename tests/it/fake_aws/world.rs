//! What exists in the fake AWS.

use std::collections::BTreeMap;

use serde_json::Value;
use stand_ins::log_events::Pages;

pub use stand_ins::lambda::REGION;

pub const ACCOUNT: &str = "111122223333";

/// Compared as a whole to see that nothing was touched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    pub log_groups: BTreeMap<String, LogGroup>,
    pub alarms: BTreeMap<String, Alarm>,
    pub topics: BTreeMap<String, Topic>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogGroup {
    /// By name: the filter as `DescribeMetricFilters` shows it.
    pub filters: BTreeMap<String, Value>,
    /// What the filters' patterns find.
    pub pages: Pages,
    /// What any other pattern finds.
    pub others: Pages,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    pub settings: Value,
    pub tags: BTreeMap<String, String>,
    /// When it went into which state, newest first.
    pub history: Vec<(i64, &'static str)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    pub attributes: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// Address to subscription ARN, or `PendingConfirmation`.
    pub subscriptions: BTreeMap<String, String>,
}
