//! What counts as a KMS error: the filter pattern, and the metric filter that turns each match into
//! a datapoint.
//!
//! The pattern is the lab's, condition by condition, and it is needed only when the filter is made.
//! An alert searches with the pattern that the filter has in CloudWatch Logs, so the two cannot
//! drift apart.

use aws_sdk_cloudwatchlogs::operation::put_metric_filter::PutMetricFilterInput;
use aws_sdk_cloudwatchlogs::operation::put_metric_filter::builders::PutMetricFilterInputBuilder;
use aws_sdk_cloudwatchlogs::types::MetricTransformation;
use aws_smithy_types::error::operation::BuildError;

use crate::cloudtrail::Event;
use crate::names::Names;
use crate::properties::Properties;

/// The pattern that matches every KMS error of one role's sessions and nothing else: any error
/// code, KMS as the service, the role as the issuer of the session.
///
/// `"*"` matches a field that has any value.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
#[must_use]
pub fn pattern(role_arn: &str) -> String {
    // `Properties` refuses a role ARN with a quote, a backslash or an asterisk.
    format!(
        r#"{{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com" && $.userIdentity.sessionContext.sessionIssuer.arn = "{role_arn}" }}"#
    )
}

/// Why no role's [`pattern`] matches an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is a call of another service.
    AnotherService,
    /// It has no error code: the call succeeded.
    NoError,
    /// The caller is not a session of a role.
    NoRole,
}

/// The role whose [`pattern`] matches an event that CloudWatch Logs did not match itself.
///
/// # Errors
///
/// The first of the pattern's conditions that holds for no role.
pub fn matching_role<'e>(event: &'e Event<'_>) -> Result<&'e str, Mismatch> {
    if event.event_source.get() != Some("kms.amazonaws.com") {
        return Err(Mismatch::AnotherService);
    }
    if event.error_code.get().is_none() {
        return Err(Mismatch::NoError);
    }
    let identity = event.user_identity.get();
    let issuer = identity.and_then(|identity| identity.session_issuer());
    issuer
        .and_then(|issuer| issuer.arn.get())
        .ok_or(Mismatch::NoRole)
}

/// The request that creates or overwrites the filter.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
///
/// # Errors
///
/// The SDK's builder misses a field, which cannot happen with valid properties.
pub fn put(
    names: &Names,
    properties: &Properties,
) -> Result<PutMetricFilterInputBuilder, BuildError> {
    let transformation = MetricTransformation::builder()
        .metric_namespace(&properties.metric.namespace)
        .metric_name(&properties.metric.name)
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
    #[test]
    fn an_event_matches_the_pattern_of_its_own_role() {
        let with = |source: &str, code: &str, issuer: &str| {
            format!(
                r#"{{"eventSource": "{source}", "errorCode": {code},
                    "userIdentity": {{"sessionContext": {{"sessionIssuer": {issuer}}}}}}}"#
            )
        };
        let role = r#"{"arn": "arn:aws:iam::111122223333:role/app"}"#;
        let kms = "kms.amazonaws.com";
        for (event, expected) in [
            (
                with(kms, r#""AccessDenied""#, role),
                Ok("arn:aws:iam::111122223333:role/app"),
            ),
            (
                with("s3.amazonaws.com", r#""AccessDenied""#, role),
                Err(Mismatch::AnotherService),
            ),
            (with(kms, "null", role), Err(Mismatch::NoError)),
            (with(kms, r#""""#, role), Err(Mismatch::NoError)),
            (with(kms, r#""AccessDenied""#, "{}"), Err(Mismatch::NoRole)),
            (
                with(kms, r#""AccessDenied""#, "null"),
                Err(Mismatch::NoRole),
            ),
        ] {
            assert_eq!(
                matching_role(&Event::parse(&event).unwrap()),
                expected,
                "{event}"
            );
        }
    }
}
