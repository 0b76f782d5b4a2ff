//! One delivery of an event: the calls that it makes, among those of others that run at the same
//! time.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use kms_alarm::clients::Clients;

use super::faults::{Faults, How};
use super::{FakeAws, environment};

/// One delivery.
#[derive(Clone, Debug, Default)]
pub struct Delivery(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    name: String,
    calls: Vec<String>,
    answers: Vec<String>,
    /// Whether it tried to answer that it succeeded.
    succeeded: bool,
    /// The calls that were made to fail.
    failed: Vec<String>,
    faults: Faults,
    dead: bool,
    wakers: Vec<Waker>,
}

impl Delivery {
    /// One that is told apart in [`super::State::story`].
    pub fn named(name: &str) -> Self {
        let delivery = Self::default();
        name.clone_into(&mut delivery.progress().name);
        delivery
    }

    pub(super) fn name(&self) -> String {
        self.progress().name.clone()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The real clients, sending to this AWS, each call being one of this delivery's.
    pub fn clients(&self, aws: &FakeAws) -> Clients {
        let wire = Wire {
            aws: aws.clone(),
            delivery: self.clone(),
        };
        Clients::new(&environment(), SharedHttpConnector::new(wire))
    }

    /// Makes one of its calls fail. If it is lasting, every later call of that operation fails too.
    pub fn fail_at(&self, call: usize, how: How, lasting: bool) {
        self.progress().faults.set_trap(call, how, lasting);
    }

    /// Makes the next calls of an operation fail.
    pub fn fail(&self, operation: &str, how: How, times: usize) {
        self.progress().faults.add(operation, 0, how, times);
    }

    /// The answers that CloudFormation got from it.
    pub fn answers(&self) -> Vec<String> {
        self.progress().answers.clone()
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<String> {
        self.progress().calls.clone()
    }

    /// Whether Lambda has ended it.
    pub fn is_dead(&self) -> bool {
        self.progress().dead
    }

    /// Whether its answer was made to fail.
    pub fn was_kept_from_answering(&self) -> bool {
        self.progress().failed.iter().any(|call| call == "PUT")
    }

    /// Whether it did all that was asked, even if its answer did not arrive.
    pub fn succeeded(&self) -> bool {
        self.progress().succeeded
    }

    /// Waits until Lambda has ended it.
    pub async fn died(&self) {
        self.is(|progress| progress.dead).await;
    }

    /// Waits until it has made this many calls.
    pub async fn called(&self, times: usize) {
        self.is(|progress| progress.calls.len() >= times).await;
    }

    /// Waits until CloudFormation has its answer.
    pub async fn answered(&self) {
        self.is(|progress| !progress.answers.is_empty()).await;
    }

    async fn is(&self, condition: impl Fn(&Progress) -> bool) {
        poll_fn(|context| {
            let mut progress = self.progress();
            if condition(&progress) {
                return Poll::Ready(());
            }
            progress.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Notes a call, and says how it fails.
    pub(super) fn note_call(&self, name: &str, body: &[u8]) -> Option<How> {
        let mut progress = self.progress();
        let is_success = || String::from_utf8_lossy(body).contains(r#""Status":"SUCCESS""#);
        progress.succeeded |= name == "PUT" && is_success();
        progress.calls.push(name.to_owned());
        progress.wake();
        let how = progress.faults.take(name);
        if how.is_some() {
            progress.failed.push(name.to_owned());
        }
        how
    }

    pub(super) fn note_answer(&self, answer: String) {
        let mut progress = self.progress();
        progress.answers.push(answer);
        progress.wake();
    }

    pub(super) fn die(&self) {
        let mut progress = self.progress();
        progress.dead = true;
        progress.wake();
    }
}

impl Progress {
    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

/// The way of one delivery's calls.
#[derive(Clone, Debug)]
struct Wire {
    aws: FakeAws,
    delivery: Delivery,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.aws.receive(request, Some(&self.delivery))
    }
}
