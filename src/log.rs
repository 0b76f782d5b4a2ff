//! The log: JSON lines, and one for each outcome that CloudWatch reads as metrics too. The level can be chosen for this
//! program; what the libraries say stays at INFO whatever is asked for, because
//! at TRACE the Lambda runtime prints the whole event, the `ResponseURL` with
//! it, and the HTTP client prints addresses.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber, info};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, FilterFn, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// Marks a line that is written as it is.
const AS_IT_IS: &str = concat!(env!("CARGO_CRATE_NAME"), "::as_it_is");

/// Writes a line that is JSON already, whatever level was chosen: metrics must have no gaps.
pub fn as_it_is(line: &str) {
    info!(target: AS_IT_IS, line);
}

/// Builds the subscriber. `directives` are those of `RUST_LOG`, a level or
/// `target=level` pairs; unreadable ones count as `info`.
pub fn subscriber<W>(directives: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Clone + Send + Sync + 'static,
{
    let chosen = directives
        .and_then(|directives| directives.to_lowercase().parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let allowed = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE)
        .with_target(AS_IT_IS, LevelFilter::OFF);
    let as_they_are = tracing_subscriber::fmt::layer()
        .event_format(Line)
        .with_writer(writer.clone())
        .with_filter(FilterFn::new(|metadata| metadata.target() == AS_IT_IS));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(chosen.and(allowed));
    tracing_subscriber::registry().with(lines).with(as_they_are)
}

/// Writes an event's field `line` and nothing else.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Text(String::new());
        event.record(&mut line);
        writeln!(writer, "{}", line.0)
    }
}

struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, _: &Field, value: &str) {
        value.clone_into(&mut self.0);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
