//! What carries every request: one TLS stack, one pool of connections.
//!
//! Amazon's roots are compiled in, because reading the system's bundle of some 140 certificates
//! takes four times as long as everything else that happens before the first event. They must never
//! keep an alert from going out: when a certificate has none of them as its root, because a proxy
//! inspects the traffic or the root is newer than this binary, the system's bundle decides, from
//! then on for every connection.

use std::sync::{Arc, LazyLock};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{Error as TlsError, RootCertStore};
use tracing::warn;

use super::crypto::{Tls, tls};
use super::http1::{Http1, causes};
use super::lazy::{Lazy, lazy};

/// The roots of Amazon Trust Services, which sign the certificates of AWS's endpoints.
///
/// <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

/// The connector to the network, through the proxy that `HTTPS_PROXY` and the like name.
///
/// With `own_bundle`, it trusts only the certificates that `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
///
/// # Errors
///
/// When the cryptography does not suffice for TLS, which a test rules out.
pub fn connector(own_bundle: bool) -> Result<SharedHttpConnector, TlsError> {
    let tls = tls()?;
    let proxies = Arc::new(Matcher::from_env());
    Ok(if own_bundle {
        let named = with_bundle(RootCertStore::empty());
        SharedHttpConnector::new(Http1::new(tls, named, proxies))
    } else {
        // Amazon's count even where the system has no bundle.
        let all = || with_bundle(roots(AMAZON_ROOTS));
        SharedHttpConnector::new(Fallback::new(tls, roots(AMAZON_ROOTS), all, proxies))
    })
}

fn roots(pem: &[u8]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
    roots
}

/// Adds the bundle that the two variables name, or else the system's.
fn with_bundle(mut roots: RootCertStore) -> RootCertStore {
    let bundle = rustls_native_certs::load_native_certs();
    if !bundle.errors.is_empty() {
        warn!("some certificates could not be read: {:?}", bundle.errors);
    }
    let (added, _) = roots.add_parsable_certificates(bundle.certs);
    if added == 0 {
        warn!("no certificates were found in the bundle");
    }
    roots
}

/// Trusts a few roots until it meets a certificate of another; from then on, a larger set.
#[derive(Clone, Debug)]
struct Fallback {
    few: Http1,
    others: Arc<Lazy<Http1>>,
}

impl Fallback {
    fn new(
        tls: Tls,
        few: RootCertStore,
        others: impl FnOnce() -> RootCertStore + Send + 'static,
        proxies: Arc<Matcher>,
    ) -> Self {
        Self {
            few: Http1::new(tls.clone(), few, proxies.clone()),
            others: Arc::new(lazy(|| Http1::new(tls, others(), proxies))),
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
    causes(failure)
        .any(|cause| matches!(cause.downcast_ref(), Some(TlsError::InvalidCertificate(_))))
}

#[cfg(test)]
mod tests;
