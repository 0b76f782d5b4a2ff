//! An AWS in memory that speaks the wire: the real SDK clients, with their signing, serialisation
//! and retries, send their requests to it instead of the network.
//!
//! It keeps state (log groups, filters, alarms, topics), records every call and every answer to
//! CloudFormation, and can fail any call in any way.

mod call;
mod cbor;
mod cloudwatch;
mod faults;
mod logs;
mod sns;
mod world;

use std::collections::BTreeMap;
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
use kms_alarm::clients::Clients;
use kms_alarm::environment::Environment;
use serde_json::{Value, json};
use stand_ins::log_events::LogEvent;
use stand_ins::protocol::Service;

use self::call::{Answer, Body, Call};
use self::faults::Faults;

pub use self::faults::How;
pub use self::world::{Alarm, LogGroup, Topic, World};
pub use stand_ins::lambda::FUNCTION_ARN;

/// The host of every `ResponseURL` in these tests.
pub const RESPONSE_HOST: &str =
    "cloudformation-custom-resource-response-apsoutheast2.s3-ap-southeast-2.amazonaws.com";

const LOG_GROUP: &str = "pattern1-logging-loggroup";

#[derive(Clone, Debug, Default)]
pub struct FakeAws(Arc<Mutex<State>>);

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
    faults: Faults,
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

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The calls since this was last asked.
    pub fn calls(&self) -> Vec<String> {
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

    /// The real clients, sending here.
    pub fn clients(&self) -> Clients {
        Clients::new(&environment(), SharedHttpConnector::new(self.clone()))
    }

    fn answered(&self, call: &Call) -> HttpResponse {
        call.response(self.state().perform(call))
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
        let call = Call::read(request);
        let fault = {
            let mut state = self.state();
            state.calls.push(call.name.clone());
            state.parameters.push(call.parameters.clone());
            state.faults.take(&call.name)
        };
        let response = match fault {
            None => self.answered(&call),
            Some(How::Hang) => return HttpConnectorFuture::new(std::future::pending()),
            Some(How::Lost) => {
                self.answered(&call);
                return HttpConnectorFuture::new(std::future::pending());
            }
            Some(How::Refused) => return broken(ErrorKind::ConnectionRefused),
            Some(How::Reset) => return broken(ErrorKind::ConnectionReset),
            Some(How::ResetMidBody) => half(self.answered(&call), true),
            Some(How::StallMidBody) => half(self.answered(&call), false),
            Some(how @ (How::EmptyPage | How::ExpiredToken)) => {
                let aws = self.clone();
                return HttpConnectorFuture::new(async move {
                    // The token leads round in a circle: unless this takes time, time stands still.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(call.response(aws.state().paged(&call, how)))
                });
            }
            Some(How::Panic) => panic!("as asked"),
            Some(How::Slow(seconds)) => {
                let aws = self.clone();
                return HttpConnectorFuture::new(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok(aws.answered(&call))
                });
            }
            Some(How::Malformed) => {
                // A 200 is a promise: what was asked for is done, and only the answer is garbled.
                self.answered(&call);
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
    fn paged(&mut self, call: &Call, how: How) -> Answer {
        let field = match call.service {
            Service::Logs => "nextToken",
            Service::CloudWatch => "NextToken",
            _ => unreachable!("not paged: {}", call.name),
        };
        let mut answer = self.perform(call)?.into_value();
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

    fn perform(&mut self, call: &Call) -> Answer {
        match call.service {
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
