//! HTTP/1.1 to everything outside, directly or through a proxy, with one pool of connections.
//!
//! HTTP/2 is never offered. A few requests one after the other gain nothing from it, and it sends
//! all that goes to a host over one connection: if that dies in silence, as it can while Lambda has
//! the function frozen, every retry goes there too. With HTTP/1.1, giving up a request without an
//! answer closes its connection, and the next request opens another.
//!
//! What fails is classified as the SDK's own HTTP client does it, because the SDK's retries go by
//! that.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{
    CaptureConnection, HttpConnector as Tcp, capture_connection,
};
use hyper_util::client::legacy::{Client, Error as HttpError};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::crypto::Tls;

/// How long opening a connection may take, so that there is time for another attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection may wait for its next request. One that waited longer, as in a function
/// that Lambda had frozen, may be dead without a word: a NAT gateway forgets it after 350 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// An HTTP/1.1 client with its connections.
#[derive(Clone, Debug)]
pub(super) struct Http1(Client<Route, SdkBody>);

impl Http1 {
    /// Trusts these roots, and goes through these proxies.
    pub(super) fn new(tls: Tls, roots: RootCertStore, proxies: Arc<Matcher>) -> Self {
        let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tls = Arc::new(tls);
        let mut tcp = Tcp::new();
        tcp.set_nodelay(true);
        // Otherwise it refuses `https`, but TLS is added around it.
        tcp.enforce_http(false);
        let direct = HttpsConnector::from((tcp, tls.clone()));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(Route {
                direct,
                tls,
                proxies,
            });
        Self(client)
    }
}

impl HttpConnector for Http1 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let used = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || Some(metadata(used.clone())));
        }
        let response = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let response = response.await.map_err(classified)?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What the SDK wants of a connection: that it is not used again after the service failed on it.
fn metadata(used: CaptureConnection) -> ConnectionMetadata {
    let poison = move || {
        if let Some(connected) = used.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    let metadata = ConnectionMetadata::builder().proxied(false);
    metadata.poison_fn(poison).build()
}

fn classified(error: HttpError) -> ConnectorError {
    let is_connect = error.is_connect();
    let is_timeout = causes(&error).any(<dyn Error>::is::<NoConnection>);
    let is_io = causes(&error).any(<dyn Error>::is::<io::Error>);
    let hyper = causes(&error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let is = |kind: fn(&hyper::Error) -> bool| hyper.is_some_and(kind);
    if is_timeout {
        ConnectorError::timeout(error.into())
    } else if is(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if is_connect || is_io || is(hyper::Error::is_closed) || is(hyper::Error::is_canceled) {
        ConnectorError::io(error.into())
    } else if is(hyper::Error::is_incomplete_message) {
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error.into(), None)
    }
}

/// An error, what caused it, what caused that, and so on.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            // It does not name the error that it wraps as its source.
            Some(wrapping) => wrapping.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    })
}

/// No connection was opened in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection after {} s", CONNECT_TIMEOUT.as_secs())]
struct NoConnection;

/// Opens connections. Through a proxy, each is a tunnel, also one to an address without TLS, which
/// in practice only a local AWS has.
#[derive(Clone)]
struct Route {
    direct: HttpsConnector<Tcp>,
    tls: Arc<ClientConfig>,
    proxies: Arc<Matcher>,
}

/// To the destination, in TLS or not, over what leads there: TCP, or a proxy with TLS or without.
type Stream = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.intercept(&to) else {
            let stream = timeout(CONNECT_TIMEOUT, self.direct.call(to));
            return Box::pin(async {
                let stream = stream.await.map_err(|_| NoConnection)?;
                Ok(MaybeHttpsStream::Http(stream?))
            });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let mut tunnel = HttpsConnector::from((tunnel, self.tls.clone()));
        let stream = timeout(CONNECT_TIMEOUT, tunnel.call(with_port(to)));
        Box::pin(async { stream.await.map_err(|_| NoConnection)? })
    }
}

/// A tunnel takes 443 where no port is named.
fn with_port(to: Uri) -> Uri {
    match (to.scheme_str(), to.host(), to.port()) {
        (Some("http"), Some(host), None) => format!("http://{host}:80").parse().unwrap_or(to),
        _ => to,
    }
}

#[cfg(test)]
mod tests;
