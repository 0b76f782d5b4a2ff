//! Lambda, as one process sees it: the Runtime API, and the environment that leads there.
//!
//! Every moment reported is the one at which a request arrived, before anything is done with it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::{Mutex, mpsc};

use crate::server::{Request, Response};

pub const REGION: &str = "ap-southeast-2";
pub const FUNCTION_ARN: &str =
    "arn:aws:lambda:ap-southeast-2:111122223333:function:pattern1-alarm-AlarmFunction";

/// The test's side of the Runtime API.
pub struct RuntimeApi {
    events: mpsc::UnboundedSender<Bytes>,
    acts: mpsc::UnboundedReceiver<Act>,
}

/// The function's side: answers its requests.
pub struct Endpoint {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    acts: mpsc::UnboundedSender<Act>,
    timeout: Duration,
}

/// What the function did, and when.
enum Act {
    /// It asked for an event.
    Asked(Instant),
    /// It answered.
    Answered(Instant),
    /// It reported an error.
    Failed(Failed),
}

/// The error that a function reported, as it was sent.
#[derive(Debug)]
pub struct Failed(pub Bytes);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl std::error::Error for Failed {}

impl RuntimeApi {
    /// An invocation may take as long as the timeout says.
    pub fn new(timeout: Duration) -> (Self, Arc<Endpoint>) {
        let (events, handed_out) = mpsc::unbounded_channel();
        let (acts, seen) = mpsc::unbounded_channel();
        let endpoint = Endpoint {
            events: Mutex::new(handed_out),
            acts,
            timeout,
        };
        (Self { events, acts: seen }, Arc::new(endpoint))
    }

    /// Waits until the function asks for an event; returns when it did.
    pub async fn asked(&mut self) -> Result<Instant> {
        match self.act().await? {
            Act::Asked(at) => Ok(at),
            Act::Answered(_) => bail!("answered an event that it was not given"),
            Act::Failed(failed) => Err(anyhow::Error::new(failed).context("could not start")),
        }
    }

    /// Hands out an event; returns how long the answer took, or the error that the function
    /// reported. [`RuntimeApi::asked`] waits for it to be ready for the next one.
    pub async fn invoke(&mut self, event: &Bytes) -> Result<Result<Duration, Failed>> {
        let began = Instant::now();
        self.events.send(event.clone())?;
        match self.act().await? {
            Act::Answered(at) => Ok(Ok(at - began)),
            Act::Asked(_) => bail!("asked for another event before it answered"),
            Act::Failed(failed) => Ok(Err(failed)),
        }
    }

    async fn act(&mut self) -> Result<Act> {
        self.acts.recv().await.context("the Runtime API ended")
    }
}

impl Endpoint {
    /// The response to one request of the function.
    pub async fn respond(self: Arc<Self>, request: Request) -> Response {
        let at = Instant::now();
        let path = request.uri().path();
        if path.ends_with("/invocation/next") {
            let _ = self.acts.send(Act::Asked(at));
            return match self.events.lock().await.recv().await {
                Some(event) => self.handed_out(event),
                None => std::future::pending().await,
            };
        }
        let succeeded = path.ends_with("/response");
        let body = request.into_body().collect().await;
        let body = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let _ = self.acts.send(if succeeded {
            Act::Answered(at)
        } else {
            Act::Failed(Failed(body))
        });
        let mut response = Response::default();
        *response.status_mut() = StatusCode::ACCEPTED;
        response
    }

    fn handed_out(&self, event: Bytes) -> Response {
        let mut response = Response::new(Full::from(event));
        let deadline = deadline(self.timeout).to_string();
        for (name, value) in [
            (
                "lambda-runtime-aws-request-id",
                "8f507cfc-0000-4111-8222-example",
            ),
            ("lambda-runtime-deadline-ms", &deadline),
            ("lambda-runtime-invoked-function-arn", FUNCTION_ARN),
            (
                "lambda-runtime-trace-id",
                "Root=1-00000000-000000000000000000000000;Sampled=0",
            ),
            ("content-type", "application/json"),
        ] {
            let value = value.parse().expect("a header's value");
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A deadline is an instant of the real clock.
#[allow(clippy::disallowed_methods)]
fn deadline(timeout: Duration) -> u128 {
    let deadline = SystemTime::now() + timeout;
    let since = deadline.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis())
}

/// The variables that Lambda sets, with the Runtime API at this address.
pub fn environment(runtime_api: &str) -> [(&'static str, &str); 16] {
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "pattern1-alarm-AlarmFunction"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        (
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "/aws/lambda/pattern1-alarm-AlarmFunction",
        ),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef",
        ),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "EXAMPLE"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("TZ", ":UTC"),
    ]
}

/// The most memory that a process ever had, where the system says so.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
pub fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    high_water_mark(&status)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let mut lines = status.lines();
    let mark = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    mark.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status() {
        let status = "Name:\tx\nVmPeak:\t   9 kB\nVmHWM:\t    5508 kB\n";
        assert_eq!(high_water_mark(status), Some(5508));
        assert_eq!(high_water_mark("Name:\tx\n"), None);
    }
}
