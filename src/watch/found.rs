//! What follows from a look: problems, what of them may be repaired, and what is unknown.

use super::earlier::Earlier;
use super::log_group::Events;
use super::look::Look;
use super::round::Round;
use crate::fault::Fault;
use crate::health::{Health, Kind, Problem, Repair, Unknown};
use crate::names::Names;
use crate::provision::{Condition, Object, TopicSeen, Watched};

/// What the checks found, before anything is repaired.
#[derive(Default)]
pub(super) struct Found {
    pub(super) health: Health,
    /// What of ours differs, before it is repaired.
    pub(super) objects: Vec<(Object, Problem)>,
    /// What the log group has, if it could be looked at.
    pub(super) events: Option<Events>,
}

impl Found {
    /// Judges a look.
    pub(super) fn new(round: &Round<'_>, watched: &Watched<'_>, look: &Look) -> Self {
        let properties = watched.properties;
        let names = Names::of(&properties.name);
        let log_group = &properties.log_group_name;
        let mut found = Self::default();
        match &look.filter {
            Ok(condition) => found.object(
                Object::Filter,
                &names.filter,
                condition,
                [Kind::FilterGone, Kind::FilterChanged],
            ),
            Err(fault) if fault.is_not_found() => {
                found.problem(Problem::new(Kind::LogGroupGone, log_group));
            }
            Err(fault) => found.unknown("the metric filter", fault),
        }
        match &look.alarms {
            Ok((alarm, health_alarm)) => {
                found.object(
                    Object::Alarm,
                    &names.alarm,
                    &watched.alarm(alarm.as_ref()),
                    [Kind::AlarmGone, Kind::AlarmChanged],
                );
                if !watched.is_heard(health_alarm.as_ref()) {
                    found.problem(Problem::new(Kind::HealthAlarmGone, names.health));
                }
            }
            Err(fault) => found.unknown("the alarms", fault),
        }
        let topic_arn = watched.account.scope.topic_arn(&names.topic);
        match &look.topic {
            Ok(topic) => found.topic(&topic_arn, topic, &look.addresses),
            Err(fault) => found.unknown("the topic", fault),
        }
        match &look.events {
            Ok(events) => {
                found.events = Some(*events);
                match events {
                    Events::OfKms | Events::OthersThisHour => {}
                    Events::None => found.problem(Problem::new(Kind::LogGroupSilent, log_group)),
                    Events::Others => found.problem(Problem::new(Kind::NoKmsEvents, log_group)),
                }
            }
            // That it does not exist is told already.
            Err(fault) if fault.is_not_found() => {}
            Err(fault) => found.unknown("the log group", fault),
        }
        match &look.listeners {
            Ok(Some(1..)) => {}
            Ok(_) => {
                let topic = properties.alarm_actions.first().cloned();
                let topic = topic.unwrap_or_default();
                found.problem(Problem::new(Kind::AlarmUnheard, topic));
            }
            Err(fault) => found.unknown("the topic that the alarm notifies", fault),
        }
        let queue = round.tick.queue_name.as_deref().unwrap_or_default();
        match &look.waiting {
            Ok(0) => {}
            Ok(waiting) => {
                let waiting = match waiting {
                    1 => "one message".to_owned(),
                    _ => format!("{waiting} messages"),
                };
                found.problem(Problem::new(Kind::QueueNotEmpty, queue).with(vec![waiting]));
            }
            Err(fault) => found.unknown("the dead-letter queue", fault),
        }
        found
    }

    /// Whether nothing is wrong and everything could be looked at.
    pub(super) fn is_healthy(&self) -> bool {
        let Self {
            health,
            objects,
            events,
        } = self;
        health.problems.is_empty()
            && health.unknown.is_empty()
            && objects.is_empty()
            && *events != Some(Events::OthersThisHour)
    }

    /// Whether anything was found that a deployment which has only begun may explain. Only the queue does
    /// not depend on the properties.
    pub(super) fn depends_on_properties(&self) -> bool {
        let mut problems = self.health.problems.iter();
        !self.objects.is_empty() || problems.any(|problem| problem.kind != Kind::QueueNotEmpty)
    }

    /// Leaves what is new for a later tick to judge. What was there before is still a problem.
    pub(super) fn pause(&mut self, earlier: &Earlier) {
        self.health.is_paused = true;
        let problems = std::mem::take(&mut self.health.problems);
        let objects = self.objects.drain(..).map(|(_, problem)| problem);
        for problem in problems.into_iter().chain(objects) {
            let before = earlier.problem(&problem);
            if let Some(before) = before.filter(|before| before.repair != Some(Repair::Done)) {
                self.health.problems.push(before.clone());
            } else if problem.kind == Kind::QueueNotEmpty {
                self.health.problems.push(problem);
            }
        }
    }

    /// Takes what differs for problems, each with what became of it.
    pub(super) fn repaired(&mut self, result: impl Fn(Object) -> Option<Repair>) {
        for (object, mut problem) in self.objects.drain(..) {
            problem.repair = result(object);
            self.health.problems.push(problem);
        }
    }

    /// What was found, in a few words for each.
    pub(super) fn described(&self) -> String {
        let objects = self.objects.iter().map(|(_, problem)| problem);
        let found = self.health.problems.iter().chain(objects);
        let found: Vec<_> = found
            .map(|problem| problem.kind.brief().to_string())
            .collect();
        found.join(", ")
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.health.problems.push(problem);
    }

    pub(super) fn unknown(&mut self, what: &str, why: &impl ToString) {
        self.health.unknown.push(Unknown {
            what: what.to_owned(),
            why: why.to_string(),
        });
    }

    fn object(&mut self, object: Object, name: &str, condition: &Condition, kinds: [Kind; 2]) {
        let [gone, changed] = kinds;
        let problem = match condition {
            Condition::AsAsked => return,
            Condition::Gone => Problem::new(gone, name),
            Condition::Differs(differences) => {
                Problem::new(changed, name).with(differences.clone())
            }
        };
        self.objects.push((object, problem));
    }

    fn topic(
        &mut self,
        topic_arn: &str,
        topic: &TopicSeen,
        addresses: &Result<Vec<Option<bool>>, Fault>,
    ) {
        self.object(
            Object::Topic,
            topic_arn,
            &topic.condition,
            [Kind::TopicGone, Kind::TopicChanged],
        );
        // Who is subscribed to a topic that is gone is no question.
        let Some(confirmed) = topic.confirmed else {
            return;
        };
        let addresses = match addresses {
            Ok(addresses) => addresses.as_slice(),
            Err(fault) => {
                self.unknown("the subscriptions", fault);
                &[]
            }
        };
        self.health.pending = places(addresses, Some(false));
        if confirmed == 0 {
            self.problem(Problem::new(Kind::NobodySubscribed, topic_arn));
        }
        let gone = places(addresses, None);
        if !gone.is_empty() {
            self.problem(Problem::new(Kind::AddressesGone, topic_arn).with(gone));
        }
    }
}

/// Where in the list the addresses stand that are in this state: the log holds no address.
fn places(addresses: &[Option<bool>], state: Option<bool>) -> Vec<String> {
    let count = addresses.len();
    let places = addresses.iter().zip(1_usize..);
    let places = places.filter(|(address, _)| **address == state);
    places
        .map(|(_, place)| format!("address {place} of {count}"))
        .collect()
}
