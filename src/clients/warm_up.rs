//! Connections that an alert will need, opened before there is one.
//!
//! Lambda gives a starting function a whole processor, and then, with 128 MB, 7 % of one. A
//! handshake and the clients' first steps take less than ten milliseconds before the first event
//! and more than a hundred after it. The function also works without all this, so nothing here
//! fails and all of it has a short time limit.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use futures_util::future::join;
use http::Uri;
use tokio::time::timeout;

/// The most time that start-up spends here.
const MAX_TIME: Duration = Duration::from_secs(1);

/// Opens a connection to CloudWatch Logs and one to SNS, and takes both clients through their first
/// steps.
pub async fn warm_up(logs: &Logs, sns: &Sns, connector: &SharedHttpConnector) {
    let logs = open(connector, |endpoint| {
        let search = logs.filter_log_events().log_group_name("none");
        search.customize().interceptor(endpoint).send()
    });
    let sns = open(connector, |endpoint| {
        let publish = sns.publish().topic_arn("none").message("none");
        publish.customize().interceptor(endpoint).send()
    });
    let _ = timeout(MAX_TIME, join(logs, sns)).await;
}

/// Opens a connection to where a call would go, by a request that every AWS endpoint answers
/// without credentials, and leaves it in the pool.
async fn open<Sent: Future>(
    connector: &SharedHttpConnector,
    call: impl FnOnce(Endpoint) -> Sent,
) -> Option<()> {
    let endpoint = Endpoint::default();
    drop(call(endpoint.clone()).await);
    let endpoint = endpoint.0.get()?;
    // Without TLS there is nothing to gain.
    if endpoint.scheme_str() != Some("https") {
        return None;
    }
    let mut request = HttpRequest::empty();
    request
        .set_uri(format!("https://{}/ping", endpoint.authority()?))
        .ok()?;
    let response = connector.call(request).await.ok()?;
    // Only a response that was read to its end frees its connection.
    ByteStream::new(response.into_body()).collect().await.ok()?;
    Some(())
}

/// Learns where a request would go, and stops it before it is signed and sent.
#[derive(Clone, Debug, Default)]
struct Endpoint(Arc<OnceLock<Uri>>);

#[dyn_dispatch_hint]
impl Intercept for Endpoint {
    fn name(&self) -> &'static str {
        "endpoint"
    }

    fn read_before_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri().parse()?;
        let _ = self.0.set(uri);
        Err("held back".into())
    }
}
