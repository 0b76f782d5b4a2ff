//! The `bootstrap` that Lambda starts: reads the environment, sets up the log, makes the clients,
//! and gives each event to the handler.

// Only here may the environment and the clock be read.
#![allow(clippy::disallowed_methods)]

use std::env;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use kms_alarm::clients::{self, Clients};
use kms_alarm::deadline::Deadline;
use kms_alarm::environment::Environment;
use kms_alarm::handler::{self, Function, Invocation, MetricLines};
use kms_alarm::{explain, log, version};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::{Instrument, error, info, info_span, subscriber};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::read(|name| env::var(name).ok());
    // Only Lambda sets the address from which a function gets its events.
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        preview(&environment);
        return Ok(());
    }
    subscriber::set_global_default(log::subscriber(environment.log.as_deref(), std::io::stdout))?;
    info!(version = version::VERSION, "started");
    let connector = clients::connector(environment.own_bundle)?;
    let clients = Clients::new(&environment, connector);
    clients::warm_up(&clients.logs, &clients.sns, &clients.connector).await;
    let function = &Function {
        environment,
        clients,
        metrics: MetricLines::to(|line| println!("{line}")),
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let invocation = invocation(event.context);
        let span = info_span!("invocation", request_id = invocation.request_id);
        let handled = handler::handle(function, &invocation, event.payload);
        handled.instrument(span.clone()).await.map_err(|failure| {
            // With all its causes: Lambda shows it to whoever looks for them.
            let error_message = format!("{failure:#}");
            span.in_scope(|| error!(error = error_message, "failed"));
            Diagnostic {
                error_type: "kms_alarm::Error".to_owned(),
                error_message,
            }
        })
    }))
    .await
}

/// Started by hand: says its version, or shows what would be sent.
fn preview(environment: &Environment) {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments == ["--version"] {
        println!("{}", version::PROGRAM);
        return;
    }
    let preview = explain::explain(&arguments, environment).unwrap_or_else(|failure| {
        eprintln!("{failure:#}");
        std::process::exit(2)
    });
    // A reader of only the beginning closes the pipe.
    let _ = write!(std::io::stdout(), "{preview}");
}

/// The time for an invocation whose deadline has already passed. Lambda never sends one; `cargo
/// lambda watch` does.
const NO_DEADLINE: Duration = Duration::from_mins(1);

fn invocation(context: Context) -> Invocation {
    let left = context.deadline().duration_since(SystemTime::now());
    Invocation {
        request_id: context.request_id,
        function_arn: context.invoked_function_arn,
        log_group: context.env_config.log_group.clone(),
        log_stream: context.env_config.log_stream.clone(),
        deadline: Deadline::after(left.unwrap_or(NO_DEADLINE)),
        now: jiff::Timestamp::now(),
    }
}
