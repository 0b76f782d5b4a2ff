//! Instructions, counted by valgrind: the same on a busy machine as on a quiet one.
//!
//! Only the process's own instructions count, not the kernel's. valgrind's processor lacks the
//! instructions for fast hashing, so hashing counts for more here than it costs.
//!
//! <https://valgrind.org/docs/manual/cl-manual.html>

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use hyper::body::Bytes;

use crate::aws::{Aws, Endpoints};
use crate::measure::{Bench, checked};
use crate::process::Process;
use crate::subjects::{Subject, on_path};

/// How many events are counted after the first two.
const FURTHER: usize = 10;

/// The instructions of events that one process gets.
#[derive(Clone, Copy)]
pub(crate) struct Events {
    /// A start and the first two events.
    pub(crate) start_and_two: u64,
    /// Each event after these.
    pub(crate) each: u64,
}

/// Where valgrind is, if it is installed.
pub(crate) fn valgrind() -> Option<PathBuf> {
    on_path("valgrind")
}

/// The instructions of a process that gets this event again and again, over plain HTTP.
pub(crate) async fn repeated(bench: &Bench, subject: &Subject, event: &Bytes) -> Result<Events> {
    let (aws, http) = (&bench.aws, &bench.aws.http);
    let two = instructions(subject, aws, http, &vec![event.clone(); 2]).await?;
    let more = instructions(subject, aws, http, &vec![event.clone(); 2 + FURTHER]).await?;
    Ok(Events {
        start_and_two: two,
        each: more.saturating_sub(two) / FURTHER as u64,
    })
}

/// The instructions of a process that gets these events and ends while it waits for another.
pub(crate) async fn instructions(
    subject: &Subject,
    aws: &Aws,
    endpoints: &Endpoints,
    events: &[Bytes],
) -> Result<u64> {
    let valgrind = valgrind().context(
        "valgrind is missing, which counts the instructions: `apt-get install valgrind`, or \
         `dnf install valgrind`",
    )?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("callgrind.out");
    let under = [
        valgrind.display().to_string(),
        "--tool=callgrind".to_owned(),
        format!("--callgrind-out-file={}", file.display()),
    ];
    let mut process = Process::start(subject, endpoints, &under).await?;
    for event in events {
        process.invoke(event).await?;
        checked(aws, subject, &process)?;
    }
    let written = process.terminate().await?;
    let counted = std::fs::read_to_string(&file)
        .with_context(|| format!("valgrind counted nothing; it wrote:\n{written}"))?;
    total(&counted).with_context(|| format!("no total in callgrind's file; it wrote:\n{written}"))
}

fn total(counted: &str) -> Option<u64> {
    let numbers = |name| {
        counted
            .lines()
            .filter_map(move |line: &str| line.strip_prefix(name))
            .filter_map(|number| number.trim().parse::<u64>().ok())
    };
    // The file has one of each for every part of the run, and there is one part.
    numbers("totals:").chain(numbers("summary:")).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_callgrinds_file() {
        let counted = "events: Ir\nsummary: 4711\n\nfn=(1) main\n1 4711\n\ntotals: 4711\n";
        assert_eq!(total(counted), Some(4711));
        assert_eq!(total("events: Ir\nsummary: 12\n"), Some(12));
        assert_eq!(total("fn=(1) main\n"), None);
    }
}
