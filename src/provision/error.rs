//! Why a request failed.

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
    /// A call to AWS failed.
    #[error(transparent)]
    Aws(#[from] Fault),
    /// The request failed, and so did undoing what it had made.
    #[error("{cause}; and not everything that was made could be removed: {left}")]
    NotUndone {
        /// Why the request failed.
        cause: Box<Error>,
        /// What is left, and why.
        left: Fault,
    },
}

impl Error {
    /// Whether it may be gone in a few seconds: a new permission does not apply everywhere at once,
    /// and a topic that was just removed may still show its tags.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Aws(fault) => {
                fault.is_denied()
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
}
