//! A failed AWS call: which action, on which object, with which code.
//!
//! A fault reads as one line that names the object, so CloudFormation's Reason, a mail and the log
//! can all show it unchanged. Callers decide by its code, and by its message only where AWS has no
//! code for the case.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

const NO_ANSWER: &str = "no answer in time";

/// A failed call to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The action as IAM spells it, for example `logs:PutMetricFilter`.
    pub action: &'static str,
    /// The name or ARN of what the call was about.
    pub object: String,
    /// The service's error code; absent when the service gave none.
    pub code: Option<String>,
    /// The service's message, or what went wrong before there was one.
    pub message: String,
    /// Whether the service refused the call, so that nothing was done. Anything else, even a
    /// throttled attempt, may follow an attempt that was carried out and whose answer was lost.
    pub is_refusal: bool,
}

impl Fault {
    /// A call that the SDK reports as failed.
    pub fn new<E>(
        action: &'static str,
        object: impl Into<String>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let is_throttled = error.code().is_some_and(|code| code.contains("Throttl"));
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let is_refusal = matches!(status, Some(400..=499)) && status != Some(429) && !is_throttled;
        let message = match error {
            SdkError::ServiceError(service) => {
                service.err().message().unwrap_or("no message").to_owned()
            }
            SdkError::TimeoutError(_) => NO_ANSWER.to_owned(),
            SdkError::DispatchFailure(dispatch) => dispatch
                .as_connector_error()
                .map_or_else(|| "could not be sent".to_owned(), |cause| causes(cause)),
            SdkError::ResponseError(_) => "the answer could not be read".to_owned(),
            SdkError::ConstructionFailure(_) => {
                let cause = error.source().map_or_else(String::new, causes);
                format!("the request could not be made: {cause}")
            }
            _ => "unknown failure".to_owned(),
        };
        Self {
            action,
            object: object.into(),
            code: error.code().map(str::to_owned),
            message,
            is_refusal,
        }
    }

    /// A call that failed on this side: its request could not be made, or its answer not read.
    pub fn local(
        action: &'static str,
        object: impl Into<String>,
        error: impl fmt::Display,
    ) -> Self {
        Self {
            action,
            object: object.into(),
            code: None,
            message: error.to_string(),
            is_refusal: false,
        }
    }

    /// A call that was given up while its answer was still to come.
    pub fn no_answer(action: &'static str, object: impl Into<String>) -> Self {
        Self::local(action, object, NO_ANSWER)
    }

    /// Whether the service answered with one of these codes; services spell the same thing
    /// differently.
    pub fn has_code(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }

    /// Whether the object does not exist: CloudWatch says `ResourceNotFound`, Logs
    /// `ResourceNotFoundException`, SNS `NotFound` or `ResourceNotFound`.
    pub fn is_not_found(&self) -> bool {
        self.has_code(&[
            "NotFound",
            "NotFoundException",
            "ResourceNotFound",
            "ResourceNotFoundException",
        ])
    }

    /// Whether a topic of that name exists already, with other tags or other attributes: SNS says so
    /// with a general code, and only its message tells.
    pub fn already_exists_with_other_tags(&self) -> bool {
        self.action == "sns:CreateTopic"
            && self.has_code(&["InvalidParameter", "InvalidParameterException"])
            && self.message.contains("already exists")
    }

    /// The call and the code, without the service's own words.
    pub fn kind(&self) -> String {
        let code = self.code.as_deref().unwrap_or("no answer");
        format!("{} on {}: {code}", self.action, self.object)
    }

    /// Whether IAM or a resource policy denied the call: Logs and CloudWatch say
    /// `AccessDeniedException` or `AccessDenied`, SNS `AuthorizationError`.
    pub fn is_denied(&self) -> bool {
        self.has_code(&[
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "AuthorizationErrorException",
        ])
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: ", self.action, self.object)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        // One line, because tables of stack events, mails and logs show it.
        for (index, word) in self.message.split_whitespace().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl Error for Fault {}

/// An error with its causes, as one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut parts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        parts.push(error.to_string());
        cause = error.source();
    }
    parts.dedup();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_action_object_and_code_on_one_line() {
        let fault = Fault {
            action: "logs:PutMetricFilter",
            object: "a filter".to_owned(),
            code: Some("AccessDeniedException".to_owned()),
            message: " not\n  allowed ".to_owned(),
            is_refusal: true,
        };
        assert_eq!(
            fault.to_string(),
            "logs:PutMetricFilter on a filter: AccessDeniedException: not allowed"
        );
        assert!(fault.is_denied() && !fault.is_not_found());
    }
}
