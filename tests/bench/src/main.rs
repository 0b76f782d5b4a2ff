//! Measures the function beside its peers (`compare`), and counts its instructions (`count`).
//!
//! Everything runs on this machine: Lambda's Runtime API and stand-ins for AWS listen on loopback,
//! and the function is started as Lambda starts it. The result is printed on standard output, the
//! progress on standard error.

mod aws;
mod bundles;
mod callgrind;
mod compare;
mod count;
mod events;
mod figures;
mod machine;
mod measure;
mod process;
mod quota;
mod report;
mod subjects;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use aws::Aws;
use bundles::Bundles;
use compare::Rounds;
use measure::Bench;
use quota::Quota;
use subjects::{Paths, Subject, here};

const USAGE: &str = "\
usage: bench compare [--rounds N] [--bootstrap PATH] [--python PATH]
       bench count [--update] [--bootstrap PATH]";

#[tokio::main]
async fn main() -> ExitCode {
    let done = tokio::select! {
        done = run() => done,
        // Returning removes the control group, which a signal would leave behind.
        stopped = stopped() => stopped,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until the bench is told to stop.
async fn stopped() -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminated.recv() => bail!("terminated"),
    }
}

async fn run() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    let bundles = Bundles::make()?;
    let aws = Aws::start(&bundles.ca).await?;
    let ours = Subject::ours(&options.paths, &bundles)?;
    match options.verb.as_str() {
        "compare" => {
            let bench = Bench {
                aws,
                quota: quota(),
            };
            let subjects = subjects(ours, &options.paths, &bundles)?;
            compare::compare(&bench, &subjects, &options.paths, options.rounds()).await
        }
        "count" => {
            let bench = Bench { aws, quota: None };
            count::count(&bench, &ours, &machine::rustc()?, options.update).await
        }
        _ => bail!(USAGE),
    }
}

fn quota() -> Option<Quota> {
    match Quota::make() {
        Ok(quota) => Some(quota),
        Err(error) => {
            eprintln!("no share of a core: {error:#}");
            None
        }
    }
}

/// All subjects, in the order in which they take turns.
fn subjects(ours: Subject, paths: &Paths, bundles: &Bundles) -> Result<Vec<Subject>> {
    let mut subjects = vec![ours, Subject::python(paths, bundles)?];
    match Subject::node(bundles)? {
        Some(node) => subjects.push(node),
        None => eprintln!("no node on PATH, or peers/dist/alert.js is missing: Node is left out"),
    }
    subjects.push(Subject::floor()?);
    Ok(subjects)
}

struct Options {
    verb: String,
    paths: Paths,
    rounds: usize,
    update: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let root = here().join("../..");
        let mut options = Self {
            verb: arguments.next().context(USAGE)?,
            paths: Paths {
                bootstrap: root.join("target/release/bootstrap"),
                python: root.join(".tools/bench/bin/python"),
            },
            rounds: 12,
            update: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().context(USAGE);
            match argument.as_str() {
                "--rounds" => options.rounds = value()?.parse().context(USAGE)?,
                "--bootstrap" => options.paths.bootstrap = PathBuf::from(value()?),
                "--python" => options.paths.python = PathBuf::from(value()?),
                "--update" => options.update = true,
                _ => bail!(USAGE),
            }
        }
        Ok(options)
    }

    /// Longer measurements are made less often.
    fn rounds(&self) -> Rounds {
        Rounds {
            cold: self.rounds.max(1),
            warm: (self.rounds / 2).max(1),
            scale: (self.rounds / 4).max(1),
        }
    }
}
