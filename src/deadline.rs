//! How long work may take.
//!
//! Lambda ends an invocation at its deadline without a word, so each step stops early enough for
//! the steps after it. All of that budgeting happens here.

use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use crate::fault::Fault;

/// The moment at which something must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline that far from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// What is left until then.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// An earlier deadline that leaves this much time for what comes next, but never more than half
    /// of what remains.
    #[must_use]
    pub fn keeping(self, reserve: Duration) -> Self {
        Self(self.0 - reserve.min(self.remaining() / 2))
    }

    /// The deadline of the first of `count` tasks, so that none uses up the time of the others.
    #[must_use]
    pub fn share(self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self::after(self.remaining() / count)
    }

    /// This deadline, or the one that far from now if that is sooner.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        self.min(Self::after(time))
    }

    /// Waits for the future until then.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] when the time ran out first.
    pub async fn limit<F: Future>(self, future: F) -> Result<F::Output, Elapsed> {
        timeout_at(self.0, future).await
    }

    /// Waits for a call to AWS until then.
    ///
    /// # Errors
    ///
    /// The call failed, or did not answer in time; the fault names its action and its object.
    pub fn answer<T>(
        self,
        action: &'static str,
        object: &str,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> impl Future<Output = Result<T, Fault>> {
        // Boxed here for all, because the futures of SDK calls are large.
        let call = Box::pin(call);
        async move {
            let answer = self.limit(call).await;
            answer.unwrap_or_else(|_| Err(Fault::no_answer(action, object)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_reserve_is_kept_but_at_most_half_of_the_time() {
        let deadline = Deadline::after(MINUTE);
        assert_eq!(deadline.keeping(17 * SECOND).remaining(), 43 * SECOND);
        assert_eq!(deadline.keeping(MINUTE).remaining(), MINUTE / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_share_the_time_that_is_left() {
        let deadline = Deadline::after(MINUTE);
        assert_eq!(deadline.share(3).remaining(), MINUTE / 3);
        assert_eq!(deadline.share(0), deadline);
        assert_eq!(deadline.within(SECOND).remaining(), SECOND);
        assert_eq!(deadline.within(2 * MINUTE), deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn past_the_deadline_no_time_is_left() {
        let deadline = Deadline::after(SECOND);
        tokio::time::advance(MINUTE).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
        assert_eq!(deadline.keeping(SECOND), deadline);
        assert!(deadline.limit(std::future::pending::<()>()).await.is_err());
    }
}
