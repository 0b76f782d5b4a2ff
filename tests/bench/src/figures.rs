//! The figures of the comparison, each with its goal.
//!
//! What must hold: a goal is written here and nowhere else, beside its figure.

use std::time::Duration;

use crate::compare::{MANY, SCALES};
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

/// The figures of a warm process.
pub(crate) fn warm_rows(warm: &ByColumn<Warm>) -> Vec<Row> {
    vec![
        Row {
            figure: "CPU of a warm alert".to_owned(),
            unit: Unit::Milliseconds,
            values: by_column(warm, |warm| millis(warm.cpu)),
            goals: vec![Goal::Over(Kind::Python, 5.0)],
        },
        Row {
            figure: format!("peak memory after {} alerts", MANY + 1),
            unit: Unit::Megabytes,
            values: by_column(warm, |warm| megabytes(warm.peak_kib)),
            goals: vec![Goal::Over(Kind::Python, 8.0), Goal::Over(Kind::Node, 15.0)],
        },
    ]
}

/// The figure of a tick that finds everything as it should be.
pub(crate) fn tick_row(ticks: &ByColumn<Warm>) -> Row {
    Row {
        figure: "CPU of a healthy tick of the watch".to_owned(),
        unit: Unit::Milliseconds,
        values: by_column(ticks, |tick| millis(tick.cpu)),
        goals: vec![],
    }
}

/// The figures of the largest scale.
pub(crate) fn scale_rows(scale: &[Scale]) -> Vec<Row> {
    let (Some((least, _)), Some((greatest, _))) = (SCALES.first(), SCALES.last()) else {
        return Vec::new();
    };
    let at = |events: u64, kind: Kind| {
        let mut rows = scale.iter();
        rows.find(|row| row.events == events && row.kind == kind)
    };
    vec![
        Row {
            figure: format!("alert of {} events", grouped(*greatest)),
            unit: Unit::Milliseconds,
            values: COLUMNS.map(|kind| Some(at(*greatest, kind)?.took_ms)),
            goals: vec![Goal::Over(Kind::Python, 2.5)],
        },
        Row {
            figure: format!("its peak memory ÷ that with {least}"),
            unit: Unit::Times,
            values: COLUMNS
                .map(|kind| Some(at(*greatest, kind)?.peak_mb / at(*least, kind)?.peak_mb)),
            goals: vec![Goal::AtMost(1.5)],
        },
    ]
}

/// The figures that do not depend on time: instructions of an init, and the size of the package.
pub(crate) fn fixed_rows(instructions: [Option<u64>; 4], zip_bytes: u64) -> Vec<Row> {
    vec![
        Row {
            figure: "init, instructions".to_owned(),
            unit: Unit::MillionInstructions,
            values: instructions.map(|count| Some(count? as f64 / 1e6)),
            goals: vec![Goal::OverFloorAtMost(8.0), Goal::Over(Kind::Python, 500.0)],
        },
        Row {
            figure: "package, zipped".to_owned(),
            unit: Unit::Megabytes,
            values: [Some(zip_bytes as f64 / 1e6), None, None, None],
            goals: vec![Goal::AtMost(2.6)],
        },
    ]
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
