//! A model of everything that happens to a stack in an account: requests that fail, are cancelled
//! and rolled back; deliveries that are lost, repeated, late, at the same time, or die; people who
//! change things by hand meanwhile; and an AWS that shows late what was done. Histories of all that
//! are made up, lived through, and shortened when something does not hold.
//!
//! What must hold, at the end and whenever nothing runs: each delivery is answered once; a rollback
//! to what held succeeds; what CloudFormation holds exists and works; after the last Delete nothing
//! of ours is left; nothing of others was changed; and what was adopted by a request that failed is
//! as it was.

mod hands;
mod history;
mod ledger;
mod stack;

use std::cell::Cell;
use std::io::Write as _;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tracing::subscriber::{NoSubscriber, set_default};

use self::history::{History, history};
use self::stack::{Tried, live};

/// How many are tried when nothing else is said.
const HISTORIES: u32 = 300;

/// A number from the environment. It chooses which histories are tried, so `make fuzz` can try
/// others than `make test` does.
#[allow(clippy::disallowed_methods)]
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

fn lived(history: &History) -> (Tried, Result<(), String>) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, live(history))
}

#[test]
fn whatever_happens_to_a_stack_it_can_go_back_and_nothing_is_lost() {
    // The log of a hundred thousand calls takes longer than the calls.
    let _silent = set_default(NoSubscriber::default());
    let mut seed = [7; 32];
    if let Some(number) = number("KMS_ALARM_SEED") {
        seed[..8].copy_from_slice(&number.to_le_bytes());
    }
    let cases = number("KMS_ALARM_HISTORIES").map_or(HISTORIES, |number| {
        u32::try_from(number).expect("a number of histories")
    });
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let tried = Cell::new(Tried::default());
    let outcome = TestRunner::new_with_rng(config, random).run(&history(), |history| {
        let (more, lived) = lived(&history);
        tried.set(tried.get() + more);
        lived.map_err(TestCaseError::fail)
    });
    let Tried {
        histories,
        requests,
        deliveries,
        calls,
        hands,
    } = tried.get();
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(
        std::io::stderr(),
        "model: {histories} histories: {requests} requests in {deliveries} deliveries with {calls} \
         calls, and {hands} changes by hand"
    );
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
