//! What carries every request: one TLS stack, one pool of connections.
//!
//! Amazon's roots are compiled in, because reading the system's bundle of some 140 certificates takes four times as
//! long as everything else that happens before the first event. They must never be a reason why nobody is told: what
//! they do not know, such as the certificate of a proxy that looks inside or of a root that is newer than this binary,
//! is asked of the system's bundle, and from then on everything is.

use std::error::Error;
use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls::Error as TlsError;
use tracing::warn;

use super::Late;

/// Amazon Trust Services' roots, under which AWS serves its endpoints.
///
/// <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

/// How long a connection may take to be made, so that there is time for another. The SDK's own setting does not reach
/// a connector that is made beforehand.
const CONNECT: Duration = Duration::from_secs(3);

/// The connector that goes to the network, through the proxy that `HTTPS_PROXY` and its like name.
///
/// `own_bundle` says that `SSL_CERT_FILE` or `SSL_CERT_DIR` names the certificates to trust: then it is those alone.
#[must_use]
pub fn connector(own_bundle: bool) -> SharedHttpConnector {
    let proxy = ProxyConfig::from_env();
    // The system's are read from its files when a connector is made of them.
    if own_bundle {
        let named = TrustStore::empty().with_native_roots(true);
        return trusting(named, proxy);
    }
    let amazon = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    // Where the system has no bundle, Amazon's still count.
    let all = amazon.clone().with_native_roots(true);
    SharedHttpConnector::new(Fallback::new(amazon, all, proxy))
}

fn trusting(roots: TrustStore, proxy: ProxyConfig) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT)
        .build();
    let builder = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .proxy_config(proxy)
        .tls_provider(Provider::Rustls(CryptoMode::Ring));
    // Only s2n's context can fail.
    let connector = match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context),
        Err(_) => builder,
    };
    SharedHttpConnector::new(connector.build())
}

/// Trusts a few roots until a certificate comes that they do not know; from then on, others.
#[derive(Clone, Debug)]
struct Fallback {
    few: SharedHttpConnector,
    others: Arc<Late<SharedHttpConnector>>,
}

impl Fallback {
    fn new(few: TrustStore, others: TrustStore, proxy: ProxyConfig) -> Self {
        Self {
            few: trusting(few, proxy.clone()),
            others: Arc::new(LazyLock::new(Box::new(|| trusting(others, proxy)))),
        }
    }
}

impl HttpConnector for Fallback {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(others) = LazyLock::get(&self.others) {
            return others.call(request);
        }
        let again = request.try_clone();
        let Self { few, others } = self.clone();
        HttpConnectorFuture::new(async move {
            match (few.call(request).await, again) {
                (Err(failure), Some(again)) if is_about_the_certificate(&failure) => {
                    warn!(
                        "a certificate is not one of Amazon's: the system's bundle is asked instead"
                    );
                    others.call(again).await
                }
                (done, _) => done,
            }
        })
    }
}

/// Whether it was the other side's certificate that was not accepted: nothing was sent then.
fn is_about_the_certificate(failure: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(failure);
    while let Some(error) = cause {
        if let Some(TlsError::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An I/O error is not the cause that it wraps, and does not name it as its source.
        cause = match error.downcast_ref::<io::Error>() {
            Some(wrapping) => wrapping
                .get_ref()
                .map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests;
