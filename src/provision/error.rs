//! Why a request failed.

use super::end::End;
use crate::custom_resource::RequestType;
use crate::fault::Fault;
use crate::properties::Problems;

/// Why a request failed, as the stack's events show it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request type is none of the three that exist today.
    #[error("RequestType \"{0}\" is unknown: expected Create, Update or Delete")]
    RequestType(String),
    /// The properties cannot be used.
    #[error(transparent)]
    Properties(#[from] Problems),
    /// What exists in the account does not allow it.
    #[error("{0}")]
    Existing(String),
    /// CloudFormation has sent another request since, and no longer waits for this one.
    #[error("a later request has come, so this one was given up")]
    Superseded,
    /// The time was up.
    #[error("the AWS calls took longer than the function may run")]
    OutOfTime,
    /// An object that we may have just made is not listed, or does not show its tags.
    #[error("{0} does not show yet, or not whose it is")]
    NotShown(String),
    /// A call to AWS failed.
    #[error(transparent)]
    Aws(#[from] Fault),
    /// A new filter was asked for without an answer, so it may still come. The topic, whose tags
    /// prove whose the filter is, stays until the resource is deleted.
    #[error(
        "no answer came for the metric filter, so the topic stays until the resource is deleted"
    )]
    FilterUnanswered,
    /// Another request has completed the resource in the meantime.
    #[error("another request has completed the resource since")]
    CompletedSince,
    /// The request failed, and so did undoing what it had changed.
    #[error("{cause}; and not everything that was changed could be undone: {left}")]
    NotUndone {
        /// Why the request failed.
        cause: Box<Error>,
        /// What is left, and why.
        left: Box<Error>,
    },
}

impl Error {
    /// Whether it may be gone in a few seconds. Permissions, tags and listings show a change only
    /// after a while: a new permission does not apply everywhere at once, a topic that was just
    /// removed may still show its tags, and one that was just made may not be listed yet.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::NotShown(_) => true,
            Self::Aws(fault) => {
                let of_an_object = fault.action.starts_with("sns:")
                    || fault.action == "cloudwatch:TagResource"
                    || fault.action == "cloudwatch:UntagResource"
                    || fault.action == "cloudwatch:ListTagsForResource";
                fault.is_denied()
                    || (of_an_object && fault.is_not_found())
                    || fault.already_exists_with_other_tags()
                    || fault.has_code(&[
                        "ConcurrentAccess",
                        "ConcurrentAccessException",
                        "OperationAbortedException",
                        "StaleTag",
                        "StaleTagException",
                    ])
            }
            _ => false,
        }
    }

    /// How a request of this type ended when it failed with this. What a Create or an Update changed
    /// was undone; a removal cannot be.
    pub fn end(&self, request_type: &RequestType) -> End {
        match self {
            Self::NotUndone { .. } => End::Left,
            _ if *request_type == RequestType::Delete => End::Left,
            _ => End::Undone,
        }
    }

    /// What the log may show of it: the call and the code. A service's own words may hold an e-mail
    /// address, which is personal.
    pub fn kind(&self) -> String {
        match self {
            Self::Aws(fault) => fault.kind(),
            other => other.to_string(),
        }
    }
}
