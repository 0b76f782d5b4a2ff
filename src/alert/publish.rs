//! Sending a publish, at most once as far as that can be known.
//!
//! SNS has no token by which it would know a publish again, and an attempt whose answer is lost may
//! have been carried out. So an attempt that was answered with success is never repeated, also when
//! the rest of the answer is cut off, garbled or does not come: it is done. Only one without any answer
//! is tried again, because an alert that comes twice, with the same id, is better than none.
//!
//! SNS says `Throttled`, which the SDK does not know as a reason to wait and try again.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_sns::config::Builder;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::{Instant, timeout};
use tracing::warn;

use crate::fault::Fault;

/// What is left for saying that it failed, before Lambda ends the invocation without a word.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Sends it, and gives up before the deadline.
pub(super) async fn send(
    request: PublishFluentBuilder,
    topic_arn: &str,
    deadline: Instant,
) -> Result<(), Fault> {
    let left = deadline.saturating_duration_since(Instant::now());
    let taken = Taken::default();
    let careful = Builder::new().retry_classifier(PublishRetries);
    let sent = request
        .customize()
        .config_override(careful)
        .interceptor(taken.clone())
        .send();
    let failed = match timeout(left.saturating_sub(LAST_WORDS.min(left / 4)), sent).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => Fault::of("sns:Publish", topic_arn, &error),
        Err(_) => Fault {
            action: "sns:Publish",
            object: topic_arn.to_owned(),
            code: None,
            message: "no answer in time".to_owned(),
        },
    };
    if taken.0.load(Ordering::Relaxed) {
        warn!("published, but the rest of the answer could not be read");
        return Ok(());
    }
    Err(failed)
}

/// Whether SNS has answered with success, whatever becomes of the rest of its answer.
#[derive(Clone, Debug, Default)]
struct Taken(Arc<AtomicBool>);

#[dyn_dispatch_hint]
impl Intercept for Taken {
    fn name(&self) -> &'static str {
        "taken"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().is_success() {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What is done is not repeated, what is throttled is.
#[derive(Debug)]
struct PublishRetries;

impl ClassifyRetry for PublishRetries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(HttpResponse::status) {
            Some(status) if status.is_success() => RetryAction::RetryForbidden,
            Some(status) if status.as_u16() == 429 => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "publish"
    }
}
