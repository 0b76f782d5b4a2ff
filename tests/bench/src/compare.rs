//! The comparison: the function beside its peers, in rounds.
//!
//! What must hold: every ratio compares figures of this one run. The subjects take turns, so that
//! whatever else the machine does affects all of them. The first round of each kind is dropped.

use anyhow::{Context as _, Result};

use crate::callgrind::{instructions, repeated, valgrind};
use crate::figures::{self, ByColumn, Counted, column};
use crate::machine::CpuTime;
use crate::measure::{Bench, Cold, Warm};
use crate::report::{self, Scale, grouped};
use crate::subjects::{Kind, Paths, Subject, printed};
use crate::{machine, quota};

/// The alert that the figures are about.
const FAILED_CALLS: u64 = 10;
/// A larger one, of which the instructions are counted too.
pub(crate) const MANY_FAILED_CALLS: u64 = 1_000;
/// How many more events a cold process gets.
const FURTHER: u32 = 10;
/// How many events a warm process gets.
pub(crate) const MANY: u32 = 200;
/// How many failed calls there may be, and how often each is measured in one process.
pub(crate) const SCALES: [(u64, u32); 4] = [(10, 50), (1_000, 10), (10_000, 3), (100_000, 1)];

/// How many rounds, without the one that is dropped.
#[derive(Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) cold: usize,
    pub(crate) warm: usize,
    pub(crate) scale: usize,
}

pub(crate) async fn compare(
    bench: &Bench,
    subjects: &[Subject],
    paths: &Paths,
    rounds: Rounds,
) -> Result<()> {
    let (began, before) = (machine::now()?, CpuTime::now()?);
    let has_node = subjects.iter().any(|subject| subject.kind == Kind::Node);
    let all: Vec<&Subject> = subjects.iter().collect();
    let working: Vec<&Subject> = subjects.iter().filter(|subject| subject.works()).collect();
    let alerts = cold_alerts(bench, &all, rounds.cold).await?;
    let creates = cold_creates(bench, &working, rounds.cold).await?;
    let warm = warm_alerts(bench, &all, rounds.warm).await?;
    let ours: Vec<&Subject> = subjects
        .iter()
        .filter(|subject| subject.kind == Kind::Ours)
        .collect();
    let ticks = warm_ticks(bench, &ours, rounds.warm).await?;
    let scale = scale(bench, &working, rounds.scale).await?;
    let (ended, after) = (machine::now()?, CpuTime::now()?);
    let counted = counted(bench, subjects).await?;
    let zip = zip_bytes(paths)?;

    let mut steady = figures::instruction_rows(&counted);
    steady.extend(figures::size_rows(zip, &warm, &scale));
    let mut times = figures::cold_rows(&alerts, &creates);
    times.extend(figures::cpu_rows(&warm, &ticks));
    times.extend(figures::scale_row(&scale));

    for line in machine::described(paths, has_node)? {
        println!("{line}");
    }
    match &bench.quota {
        Some(_) => println!("- share of the cold starts' events: {}", quota::described()),
        None => println!("- share of the cold starts' events: none, control groups are root's"),
    }
    println!(
        "- medians of {} cold starts, {} warm runs and {} runs of each scale",
        rounds.cold, rounds.warm, rounds.scale
    );
    println!(
        "- began {began}; ended {ended}; other programs used {} % of the cores\n",
        before.percent_of_others(&after)
    );
    println!("What does not depend on how busy the machine is:\n");
    println!("{}", report::figures(&steady));
    println!("What does depend on it:\n");
    println!("{}", report::figures(&times));
    print!("{}", report::scales(&scale));
    Ok(())
}

/// Measures in rounds, each of which starts with another subject, and drops the first round.
async fn by_turns<T>(
    what: &str,
    subjects: &[&Subject],
    rounds: usize,
    measure: impl AsyncFn(&Subject) -> Result<T>,
) -> Result<ByColumn<T>> {
    let mut results = ByColumn::default();
    for round in 0..=rounds {
        eprintln!("{what}, round {round} of {rounds}");
        let (last, first) = subjects.split_at(round % subjects.len());
        for subject in first.iter().chain(last) {
            let result = measure(subject).await?;
            if round > 0 {
                results[column(subject)].push(result);
            }
        }
    }
    Ok(results)
}

async fn cold_alerts(
    bench: &Bench,
    subjects: &[&Subject],
    rounds: usize,
) -> Result<ByColumn<Cold>> {
    let event = bench.alert(FAILED_CALLS)?;
    let measure = async |subject: &Subject| bench.cold(subject, &event, FURTHER).await;
    by_turns("cold alert", subjects, rounds, measure).await
}

async fn cold_creates(
    bench: &Bench,
    subjects: &[&Subject],
    rounds: usize,
) -> Result<ByColumn<Cold>> {
    let event = bench.create()?;
    let measure = async |subject: &Subject| bench.cold(subject, &event, 0).await;
    by_turns("cold Create", subjects, rounds, measure).await
}

async fn warm_alerts(
    bench: &Bench,
    subjects: &[&Subject],
    rounds: usize,
) -> Result<ByColumn<Warm>> {
    let event = bench.alert(FAILED_CALLS)?;
    let measure = async |subject: &Subject| bench.warm(subject, &event, MANY).await;
    by_turns("warm alerts", subjects, rounds, measure).await
}

/// The peers have no watch.
async fn warm_ticks(bench: &Bench, subjects: &[&Subject], rounds: usize) -> Result<ByColumn<Warm>> {
    let event = bench.tick()?;
    let measure = async |subject: &Subject| bench.warm(subject, &event, MANY).await;
    by_turns("healthy ticks", subjects, rounds, measure).await
}

async fn scale(bench: &Bench, subjects: &[&Subject], rounds: usize) -> Result<Vec<Scale>> {
    let mut rows = Vec::new();
    for (events, count) in SCALES {
        let event = bench.alert(events)?;
        let measure = async |subject: &Subject| bench.warm(subject, &event, count).await;
        let what = format!("alert of {} events", grouped(events));
        let results = by_turns(&what, subjects, rounds, measure).await?;
        rows.extend(figures::scales_of(events, &results));
    }
    Ok(rows)
}

/// The instructions of an init, of alerts and of a healthy tick, over plain HTTP.
async fn counted(bench: &Bench, subjects: &[Subject]) -> Result<Counted> {
    let mut counted = Counted::default();
    if valgrind().is_none() {
        eprintln!("valgrind is missing: no instructions are counted");
        return Ok(counted);
    }
    for subject in subjects {
        eprintln!("instructions of {}", subject.kind.name());
        let at = column(subject);
        let init = instructions(subject, &bench.aws, &bench.aws.http, &[]).await?;
        counted.init[at] = Some(init);
        for (failed_calls, counted) in [
            (FAILED_CALLS, &mut counted.alert),
            (MANY_FAILED_CALLS, &mut counted.large_alert),
        ] {
            let event = bench.alert(failed_calls)?;
            counted[at] = Some(repeated(bench, subject, &event).await?.each);
        }
        if subject.kind == Kind::Ours {
            let event = bench.tick()?;
            counted.tick[at] = Some(repeated(bench, subject, &event).await?.each);
        }
    }
    Ok(counted)
}

/// The size of the deployed package: the program alone, deflated.
fn zip_bytes(paths: &Paths) -> Result<u64> {
    const ZIP: &str = "import io, sys, zipfile; file = io.BytesIO(); \
         zip = zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED); \
         zip.write(sys.argv[1], 'bootstrap'); zip.close(); print(file.tell())";
    let path = paths.bootstrap.to_str().context("a path that is no text")?;
    let bytes = printed(&paths.python, &["-c", ZIP, path])?;
    Ok(bytes.parse()?)
}
