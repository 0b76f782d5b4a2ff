//! CloudFormation's custom-resource protocol: the request, the answer, and sending it.
//!
//! What must hold: a request can be read whatever it lacks except the `ResponseURL`; the answer
//! fits CloudFormation's limit and always carries the request's ids; a [`Responder`] can be used
//! once; and the `ResponseURL`, with which anyone could forge an answer, can never get into a log.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>

mod request;
mod responder;
mod response;
mod response_url;
mod s3;

pub use request::{Request, RequestType, Unanswerable};
pub use responder::{Responder, Undelivered};
pub use response::{Answer, Data, MAX_RESPONSE_BYTES, Response};
pub use response_url::{ResponseUrl, Untrusted};
