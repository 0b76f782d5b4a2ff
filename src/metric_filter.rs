//! What counts as a KMS error: the filter pattern, and the metric filter that
//! turns each match into a data point. The pattern is the lab's, condition by
//! condition; it exists here once, when the filter is made. An alert searches
//! with the pattern of the filter as it stands in CloudWatch Logs, so the two
//! cannot drift apart.

use aws_sdk_cloudwatchlogs::operation::put_metric_filter::PutMetricFilterInput;
use aws_sdk_cloudwatchlogs::operation::put_metric_filter::builders::PutMetricFilterInputBuilder;
use aws_sdk_cloudwatchlogs::types::MetricTransformation;
use aws_smithy_types::error::operation::BuildError;

use crate::names::Names;
use crate::properties::Properties;

/// The pattern that matches every KMS error of one role's sessions, and
/// nothing else: any error code, KMS as the service, the role as the issuer of
/// the session.
///
/// Syntax: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>;
/// `"*"` matches a field that is present with a value.
#[must_use]
pub fn pattern(role_arn: &str) -> String {
    // `Properties` lets no quote, backslash or asterisk into a role ARN.
    format!(
        r#"{{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com" && $.userIdentity.sessionContext.sessionIssuer.arn = "{role_arn}" }}"#
    )
}

/// The request that makes or overwrites the filter.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
///
/// # Errors
///
/// Never with valid properties; the SDK's builder cannot know that.
pub fn put(
    names: &Names,
    properties: &Properties,
) -> Result<PutMetricFilterInputBuilder, BuildError> {
    let transformation = MetricTransformation::builder()
        .metric_namespace(&properties.metric_namespace)
        .metric_name(&properties.metric_name)
        .metric_value("1")
        .set_default_value(properties.default_value)
        .build()?;
    Ok(PutMetricFilterInput::builder()
        .log_group_name(&properties.log_group_name)
        .filter_name(&names.filter)
        .filter_pattern(pattern(&properties.role_arn))
        .metric_transformations(transformation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_has_the_labs_three_conditions() {
        assert_eq!(
            pattern("arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole"),
            "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" \
             && $.userIdentity.sessionContext.sessionIssuer.arn = \
             \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }"
        );
    }
}
