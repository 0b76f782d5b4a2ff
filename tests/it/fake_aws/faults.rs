//! Which calls fail, and how.

use stand_ins::protocol::Service;

use super::call::{Call, Error};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Throttled,
    Denied,
    NotFound,
    Status(u16),
    /// Nobody listens at the address.
    Refused,
    /// The connection breaks before anything is done.
    Reset,
    /// It is done, and the connection breaks in the middle of the answer.
    ResetMidBody,
    /// It is done, and the rest of the answer never comes.
    StallMidBody,
    Hang,
    /// It is done, and no answer ever comes.
    Lost,
    /// It is done, and the answer is garbled.
    Malformed,
    /// An answer without anything in it, and a token for the next page.
    EmptyPage,
    /// The answer is one page of several, and the token for the next one has expired when it is
    /// used.
    ExpiredToken,
    Panic,
    /// It does not fail, but takes this many seconds.
    Slow(u64),
    /// Lambda ends the delivery here, before the call is done or after it.
    Dies {
        done: bool,
    },
}

/// The failures to come.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    of_operations: Vec<Fault>,
    trap: Option<Trap>,
}

/// A failure of certain calls of one operation.
#[derive(Clone, Debug)]
struct Fault {
    operation: String,
    /// How many calls succeed first.
    after: usize,
    how: How,
    times: usize,
}

/// A failure of one call, whatever its operation.
#[derive(Clone, Debug)]
struct Trap {
    calls_until: usize,
    how: How,
    /// Whether all later calls of that operation fail as well.
    lasting: bool,
    sprung_by: Option<String>,
}

impl Faults {
    /// Makes calls of an operation fail, after the first ones.
    pub fn add(&mut self, operation: &str, after: usize, how: How, times: usize) {
        self.of_operations.push(Fault {
            operation: operation.to_owned(),
            after,
            how,
            times,
        });
    }

    /// Makes one call fail, counted from now; if it is lasting, every later call of that operation
    /// too.
    pub fn set_trap(&mut self, call: usize, how: How, lasting: bool) {
        self.trap = Some(Trap {
            calls_until: call,
            how,
            lasting,
            sprung_by: None,
        });
    }

    /// How the next call, which is of this operation, fails.
    pub fn take(&mut self, operation: &str) -> Option<How> {
        if let Some(trap) = &mut self.trap {
            match &trap.sprung_by {
                None if trap.calls_until > 1 => trap.calls_until -= 1,
                None => {
                    trap.sprung_by = Some(operation.to_owned());
                    return Some(trap.how);
                }
                Some(by) if trap.lasting && by == operation => return Some(trap.how),
                Some(_) => {}
            }
        }
        let mut faults = self.of_operations.iter_mut();
        let fault = faults.find(|fault| fault.operation == operation && fault.times > 0)?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.how)
    }
}

impl How {
    /// The error of a service that refuses the call.
    pub fn error(self, call: &Call) -> Error {
        let is_sns = call.service == Service::Sns;
        match self {
            Self::Throttled if is_sns => Error::new(429, "Throttled", "Rate exceeded"),
            Self::Throttled => Error::new(400, "ThrottlingException", "Rate exceeded"),
            Self::Denied => Error::new(
                403,
                match call.service {
                    Service::Sns => "AuthorizationError",
                    Service::Logs => "AccessDeniedException",
                    _ => "AccessDenied",
                },
                format!(
                    "User: arn:aws:sts::111122223333:assumed-role/role/function is not authorized \
                     to perform: {}",
                    call.name
                ),
            ),
            Self::NotFound => Error::new(404, "ResourceNotFoundException", "not there"),
            Self::Status(status) => Error::new(status, "InternalFailure", "something broke"),
            _ => unreachable!("no error of a service"),
        }
    }
}
