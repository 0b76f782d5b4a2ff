//! Sending the answer: one PUT to S3, tried again when that can help.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;

use super::{Answer, Response, ResponseUrl};

/// How long one attempt may take: S3 answers in milliseconds or not at all
/// (a function in a VPC without a route to it).
const ATTEMPT: Duration = Duration::from_secs(3);

/// The one chance to answer a request: [`Responder::respond`] consumes it.
#[derive(Debug)]
pub struct Responder {
    url: ResponseUrl,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
}

impl Responder {
    pub(super) fn new(
        url: ResponseUrl,
        stack_id: String,
        request_id: String,
        logical_resource_id: String,
    ) -> Self {
        Self {
            url,
            stack_id,
            request_id,
            logical_resource_id,
        }
    }

    /// How long CloudFormation has been waiting, as far as its address tells.
    #[must_use]
    pub fn waited(&self, now: Timestamp) -> Option<Duration> {
        now.duration_since(self.url.signed_at()?).try_into().ok()
    }

    /// Delivers the answer. No Content-Type is sent, because some regions sign
    /// it as empty; no redirect is followed; and only 200 counts as delivered.
    ///
    /// # Errors
    ///
    /// [`Undelivered`] when S3 refuses the answer or no attempt came through.
    pub async fn respond(
        self,
        answer: &Answer,
        connector: &SharedHttpConnector,
    ) -> Result<(), Undelivered> {
        let url = self.url.expose();
        let json = Response::new(
            answer,
            &self.stack_id,
            &self.request_id,
            &self.logical_resource_id,
        )
        .to_json();
        let attempts = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_times(4)
            .with_jitter();
        (async || put(connector, url, &json).await)
            .retry(attempts)
            .when(|undelivered| undelivered.may_pass())
            .await
    }
}

async fn put(connector: &SharedHttpConnector, url: &str, json: &[u8]) -> Result<(), Undelivered> {
    let mut request = HttpRequest::new(SdkBody::from(json.to_vec()));
    request
        .set_method("PUT")
        .map_err(|_| Undelivered::NotSent)?;
    request.set_uri(url).map_err(|_| Undelivered::NotSent)?;
    // The connector's own error may hold the address and is not kept.
    let response = tokio::time::timeout(ATTEMPT, connector.call(request))
        .await
        .map_err(|_| Undelivered::NotSent)?
        .map_err(|_| Undelivered::NotSent)?;
    match response.status().as_u16() {
        200 => Ok(()),
        408 | 429 => Err(Undelivered::NotTaken(response.status().as_u16())),
        status @ 400..=499 => Err(Undelivered::Refused(status)),
        status => Err(Undelivered::NotTaken(status)),
    }
}

/// Why an answer did not reach CloudFormation. Never holds the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// No attempt got an HTTP answer.
    NotSent,
    /// S3 answered with this status, which another attempt may change.
    NotTaken(u16),
    /// S3 refused it with this status, for good: the address has expired or has
    /// been used.
    Refused(u16),
}

impl Undelivered {
    fn may_pass(self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent => f.write_str("the answer to CloudFormation could not be sent"),
            Self::NotTaken(status) | Self::Refused(status) => {
                write!(
                    f,
                    "the answer to CloudFormation was refused with status {status}"
                )
            }
        }
    }
}

impl std::error::Error for Undelivered {}
