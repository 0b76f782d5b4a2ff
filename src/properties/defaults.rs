//! The lab's names, for properties that are not given.

/// `Name`.
pub(super) const NAME: &str = "pattern1-logging";
/// `MetricNamespace`.
pub(super) const METRIC_NAMESPACE: &str = "Pattern1Application/KMSSecurity";
/// `MetricName`.
pub(super) const METRIC_NAME: &str = "KMSSecurityError";
