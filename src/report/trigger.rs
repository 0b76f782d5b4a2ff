//! What an alarm watches, in CloudWatch's words.

use serde::Serialize;

use crate::alarm::StateChange;
use crate::shown::Shown;

/// A dimension of a metric, written in small letters as CloudWatch does here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dimension {
    /// Its name.
    pub name: Shown,
    /// Its value.
    pub value: Shown,
}

/// What the alarm watches.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trigger {
    /// The metric.
    pub metric_name: Option<Shown>,
    /// Its namespace.
    pub namespace: Option<Shown>,
    /// Which of CloudWatch's kinds of statistics it is.
    pub statistic_type: &'static str,
    /// The statistic, in capitals.
    pub statistic: Option<Shown>,
    /// The metric has no unit.
    pub unit: Option<&'static str>,
    /// The metric's dimensions, as far as they are known: a state change names none.
    pub dimensions: Vec<Dimension>,
    /// The length of a period in seconds.
    pub period: Option<u64>,
    /// How many periods are evaluated.
    pub evaluation_periods: Option<u64>,
    /// On which side of the threshold the alarm goes off.
    pub comparison_operator: &'static str,
    /// The threshold.
    pub threshold: Option<f64>,
}

impl Trigger {
    /// What the alarm watches whose state changed.
    pub fn of(change: &StateChange) -> Self {
        let metric = change.metric.as_ref();
        let statistic = change.statistic.as_ref();
        Self {
            metric_name: metric.map(|metric| Shown::name(&metric.name, 255)),
            namespace: metric.map(|metric| Shown::name(&metric.namespace, 255)),
            statistic_type: "Statistic",
            statistic: statistic.map(|statistic| Shown::name(&statistic.to_uppercase(), 40)),
            unit: None,
            dimensions: Vec::new(),
            period: change.period,
            evaluation_periods: change.evaluation_periods,
            comparison_operator: change.comparison_operator(),
            threshold: change.threshold,
        }
    }
}
