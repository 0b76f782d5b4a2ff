//! What carries every request: one TLS stack, one pool of connections.
//!
//! Amazon's roots are compiled in, because reading the system's bundle of some 140 certificates
//! takes four times as long as everything else that happens before the first event. They must never
//! keep an alert from going out: when a certificate has none of them as its root, because a proxy
//! inspects the traffic or the root is newer than this binary, the system's bundle decides, from
//! then on for every connection.

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

use super::lazy::{Lazy, lazy};

/// The roots of Amazon Trust Services, which sign the certificates of AWS's endpoints.
///
/// <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

/// How long opening a connection may take, so that there is time for another attempt. The SDK's own
/// setting does not reach a connector that is made beforehand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The connector to the network, through the proxy that `HTTPS_PROXY` and the like name.
///
/// With `own_bundle`, it trusts only the certificates that `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
pub fn connector(own_bundle: bool) -> SharedHttpConnector {
    let proxy = ProxyConfig::from_env();
    if own_bundle {
        // The native roots are those that the two variables name.
        let named = TrustStore::empty().with_native_roots(true);
        return trusting(named, proxy);
    }
    let amazon = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    // Amazon's count even where the system has no bundle.
    let all = amazon.clone().with_native_roots(true);
    SharedHttpConnector::new(Fallback::new(amazon, all, proxy))
}

fn trusting(roots: TrustStore, proxy: ProxyConfig) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .build();
    let builder = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .proxy_config(proxy)
        .tls_provider(Provider::Rustls(CryptoMode::Ring));
    // Building it can fail with s2n only.
    let connector = match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context),
        Err(_) => builder,
    };
    SharedHttpConnector::new(connector.build())
}

/// Trusts a few roots until it meets a certificate of another; from then on, a larger set.
#[derive(Clone, Debug)]
struct Fallback {
    few: SharedHttpConnector,
    others: Arc<Lazy<SharedHttpConnector>>,
}

impl Fallback {
    fn new(few: TrustStore, others: TrustStore, proxy: ProxyConfig) -> Self {
        Self {
            few: trusting(few, proxy.clone()),
            others: Arc::new(lazy(|| trusting(others, proxy))),
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
                (Err(failure), Some(again)) if is_certificate_rejected(&failure) => {
                    warn!(
                        "a certificate is not signed by Amazon: trusting the system's bundle now"
                    );
                    others.call(again).await
                }
                (result, _) => result,
            }
        })
    }
}

/// Whether the server's certificate was rejected; then nothing has been sent.
fn is_certificate_rejected(failure: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(failure);
    while let Some(error) = cause {
        if let Some(TlsError::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An I/O error does not name the error that it wraps as its source.
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
