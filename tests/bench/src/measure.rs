//! The single measurements, each of a fresh process.
//!
//! What must hold: what a process did is checked after each event, outside the measured time. Under
//! the share of a core, an event is handed out only when the whole share of its period is left.

use std::time::Duration;

use anyhow::Result;
use hyper::body::Bytes;

use crate::aws::{Aws, Scene};
use crate::events;
use crate::process::Process;
use crate::quota::{self, Quota};
use crate::subjects::Subject;

/// How long a process rests before each event. The kernel notices at its next tick, up to 4 ms
/// late, that a share is used up, and takes the excess from the following periods. After this many
/// periods all of it is paid back, so that each event starts with a whole share.
const REST: Duration = quota::PERIOD.saturating_mul(4);

/// What all measurements need.
pub(crate) struct Bench {
    pub(crate) aws: Aws,
    /// None where control groups cannot be created.
    pub(crate) quota: Option<Quota>,
}

/// A cold start.
pub(crate) struct Cold {
    pub(crate) init: Duration,
    /// The first event.
    pub(crate) first: Duration,
    /// The median of the later events, if there were any.
    pub(crate) warm: Option<Duration>,
}

impl Cold {
    pub(crate) fn whole(&self) -> Duration {
        self.init + self.first
    }
}

/// What a warm process takes for one event, at full speed.
pub(crate) struct Warm {
    pub(crate) took: Duration,
    pub(crate) cpu: Duration,
    pub(crate) peak_kib: u64,
}

impl Bench {
    /// An init at full speed, then events under the share.
    pub(crate) async fn cold(
        &self,
        subject: &Subject,
        event: &Bytes,
        further: u32,
    ) -> Result<Cold> {
        tokio::time::sleep(REST).await;
        let mut process = Process::start(subject, &self.aws.https, &[]).await?;
        if let Some(quota) = &self.quota {
            quota.enter(process.id())?;
        }
        let first = self.rested(subject, &mut process, event).await?;
        let mut later = Vec::new();
        for _ in 0..further {
            later.push(self.rested(subject, &mut process, event).await?);
        }
        let cold = Cold {
            init: process.init,
            first,
            warm: middle(&later),
        };
        process.kill().await?;
        Ok(cold)
    }

    /// One event, after a pause that restores the whole share.
    async fn rested(
        &self,
        subject: &Subject,
        process: &mut Process,
        event: &Bytes,
    ) -> Result<Duration> {
        tokio::time::sleep(REST).await;
        let took = process.invoke(event).await?;
        checked(&self.aws, subject, process)?;
        Ok(took)
    }

    /// This many events one after the other, after a first one that does not count.
    pub(crate) async fn warm(&self, subject: &Subject, event: &Bytes, count: u32) -> Result<Warm> {
        let mut process = Process::start(subject, &self.aws.https, &[]).await?;
        process.invoke(event).await?;
        checked(&self.aws, subject, &process)?;
        let before = process.cpu()?;
        let mut took = Vec::new();
        for _ in 0..count {
            took.push(process.invoke(event).await?);
            checked(&self.aws, subject, &process)?;
        }
        let warm = Warm {
            took: middle(&took).unwrap_or_default(),
            cpu: process.cpu()?.saturating_sub(before) / count,
            peak_kib: process.peak_kib()?,
        };
        process.kill().await?;
        Ok(warm)
    }

    /// From now on there are this many failed calls; returns the alarm's event.
    pub(crate) fn alert(&self, failed_calls: u64) -> Result<Bytes> {
        self.aws
            .set(Scene::Alert(events::pages(failed_calls.try_into()?)?));
        events::alarm()
    }

    /// From now on everything is as it should be; returns the event of a tick.
    pub(crate) fn tick(&self) -> Result<Bytes> {
        self.aws.set(Scene::Tick);
        events::tick()
    }

    /// From now on the account is empty; returns the event that asks for a Create.
    pub(crate) fn create(&self) -> Result<Bytes> {
        self.aws.set(Scene::Create);
        events::create(&self.aws.https.s3.url)
    }
}

/// Whether the subject did its work, if it does any.
pub(crate) fn checked(aws: &Aws, subject: &Subject, process: &Process) -> Result<()> {
    if subject.works() {
        aws.check().map_err(|error| process.failed(&error))?;
    }
    Ok(())
}

fn middle(durations: &[Duration]) -> Option<Duration> {
    let seconds = durations.iter().map(Duration::as_secs_f64).collect();
    median(seconds).map(Duration::from_secs_f64)
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*values.get(half - 1)?, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 90.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 90.0, 2.0]), Some(3.0));
    }
}
