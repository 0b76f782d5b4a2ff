//! One page of found log events, read where it lies.
//!
//! A page holds up to 10,000 events or a megabyte. The SDK would copy every field of every event, of which only the
//! messages are looked at, and of them only some fields. So the SDK makes the call, with its signing, retries and
//! errors, but the body of an answer goes past it, and the messages are borrowed from that.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use std::borrow::Cow;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body::{Body, Frame};
use serde::Deserialize;

use crate::alarm::Window;
use crate::fault::Fault;
use crate::lenient;

/// What is searched for.
pub(super) struct Query<'a> {
    pub(super) log_group: &'a str,
    pub(super) pattern: &'a str,
    pub(super) window: Window,
}

/// The answer's body.
pub(super) struct Page(Vec<u8>);

/// The fields that are used.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::objects")]
    events: Vec<LogEvent<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    next_token: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct LogEvent<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    message: Option<Cow<'a, str>>,
}

impl Page {
    /// Asks for the page that the token of the one before leads to.
    pub(super) async fn ask(
        logs: &Logs,
        query: &Query<'_>,
        token: Option<String>,
    ) -> Result<Self, Fault> {
        let kept = Keep::default();
        logs.filter_log_events()
            .log_group_name(query.log_group)
            .filter_pattern(query.pattern)
            .start_time(query.window.start_millis())
            .end_time(query.window.end_millis())
            .set_next_token(token)
            .customize()
            .interceptor(kept.clone())
            .send()
            .await
            .map_err(|error| Fault::of("logs:FilterLogEvents", query.log_group, &error))?;
        let body = mem::take(&mut *kept.bytes());
        Ok(Self(body))
    }

    /// Reads it.
    pub(super) fn content(&self, query: &Query<'_>) -> Result<Content<'_>, Fault> {
        serde_json::from_slice(&self.0).map_err(|error| Fault {
            action: "logs:FilterLogEvents",
            object: query.log_group.to_owned(),
            code: None,
            message: format!("the answer could not be read: {error}"),
        })
    }
}

impl Content<'_> {
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        let events = self.events.iter();
        events.map(|event| event.message.as_deref().unwrap_or_default())
    }

    /// What leads to the next page. A page may be empty and yet not the last: only a missing token ends a search.
    pub(super) fn into_next_token(self) -> Option<String> {
        self.next_token.map(Cow::into_owned)
    }
}

/// Keeps the body of a successful answer; of any other, the SDK reads the error.
#[derive(Clone, Debug, Default)]
struct Keep(Arc<Mutex<Vec<u8>>>);

impl Keep {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Keep {
    fn name(&self) -> &'static str {
        "keep the body"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            // Of an attempt that broke off.
            self.bytes().clear();
            let body = Kept {
                body: Some(response.take_body()),
                keep: self.clone(),
            };
            *response.body_mut() = SdkBody::from_body_1_x(body);
        }
        Ok(())
    }
}

/// Is read by the SDK as an object without fields, while what it holds is kept.
struct Kept {
    body: Option<SdkBody>,
    keep: Keep,
}

impl Body for Kept {
    type Data = <SdkBody as Body>::Data;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        while let Some(body) = &mut this.body {
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        this.keep.bytes().extend_from_slice(data);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.body = None;
                    return Poll::Ready(Some(Ok(Frame::data(Self::Data::from_static(b"{}")))));
                }
            }
        }
        Poll::Ready(None)
    }
}
