//! The body of an answer, kept while it goes past the SDK.
//!
//! What must hold: it is the body of the last attempt that was answered with success, whole; of any other answer the
//! SDK reads the error.

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

/// So much memory is taken at once for an answer that says how long it is: a page has a megabyte of events, and what
/// JSON takes to hold them.
const LARGEST: u64 = 4 << 20;

/// Keeps it.
#[derive(Clone, Debug, Default)]
pub(super) struct Keep(Arc<Mutex<Vec<u8>>>);

impl Keep {
    /// What was kept.
    pub(super) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
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
