//! The pages of found log events, read where they lie.
//!
//! A page holds up to 10,000 events or a megabyte. The SDK would copy every field of every event, of which only the
//! messages are looked at, and of them only some fields. So the SDK makes the call, with its signing, retries and
//! errors, but the body of an answer goes past it, and the messages are borrowed from that.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use std::borrow::Cow;
use std::fmt;
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
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::alarm::Window;
use crate::fault::Fault;
use crate::lenient;

/// A page has a megabyte of events, and what JSON takes to hold them.
const LARGEST: u64 = 4 << 20;

/// The pages of one search, one after the other in the same memory.
pub(super) struct Pages<'a> {
    logs: &'a Logs,
    query: Query<'a>,
    token: Option<String>,
    kept: Keep,
}

/// What is searched for.
pub(super) struct Query<'a> {
    pub(super) log_group: &'a str,
    pub(super) pattern: &'a str,
    pub(super) window: Window,
}

impl<'a> Pages<'a> {
    pub(super) fn of(logs: &'a Logs, query: Query<'a>) -> Self {
        Self {
            logs,
            query,
            token: None,
            kept: Keep::default(),
        }
    }

    /// Asks for the next page.
    pub(super) async fn ask(&mut self) -> Result<(), Fault> {
        let Query {
            log_group,
            pattern,
            window,
        } = self.query;
        self.logs
            .filter_log_events()
            .log_group_name(log_group)
            .filter_pattern(pattern)
            .start_time(window.start_millis())
            .end_time(window.end_millis())
            .set_next_token(self.token.take())
            .customize()
            .interceptor(self.kept.clone())
            .send()
            .await
            .map_err(|error| Fault::of("logs:FilterLogEvents", log_group, &error))?;
        Ok(())
    }

    /// Hands over the messages of the page that was asked for; returns whether there is another. A page may be empty
    /// and yet not the last: only a missing token ends a search.
    pub(super) fn read(&mut self, each: impl FnMut(&str)) -> Result<bool, Fault> {
        let body = self.kept.bytes();
        let mut json = serde_json::Deserializer::from_slice(&body);
        let token = Answer(each).deserialize(&mut json);
        let token = token.and_then(|token| json.end().map(|()| token));
        self.token = token.map_err(|error| Fault {
            action: "logs:FilterLogEvents",
            object: self.query.log_group.to_owned(),
            code: None,
            message: format!("the answer could not be read: {error}"),
        })?;
        Ok(self.token.is_some())
    }
}

/// Reads the answer, whose fields come in any order; gives the next token.
struct Answer<F>(F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Answer<F> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Answer<F> {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of log events")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut next_token = None;
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::Events => map.next_value_seed(Events(&mut self.0))?,
                Field::NextToken => next_token = map.next_value()?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(next_token)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Events,
    NextToken,
    #[serde(other)]
    Other,
}

/// Hands over the messages of a list of events, which may be null.
struct Events<'f, F>(&'f mut F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Events<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Events<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of log events")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(event) = list.next_element::<LogEvent<'_>>()? {
            self.0(event.message.as_deref().unwrap_or_default());
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct LogEvent<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    message: Option<Cow<'a, str>>,
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
            let body = response.take_body();
            let mut bytes = self.bytes();
            // Of an attempt that broke off.
            bytes.clear();
            let length = body.content_length().unwrap_or_default().min(LARGEST);
            bytes.reserve_exact(usize::try_from(length).unwrap_or_default());
            drop(bytes);
            let body = Kept {
                body: Some(body),
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
