//! Publishing an alert, or a message that is passed on, at most once as far as anyone can know.
//!
//! SNS has no token by which it would recognise a repeated publish, and an attempt whose answer is
//! lost may have succeeded. So an attempt that SNS answered with success is never repeated, even
//! when the rest of the answer is cut off, garbled or missing. One without any answer is repeated,
//! because an alert that arrives twice, with the same ID, is better than none.
//!
//! SNS also says `Throttled`, which the SDK does not recognise as a reason to wait and try again.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sns::SnsMessage;
use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tracing::warn;

use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::report::{self, Message};

const ACTION: &str = "sns:Publish";

/// The time to report a failure before Lambda ends the invocation without a word.
const REPORT_TIME: Duration = Duration::from_millis(500);

/// Publishes an alert.
pub(crate) async fn publish(
    sns: &Sns,
    topic_arn: &str,
    message: &Message,
    deadline: Deadline,
) -> Result<(), Fault> {
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .subject(&message.subject)
        .message(&message.body)
        .message_structure("json");
    for attribute in message.attributes() {
        let value = attribute_value(attribute.data_type, &attribute.value)?;
        request = request.message_attributes(attribute.name, value);
    }
    send(request, topic_arn, deadline).await
}

/// Passes on a message that is not an alarm's as it is, including its attributes, so that
/// subscriptions that filter by them still get it.
///
/// # Errors
///
/// The publish failed.
pub async fn pass_on(
    sns: &Sns,
    topic_arn: &str,
    original: &SnsMessage,
    deadline: Deadline,
) -> Result<(), Fault> {
    let passed_on = report::passed_on(original.subject.as_deref(), &original.message);
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .set_subject(passed_on.subject)
        .message(passed_on.text);
    for (name, attribute) in &original.message_attributes {
        // Binary ones arrive encoded, and no subscription can filter by them.
        if attribute.data_type != "Binary" {
            let value = attribute_value(&attribute.data_type, &attribute.value)?;
            request = request.message_attributes(name, value);
        }
    }
    send(request, topic_arn, deadline).await
}

fn attribute_value(data_type: &str, value: &str) -> Result<MessageAttributeValue, Fault> {
    let built = MessageAttributeValue::builder()
        .data_type(data_type)
        .string_value(value)
        .build();
    built.map_err(|error| Fault::local(ACTION, "a message attribute", error))
}

/// Sends a publish, and gives up before the deadline.
async fn send(
    request: PublishFluentBuilder,
    topic_arn: &str,
    deadline: Deadline,
) -> Result<(), Fault> {
    let accepted = Accepted::default();
    let config = Builder::new().retry_classifier(PublishRetries);
    let sent = request
        .customize()
        .config_override(config)
        .interceptor(accepted.clone())
        .send();
    let fault = match deadline.keeping(REPORT_TIME).limit(sent).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => Fault::new(ACTION, topic_arn, &error),
        Err(_) => Fault::no_answer(ACTION, topic_arn),
    };
    if accepted.0.load(Ordering::Relaxed) {
        warn!("published, but the rest of the answer could not be read");
        return Ok(());
    }
    Err(fault)
}

/// Whether SNS has answered with success, whatever happens to the rest of its answer.
#[derive(Clone, Debug, Default)]
struct Accepted(Arc<AtomicBool>);

#[dyn_dispatch_hint]
impl Intercept for Accepted {
    fn name(&self) -> &'static str {
        "accepted"
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

/// Never repeats what succeeded, and repeats what was throttled.
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
