//! The figures of the comparison, each with its goal.
//!
//! What must hold: a goal is written here and nowhere else, beside its figure.

use std::time::Duration;

use crate::compare::{MANY, MANY_FAILED_CALLS, SCALES};
use crate::measure::{Cold, Warm, median};
use crate::report::{COLUMNS, Goal, Row, Scale, Unit, grouped};
use crate::subjects::{Kind, Subject};

/// The results of one kind of measurement, by column.
pub(crate) type ByColumn<T> = [Vec<T>; 4];

/// The column of a subject.
pub(crate) fn column(subject: &Subject) -> usize {
    COLUMNS
        .iter()
        .position(|kind| *kind == subject.kind)
        .unwrap_or_default()
}

/// The figures of cold starts.
pub(crate) fn cold_rows(alerts: &ByColumn<Cold>, creates: &ByColumn<Cold>) -> Vec<Row> {
    let row = |figure: &str, results, of: fn(&Cold) -> f64, goals| Row {
        figure: figure.to_owned(),
        unit: Unit::Milliseconds,
        values: by_column(results, of),
        goals,
    };
    let whole = |cold: &Cold| millis(cold.whole());
    let init = |cold: &Cold| millis(cold.init);
    let first = |cold: &Cold| millis(cold.first);
    let warm = |cold: &Cold| cold.warm.map_or(f64::NAN, millis);
    let relation = Row {
        figure: "first ÷ warm alert at the share".to_owned(),
        unit: Unit::Times,
        values: by_column(alerts, |cold| {
            cold.first.as_secs_f64() / cold.warm.unwrap_or_default().as_secs_f64()
        }),
        goals: vec![Goal::AtMost(4.0)],
    };
    let over = |python, node: Option<f64>| {
        let node = node.map(|node| Goal::Over(Kind::Node, node));
        [Goal::Over(Kind::Python, python)]
            .into_iter()
            .chain(node)
            .collect()
    };
    vec![
        row(
            "cold alert: init and first event",
            alerts,
            whole,
            over(150.0, Some(90.0)),
        ),
        row("… its init, at full speed", alerts, init, vec![]),
        row("… its first event, at the share", alerts, first, vec![]),
        row("warm alert, at the share", alerts, warm, vec![]),
        relation,
        row(
            "cold Create: init and first event",
            creates,
            whole,
            over(60.0, None),
        ),
        row("… its first event, at the share", creates, first, vec![]),
    ]
}

/// What a warm process takes of the processor.
pub(crate) fn cpu_rows(alerts: &ByColumn<Warm>, ticks: &ByColumn<Warm>) -> Vec<Row> {
    let row = |figure: &str, results, goals| Row {
        figure: figure.to_owned(),
        unit: Unit::Milliseconds,
        values: by_column(results, |warm: &Warm| millis(warm.cpu)),
        goals,
    };
    let alert_goals = vec![Goal::Over(Kind::Python, 5.0)];
    vec![
        row("CPU of a warm alert", alerts, alert_goals),
        row("CPU of a healthy tick of the watch", ticks, vec![]),
    ]
}

/// The time of the largest scale.
pub(crate) fn scale_row(scale: &[Scale]) -> Option<Row> {
    let (greatest, _) = SCALES.last()?;
    Some(Row {
        figure: format!("alert of {} events", grouped(*greatest)),
        unit: Unit::Milliseconds,
        values: COLUMNS.map(|kind| Some(at(scale, *greatest, kind)?.took_ms)),
        goals: vec![Goal::Over(Kind::Python, 4.0)],
    })
}

/// Instructions, by column.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) init: [Option<u64>; 4],
    /// Of a warm alert.
    pub(crate) alert: [Option<u64>; 4],
    /// Of one with many failed calls.
    pub(crate) large_alert: [Option<u64>; 4],
    /// Of a tick that finds everything as it should be.
    pub(crate) tick: [Option<u64>; 4],
}

/// The instructions.
pub(crate) fn instruction_rows(counted: &Counted) -> Vec<Row> {
    let row = |figure: &str, counted: [Option<u64>; 4], goals| Row {
        figure: figure.to_owned(),
        unit: Unit::MillionInstructions,
        values: counted.map(|count| Some(count? as f64 / 1e6)),
        goals,
    };
    let init_goals = vec![
        Goal::AtMost(2.25),
        Goal::OverFloorAtMost(8.0),
        Goal::Over(Kind::Python, 500.0),
    ];
    let events = grouped(MANY_FAILED_CALLS);
    let large_alert = format!("a warm alert of {events} events, instructions");
    vec![
        row("init, instructions", counted.init, init_goals),
        row(
            "a warm alert, instructions",
            counted.alert,
            vec![Goal::AtMost(4.9)],
        ),
        row(&large_alert, counted.large_alert, vec![]),
        row(
            "a healthy tick of the watch, instructions",
            counted.tick,
            vec![Goal::AtMost(3.0)],
        ),
    ]
}

/// The sizes: the package's, and how much memory is used at most.
pub(crate) fn size_rows(zip_bytes: u64, warm: &ByColumn<Warm>, scale: &[Scale]) -> Vec<Row> {
    let mut rows = vec![
        Row {
            figure: "package, zipped".to_owned(),
            unit: Unit::Megabytes,
            values: [Some(zip_bytes as f64 / 1e6), None, None, None],
            goals: vec![Goal::AtMost(2.8)],
        },
        Row {
            figure: format!("peak memory after {} alerts", MANY + 1),
            unit: Unit::Megabytes,
            values: by_column(warm, |warm| megabytes(warm.peak_kib)),
            goals: vec![Goal::AtMost(8.2)],
        },
    ];
    if let (Some((least, _)), Some((greatest, _))) = (SCALES.first(), SCALES.last()) {
        let peak = |events, kind| Some(at(scale, events, kind)?.peak_mb);
        let events = grouped(*greatest);
        rows.push(Row {
            figure: format!("peak memory of an alert of {events} events ÷ of one of {least}"),
            unit: Unit::Times,
            values: COLUMNS.map(|kind| Some(peak(*greatest, kind)? / peak(*least, kind)?)),
            goals: vec![Goal::AtMost(1.5)],
        });
    }
    rows
}

fn at(scale: &[Scale], events: u64, kind: Kind) -> Option<&Scale> {
    let mut rows = scale.iter();
    rows.find(|row| row.events == events && row.kind == kind)
}

/// The medians of one scale.
pub(crate) fn scales_of(events: u64, results: &ByColumn<Warm>) -> Vec<Scale> {
    let took = by_column(results, |warm| millis(warm.took));
    let cpu = by_column(results, |warm| millis(warm.cpu));
    let peak = by_column(results, |warm| megabytes(warm.peak_kib));
    let scale = |column: usize| {
        Some(Scale {
            kind: COLUMNS[column],
            events,
            took_ms: took[column]?,
            cpu_ms: cpu[column]?,
            peak_mb: peak[column]?,
        })
    };
    (0..COLUMNS.len()).filter_map(scale).collect()
}

fn by_column<T>(results: &ByColumn<T>, of: fn(&T) -> f64) -> [Option<f64>; 4] {
    [0, 1, 2, 3].map(|column| median(results[column].iter().map(of).collect()))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Megabytes of 1,000,000 bytes, the unit of package sizes.
fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1.024 / 1e3
}
