//! What follows from a look: problems, what of them may be repaired, and what is unknown.

use super::look::Look;
use super::round::Round;
use crate::fault::Fault;
use crate::health::{Health, Kind, Problem, Unknown};
use crate::names::Names;
use crate::provision::{Condition, Object, TopicSeen, Watched};

/// What the checks found, before anything is repaired.
#[derive(Default)]
pub(super) struct Found {
    pub(super) health: Health,
    /// What of ours differs.
    pub(super) objects: Vec<(Object, Problem)>,
    /// The alarm on the watch, if it is gone or tells nobody.
    pub(super) health_alarm_gone: Option<Problem>,
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
                let is_heard = health_alarm
                    .as_ref()
                    .is_some_and(|alarm| alarm.actions_enabled() != Some(false));
                found.health_alarm_gone =
                    (!is_heard).then(|| Problem::new(Kind::HealthAlarmGone, names.health));
            }
            Err(fault) => found.unknown("the alarms", fault),
        }
        let topic_arn = watched.account.scope.topic_arn(&names.topic);
        match &look.topic {
            Ok(topic) => found.topic(&topic_arn, topic, &look.addresses),
            Err(fault) => found.unknown("the topic", fault),
        }
        match &look.log_group {
            Ok(None) => {}
            Ok(Some(kind)) => found.problem(Problem::new(*kind, log_group)),
            // That it does not exist is told already.
            Err(fault) if fault.is_not_found() => {}
            Err(fault) => found.unknown("the log group", fault),
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
        if confirmed == 0 {
            let pending = places(addresses, Some(false));
            self.problem(Problem::new(Kind::NobodySubscribed, topic_arn).with(pending));
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
