//! An AWS in memory that speaks the wire: the real SDK clients, with their
//! signing, serialisation and retries, send their requests to it instead of the
//! network. It keeps state (log groups, filters, alarms, topics), records every
//! call and every answer to CloudFormation, and can fail any call in any way.

mod cloudwatch;
mod logs;
mod sns;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard};
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
use kms_alarm::clients::{self, Clients};
use kms_alarm::environment::Environment;
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "ap-southeast-2";
pub const FUNCTION_ARN: &str =
    "arn:aws:lambda:ap-southeast-2:111122223333:function:pattern1-alarm-AlarmFunction";

/// The host of every `ResponseURL` in these tests.
pub const RESPONSE_HOST: &str =
    "cloudformation-custom-resource-response-apsoutheast2.s3-ap-southeast-2.amazonaws.com";

#[derive(Clone, Debug, Default)]
pub struct FakeAws(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
pub struct State {
    /// What exists.
    pub world: World,
    /// Every call, as `service:Operation`, in order. The answer to
    /// CloudFormation is `PUT`.
    pub calls: Vec<String>,
    /// The parameters of the calls, in the same order.
    pub parameters: Vec<Value>,
    /// What was published, in order.
    pub published: Vec<Value>,
    /// The bodies of the answers to CloudFormation.
    pub answers: Vec<String>,
    /// The headers of the last answer.
    pub answer_headers: BTreeMap<String, String>,
    faults: Vec<Fault>,
    trap: Option<Trap>,
}

/// What exists: compared as a whole to see that nothing was touched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    pub log_groups: BTreeMap<String, LogGroup>,
    pub alarms: BTreeMap<String, Alarm>,
    pub topics: BTreeMap<String, Topic>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogGroup {
    /// By name: the filter as `DescribeMetricFilters` shows it.
    pub filters: BTreeMap<String, Value>,
    /// What each `FilterLogEvents` page holds: (timestamp, message).
    pub pages: Vec<Vec<(i64, String)>>,
    /// What any other pattern than the filters' finds.
    pub others: Vec<(i64, String)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    pub settings: Value,
    pub tags: BTreeMap<String, String>,
    /// When it went into which state, newest first.
    pub history: Vec<(i64, &'static str)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    pub attributes: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// Address to subscription ARN, or `PendingConfirmation`.
    pub subscriptions: BTreeMap<String, String>,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Throttled,
    Denied,
    NotFound,
    Status(u16),
    /// Nobody listens at the address.
    Refused,
    /// The connection breaks before anything is done.
    Reset,
    /// It is done, and the connection breaks in the middle of the answer.
    ResetMidBody,
    /// It is done, and the rest of the answer never comes.
    StallMidBody,
    Hang,
    /// It is done, and no answer ever comes.
    Lost,
    /// It is done, and the answer is garbled.
    Malformed,
    /// An answer without anything in it, and a token for the next page.
    EmptyPage,
    /// The answer is one page of several, and the token for the next one has
    /// expired when it is used.
    ExpiredToken,
    Panic,
    /// It does not fail: it takes so many seconds.
    Slow(u64),
}

/// A failure of the call that comes next but so many, whatever it is.
#[derive(Clone, Debug)]
struct Trap {
    calls_until: usize,
    how: How,
    /// Whether all later calls of that operation fail as well.
    lasting: bool,
    sprung_by: Option<String>,
}

#[derive(Clone, Debug)]
struct Fault {
    operation: String,
    after: usize,
    how: How,
    times: usize,
}

/// A service's error, before it is written in its protocol.
#[derive(Debug)]
pub struct Error {
    status: u16,
    code: String,
    message: String,
}

impl Error {
    fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl FakeAws {
    /// With the lab's log group.
    pub fn with_log_group() -> Self {
        let aws = Self::default();
        aws.state()
            .world
            .log_groups
            .insert("pattern1-logging-loggroup".to_owned(), LogGroup::default());
        aws
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn world(&self) -> World {
        self.state().world.clone()
    }

    /// The calls since the last time this was asked.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Makes the next calls of an operation fail.
    pub fn fail(&self, operation: &str, how: How, times: usize) {
        self.fail_after(operation, 0, how, times);
    }

    /// Makes the next calls of an operation fail, but for the first of them.
    pub fn fail_after(&self, operation: &str, first: usize, how: How, times: usize) {
        self.state().faults.push(Fault {
            operation: operation.to_owned(),
            after: first,
            how,
            times,
        });
    }

    /// Makes one call fail, counted from now; if it is lasting, every later call
    /// of that operation too.
    pub fn fail_at(&self, call: usize, how: How, lasting: bool) {
        self.state().trap = Some(Trap {
            calls_until: call,
            how,
            lasting,
            sprung_by: None,
        });
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.trap = None;
    }

    /// The real clients, sending here.
    pub fn clients(&self) -> Clients {
        clients::build(&environment(), SharedHttpConnector::new(self.clone()))
    }

    fn answered(&self, call: &Call, request: &HttpRequest) -> HttpResponse {
        let answer = match self.state().perform(call, request) {
            Ok(body) => (200, body),
            Err(error) => call.service.error(&error),
        };
        call.service.response(answer)
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
            "AWS_REGION" => REGION,
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
        let call = Call::read(&request);
        let fault = {
            let mut state = self.state();
            state.calls.push(call.name());
            state.parameters.push(call.parameters.clone());
            state.take_fault(&call.name())
        };
        match fault {
            Some(How::Hang) => HttpConnectorFuture::new(std::future::pending()),
            Some(How::Lost) => {
                self.answered(&call, &request);
                HttpConnectorFuture::new(std::future::pending())
            }
            Some(How::Refused) => broken(ErrorKind::ConnectionRefused),
            Some(How::Reset) => broken(ErrorKind::ConnectionReset),
            Some(how @ (How::ResetMidBody | How::StallMidBody)) => {
                let mut answered = self.answered(&call, &request);
                let half = answered
                    .body()
                    .bytes()
                    .map(|body| body[..body.len() / 2].to_vec());
                let half = Ok(Frame::data(Bytes::from(half.unwrap_or_default())));
                let reset = Err(std::io::Error::from(ErrorKind::ConnectionReset));
                // Behind the half an error, or nothing for ever.
                let ends = matches!(how, How::ResetMidBody);
                let frames = stream::iter([half, reset].into_iter().take(1 + usize::from(ends)));
                let silence = stream::pending();
                let body = StreamBody::new(frames.chain(silence));
                *answered.body_mut() = SdkBody::from_body_1_x(body);
                HttpConnectorFuture::ready(Ok(answered))
            }
            Some(how @ (How::EmptyPage | How::ExpiredToken)) => {
                let aws = self.clone();
                HttpConnectorFuture::new(async move {
                    // Without an end to it, time would stand still.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let body = aws.state().paged(&call, how);
                    Ok(call.service.response(body))
                })
            }
            Some(How::Panic) => panic!("as asked"),
            Some(How::Slow(seconds)) => {
                let aws = self.clone();
                HttpConnectorFuture::new(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok(aws.answered(&call, &request))
                })
            }
            Some(How::Malformed) => {
                // A 200 is a promise: what was asked for is done, the answer garbled.
                self.answered(&call, &request);
                let garbled = call.service.response((200, b"<<<".to_vec()));
                HttpConnectorFuture::ready(Ok(garbled))
            }
            Some(how) => {
                let error = call.service.error(&how.error(&call));
                HttpConnectorFuture::ready(Ok(call.service.response(error)))
            }
            None => HttpConnectorFuture::ready(Ok(self.answered(&call, &request))),
        }
    }
}

fn broken(kind: ErrorKind) -> HttpConnectorFuture {
    let broken = std::io::Error::from(kind);
    HttpConnectorFuture::ready(Err(ConnectorError::io(broken.into())))
}

impl How {
    fn error(self, call: &Call) -> Error {
        match self {
            Self::Throttled => Error::new(
                match call.service {
                    Service::Sns => 429,
                    _ => 400,
                },
                match call.service {
                    Service::Sns => "Throttled",
                    _ => "ThrottlingException",
                },
                "Rate exceeded",
            ),
            Self::Denied => Error::new(
                403,
                match call.service {
                    Service::Sns => "AuthorizationError",
                    Service::Logs => "AccessDeniedException",
                    Service::CloudWatch | Service::S3 => "AccessDenied",
                },
                format!(
                    "User: arn:aws:sts::111122223333:assumed-role/role/function is not authorized \
                     to perform: {}",
                    call.name()
                ),
            ),
            Self::NotFound => Error::new(404, "ResourceNotFoundException", "not there"),
            Self::Status(status) => Error::new(status, "InternalFailure", "something broke"),
            _ => unreachable!("no error of a service"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Logs,
    CloudWatch,
    Sns,
    S3,
}

/// One request, read from its protocol.
struct Call {
    service: Service,
    operation: String,
    parameters: Value,
}

impl Call {
    fn read(request: &HttpRequest) -> Self {
        let body = request.body().bytes().unwrap_or_default();
        let uri: http::Uri = request.uri().parse().expect("a URI");
        let operation = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        // Not by host: a binary under test sends everything to one endpoint.
        let (service, operation, parameters) =
            if let Some(target) = request.headers().get("x-amz-target") {
                let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
                (
                    Service::Logs,
                    operation,
                    serde_json::from_slice(body).expect("JSON"),
                )
            } else if uri
                .path()
                .starts_with("/service/GraniteServiceVersion20100801/")
            {
                (Service::CloudWatch, operation, untagged(body))
            } else if request.method() == "POST" {
                let form: serde_json::Map<String, Value> = form_urlencoded::parse(body)
                    .map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())))
                    .collect();
                let operation = form["Action"].as_str().unwrap_or_default().to_owned();
                (Service::Sns, operation, Value::Object(form))
            } else {
                (Service::S3, request.method().to_owned(), Value::Null)
            };
        Self {
            service,
            operation,
            parameters,
        }
    }

    fn name(&self) -> String {
        match self.service {
            Service::Logs => format!("logs:{}", self.operation),
            Service::CloudWatch => format!("cloudwatch:{}", self.operation),
            Service::Sns => format!("sns:{}", self.operation),
            Service::S3 => self.operation.clone(),
        }
    }

    /// A parameter's text.
    fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }
}

impl Service {
    fn error(self, error: &Error) -> (u16, Vec<u8>) {
        let Error {
            status,
            code,
            message,
        } = error;
        let body = match self {
            Self::Logs => {
                serde_json::json!({"__type": code, "message": message}).to_string().into_bytes()
            }
            Self::CloudWatch => {
                cbor(&serde_json::json!({"__type": format!("com.amazonaws.cloudwatch#{code}"), "message": message}))
            }
            Self::Sns => format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>",
                sns::escaped(message)
            )
            .into_bytes(),
            Self::S3 => message.clone().into_bytes(),
        };
        (*status, body)
    }

    fn response(self, (status, body): (u16, Vec<u8>)) -> HttpResponse {
        let mut response =
            HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
        match self {
            Self::CloudWatch => {
                response
                    .headers_mut()
                    .insert("smithy-protocol", "rpc-v2-cbor");
            }
            Self::Sns => {
                response.headers_mut().insert("content-type", "text/xml");
            }
            Self::Logs | Self::S3 => {}
        }
        response
    }
}

/// A CBOR request as JSON: a timestamp becomes its seconds.
fn untagged(body: &[u8]) -> Value {
    fn plain(value: ciborium::Value) -> ciborium::Value {
        use ciborium::Value as Cbor;
        match value {
            Cbor::Tag(_, inner) => *inner,
            Cbor::Map(fields) => Cbor::Map(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, plain(value)))
                    .collect(),
            ),
            other => other,
        }
    }
    let value = ciborium::from_reader(body).expect("CBOR");
    plain(value).deserialized().expect("JSON")
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&tagged(value), &mut bytes).expect("CBOR");
    bytes
}

/// JSON as CBOR; `{"$seconds": n}` is a timestamp, which has a tag of its own.
fn tagged(value: &Value) -> ciborium::Value {
    use ciborium::Value as Cbor;
    match value {
        Value::Array(values) => Cbor::Array(values.iter().map(tagged).collect()),
        Value::Object(fields) => match fields.get("$seconds").and_then(Value::as_i64) {
            Some(seconds) => Cbor::Tag(1, Box::new(Cbor::Integer(seconds.into()))),
            None => Cbor::Map(
                fields
                    .iter()
                    .map(|(name, value)| (Cbor::Text(name.clone()), tagged(value)))
                    .collect(),
            ),
        },
        other => Cbor::serialized(other).expect("a scalar"),
    }
}

impl State {
    fn take_fault(&mut self, name: &str) -> Option<How> {
        if let Some(trap) = &mut self.trap {
            match &trap.sprung_by {
                None if trap.calls_until > 1 => trap.calls_until -= 1,
                None => {
                    trap.sprung_by = Some(name.to_owned());
                    return Some(trap.how);
                }
                Some(operation) if trap.lasting && operation == name => return Some(trap.how),
                Some(_) => {}
            }
        }
        let fault = self
            .faults
            .iter_mut()
            .find(|fault| fault.operation == name && fault.times > 0)?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.how)
    }

    /// The answer to a call that is paged, with a page more than there is.
    fn paged(&mut self, call: &Call, how: How) -> (u16, Vec<u8>) {
        let (mut answer, field) = match call.service {
            Service::Logs => (logs::perform(&mut self.world, call), "nextToken"),
            Service::CloudWatch => (cloudwatch::perform(&mut self.world, call), "NextToken"),
            Service::Sns | Service::S3 => unreachable!("not paged: {}", call.name()),
        };
        if let Ok(answer) = &mut answer {
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
        }
        match (answer, call.service) {
            (Err(error), service) => service.error(&error),
            (Ok(answer), Service::CloudWatch) => (200, cbor(&answer)),
            (Ok(answer), _) => (200, answer.to_string().into_bytes()),
        }
    }

    fn perform(&mut self, call: &Call, request: &HttpRequest) -> Result<Vec<u8>, Error> {
        match call.service {
            Service::Logs => {
                logs::perform(&mut self.world, call).map(|answer| answer.to_string().into_bytes())
            }
            Service::CloudWatch => {
                cloudwatch::perform(&mut self.world, call).map(|answer| cbor(&answer))
            }
            Service::Sns => {
                if call.operation == "Publish" {
                    self.published.push(call.parameters.clone());
                }
                sns::perform(&mut self.world, call).map(String::into_bytes)
            }
            Service::S3 => {
                let body = request.body().bytes().unwrap_or_default();
                self.answers
                    .push(String::from_utf8_lossy(body).into_owned());
                let headers = request.headers().iter();
                self.answer_headers = headers
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                Ok(Vec::new())
            }
        }
    }
}
