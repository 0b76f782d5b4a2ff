//! An HTTP server on a free port of 127.0.0.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::test_ca::TestCa;

/// A request, its body still on the way.
pub type Request = hyper::Request<Incoming>;
/// A response.
pub type Response = hyper::Response<Full<Bytes>>;

/// Accepts connections until it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The same as a URL without a path.
    pub url: String,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Answers every request with what `respond` makes of it, over TLS if there is an authority
    /// that vouches for it.
    pub async fn start<F>(
        ca: Option<&TestCa>,
        respond: impl Fn(Request) -> F + Clone + Send + 'static,
    ) -> Result<Self>
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let tls = ca.map(|ca| ca.acceptor.clone());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = connections.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(converse(stream, tls.clone(), respond.clone()));
            }
        });
        Ok(Self {
            address,
            url: format!("{scheme}://{address}"),
            connections,
            accepting,
        })
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves one connection to its end. If it breaks, that is for the client to report.
async fn converse<F>(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    respond: impl Fn(Request) -> F + Send + 'static,
) where
    F: Future<Output = Response> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let response = respond(request);
        async { Ok::<_, Infallible>(response.await) }
    });
    let http = http1::Builder::new();
    if let Some(tls) = tls {
        // A client that does not trust the certificate hangs up.
        if let Ok(stream) = tls.accept(stream).await {
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        }
    } else {
        let _ = http.serve_connection(TokioIo::new(stream), service).await;
    }
}
