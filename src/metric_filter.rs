//! What counts as a KMS error: the pattern of the metric filter.
//!
//! For one role the pattern is the lab's, letter by letter. It is needed only when the filter is made
//! and checked: an alert searches with the pattern that the filter has in CloudWatch Logs, so the two
//! cannot drift apart.

use crate::cloudtrail::Event;
use crate::roles::Roles;

/// The longest pattern that CloudWatch Logs takes.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
pub const MAX_PATTERN: usize = 1_024;

/// The pattern that matches every KMS error of these roles' sessions and nothing else: any error
/// code, KMS as the service, one of the roles as the issuer of the session. For every caller there is
/// no third condition, so that errors of users and services match too.
///
/// `"*"` matches a field that has any value, and a star at the end of a text any ending.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
#[must_use]
pub fn pattern(roles: &Roles) -> String {
    // `Roles` has no quote, no backslash, and a star at the end only.
    let is = |arn: &String| format!(r#"$.userIdentity.sessionContext.sessionIssuer.arn = "{arn}""#);
    let role = match roles.arns() {
        _ if roles.are_every_caller() => String::new(),
        [one] => format!(" && {}", is(one)),
        several => {
            let each: Vec<_> = several.iter().map(is).collect();
            format!(" && ({})", each.join(" || "))
        }
    };
    format!(r#"{{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com"{role} }}"#)
}

/// Why no [`pattern`] matches an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is a call of another service.
    AnotherService,
    /// It has no error code: the call succeeded.
    NoError,
}

/// The issuer of the caller's session, if it has one, for an event that is a KMS error. Whether the
/// event counts is for [`Roles::count`] to say.
///
/// # Errors
///
/// The first of the pattern's conditions that does not hold.
pub fn issuer<'e>(event: &'e Event<'_>) -> Result<Option<&'e str>, Mismatch> {
    if event.event_source.get() != Some("kms.amazonaws.com") {
        return Err(Mismatch::AnotherService);
    }
    if event.error_code.get().is_none() {
        return Err(Mismatch::NoError);
    }
    let identity = event.user_identity.get();
    let issuer = identity.and_then(|identity| identity.session_issuer());
    Ok(issuer.and_then(|issuer| issuer.arn.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";
    const OTHERS: &str = "arn:aws:iam::444455556666:role/orders-*";

    #[track_caller]
    fn check_pattern(roles: &[&str], expected: &str) {
        let roles = Roles::read(roles.iter().copied()).unwrap();
        assert_eq!(pattern(&roles), expected);
    }

    #[test]
    fn the_pattern_of_one_role_has_the_labs_three_conditions() {
        check_pattern(
            &[APP],
            "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" \
             && $.userIdentity.sessionContext.sessionIssuer.arn = \
             \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }",
        );
    }

    #[test]
    fn one_of_several_roles_is_enough() {
        check_pattern(
            &[APP, OTHERS],
            "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" \
             && ($.userIdentity.sessionContext.sessionIssuer.arn = \
             \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" \
             || $.userIdentity.sessionContext.sessionIssuer.arn = \
             \"arn:aws:iam::444455556666:role/orders-*\") }",
        );
    }

    #[test]
    fn the_pattern_of_every_caller_asks_for_no_role() {
        check_pattern(
            &["*"],
            "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" }",
        );
    }

    #[test]
    fn an_event_is_a_kms_error_or_the_reason_is_known() {
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
                Ok(Some("arn:aws:iam::111122223333:role/app")),
            ),
            (
                with("s3.amazonaws.com", r#""AccessDenied""#, role),
                Err(Mismatch::AnotherService),
            ),
            (with(kms, "null", role), Err(Mismatch::NoError)),
            (with(kms, r#""""#, role), Err(Mismatch::NoError)),
            (with(kms, r#""AccessDenied""#, "{}"), Ok(None)),
            (with(kms, r#""AccessDenied""#, "null"), Ok(None)),
        ] {
            assert_eq!(issuer(&Event::parse(&event).unwrap()), expected, "{event}");
        }
    }
}
