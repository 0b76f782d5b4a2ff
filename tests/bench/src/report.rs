//! The tables, as Markdown.

use std::fmt::Write as _;

use crate::subjects::Kind;

/// The columns, in their order.
pub(crate) const COLUMNS: [Kind; 4] = [Kind::Ours, Kind::Python, Kind::Node, Kind::Floor];

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Megabytes,
    MillionInstructions,
    /// The ratio of two figures of one subject, which is not compared with other subjects.
    Times,
}

/// A figure's goal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Another subject takes at least this many times what ours takes.
    Over(Kind, f64),
    /// Ours takes at most this much.
    AtMost(f64),
    /// Ours takes at most this many times what the floor takes.
    OverFloorAtMost(f64),
}

/// One figure.
pub(crate) struct Row {
    pub(crate) figure: String,
    pub(crate) unit: Unit,
    /// By column. None was not measured.
    pub(crate) values: [Option<f64>; 4],
    pub(crate) goals: Vec<Goal>,
}

impl Row {
    fn of(&self, kind: Kind) -> Option<f64> {
        let column = COLUMNS.iter().position(|column| *column == kind)?;
        self.values[column]
    }

    /// How many times what ours takes another subject takes.
    fn over_ours(&self, kind: Kind) -> Option<f64> {
        Some(self.of(kind)? / self.of(Kind::Ours)?)
    }

    fn goal(&self, goal: Goal) -> String {
        let (text, reached) = match goal {
            Goal::Over(kind, least) => (
                format!("{} ÷ ours ≥ {least}", kind.name()),
                self.over_ours(kind).map(|ratio| ratio >= least),
            ),
            Goal::AtMost(most) => (
                format!("≤ {most}{}", self.unit.suffix()),
                self.of(Kind::Ours).map(|ours| ours <= most),
            ),
            Goal::OverFloorAtMost(most) => (
                format!("ours ÷ floor ≤ {most}"),
                self.over_ours(Kind::Floor).map(|ratio| 1.0 / ratio <= most),
            ),
        };
        match reached {
            Some(true) => text,
            Some(false) => format!("{text} (missed)"),
            None => format!("{text} (not measured)"),
        }
    }
}

impl Unit {
    fn suffix(self) -> &'static str {
        match self {
            Self::Milliseconds => " ms",
            Self::Megabytes => " MB",
            Self::MillionInstructions => " M",
            Self::Times => "",
        }
    }
}

/// The table of figures.
pub(crate) fn figures(rows: &[Row]) -> String {
    let mut text = String::from("| figure |");
    for kind in COLUMNS {
        let _ = write!(text, " {} |", kind.name());
    }
    text.push_str(" Python ÷ ours | Node ÷ ours | to reach |\n|---|--:|--:|--:|--:|--:|--:|---|\n");
    for row in rows {
        let _ = write!(text, "| {} |", row.figure);
        for value in row.values {
            let _ = write!(text, " {} |", cell(value, row.unit.suffix()));
        }
        for kind in [Kind::Python, Kind::Node] {
            let ratio = row.over_ours(kind).filter(|_| row.unit != Unit::Times);
            let _ = write!(text, " {} |", cell(ratio, ""));
        }
        let goals: Vec<String> = row.goals.iter().map(|goal| row.goal(*goal)).collect();
        let _ = writeln!(text, " {} |", goals.join(", "));
    }
    text
}

/// One subject with one number of failed calls.
pub(crate) struct Scale {
    pub(crate) kind: Kind,
    pub(crate) events: u64,
    pub(crate) took_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) peak_mb: f64,
}

/// The table of scale.
pub(crate) fn scales(rows: &[Scale]) -> String {
    let mut text = String::from(
        "| events | read by | time | CPU | peak memory | time per event |\n\
         |--:|---|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} ms | {} ms | {} MB | {} µs |",
            grouped(row.events),
            row.kind.name(),
            number(row.took_ms),
            number(row.cpu_ms),
            number(row.peak_mb),
            number(row.took_ms * 1_000.0 / row.events as f64),
        );
    }
    text
}

fn cell(value: Option<f64>, suffix: &str) -> String {
    value.map_or_else(|| "–".to_owned(), |value| number(value) + suffix)
}

/// With three significant digits.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        value if value >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// With commas as thousands separators.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_shows_whether_its_ratios_are_reached() {
        let row = Row {
            figure: "cold alert".to_owned(),
            unit: Unit::Milliseconds,
            values: [Some(5.0), Some(800.0), Some(400.0), None],
            goals: vec![
                Goal::Over(Kind::Python, 150.0),
                Goal::Over(Kind::Node, 90.0),
            ],
        };
        let table = figures(&[row]);
        assert_eq!(
            table.lines().last().unwrap(),
            "| cold alert | 5.00 ms | 800 ms | 400 ms | – | 160 | 80.0 | Python ÷ ours ≥ 150, \
             Node ÷ ours ≥ 90 (missed) |"
        );
    }

    #[test]
    fn a_relation_has_no_ratio_to_anothers() {
        let row = Row {
            figure: "first ÷ warm".to_owned(),
            unit: Unit::Times,
            values: [Some(3.0), Some(9.0), None, None],
            goals: vec![Goal::AtMost(4.0)],
        };
        let table = figures(&[row]);
        assert!(
            table.ends_with("| first ÷ warm | 3.00 | 9.00 | – | – | – | – | ≤ 4 |\n"),
            "{table}"
        );
    }

    #[test]
    fn the_floor_bounds_from_below() {
        let row = |ours: f64| Row {
            figure: String::new(),
            unit: Unit::MillionInstructions,
            values: [Some(ours), None, None, Some(0.3)],
            goals: Vec::new(),
        };
        let goal = Goal::OverFloorAtMost(8.0);
        assert_eq!(row(2.1).goal(goal), "ours ÷ floor ≤ 8");
        assert_eq!(row(3.0).goal(goal), "ours ÷ floor ≤ 8 (missed)");
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        let table = [
            (0.1234, "0.123"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (123.4, "123"),
            (99.99, "100"),
        ];
        for (value, text) in table {
            assert_eq!(number(value), text);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(567), "567");
    }
}
