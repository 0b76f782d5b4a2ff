//! The stand-ins for AWS: CloudWatch Logs, SNS, CloudWatch and S3, each on a port of its own, so that
//! every subject makes the connections it makes on AWS.
//!
//! What must hold: an answer costs little to serve, so most are made beforehand; and work that was
//! not done right is an error, never a time. Each stand-in understands all services, by whatever
//! protocol a subject speaks: a function may also send everything to one endpoint.

mod answers;
mod checks;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::answers::Answer;
use self::checks::Seen;
use crate::events::Page;

/// What there is, so what the stand-ins answer.
pub(crate) enum Scene {
    /// The metric filter, and the failed calls that it matched.
    Alert(Vec<Page>),
    /// A fresh account.
    Create,
}

/// Where the stand-ins listen, by `http` or `https`.
pub(crate) struct Endpoints {
    pub(crate) logs: String,
    pub(crate) sns: String,
    pub(crate) cloudwatch: String,
    /// Also where a function sends everything that knows of one endpoint only.
    pub(crate) s3: String,
}

/// The stand-ins.
pub(crate) struct Aws {
    pub(crate) https: Endpoints,
    pub(crate) http: Endpoints,
    state: Arc<Mutex<State>>,
}

struct State {
    scene: Scene,
    seen: Seen,
}

impl Aws {
    pub(crate) async fn start(tls: Arc<ServerConfig>) -> Result<Self> {
        let state = Arc::new(Mutex::new(State {
            scene: Scene::Create,
            seen: Seen::default(),
        }));
        Ok(Self {
            https: endpoints(&state, Some(&TlsAcceptor::from(tls))).await?,
            http: endpoints(&state, None).await?,
            state,
        })
    }

    /// From now on answers like this.
    pub(crate) fn set(&self, scene: Scene) {
        lock(&self.state).scene = scene;
    }

    /// Whether one invocation did its work, as far as AWS sees it. Forgets what was seen.
    pub(crate) fn check(&self) -> Result<()> {
        let mut state = lock(&self.state);
        let seen = std::mem::take(&mut state.seen);
        match &state.scene {
            Scene::Alert(pages) => seen.alerted(pages.iter().map(|page| page.events).sum()),
            Scene::Create => seen.created(),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn endpoints(state: &Arc<Mutex<State>>, tls: Option<&TlsAcceptor>) -> Result<Endpoints> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listen = async || {
        let address = listen(state.clone(), tls.cloned()).await?;
        Ok::<_, anyhow::Error>(format!("{scheme}://{address}"))
    };
    Ok(Endpoints {
        logs: listen().await?,
        sns: listen().await?,
        cloudwatch: listen().await?,
        s3: listen().await?,
    })
}

async fn listen(state: Arc<Mutex<State>>, tls: Option<TlsAcceptor>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, state.clone(), tls.clone()));
        }
    });
    Ok(address)
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(respond(&state, request).await) }
    });
    let http = http1::Builder::new();
    // A connection that breaks is the subject's to tell of.
    match tls {
        None => drop(http.serve_connection(TokioIo::new(stream), service).await),
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    }
}

async fn respond(state: &Mutex<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Response::new(Full::default());
    };
    let body = body.to_bytes();
    let mut state = lock(state);
    let State { scene, seen } = &mut *state;
    let answer = answers::answer(scene, &head, &body);
    match &answer {
        Answer::Events(_, events) => seen.events += events,
        Answer::Published => seen.published.push(body),
        Answer::Put => seen.put.push(body),
        Answer::Unknown(what) => seen.unknown.push(what.clone()),
        _ => {}
    }
    drop(state);
    answer.into_response()
}
