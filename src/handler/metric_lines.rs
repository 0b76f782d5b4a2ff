//! Where lines with metrics go: a line of the function's own log that CloudWatch reads as a metric.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::fmt;
use std::sync::Arc;

/// Writes a line to the function's log as it is.
#[derive(Clone)]
pub struct MetricLines(Arc<dyn Fn(&str) + Send + Sync>);

impl MetricLines {
    /// Gives each line to this.
    pub fn to(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// Writes one line.
    pub(super) fn write(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for MetricLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MetricLines")
    }
}
