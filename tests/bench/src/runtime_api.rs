//! Lambda's Runtime API for one process: hands out an event when told to, and says when the process
//! asked for it and when it answered.
//!
//! What must hold: each moment is that at which a request arrived here, before anything is done
//! with it; and an answer that is an error ends the measurement.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

const FUNCTION_ARN: &str =
    "arn:aws:lambda:ap-southeast-2:111122223333:function:pattern1-alarm-AlarmFunction";

/// As the template has it.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What the process did, and when.
enum Act {
    /// It asked for an event.
    Asked(Instant),
    /// It answered.
    Answered(Instant),
    /// It said that it failed.
    Failed(String),
}

/// The side of the bench.
pub(crate) struct RuntimeApi {
    /// Where the process finds it.
    pub(crate) address: SocketAddr,
    events: mpsc::UnboundedSender<Bytes>,
    acts: mpsc::UnboundedReceiver<Act>,
    serving: JoinHandle<()>,
}

/// The side of the process.
struct Server {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    acts: mpsc::UnboundedSender<Act>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (events, handed_out) = mpsc::unbounded_channel();
        let (acts, seen) = mpsc::unbounded_channel();
        let server = Arc::new(Server {
            events: Mutex::new(handed_out),
            acts,
        });
        Ok(Self {
            address,
            events,
            acts: seen,
            serving: tokio::spawn(serve(listener, server)),
        })
    }

    /// Waits until the process asks for an event; says when it did.
    pub(crate) async fn asked(&mut self) -> Result<Instant> {
        match self.act().await? {
            Act::Asked(at) => Ok(at),
            Act::Answered(_) => bail!("answered an event that it was not given"),
            Act::Failed(text) => bail!("could not start: {text}"),
        }
    }

    /// Hands out an event; says how long the answer took. The next question is waited for with
    /// [`RuntimeApi::asked`].
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<Duration> {
        let began = Instant::now();
        self.events.send(event.clone())?;
        match self.act().await? {
            Act::Answered(at) => Ok(at - began),
            Act::Asked(_) => bail!("asked for another event before it answered"),
            Act::Failed(text) => bail!("failed: {text}"),
        }
    }

    async fn act(&mut self) -> Result<Act> {
        self.acts.recv().await.context("the Runtime API ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, server: Arc<Server>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.respond(request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

impl Server {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let at = Instant::now();
        let path = request.uri().path();
        if path.ends_with("/invocation/next") {
            let _ = self.acts.send(Act::Asked(at));
            return match self.events.lock().await.recv().await {
                Some(event) => handed_out(event),
                None => std::future::pending().await,
            };
        }
        let succeeded = path.ends_with("/response");
        let body = match request.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => Bytes::new(),
        };
        let _ = self.acts.send(if succeeded {
            Act::Answered(at)
        } else {
            Act::Failed(String::from_utf8_lossy(&body).into_owned())
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::ACCEPTED;
        response
    }
}

fn handed_out(event: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(event));
    let headers = response.headers_mut();
    let deadline = SystemTime::now() + TIMEOUT;
    let millis = deadline
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            "8f507cfc-0000-4111-8222-example".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", millis.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            FUNCTION_ARN.to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ] {
        if let Ok(value) = value.try_into() {
            headers.insert(name, value);
        }
    }
    response
}
