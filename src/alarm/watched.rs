//! What an alarm watches, where its message lists metrics: those of the Lambda action and of
//! EventBridge always do, those of SNS do when there is an expression or an anomaly band.

use serde::Deserialize;

use crate::lenient::{Number, Object, Text};

/// One entry of the list. SNS begins its names with capitals.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MetricEntry<'a> {
    #[serde(borrow, alias = "Expression")]
    expression: Text<'a>,
    #[serde(alias = "MetricStat")]
    metric_stat: Object<MetricStat<'a>>,
    #[serde(alias = "ReturnData")]
    return_data: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetricStat<'a> {
    #[serde(borrow, alias = "Metric")]
    metric: Object<MetricName<'a>>,
    #[serde(alias = "Period")]
    period: Number,
    #[serde(alias = "Stat")]
    stat: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetricName<'a> {
    #[serde(borrow, alias = "Namespace")]
    namespace: Text<'a>,
    #[serde(alias = "MetricName")]
    name: Text<'a>,
}

/// The metric that an alarm watches, itself or through an expression.
#[derive(Default)]
pub(super) struct Watched<'m> {
    pub(super) namespace: Option<&'m str>,
    pub(super) metric_name: Option<&'m str>,
    /// Missing when the alarm compares the value of an expression, which is no statistic.
    pub(super) statistic: Option<&'m str>,
    pub(super) period: Option<f64>,
}

impl<'m> Watched<'m> {
    /// The metric that is compared with the threshold, or the first one of an expression.
    pub(super) fn of(entries: &'m [MetricEntry<'m>]) -> Self {
        let compared: Vec<_> = entries.iter().filter(|entry| entry.is_compared()).collect();
        let itself = match compared[..] {
            [only] => only.metric_stat.get(),
            _ => None,
        };
        let first = || entries.iter().find_map(|entry| entry.metric_stat.get());
        let stat = itself.or_else(first);
        let metric = stat.and_then(|stat| stat.metric.get());
        Self {
            namespace: metric.and_then(|metric| metric.namespace.get()),
            metric_name: metric.and_then(|metric| metric.name.get()),
            statistic: itself.and_then(|stat| stat.stat.get()),
            period: stat.and_then(|stat| stat.period.get()),
        }
    }
}

impl MetricEntry<'_> {
    /// Whether the entry's value is compared with the threshold. An anomaly band is the threshold.
    fn is_compared(&self) -> bool {
        let expression = self.expression.get().unwrap_or_default().trim_start();
        self.return_data.get() != Some("false") && !expression.starts_with("ANOMALY_DETECTION_BAND")
    }
}
