//! Sending the answer: one PUT to S3, retried when that can help.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;

use super::response::{Answer, Response};
use super::response_url::ResponseUrl;

/// The time limit of one attempt: S3 answers in milliseconds or not at all, and in a VPC without a
/// route to it only the limit ends the attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

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

    /// When CloudFormation made the request, if the address shows it.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.url.signed_at()
    }

    /// Delivers the answer. It sends no Content-Type, because some Regions sign it as empty,
    /// follows no redirect, and counts only status 200 as delivered.
    ///
    /// # Errors
    ///
    /// [`Undelivered`] when S3 refuses the answer or no attempt succeeds.
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
            .with_max_times(3)
            .with_jitter();
        (async || put(connector, url, &json).await)
            .retry(attempts)
            .when(|undelivered| undelivered.is_transient())
            .await
    }
}

async fn put(connector: &SharedHttpConnector, url: &str, json: &[u8]) -> Result<(), Undelivered> {
    let mut request = HttpRequest::new(SdkBody::from(json.to_vec()));
    request
        .set_method("PUT")
        .map_err(|_| Undelivered::NotSent)?;
    request.set_uri(url).map_err(|_| Undelivered::NotSent)?;
    // The connector's error may contain the address, so it is dropped.
    let response = tokio::time::timeout(ATTEMPT_TIMEOUT, connector.call(request))
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

/// Why an answer did not reach CloudFormation. Never contains the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// No attempt got an HTTP response.
    #[error("the answer to CloudFormation could not be sent")]
    NotSent,
    /// S3 refused it with this status; another attempt may succeed.
    #[error("the answer to CloudFormation was refused with status {0}")]
    NotTaken(u16),
    /// S3 refused it with this status for good: the address has expired or was used before.
    #[error("the answer to CloudFormation was refused with status {0}")]
    Refused(u16),
}

impl Undelivered {
    fn is_transient(self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}
