//! Connections that an alert will need, opened before there is one.
//!
//! Lambda starts a function with all the processor it has and then, with 128 MB, leaves it 7 % of one. A handshake and
//! the clients' first steps take less than ten milliseconds before the first event, and more than a hundred after it.
//! What must hold: nothing of this is needed, so nothing here fails, and it waits for a short while only.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

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

use super::Clients;

/// How long is waited for the connections.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens a connection to CloudWatch Logs and one to SNS, and takes both clients through their first steps.
pub async fn warm_up(clients: &Clients) {
    let logs = open(&clients.connector, |held_back| {
        let search = clients.logs().filter_log_events().log_group_name("none");
        search.customize().interceptor(held_back).send()
    });
    let sns = open(&clients.connector, |held_back| {
        let publish = clients.sns().publish().topic_arn("none").message("none");
        publish.customize().interceptor(held_back).send()
    });
    let _ = timeout(PATIENCE, join(logs, sns)).await;
}

/// Asks where a call would go for what every AWS endpoint answers, without credentials, so that a connection is made and
/// kept.
async fn open<Sent: Future>(
    connector: &SharedHttpConnector,
    call: impl FnOnce(Destination) -> Sent,
) -> Option<()> {
    let destination = Destination::default();
    drop(call(destination.clone()).await);
    let destination = destination.0.get()?;
    // Without TLS there is nothing to gain.
    if destination.scheme_str() != Some("https") {
        return None;
    }
    let mut request = HttpRequest::empty();
    request
        .set_uri(format!("https://{}/ping", destination.authority()?))
        .ok()?;
    let response = connector.call(request).await.ok()?;
    // Only what was read to its end leaves a connection that can be used again.
    ByteStream::new(response.into_body()).collect().await.ok()?;
    Some(())
}

/// Where a request would go. It is made, and held back before it is signed: a signature is of one moment.
#[derive(Clone, Debug, Default)]
struct Destination(Arc<OnceLock<Uri>>);

#[dyn_dispatch_hint]
impl Intercept for Destination {
    fn name(&self) -> &'static str {
        "destination"
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
