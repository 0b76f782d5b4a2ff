//! Why a message cannot be read as a state change.

use std::fmt;

/// Why a message cannot be read as a state change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The message is something else and should be passed on as it is.
    NotAnAlarm,
    /// The message is about an alarm but lacks what a state change must have.
    Malformed {
        /// The shape it was read as.
        shape: &'static str,
        /// What is missing or wrong, with the name of the field.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAlarm => formatter.write_str("the message is not an alarm state change"),
            Self::Malformed { shape, what } => {
                write!(formatter, "the {shape} is not as documented: {what}")
            }
        }
    }
}

impl std::error::Error for Error {}
