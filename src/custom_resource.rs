//! CloudFormation's custom-resource protocol: the request, the answer, and
//! sending it. What must hold: a request is readable whatever is missing from
//! it except the `ResponseURL`; the answer fits CloudFormation's limit and
//! carries the request's ids by construction; a [`Responder`] can be used once;
//! and the `ResponseURL`, which lets whoever has it fake an answer, has no way
//! into a log.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>

mod request;
mod responder;
mod response;
mod response_url;

pub use request::{Request, RequestType, Unanswerable};
pub use responder::{Responder, Undelivered};
pub use response::{Answer, Data, LIMIT, Response};
pub use response_url::{ResponseUrl, Untrusted};
