//! The function's own identity, by which it recognises its own calls.
//!
//! When the topic is encrypted, publishing calls KMS in the function's name, and a failure of that
//! call is itself a KMS error. Only what AWS writes counts here: whoever opens a session chooses
//! its name, and nobody must be able to pass for this function by choosing a name.

use super::principal::Principal;

/// The function's own role and ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnIdentity {
    /// The ARN of the function's role.
    pub role_arn: Option<String>,
    /// The ARN by which the function was invoked, with or without an alias.
    pub function_arn: Option<String>,
}

impl OwnIdentity {
    /// Whether this principal is the function itself.
    #[must_use]
    pub fn is(&self, principal: &Principal<'_>) -> bool {
        let is_role = self.role_arn.as_deref() == Some(principal.name);
        let is_function = self
            .function_arn
            .as_deref()
            .zip(principal.issued_to)
            .is_some_and(|(invoked, issued_to)| {
                let qualifier = invoked.strip_prefix(issued_to);
                qualifier.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            });
        is_role || is_function
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloudtrail::Event;

    #[track_caller]
    fn check_is(identity: &Value, expected: bool) {
        let own = OwnIdentity {
            role_arn: Some("arn:aws:iam::111122223333:role/alarm".to_owned()),
            function_arn: Some(
                "arn:aws:lambda:eu-west-1:111122223333:function:alarm:live".to_owned(),
            ),
        };
        let text = json!({ "userIdentity": identity }).to_string();
        let event = Event::parse(&text).unwrap();
        let principal = event.principal();
        assert_eq!(own.is(&principal), expected, "{identity}");
        assert!(!OwnIdentity::default().is(&principal), "{identity}");
    }

    #[test]
    fn the_functions_own_calls_are_known_by_what_aws_writes() {
        let issuer = |arn: &str| {
            json!({ "arn": "arn:aws:sts::111122223333:assumed-role/x/alarm",
                "sessionContext": { "sessionIssuer": { "arn": arn } } })
        };
        check_is(&issuer("arn:aws:iam::111122223333:role/alarm"), true);
        check_is(&issuer("arn:aws:iam::111122223333:role/alarm2"), false);
        check_is(&issuer("arn:aws:iam::444455556666:role/alarm"), false);
        let of_resource = |arn: &str| json!({ "inScopeOf": { "credentialsIssuedTo": arn } });
        check_is(
            &of_resource("arn:aws:lambda:eu-west-1:111122223333:function:alarm"),
            true,
        );
        check_is(
            &of_resource("arn:aws:lambda:eu-west-1:111122223333:function:ala"),
            false,
        );
        check_is(&Value::Null, false);
    }

    #[test]
    fn a_sessions_name_does_not_make_a_caller_this_function() {
        check_is(
            &json!({ "arn": "arn:aws:sts::111122223333:assumed-role/app/alarm",
                "principalId": "AROA:alarm",
                "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:role/app" } } }),
            false,
        );
    }
}
