//! Keeps the body of a response from the SDK.
//!
//! What must hold: it is the whole body of the last successful attempt. The SDK reads every other
//! response itself and finds the error in it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body::{Body, Frame};

/// The most memory to reserve for a response because of its `Content-Length`: a page has a megabyte
/// of events, and JSON needs some more.
const MAX_RESERVED: u64 = 4 << 20;

/// Keeps the body of each successful response in the same memory.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptBody(Arc<Mutex<Vec<u8>>>);

impl KeptBody {
    /// The body that was kept last.
    pub(super) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for KeptBody {
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
            // An earlier attempt may have broken off.
            bytes.clear();
            let length = body.content_length().unwrap_or_default().min(MAX_RESERVED);
            bytes.reserve_exact(usize::try_from(length).unwrap_or_default());
            drop(bytes);
            let body = Diverted {
                body: Some(body),
                kept: self.clone(),
            };
            *response.body_mut() = SdkBody::from_body_1_x(body);
        }
        Ok(())
    }
}

/// A body that is kept while the SDK reads an empty object in its place.
struct Diverted {
    body: Option<SdkBody>,
    kept: KeptBody,
}

impl Body for Diverted {
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
                        this.kept.bytes().extend_from_slice(data);
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
