//! The invariants of `holds.rs` for any input: random input, the same on every run, and the inputs
//! that fuzzing kept in `fuzz/corpus`.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::holds;

type Holds = fn(&[u8]);

fn check(cases: u32, input: &impl Strategy<Value = Vec<u8>>, holds: Holds) {
    // The same cases on every run.
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, random)
        .run(input, |input| {
            holds(&input);
            Ok(())
        })
        .unwrap();
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..2_000)
}

/// The samples in a folder.
fn samples(folder: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap());
    texts
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

/// A value where another kind is expected.
fn surprise() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9/: \\[\\]().,]{0,40}".prop_map(Value::from),
        "(19|20|99)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](Z|\\+0000)"
            .prop_map(Value::from),
        (1_u32..5_000).prop_map(|times| Value::from(
            "\u{202e}https://evil.example é".repeat(times as usize / 20)
        )),
    ];
    leaf.prop_recursive(4, 30, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{1,12}", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// All places in a value, as JSON pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                places(value, &format!("{here}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                places(
                    value,
                    &format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// Samples with surprises in them, and sometimes with bytes that are wrong.
fn surprising(samples: Vec<Value>) -> impl Strategy<Value = Vec<u8>> {
    let surprises = prop::collection::vec((any::<Index>(), surprise()), 0..4);
    let wrong = prop::collection::vec((any::<Index>(), any::<u8>()), 0..2);
    let cases = (
        prop::sample::select(samples),
        surprises,
        wrong,
        any::<Index>(),
        0..8_u8,
    );
    cases.prop_map(|(mut sample, surprises, wrong, end, cut)| {
        for (place, surprise) in surprises {
            let mut found = Vec::new();
            places(&sample, "", &mut found);
            *sample
                .pointer_mut(&found[place.index(found.len())])
                .unwrap() = surprise;
        }
        let mut bytes = sample.to_string().into_bytes();
        for (place, byte) in wrong {
            *place.get_mut(&mut bytes) = byte;
        }
        if cut == 0 {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes
    })
}

/// The events, and the messages of SNS's records on their own.
fn events() -> Vec<Value> {
    let mut events = samples("events");
    let messages: Vec<Value> = events
        .iter()
        .filter_map(|event| event.pointer("/Records/0/Sns/Message")?.as_str())
        .filter_map(|message| serde_json::from_str(message).ok())
        .collect();
    events.extend(messages);
    events
}

#[test]
fn any_event_is_read_or_refused() {
    check(2_000, &surprising(events()), holds::event);
    check(500, &bytes(), holds::event);
}

#[test]
fn any_log_message_is_counted_once() {
    check(
        2_000,
        &surprising(samples("tests/cloudtrail")),
        holds::cloudtrail,
    );
    check(500, &bytes(), holds::cloudtrail);
}

#[test]
fn any_window_is_in_order_and_in_bounds() {
    check(5_000, &bytes(), holds::window);
}

#[test]
fn any_alert_is_accepted_by_sns_and_is_inert() {
    let log = prop::collection::vec(surprising(samples("tests/cloudtrail")), 0..4);
    let whole = (bytes(), log).prop_map(|(mut bytes, log)| {
        bytes.truncate(400);
        bytes.resize(400, 0);
        bytes.extend(log.join(&b'\n'));
        bytes
    });
    check(100, &whole, holds::report);
    check(60, &bytes(), holds::report);
}

#[test]
fn no_call_that_no_rule_matches_is_left_out() {
    let few = prop::collection::vec(any::<u8>(), 0..400);
    check(5_000, &few, holds::quiet);
}

#[test]
fn any_answer_is_accepted_by_cloudformation() {
    check(2_000, &bytes(), holds::answer);
}

#[test]
fn what_fuzzing_kept_holds() {
    let targets: [(&str, Holds); 6] = [
        ("event", holds::event),
        ("cloudtrail", holds::cloudtrail),
        ("window", holds::window),
        ("report", holds::report),
        ("quiet", holds::quiet),
        ("answer", holds::answer),
    ];
    for (target, holds) in targets {
        let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"))
        {
            holds(&std::fs::read(entry.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs > 0, "{folder} is empty");
    }
}
