//! The log, as JSON lines.
//!
//! `RUST_LOG` chooses the level of this program's own lines. The libraries stay at INFO whatever it
//! says: at TRACE the Lambda runtime prints whole events, including the `ResponseURL`, and the HTTP
//! client prints addresses.

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Builds the subscriber. `directives` are those of `RUST_LOG`: a level, or `target=level` pairs.
/// Unreadable ones count as `info`.
pub fn subscriber<W>(directives: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let chosen = directives
        .and_then(|directives| directives.to_lowercase().parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let allowed = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(chosen.and(allowed));
    tracing_subscriber::registry().with(lines)
}
