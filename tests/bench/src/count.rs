//! The guard: whether the function still takes no more instructions than `instructions.json`
//! allows, for its init, one warm alert and one healthy tick of the watch. Each compiler version has
//! figures of its own.
//!
//! What must hold: nothing varies from run to run except the function. So it gets the same events
//! each time, over plain HTTP, where it opens no connection ahead.

use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use crate::callgrind::{instructions, repeated};
use crate::measure::Bench;
use crate::report::grouped;
use crate::subjects::{Subject, here};

/// How many percent more are allowed. The counts themselves vary by much less.
const ALLOWED: u64 = 3;

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    init: u64,
    alert: u64,
    tick: u64,
}

pub(crate) async fn count(
    bench: &Bench,
    subject: &Subject,
    rustc: &str,
    update: bool,
) -> Result<()> {
    let event = bench.alert(10)?;
    let (aws, http) = (&bench.aws, &bench.aws.http);
    let init = instructions(subject, aws, http, &[]).await?;
    let connected = instructions(subject, aws, &aws.https, &[]).await?;
    let alerts = repeated(bench, subject, &event).await?;
    let alert = alerts.each;
    let tick = repeated(bench, subject, &bench.tick()?).await?.each;
    let two = alerts.start_and_two.saturating_sub(init);
    let first = two.saturating_sub(alert);
    println!("{:>12} instructions: init", grouped(init));
    println!(
        "{:>12} instructions: init with the connections it opens ahead",
        grouped(connected)
    );
    println!("{:>12} instructions: first alert", grouped(first));
    println!("{:>12} instructions: warm alert", grouped(alert));
    println!("{:>12} instructions: healthy tick", grouped(tick));

    let counts = Counts { init, alert, tick };
    let path = here().join("instructions.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut by_compiler: Map<String, Value> = serde_json::from_str(&text)?;
    if update {
        let counts = json!({"init": init, "alert": alert, "tick": tick});
        by_compiler.insert(rustc.to_owned(), counts);
        fs::write(&path, serde_json::to_string_pretty(&by_compiler)? + "\n")?;
        println!("written to {}", path.display());
        return Ok(());
    }
    let Some(committed) = by_compiler.get(rustc) else {
        println!(
            "not compared: {} has no figures of rustc {rustc}, `make count UPDATE=1` adds them",
            path.display()
        );
        return Ok(());
    };
    let number = |name: &str| {
        committed[name]
            .as_u64()
            .with_context(|| format!("no {name} in {}", path.display()))
    };
    let committed = Counts {
        init: number("init")?,
        alert: number("alert")?,
        tick: number("tick")?,
    };
    let (over, notes) = judged(committed, counts);
    for note in notes {
        println!("{note}");
    }
    if !over.is_empty() {
        bail!(
            "{}. If that is meant, `make count UPDATE=1` and commit tests/bench/instructions.json",
            over.join("; ")
        );
    }
    Ok(())
}

/// What exceeds its limit, and what else there is to say.
fn judged(committed: Counts, counts: Counts) -> (Vec<String>, Vec<String>) {
    let (mut over, mut notes) = (Vec::new(), Vec::new());
    for (name, before, now) in [
        ("init", committed.init, counts.init),
        ("warm alert", committed.alert, counts.alert),
        ("healthy tick", committed.tick, counts.tick),
    ] {
        let percent = (now as f64 / before as f64 - 1.0) * 100.0;
        let change = format!(
            "{name}: {} instead of {}, {percent:+.1} %",
            grouped(now),
            grouped(before)
        );
        if now * 100 > before * (100 + ALLOWED) {
            over.push(format!("{change}, where {ALLOWED} % more are allowed"));
        } else if now * 100 < before * (100 - ALLOWED) {
            notes.push(format!("{change}: `make count UPDATE=1` keeps it there"));
        } else {
            notes.push(change);
        }
    }
    (over, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged_as(init: u64, alert: u64) -> (usize, String) {
        let committed = Counts {
            init: 1_000_000,
            alert: 2_000_000,
            tick: 1_000_000,
        };
        let counts = Counts {
            init,
            alert,
            tick: 1_000_000,
        };
        let (over, notes) = judged(committed, counts);
        (over.len(), over.join("\n") + &notes.join("\n"))
    }

    #[test]
    fn three_percent_more_are_allowed() {
        assert_eq!(judged_as(1_030_000, 2_059_999).0, 0);
        let (over, said) = judged_as(1_031_000, 2_000_000);
        assert_eq!(over, 1);
        assert!(
            said.contains("init: 1,031,000 instead of 1,000,000, +3.1 %"),
            "{said}"
        );
        assert_eq!(judged_as(1_031_000, 2_100_000).0, 2);
    }

    #[test]
    fn fewer_are_no_failure_but_said() {
        let (over, said) = judged_as(900_000, 2_000_000);
        assert_eq!(over, 0);
        assert!(said.contains("-10.0 %: `make count UPDATE=1`"), "{said}");
    }
}
