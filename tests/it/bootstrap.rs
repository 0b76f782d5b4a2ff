//! A run of the real `bootstrap`: started as Lambda starts it, with nothing but an environment, in
//! front of the fake AWS.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::Value;
use stand_ins::lambda::{self, Endpoint, RuntimeApi};
use stand_ins::server::{Request, Response, Server};
use stand_ins::test_ca::TestCa;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::fake_aws::FakeAws;

/// What the function made of its events.
pub struct Ran {
    /// For each event, the error that the function reported, if any.
    pub outcomes: Vec<Result<(), Value>>,
    /// Why answers to CloudFormation were refused.
    pub refusals: Vec<&'static str>,
    /// All that it wrote to its log.
    pub log: String,
    /// The most memory that it ever had, in KiB.
    pub peak_kib: u64,
    /// Its requests to Lambda and to AWS, in order.
    pub requests: Vec<String>,
    /// The user agent of each of them that names one.
    pub user_agents: Vec<String>,
    /// How many connections it opened to Lambda and to AWS.
    pub connections: usize,
}

/// One run of the binary.
pub struct Run {
    pub aws: FakeAws,
    pub variables: Vec<(&'static str, String)>,
    /// How long an invocation may take.
    pub timeout: Duration,
    pub ca: Option<TestCa>,
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
            ca: None,
        }
    }

    /// AWS speaks TLS, and this authority vouches for it.
    pub fn over_tls(mut self, ca: &TestCa) -> Self {
        self.ca = Some(ca.clone());
        self
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Hands the events to the binary, one after the other. A `ResponseURL` of `{endpoint}/…` leads
    /// to the fake AWS.
    pub async fn events(self, events: Vec<Value>) -> Ran {
        let (mut runtime, endpoint) = RuntimeApi::new(self.timeout);
        let outside = Arc::new(Outside {
            aws: self.aws,
            endpoint,
            refusals: Mutex::default(),
            requests: Mutex::default(),
            user_agents: Mutex::default(),
        });
        let respond = {
            let outside = outside.clone();
            move |request| outside.clone().respond(request)
        };
        let lambda = Server::start(None, respond.clone()).await.unwrap();
        let aws = Server::start(self.ca.as_ref(), respond).await.unwrap();
        let mut function = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .envs(lambda::environment(&lambda.address.to_string()))
            .env("AWS_ENDPOINT_URL", &aws.url)
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
        // A function that reports nothing by its deadline never will.
        let patience = self.timeout + Duration::from_secs(5);
        let mut outcomes = Vec::new();
        for event in events {
            let event = event.to_string().replace("{endpoint}", &aws.url).into();
            let outcome = async {
                runtime.asked().await?;
                runtime.invoke(&event).await
            };
            let outcome = timeout(patience, outcome).await;
            let outcome = outcome.expect("an outcome in time").unwrap();
            let read = |error: Bytes| serde_json::from_slice(&error).unwrap_or_default();
            outcomes.push(outcome.map(drop).map_err(|failed| read(failed.0)));
        }
        let peak_kib = lambda::peak_kib(function.id().unwrap()).unwrap_or(0);
        function.kill().await.unwrap();
        let refusals = outside.refusals.lock().unwrap().clone();
        let requests = outside.requests.lock().unwrap().clone();
        let user_agents = outside.user_agents.lock().unwrap().clone();
        Ran {
            outcomes,
            refusals,
            log: reading.await.unwrap(),
            peak_kib,
            requests,
            user_agents,
            connections: lambda.connections() + aws.connections(),
        }
    }
}

/// Everything that the function talks to.
struct Outside {
    aws: FakeAws,
    endpoint: Arc<Endpoint>,
    refusals: Mutex<Vec<&'static str>>,
    requests: Mutex<Vec<String>>,
    user_agents: Mutex<Vec<String>>,
}

impl Outside {
    async fn respond(self: Arc<Self>, request: Request) -> Response {
        let path = request.uri().path();
        let mut asked = format!("{} {path}", request.method());
        if request.headers().contains_key("authorization") {
            asked += " with credentials";
        }
        if let Some(agent) = request.headers().get("user-agent") {
            let agent = agent.to_str().unwrap().to_owned();
            self.user_agents.lock().unwrap().push(agent);
        }
        self.requests.lock().unwrap().push(asked);
        if path.starts_with("/2018-06-01/runtime/") {
            return self.endpoint.clone().respond(request).await;
        }
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.aws(hyper::Request::from_parts(head, body.into()))
            .await
    }

    async fn aws(&self, request: hyper::Request<SdkBody>) -> Response {
        if request.method() == "PUT"
            && let Some(refusal) = self.refusal(&request)
        {
            self.refusals.lock().unwrap().push(refusal);
            return empty(StatusCode::FORBIDDEN);
        }
        match self.aws.call(request.try_into().unwrap()).await {
            Ok(response) => {
                let response = response.try_into_http1x().unwrap();
                response.map(|body| Full::from(body.bytes().unwrap_or_default().to_vec()))
            }
            Err(_) => empty(StatusCode::BAD_GATEWAY),
        }
    }

    /// What S3 and CloudFormation refuse of an answer.
    fn refusal(&self, request: &hyper::Request<SdkBody>) -> Option<&'static str> {
        let header = |name: &str| {
            let value = request.headers().get(name)?;
            value.to_str().ok()
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
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
