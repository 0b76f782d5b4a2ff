//! What AWS shows, and what its permissions see, a while after it was done. Everything here is off
//! unless a test turns it on.
//!
//! - Tags that were just written are not listed yet, and a topic that was just deleted still has
//!   its tags: SNS answers `StaleTag` to whoever makes it again.
//!   <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
//! - IAM's conditions on tags see them late as well.
//!   <https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html>
//! - A permission applies some seconds after it was given.
//!   <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::call::{Call, Error};
use super::cloudwatch::texts;
use super::faults::How;
use super::world::World;

/// How long AWS takes until what was done can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lags {
    /// By `ListTagsForResource`.
    pub tags: Duration,
    /// By `DescribeAlarms`, `DescribeMetricFilters` and `DescribeLogStreams`.
    pub listings: Duration,
    /// By the conditions of [`Consistency::stack`].
    pub conditions: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct Consistency {
    pub lags: Lags,
    /// `DeleteTopic` and `DeleteAlarms` are allowed only on what carries the tag `kms-alarm:stack`
    /// with this value, as the template's policy says. What does not exist carries none.
    pub stack: Option<String>,
    /// The operations that are denied until then.
    pub denied: BTreeMap<String, Instant>,
    /// What existed from which moment on, oldest first; kept only while there are lags.
    past: Vec<(Instant, World)>,
}

impl Consistency {
    /// Remembers what exists from now on.
    pub fn note(&mut self, world: &World) {
        let known = self.past.last().is_some_and(|(_, known)| known == world);
        if self.lags != Lags::default() && !known {
            self.past.push((Instant::now(), world.clone()));
        }
    }

    /// How late the answer to a call is.
    pub fn lag(&self, call: &Call) -> Duration {
        match call.operation.as_str() {
            "ListTagsForResource" => self.lags.tags,
            "DescribeAlarms" | "DescribeMetricFilters" | "DescribeLogStreams" => self.lags.listings,
            _ => Duration::ZERO,
        }
    }

    /// What existed that long ago; what exists, when nothing is known about that.
    pub fn seen<'a>(&'a self, lag: Duration, world: &'a World) -> &'a World {
        let now = Instant::now();
        let before = |(since, _): &&(Instant, World)| *since + lag <= now;
        let seen = self.past.iter().rev().find(before).or(self.past.first());
        seen.map_or(world, |(_, world)| world)
    }

    /// Why a call is not allowed, if it is not.
    pub fn refusal(&self, call: &Call, world: &World) -> Option<Error> {
        let late = self.denied.get(&call.name);
        if late.is_some_and(|until| Instant::now() < *until) {
            return Some(How::Denied.error(call));
        }
        let stack = self.stack.as_ref()?;
        let seen = self.seen(self.lags.conditions, world);
        let allows = |tags: Option<&BTreeMap<String, String>>| {
            tags.is_some_and(|tags| tags.get("kms-alarm:stack") == Some(stack))
        };
        let allowed = match call.operation.as_str() {
            "DeleteTopic" => {
                let topic = seen.topics.get(call.text("TopicArn").unwrap_or_default());
                allows(topic.map(|topic| &topic.tags))
            }
            "DeleteAlarms" => texts(call, "AlarmNames").iter().all(|name| {
                let alarm = seen.alarms.get(*name);
                allows(alarm.map(|alarm| &alarm.tags))
            }),
            _ => true,
        };
        (!allowed).then(|| How::Denied.error(call))
    }

    /// Why a topic cannot be made again yet, if it was just deleted.
    pub fn stale_tags(&self, call: &Call, world: &World) -> Option<Error> {
        if call.operation != "CreateTopic" {
            return None;
        }
        let name = call.text("Name").unwrap_or_default();
        let named = |world: &World| {
            let mut topics = world.topics.iter();
            let topic = topics.find(|(arn, _)| arn.rsplit(':').next() == Some(name));
            topic.map(|(_, topic)| !topic.tags.is_empty())
        };
        let seen = named(self.seen(self.lags.tags, world));
        (named(world).is_none() && seen == Some(true)).then(|| {
            Error::new(
                400,
                "StaleTag",
                "A tag has been added to a resource with the same ARN as a deleted resource.",
            )
        })
    }
}
