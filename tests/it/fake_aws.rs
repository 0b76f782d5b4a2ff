//! An AWS in memory that speaks the wire: the real SDK clients, with their signing, serialisation
//! and retries, send their requests to it instead of the network.
//!
//! It keeps state (log groups, filters, alarms, topics), records every call and every answer to
//! CloudFormation, and can fail any call in any way. It can also be as slow as AWS to show what was
//! done, and tell the calls of deliveries that run at the same time apart.

mod call;
mod cbor;
mod cloudwatch;
mod consistency;
mod delivery;
mod faults;
mod logs;
mod sns;
mod streams;
mod tests;
mod world;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures_util::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use jiff::Timestamp;
use kms_alarm::clients::Clients;
use kms_alarm::environment::Environment;
use kms_alarm::handler::MetricLines;
use serde_json::{Value, json};
use stand_ins::log_events::LogEvent;
use stand_ins::protocol::Service;
use tokio::time::Instant;

use self::call::{Answer, Body, Call};
use self::consistency::Consistency;
use self::faults::Faults;
use self::streams::Streams;

pub use self::cloudwatch::seconds;
pub use self::consistency::Lags;
pub use self::delivery::Delivery;
pub use self::faults::How;
pub use self::sns::default_policy;
pub use self::streams::FUNCTION_LOG_GROUP;
pub use self::world::{Alarm, AlarmKind, DELETED, LogGroup, PENDING, Topic, World};
pub use stand_ins::lambda::FUNCTION_ARN;

/// The host of every `ResponseURL` in these tests.
pub const RESPONSE_HOST: &str =
    "cloudformation-custom-resource-response-apsoutheast2.s3-ap-southeast-2.amazonaws.com";

/// The time when a test begins: ten seconds after the samples' request was signed.
pub const NOW: &str = "2026-11-23T09:47:30Z";

const LOG_GROUP: &str = "pattern1-logging-loggroup";

#[derive(Clone, Debug)]
pub struct FakeAws {
    state: Arc<Mutex<State>>,
    /// When the test began.
    began: Instant,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    /// What exists.
    pub world: World,
    /// Every call, as `service:Operation`, in order. The answer to CloudFormation is `PUT`.
    pub calls: Vec<String>,
    /// The parameters of the calls, in the same order.
    pub parameters: Vec<Value>,
    /// What was published, in order.
    pub published: Vec<Value>,
    /// The bodies of the answers to CloudFormation.
    pub answers: Vec<String>,
    /// The headers of the last answer.
    pub answer_headers: BTreeMap<String, String>,
    /// Every call of a delivery that has a name: when, which delivery, what it asked for, and what
    /// it got. For whoever wonders how something came about.
    pub story: Vec<String>,
    /// The metrics that the function wrote to its log.
    pub metrics: Vec<Value>,
    /// The function's own log group.
    pub streams: Streams,
    environments: u64,
    faults: Faults,
    consistency: Consistency,
}

impl Default for FakeAws {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            began: Instant::now(),
        }
    }
}

impl FakeAws {
    /// With the lab's log group.
    pub fn with_log_group() -> Self {
        let aws = Self::default();
        let group = LogGroup::default();
        aws.state()
            .world
            .log_groups
            .insert(LOG_GROUP.to_owned(), group);
        aws
    }

    /// Another AWS in which everything is as it is here now.
    pub fn copy(&self) -> Self {
        Self {
            state: Arc::new(Mutex::new(self.state().clone())),
            began: self.began,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn world(&self) -> World {
        self.state().world.clone()
    }

    /// From now on the filter's pattern finds these pages in the lab's log group.
    pub fn fill_log(&self, pages: impl IntoIterator<Item = Vec<LogEvent>>) {
        let groups = &mut self.state().world.log_groups;
        let group = groups.get_mut(LOG_GROUP).expect("the lab's log group");
        group.pages = pages.into_iter().collect();
    }

    /// The calls since this was last asked, without those by which requests take turns.
    pub fn calls(&self) -> Vec<String> {
        let mut calls = self.all_calls();
        calls.retain(|call| !call.ends_with("LogStream") && !call.ends_with("LogStreams"));
        calls
    }

    /// All calls since this was last asked.
    pub fn all_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Makes the next calls of an operation fail.
    pub fn fail(&self, operation: &str, how: How, times: usize) {
        self.fail_after(operation, 0, how, times);
    }

    /// Makes the next calls of an operation fail, except the first ones.
    pub fn fail_after(&self, operation: &str, first: usize, how: How, times: usize) {
        self.state().faults.add(operation, first, how, times);
    }

    /// Makes one call fail, counted from now. If it is lasting, every later call of that operation
    /// fails too.
    pub fn fail_at(&self, call: usize, how: How, lasting: bool) {
        self.state().faults.set_trap(call, how, lasting);
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.state().faults = Faults::default();
    }

    /// The time, which moves on with the tests' clock.
    pub fn now(&self) -> Timestamp {
        let began: Timestamp = NOW.parse().expect("a time");
        began + jiff::SignedDuration::try_from(self.began.elapsed()).expect("a short time")
    }

    /// Where the function's metrics go.
    pub fn metrics(&self) -> MetricLines {
        let state = self.state.clone();
        MetricLines::to(move |line| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.metrics.push(line.parse().expect("a metric"));
        })
    }

    /// The number of another execution environment.
    pub fn next_environment(&self) -> u64 {
        let environments = &mut self.state().environments;
        *environments += 1;
        *environments
    }

    /// From now on AWS takes this long to show what was done.
    pub fn lag(&self, lags: Lags) {
        let mut state = self.state();
        let state = &mut *state;
        state.consistency.lags = lags;
        state.consistency.note(&state.world);
    }

    /// From now on only what carries this stack's tag can be deleted, as the template's policy
    /// says.
    pub fn enforce_tag_conditions(&self, stack: &str) {
        self.state().consistency.stack = Some(stack.to_owned());
    }

    /// Denies every call of an operation for some time.
    pub fn deny_for(&self, operation: &str, time: Duration) {
        let until = Instant::now() + time;
        let denied = &mut self.state().consistency.denied;
        denied.insert(operation.to_owned(), until);
    }

    /// Somebody changes the world by hand.
    pub fn by_hand(&self, change: impl FnOnce(&mut World)) {
        let mut state = self.state();
        let state = &mut *state;
        change(&mut state.world);
        state.consistency.note(&state.world);
    }

    /// The real clients, sending here.
    pub fn clients(&self) -> Clients {
        Clients::new(&environment(), SharedHttpConnector::new(self.clone()))
    }

    fn answered(&self, call: &Call, delivery: Option<&Delivery>) -> HttpResponse {
        let answer = self.state().perform(call, self.now());
        self.tell(call, delivery, &answer.as_ref().map(|_| "done"));
        if let (Some(delivery), Service::S3) = (delivery, call.service) {
            delivery.note_answer(String::from_utf8_lossy(&call.body).into_owned());
        }
        call.response(answer)
    }

    /// The last answer to CloudFormation.
    pub fn answer(&self) -> Value {
        let state = self.state();
        serde_json::from_str(state.answers.last().expect("an answer")).expect("JSON")
    }
}

/// The environment of a function in Lambda.
pub fn environment() -> Environment {
    Environment::read(|name| {
        let value = match name {
            "AWS_REGION" => world::REGION,
            "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY" => "secret",
            "TOPIC_ARN" => "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic",
            _ => return None,
        };
        Some(value.to_owned())
    })
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.receive(request, None)
    }
}

impl FakeAws {
    fn tell(&self, call: &Call, delivery: Option<&Delivery>, what: &dyn Debug) {
        let name = delivery.map(Delivery::name).unwrap_or_default();
        if !name.is_empty() {
            let at = self.began.elapsed().as_secs_f32();
            let asked = call.brief();
            let line = format!("{at:7.1} {name}: {} {asked}: {what:?}", call.name);
            self.state().story.push(line);
        }
    }

    /// Answers one call, or lets it fail as the delivery or the whole of AWS is to fail.
    fn receive(&self, request: HttpRequest, delivery: Option<&Delivery>) -> HttpConnectorFuture {
        let call = Call::read(request);
        let fault = delivery.and_then(|delivery| delivery.note_call(&call.name, &call.body));
        let fault = {
            let mut state = self.state();
            state.calls.push(call.name.clone());
            state.parameters.push(call.parameters.clone());
            fault.or_else(|| state.faults.take(&call.name))
        };
        if let Some(how) = fault {
            self.tell(&call, delivery, &how);
        }
        let response = match fault {
            None => self.answered(&call, delivery),
            Some(How::Hang) => return HttpConnectorFuture::new(std::future::pending()),
            Some(How::Lost) => {
                self.answered(&call, delivery);
                return HttpConnectorFuture::new(std::future::pending());
            }
            Some(How::Dies { done }) => {
                if done {
                    self.answered(&call, delivery);
                }
                delivery.expect("a delivery").die();
                return HttpConnectorFuture::new(std::future::pending());
            }
            Some(How::Refused) => return broken(ErrorKind::ConnectionRefused),
            Some(How::Reset) => return broken(ErrorKind::ConnectionReset),
            Some(How::ResetMidBody) => half(self.answered(&call, delivery), true),
            Some(How::StallMidBody) => half(self.answered(&call, delivery), false),
            Some(how @ (How::EmptyPage | How::ExpiredToken)) => {
                let aws = self.clone();
                return HttpConnectorFuture::new(async move {
                    // The token leads round in a circle: unless this takes time, time stands still.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let answer = aws.state().paged(&call, how, aws.now());
                    Ok(call.response(answer))
                });
            }
            Some(How::Panic) => panic!("as asked"),
            Some(How::Slow(seconds)) => {
                let (aws, delivery) = (self.clone(), delivery.cloned());
                return HttpConnectorFuture::new(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok(aws.answered(&call, delivery.as_ref()))
                });
            }
            Some(How::Malformed) => {
                // A 200 is a promise: what was asked for is done, and only the answer is garbled.
                self.answered(&call, delivery);
                call.response(Ok(Body::Written("<<<".into())))
            }
            Some(how) => call.response(Err(how.error(&call))),
        };
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn broken(kind: ErrorKind) -> HttpConnectorFuture {
    let broken = std::io::Error::from(kind);
    HttpConnectorFuture::ready(Err(ConnectorError::io(broken.into())))
}

/// The first half of a response; then the connection breaks, or nothing ever comes.
fn half(mut response: HttpResponse, breaks: bool) -> HttpResponse {
    let body = response.body().bytes().unwrap_or_default();
    let half = Ok(Frame::data(Bytes::copy_from_slice(&body[..body.len() / 2])));
    let reset = Err(std::io::Error::from(ErrorKind::ConnectionReset));
    let frames = stream::iter([half, reset].into_iter().take(1 + usize::from(breaks)));
    let body = StreamBody::new(frames.chain(stream::pending()));
    *response.body_mut() = SdkBody::from_body_1_x(body);
    response
}

impl State {
    /// The answer to a call that is paged, with one page more than there is.
    fn paged(&mut self, call: &Call, how: How, now: Timestamp) -> Answer {
        let field = match call.service {
            Service::Logs => "nextToken",
            Service::CloudWatch => "NextToken",
            _ => unreachable!("not paged: {}", call.name),
        };
        let mut answer = self.perform(call, now)?.into_value();
        answer[field] = if how == How::ExpiredToken {
            json!("expired")
        } else {
            // Leads to the page that was asked for, under another name each time.
            for list in answer.as_object_mut().expect("an object").values_mut() {
                *list = json!([]);
            }
            let page = call.text(field).unwrap_or("0");
            json!(format!("0{page}"))
        };
        Ok(Body::Value(answer))
    }

    /// What the call's service says, and does if it is allowed.
    fn perform(&mut self, call: &Call, now: Timestamp) -> Answer {
        let Self {
            consistency, world, ..
        } = self;
        consistency.note(world);
        let refusal = consistency.refusal(call, world);
        if let Some(refusal) = refusal.or_else(|| consistency.stale_tags(call, world)) {
            return Err(refusal);
        }
        let lag = consistency.lag(call);
        if call.operation.ends_with("LogStream") || call.operation.ends_with("LogStreams") {
            let now = now.as_millisecond();
            let lag = i64::try_from(lag.as_millis()).expect("a short time");
            return self.streams.perform(call, now, now - lag);
        }
        let answer = if lag.is_zero() {
            self.perform_now(call)
        } else {
            // Calls that look change nothing.
            let seen = consistency.seen(lag, world).clone();
            let now = std::mem::replace(&mut self.world, seen);
            let answer = self.perform_now(call);
            self.world = now;
            answer
        };
        self.consistency.note(&self.world);
        answer
    }

    fn perform_now(&mut self, call: &Call) -> Answer {
        match call.service {
            Service::Logs
                if call.operation == "FilterLogEvents"
                    && call.text("logGroupName") == Some(FUNCTION_LOG_GROUP) =>
            {
                let lines = self.metrics.iter().map(|line| {
                    let at = line["_aws"]["Timestamp"].as_i64();
                    (at.expect("a timestamp"), line.to_string())
                });
                let lines: Vec<LogEvent> = lines.collect();
                Ok(Body::Value(logs::search(&lines, call)))
            }
            Service::Logs => logs::perform(&mut self.world, call),
            Service::CloudWatch => cloudwatch::perform(&mut self.world, call),
            Service::Sns => {
                if call.operation == "Publish" {
                    self.published.push(call.parameters.clone());
                }
                sns::perform(&mut self.world, call)
            }
            Service::S3 => {
                let body = String::from_utf8_lossy(&call.body);
                self.answers.push(body.into_owned());
                let headers = call.headers.iter();
                let text =
                    |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
                self.answer_headers = headers
                    .map(|(name, value)| (name.to_string(), text(value)))
                    .collect();
                Ok(Body::Written(Bytes::new()))
            }
            Service::Ping => Ok(Body::Written("healthy".into())),
        }
    }
}
