//! How usual errors are.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::alarm::Datapoint;

const END: &str = "2026-11-23T09:46:00Z";

fn end() -> Timestamp {
    END.parse().unwrap()
}

/// The hour that begins that many hours before the end.
fn hour(before: i64, value: f64) -> Datapoint {
    Datapoint {
        start: end() - SignedDuration::from_hours(before),
        value,
    }
}

/// 14 days without an error.
pub(super) fn quiet() -> History {
    let hours = (1..=14 * 24).map(|before| hour(before, 0.0));
    History::new(end(), hours)
}

/// Errors on 9 of the 14 days.
pub(super) fn busy() -> History {
    let hours = (1..=14 * 24).map(|before| match (before / 24, before % 24) {
        (day @ (0 | 2 | 5 | 13), 7) => hour(before, if day == 0 { 9.0 } else { 3.0 }),
        (1 | 3 | 4 | 8 | 9, 7 | 8) => hour(before, 2.0),
        _ => hour(before, 0.0),
    });
    History::new(end(), hours)
}

/// What the metric counted, in an alert about errors.
fn report(sums: impl IntoIterator<Item = Datapoint>) -> Report {
    let mut case = Case::alarm().events(DISABLED, 3, None);
    case.history = Some(Ok(History::new(end(), sums)));
    case.report()
}

/// What is said of a metric that has counted for so many hours, all quiet but these.
#[track_caller]
fn check(hours: i64, errors: &[(i64, f64)], expected: &str) {
    let quiet = (1..=hours).map(|before| hour(before, 0.0));
    let errors = errors.iter().map(|(before, value)| hour(*before, *value));
    let usual = report(quiet.chain(errors)).usual.unwrap();
    assert_eq!(&*usual.sentence, expected);
}

#[test]
fn fourteen_days_are_told_in_a_sentence() {
    let all = 14 * 24;
    let day = |nth: i64| nth * 24 - 3;
    let days = |count: i64, value: fn(i64) -> f64| -> Vec<(i64, f64)> {
        (1..=count).map(|nth| (day(nth), value(nth))).collect()
    };
    for (errors, expected) in [
        (vec![], "No KMS error was counted in the 14 days before."),
        (
            vec![(day(3), 1.0)],
            "One KMS error was counted in the 14 days before.",
        ),
        (
            vec![(day(3), 4.0), (day(3) + 1, 1.0)],
            "5 KMS errors were counted on one of the 14 days before.",
        ),
        (
            vec![(1, 1.0), (24, 2.0), (25, 9.0)],
            "KMS errors were counted on 2 of the 14 days before, 3 to 9 a day.",
        ),
        (
            days(9, |nth| if nth % 2 == 0 { 9.0 } else { 3.0 }),
            "KMS errors were counted on 9 of the 14 days before, 3 to 9 a day.",
        ),
        (
            days(14, |_| 2.0),
            "KMS errors were counted on each of the 14 days before, 2 a day.",
        ),
        (
            vec![(day(1), 0.5), (day(2), 7.0)],
            "KMS errors were counted on 2 of the 14 days before.",
        ),
    ] {
        check(all, &errors, expected);
    }
}

#[test]
fn a_metric_without_a_past_claims_none() {
    for (hours, errors, expected) in [
        (0, vec![], "The metric has no data from the 14 days before."),
        (
            1,
            vec![],
            "No KMS error was counted in the hour before; there is no earlier data.",
        ),
        (
            7,
            vec![(2, 2.0), (5, 3.0)],
            "5 KMS errors were counted in the 7 hours before; there is no earlier data.",
        ),
        (
            7,
            vec![(2, 0.5)],
            "KMS errors were counted in the 7 hours before; there is no earlier data.",
        ),
        (
            24,
            vec![],
            "No KMS error was counted in the 24 hours before; there is no earlier data.",
        ),
        (
            60,
            vec![],
            "No KMS error was counted in the 3 days before; there is no earlier data.",
        ),
        (
            60,
            vec![(1, 3.0), (60, 9.0)],
            "KMS errors were counted on 2 of the 3 days before, 3 to 9 a day; there is no earlier \
             data.",
        ),
        // Without a default value only the hours with errors have data.
        (
            0,
            vec![(230, 1.0)],
            "One KMS error was counted in the 10 days before; there is no earlier data.",
        ),
        // The 14th day has begun, so all 14 were looked at.
        (
            13 * 24 + 1,
            vec![],
            "No KMS error was counted in the 14 days before.",
        ),
    ] {
        check(hours, &errors, expected);
    }
}

#[test]
fn an_hour_that_reaches_into_the_incident_does_not_count() {
    let minutes = |minutes| Datapoint {
        start: end() - SignedDuration::from_mins(minutes),
        value: 41.0,
    };
    let on_the_clock = [minutes(46), minutes(14 * 24 * 60 + 14), hour(24, 0.0)];
    let usual = report(on_the_clock).usual.unwrap();
    assert_eq!((usual.days, usual.days_with_errors), (1, 0));
}

#[test]
fn nonsense_breaks_nothing() {
    let far = [Timestamp::MIN, Timestamp::MAX].map(|start| Datapoint { start, value: 1.0 });
    for end in [Timestamp::MIN, Timestamp::MAX, end()] {
        let history = History::new(end, far);
        let mut case = Case::alarm().events(DISABLED, 3, None);
        case.history = Some(Ok(history));
        case.message();
    }
    let odd = [f64::NAN, f64::INFINITY, -3.0];
    let usual = report(odd.map(|value| hour(1, value))).usual.unwrap();
    assert_eq!(usual.errors, Some(0), "not a number is no error: {usual:?}");
    let usual = report([hour(1, f64::MAX)]).usual.unwrap();
    assert_eq!(usual.errors, None);
}

#[test]
fn programs_get_the_numbers() {
    let sums = [hour(1, 0.0), hour(30, 2.0), hour(48, 3.0), hour(50, 1.0)];
    let object = serde_json::to_value(report(sums)).unwrap();
    assert_eq!(
        object["usual"],
        serde_json::json!({
            "start": "2026-11-21T07:46:00Z",
            "end": "2026-11-23T09:46:00Z",
            "days": 3,
            "daysWithErrors": 2,
            "errors": 6,
            "sentence":
                "KMS errors were counted on 2 of the 3 days before, 1 to 5 a day; there is no earlier data.",
        })
    );
}

#[test]
fn only_who_reads_of_errors_reads_how_usual_they_are() {
    let failed = Fault::no_answer("cloudwatch:GetMetricData", "KMSSecurityError");
    for (history, is_said) in [(Some(Ok(quiet())), false), (Some(Err(failed)), true)] {
        let mut case = Case::alarm();
        case.history = history;
        let nothing_found = case.report();
        assert_eq!(nothing_found.usual, None);
        assert!(nothing_found.problems.is_empty());
        let errors = case.events(DISABLED, 1, None).report();
        assert_eq!(errors.usual.is_none(), is_said);
        assert_eq!(!errors.problems.is_empty(), is_said);
    }
}
