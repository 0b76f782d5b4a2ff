//! Whatever an incident is like, and however its ticks are delivered.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{NAMED, Story, at, seconds};

/// An error of one kind: when it is logged, and how long it takes until it can be found.
#[derive(Clone, Debug)]
struct Error {
    kind: i64,
    logged: i64,
    takes: i64,
}

/// What becomes of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    OnTime,
    Missed,
    /// So many minutes later.
    Late(i64),
    /// On time, and again so many minutes later.
    Doubled(i64),
}

fn errors() -> impl Strategy<Value = Vec<Error>> {
    let error = (0_i64..8, 4_i64..125, 0_i64..60).prop_map(|(kind, logged, takes)| Error {
        kind,
        logged,
        takes,
    });
    prop::collection::vec(error, 0..40)
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let delivery = prop_oneof![
        5 => Just(Delivery::OnTime),
        2 => Just(Delivery::Missed),
        2 => (1_i64..14).prop_map(Delivery::Late),
        2 => (0_i64..14).prop_map(Delivery::Doubled),
    ];
    prop::collection::vec(delivery, 26)
}

/// A tick as it is delivered: when it is due, and when it comes.
type Tick = (i64, i64);

fn ticks(deliveries: &[Delivery]) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for (due, delivery) in (1..).map(|nth| nth * 5).zip(deliveries) {
        match *delivery {
            Delivery::OnTime => ticks.push((due, due)),
            Delivery::Missed => {}
            Delivery::Late(by) => ticks.push((due, due + by)),
            Delivery::Doubled(by) => ticks.extend([(due, due), (due, due + by)]),
        }
    }
    ticks.sort_by_key(|(due, comes)| (*comes, *due));
    ticks
}

/// What was told of one incident, with the ticks in this order.
struct Told {
    /// The delivery that first told a kind.
    first: BTreeMap<String, usize>,
    mails: usize,
}

async fn tell(errors: &[Error], ticks: &[Tick]) -> Told {
    let mut story = Story::new().await;
    story.fails("generate-data-key-throttled", "GenerateDataKey", at(2));
    story.alarms(at(3) + seconds(20)).await;
    story.told();
    for error in errors {
        let logged = at(error.logged);
        let found = logged + seconds(error.takes);
        let operation = format!("Operation{}", error.kind);
        // All of them are bad enough that none is held back.
        story.logs("decrypt-disabled", &operation, logged, logged, found);
    }
    let mut told = Told {
        first: BTreeMap::new(),
        mails: 0,
    };
    let mut ids = BTreeMap::new();
    let (mut names, mut delivered) = (BTreeSet::new(), BTreeSet::new());
    for (number, (due, comes)) in ticks.iter().enumerate() {
        story.tick(*due, at(*comes) + seconds(2)).await.unwrap();
        let again = !delivered.insert(*due);
        let mails = story.mails();
        story.told();
        assert!(mails.len() <= 1, "one mail a tick");
        for mail in mails {
            assert!(mail.operations.len() <= NAMED);
            if let Some(text) = ids.insert(mail.id.clone(), mail.operations.clone()) {
                assert!(
                    again,
                    "{due}: only a tick that is delivered again tells again"
                );
                assert_eq!(text, mail.operations, "{due}: it tells the same");
                continue;
            }
            told.mails += 1;
            for operation in &mail.operations {
                let is_new = names.insert(operation.clone());
                let is_reminder = mail.situation == "reminder";
                assert!(is_new || is_reminder, "{due}: {operation} is told twice");
                told.first.entry(operation.clone()).or_insert(number);
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        rng_seed: RngSeed::Fixed(20_261_123),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_kind_is_told_once_and_soon(errors in errors(), deliveries in deliveries()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let ticks = ticks(&deliveries);
        let told = runtime.block_on(tell(&errors, &ticks));
        prop_assert!(told.mails <= 9, "{} mails", told.mails);
        for error in &errors {
            let operation = format!("Operation{}", error.kind);
            // The deliveries of ticks that can see it, each of another tick.
            let sees = |(_, (due, comes)): &(usize, &Tick)| {
                at(*due) - seconds(60) >= at(error.logged)
                    && at(*comes) >= at(error.logged) + seconds(error.takes)
            };
            let mut due = BTreeSet::new();
            let seeing: Vec<_> = ticks
                .iter()
                .enumerate()
                .filter(sees)
                .filter(|(_, tick)| due.insert(tick.0))
                .map(|(number, _)| number)
                .collect();
            let first = told.first.get(&operation);
            let Some(second) = seeing.get(1) else {
                continue;
            };
            prop_assert!(first.is_some_and(|first| first <= second), "{operation}: {first:?} {seeing:?}");
        }
        // The same ticks in another order tell the same kinds.
        let mut turned = ticks.clone();
        for pair in turned.chunks_exact_mut(2) {
            let last = pair[1].1;
            pair.reverse();
            pair[0].1 = last;
            pair[1].1 = last;
        }
        let reordered = runtime.block_on(tell(&errors, &turned));
        let names = |told: &Told| told.first.keys().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(names(&told), names(&reordered));
    }
}
