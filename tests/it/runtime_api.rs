//! The Lambda Runtime API on loopback, and the fake AWS behind it: the real
//! `bootstrap` is started with nothing but an environment, as Lambda does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::VecDeque;
use std::convert::Infallible;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;
use crate::fake_aws::{FUNCTION_ARN, FakeAws};

/// What the function made of its events.
pub struct Ran {
    /// For each event: what was posted as the error, or nothing.
    pub outcomes: Vec<Result<(), Value>>,
    /// Why answers to CloudFormation were refused.
    pub refusals: Vec<&'static str>,
    /// All that it wrote to its log.
    pub log: String,
    /// The most memory it ever had, in KiB.
    pub peak_kib: u64,
    /// What it asked, in order.
    pub requests: Vec<String>,
    /// How many connections it opened, to Lambda and to AWS.
    pub connections: usize,
}

/// One run of the binary.
pub struct Run {
    pub aws: FakeAws,
    pub variables: Vec<(&'static str, String)>,
    /// How long an invocation may take.
    pub timeout: Duration,
    pub tls: Option<TlsAcceptor>,
}

impl Run {
    pub fn new(aws: &FakeAws) -> Self {
        Self {
            aws: aws.clone(),
            variables: vec![(
                "TOPIC_ARN",
                "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic".to_owned(),
            )],
            timeout: Duration::from_mins(1),
            tls: None,
        }
    }

    /// AWS speaks TLS, and this authority vouches for it.
    pub fn over_tls(mut self, authority: &Authority) -> Self {
        self.tls = Some(authority.acceptor.clone());
        self
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Hands the events to the binary, one after the other. A `ResponseURL` of
    /// `{endpoint}/…` leads to the fake AWS.
    pub async fn events(self, events: Vec<Value>) -> Ran {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let over_tls = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = match &self.tls {
            Some(_) => format!("https://{}", over_tls.local_addr().unwrap()),
            None => format!("http://{address}"),
        };
        let count = events.len();
        let events = events
            .into_iter()
            .map(|event| event.to_string().replace("{endpoint}", &endpoint))
            .collect();
        let (outcome, mut outcomes) = mpsc::unbounded_channel();
        let server = Arc::new(Server {
            aws: self.aws,
            events: Mutex::new(events),
            outcome,
            refusals: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            timeout: self.timeout,
        });
        let serving = [
            tokio::spawn(serve(listener, None, server.clone())),
            tokio::spawn(serve(over_tls, self.tls, server.clone())),
        ];
        let mut function = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "pattern1-alarm-AlarmFunction")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                "/aws/lambda/pattern1-alarm-AlarmFunction",
            )
            .env(
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/11/23/[1]0123456789abcdef",
            )
            .env("AWS_REGION", "ap-southeast-2")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_ENDPOINT_URL", &endpoint)
            .envs(self.variables)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdout = function.stdout.take().unwrap();
        let reading = tokio::spawn(async move {
            let mut log = String::new();
            stdout.read_to_string(&mut log).await.unwrap();
            log
        });
        let mut ran = Vec::new();
        for _ in 0..count {
            let waiting = tokio::time::timeout(Duration::from_mins(1), outcomes.recv());
            ran.push(waiting.await.expect("an outcome in time").unwrap());
        }
        let peak_kib = peak_kib(function.id().unwrap());
        function.kill().await.unwrap();
        for serving in serving {
            serving.abort();
        }
        let refusals = server.refusals.lock().unwrap().clone();
        Ran {
            outcomes: ran,
            refusals,
            log: reading.await.unwrap(),
            peak_kib,
            requests: server.requests.lock().unwrap().clone(),
            connections: server.connections.load(Ordering::Relaxed),
        }
    }
}

struct Server {
    aws: FakeAws,
    events: Mutex<VecDeque<String>>,
    outcome: mpsc::UnboundedSender<Result<(), Value>>,
    refusals: Mutex<Vec<&'static str>>,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    timeout: Duration,
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, server: Arc<Server>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(converse(stream, tls.clone(), server.clone()));
    }
}

async fn converse(stream: TcpStream, tls: Option<TlsAcceptor>, server: Arc<Server>) {
    server.connections.fetch_add(1, Ordering::Relaxed);
    let service =
        service_fn(|request| async { Ok::<_, Infallible>(server.respond(request).await) });
    let http = http1::Builder::new();
    let _ = match tls {
        None => http.serve_connection(TokioIo::new(stream), service).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => http.serve_connection(TokioIo::new(stream), service).await,
            // A client that trusts nobody hangs up.
            Err(_) => return,
        },
    };
}

impl Server {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let mut asked = format!("{} {}", parts.method, parts.uri.path());
        if parts.headers.contains_key("authorization") {
            asked += " with credentials";
        }
        self.requests.lock().unwrap().push(asked);
        let body = body.collect().await.unwrap().to_bytes();
        let path = parts.uri.path();
        let Some(call) = path.strip_prefix("/2018-06-01/runtime/invocation/") else {
            return self
                .aws(Request::from_parts(parts, SdkBody::from(body.to_vec())))
                .await;
        };
        if call == "next" {
            return self.next().await;
        }
        let outcome = if call.ends_with("/response") {
            Ok(())
        } else {
            Err(serde_json::from_slice(&body).unwrap_or_default())
        };
        let _ = self.outcome.send(outcome);
        Response::builder()
            .status(202)
            .body(Full::default())
            .unwrap()
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let event = self.events.lock().unwrap().pop_front();
        let Some(event) = event else {
            return std::future::pending().await;
        };
        Response::builder()
            .header(
                "Lambda-Runtime-Aws-Request-Id",
                "8f507cfc-0000-4111-8222-example",
            )
            .header(
                "Lambda-Runtime-Deadline-Ms",
                deadline(self.timeout).to_string(),
            )
            .header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
            .body(Full::from(event))
            .unwrap()
    }

    /// What S3 and CloudFormation refuse of an answer.
    fn refusal(&self, request: &Request<SdkBody>) -> Option<&'static str> {
        let header = |name: &str| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let length = request.body().bytes().unwrap_or_default().len();
        if header("content-type").is_some() {
            Some("a Content-Type was signed as empty")
        } else if header("transfer-encoding").is_some() {
            Some("the body is chunked")
        } else if header("content-length") != Some(&length.to_string()) {
            Some("the length is not that of the body")
        } else if !self.aws.state().answers.is_empty() {
            Some("it was answered before")
        } else {
            None
        }
    }

    async fn aws(&self, request: Request<SdkBody>) -> Response<Full<Bytes>> {
        if request.method() == "PUT"
            && let Some(refusal) = self.refusal(&request)
        {
            self.refusals.lock().unwrap().push(refusal);
            return Response::builder()
                .status(403)
                .body(Full::default())
                .unwrap();
        }
        match self.aws.call(request.try_into().unwrap()).await {
            Ok(response) => {
                let response = response.try_into_http1x().unwrap();
                response.map(|body| Full::from(body.bytes().unwrap_or_default().to_vec()))
            }
            Err(_) => Response::builder()
                .status(502)
                .body(Full::default())
                .unwrap(),
        }
    }
}

/// A process's high-water mark, where the system tells it.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

/// Lambda tells the deadline as an instant of the real clock.
#[allow(clippy::disallowed_methods)]
fn deadline(timeout: Duration) -> u128 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    (now + timeout).as_millis()
}
