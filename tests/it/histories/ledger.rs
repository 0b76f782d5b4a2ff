//! What must exist: what is not ours, as others left it, and what CloudFormation holds.

use std::collections::BTreeMap;
use std::time::Duration;

use kms_alarm::metric_filter;
use kms_alarm::roles::Roles;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::hands;
use super::history::{ADDRESSES, Asked, Hand, Lab, NAMES, topic_arn};
use crate::cloudformation::inhabited;
use crate::fake_aws::{Alarm, DELETED, FakeAws, LogGroup, Topic, World, default_policy};

const ROLE: &str = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";
pub const NAMESPACE: &str = "Pattern1Application/KMSSecurity";
/// A log group that no properties name.
const ELSEWHERE: &str = "elsewhere";
const SECOND: &str = "second-feed";
pub const KEY: &str = "KmsMasterKeyId";

/// What CloudFormation holds as SUCCESS.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: String,
    pub asked: Asked,
    /// When it was asked for.
    pub since: Instant,
}

#[derive(Debug)]
pub struct Ledger {
    aws: FakeAws,
    /// What is not ours, as it must stay.
    pub foreign: World,
    pub held: Option<Held>,
    /// The owner's tag of the stack that is there.
    pub owner: String,
    /// A run that adopted something ended without a chance to undo it, or after CloudFormation had
    /// given it up. Nobody knows any more how it was; it must still be there, and no longer ours.
    pub weak: bool,
    /// When somebody changed something of ours, or when that began to show.
    touched: Option<Instant>,
    /// How late tags show.
    lag: Duration,
    pub last_hand: Option<Instant>,
    pub hands: usize,
    marks: [Marks; 2],
}

/// What others did to our topic and must stay.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub statement: bool,
    pub key: Option<String>,
    /// A stack that is gone may have set its key.
    pub is_key_unknown: bool,
}

impl Ledger {
    pub fn new(lab: Option<Lab>, lag: Duration) -> Self {
        let aws = inhabited();
        {
            let world = &mut aws.state().world;
            let group = LogGroup::default();
            world.log_groups.insert(ELSEWHERE.to_owned(), group);
            if let Some(lab) = lab {
                hands::lab(world, lab);
            }
        }
        Self {
            foreign: aws.world(),
            aws,
            held: None,
            owner: String::new(),
            weak: false,
            touched: None,
            lag,
            last_hand: None,
            hands: 0,
            marks: Default::default(),
        }
    }

    pub fn aws(&self) -> &FakeAws {
        &self.aws
    }

    fn marks(&mut self, asked: &Asked) -> &mut Marks {
        &mut self.marks[usize::from(asked.renamed)]
    }

    /// Whether a topic or an alarm of these names carries another stack's tag.
    pub fn is_theirs(&self, asked: &Asked) -> bool {
        let topic = self.foreign.topics.get(&asked.topic_arn());
        let alarm = self.foreign.alarms.get(&asked.alarm());
        let mut tags = topic
            .map(|topic| &topic.tags)
            .into_iter()
            .chain(alarm.map(|alarm| &alarm.tags));
        tags.any(|tags| tags.contains_key("kms-alarm:owner"))
    }

    /// Whether another filter feeds the metric.
    pub fn has_second_feed(&self, asked: &Asked) -> bool {
        let mut filters = self
            .foreign
            .log_groups
            .values()
            .flat_map(|group| group.filters.values());
        filters.any(|filter| filter["metricTransformations"][0]["metricName"] == asked.metric())
    }

    /// Whether something that is not ours has one of the names.
    pub fn has_foreign(&self, asked: &Asked) -> bool {
        let mut groups = self.foreign.log_groups.values();
        self.foreign.topics.contains_key(&asked.topic_arn())
            || self.foreign.alarms.contains_key(&asked.alarm())
            || groups.any(|group| group.filters.contains_key(&asked.filter()))
    }

    /// CloudFormation holds this from now on. What was adopted is ours from now on.
    pub fn hold(&mut self, id: &str, asked: &Asked, since: Instant) {
        let taken = self.foreign.topics.get(&asked.topic_arn());
        if let Some(topic) = taken.filter(|topic| !topic.tags.contains_key("kms-alarm:owner")) {
            let mark = Marks {
                statement: topic.attributes.contains_key("Policy"),
                key: topic.attributes.get(KEY).cloned().filter(|_| !self.weak),
                is_key_unknown: self.weak,
            };
            *self.marks(asked) = mark;
            self.foreign.topics.remove(&asked.topic_arn());
        }
        let taken = self.foreign.alarms.get(&asked.alarm());
        if taken.is_some_and(|alarm| !alarm.tags.contains_key("kms-alarm:owner")) {
            self.foreign.alarms.remove(&asked.alarm());
        }
        let group = self.foreign.log_groups.get_mut(asked.group());
        group.expect("a log group").filters.remove(&asked.filter());
        if asked.key.is_some() {
            self.marks(asked).key = None;
        }
        self.held = Some(Held {
            id: id.to_owned(),
            asked: asked.clone(),
            since,
        });
    }

    /// A key is asked for, so the one that others set may be gone, whatever becomes of the request.
    pub fn asks_for(&mut self, asked: &Asked) {
        if asked.key.is_some() {
            self.marks(asked).key = None;
        }
    }

    /// Nothing of these names is left.
    pub fn removed(&mut self, asked: &Asked) {
        *self.marks(asked) = Marks::default();
    }

    /// Somebody does something by hand. While a request is carried out, nobody claims what is ours:
    /// no look at it can come so late that nothing is written after it.
    pub fn act(&mut self, hand: Hand, quiet: bool) {
        let asked = match (&self.held, hand) {
            (Some(held), _) => held.asked.clone(),
            // What is made, and may be undone, is left in peace: what people change then is theirs
            // and ours at once.
            (
                None,
                Hand::SecondFeed | Hand::SecondFeedElsewhere | Hand::NoSecondFeed | Hand::Confirm,
            ) => Asked::default(),
            (None, _) => return,
        };
        if !quiet && matches!(hand, Hand::TheirTopic | Hand::TheirAlarm) {
            return;
        }
        self.hands += 1;
        self.last_hand = Some(Instant::now());
        let foreign = &mut self.foreign;
        match hand {
            Hand::SecondFeed | Hand::SecondFeedElsewhere | Hand::OwnNameElsewhere => {
                let (group, name) = match hand {
                    Hand::SecondFeed => (asked.group(), SECOND.to_owned()),
                    Hand::SecondFeedElsewhere => (ELSEWHERE, SECOND.to_owned()),
                    _ => (ELSEWHERE, asked.filter()),
                };
                let filter = hands::filter(group, &name, asked.metric(), "ERROR");
                for world in [foreign, &mut self.aws.state().world] {
                    let group = world.log_groups.get_mut(group).expect("a log group");
                    group.filters.insert(name.clone(), filter.clone());
                }
                self.aws.by_hand(|_| {});
                return;
            }
            Hand::NoSecondFeed => {
                for world in [foreign, &mut self.aws.state().world] {
                    for group in world.log_groups.values_mut() {
                        group.filters.remove(SECOND);
                    }
                }
                self.aws.by_hand(|_| {});
                return;
            }
            _ => {}
        }
        // An alarm that still shows its tags gets no others.
        let until = Instant::now();
        self.touched = Some(match hand {
            Hand::StripAlarm => until + self.lag,
            _ => until,
        });
        let (foreign, mark) = (
            &mut self.foreign,
            &mut self.marks[usize::from(asked.renamed)],
        );
        self.aws
            .by_hand(|world| hands::touch(world, foreign, mark, &asked, hand));
    }

    /// Somebody takes another stack's tags off again.
    pub fn take_their_tags_off(&mut self, asked: &Asked) {
        let (arn, alarm) = (asked.topic_arn(), asked.alarm());
        let foreign = &mut self.foreign;
        self.aws.by_hand(|world| {
            if foreign.topics.remove(&arn).is_some() {
                world.topics.get_mut(&arn).expect("a topic").tags.clear();
            }
            if foreign.alarms.remove(&alarm).is_some() {
                world.alarms.get_mut(&alarm).expect("an alarm").tags.clear();
            }
        });
        self.touched = Some(Instant::now());
    }

    /// What is wrong while nothing runs.
    pub fn check(&self) -> Result<(), String> {
        let world = self.aws.world();
        let mut wrong = self.strangers(&world);
        if let Some(held) = &self.held
            && self.touched.is_none_or(|touched| touched < held.since)
        {
            self.check_works(&world, &held.asked, &mut wrong);
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("; "))
        }
    }

    /// What is there that should not be, and what of others is not as it was.
    fn strangers(&self, world: &World) -> Vec<String> {
        let held = self.held.as_ref().map(|held| &held.asked);
        let topic = held.map(Asked::topic_arn);
        let alarm = held.map(Asked::alarm);
        let mut wrong = Vec::new();
        compare(&world.topics, &self.foreign.topics, |arn, now, then| {
            let is_ours = topic.as_ref() == Some(arn);
            wrong.extend(self.compared(arn, now, then, is_ours, topics_differ));
        });
        compare(&world.alarms, &self.foreign.alarms, |name, now, then| {
            let is_ours = alarm.as_ref() == Some(name);
            wrong.extend(self.compared(name, now, then, is_ours, alarms_differ));
        });
        let none = BTreeMap::new();
        for (group, then) in &self.foreign.log_groups {
            let now = world
                .log_groups
                .get(group)
                .map_or(&none, |group| &group.filters);
            compare(now, &then.filters, |name, now, then| {
                if self.is_anybodys(name) {
                    return;
                }
                let is_ours =
                    held.is_some_and(|held| held.group() == group && held.filter() == *name);
                let what = format!("{name} of {group}");
                let differ = |now: &Value, then: &Value, weak: bool| {
                    let differs = !weak && now != then;
                    differs.then(|| format!("{now} was {then}"))
                };
                wrong.extend(self.compared(&what, now, then, is_ours, differ));
            });
        }
        wrong
    }

    /// A filter carries no tag. When topic and alarm are another stack's by now, it may be theirs
    /// or ours.
    fn is_anybodys(&self, filter: &str) -> bool {
        let Some(name) = filter.strip_suffix("-metricfilter") else {
            return false;
        };
        let topic = self.foreign.topics.get(&topic_arn(name));
        let alarm = self.foreign.alarms.get(&format!("{name}-alarm"));
        let is_theirs = |tags: &BTreeMap<String, String>| tags.contains_key("kms-alarm:owner");
        topic.is_some_and(|topic| is_theirs(&topic.tags))
            && alarm.is_some_and(|alarm| is_theirs(&alarm.tags))
    }

    fn compared<T>(
        &self,
        name: &str,
        now: Option<&T>,
        then: Option<&T>,
        is_ours: bool,
        differ: impl Fn(&T, &T, bool) -> Option<String>,
    ) -> Option<String> {
        let weak = self.weak && NAMES.iter().any(|base| name.contains(base));
        match (now, then) {
            (Some(_), None) if !is_ours => Some(format!("{name} was left")),
            // A filter carries no tag that could say that it was adopted.
            (None, Some(_)) if weak && name.contains("-metricfilter") => None,
            (None, Some(_)) => Some(format!("{name}, which is not ours, was removed")),
            (Some(now), Some(then)) => {
                let what = differ(now, then, weak)?;
                Some(format!("{name}, which is not ours, was changed: {what}"))
            }
            _ => None,
        }
    }

    fn check_works(&self, world: &World, asked: &Asked, wrong: &mut Vec<String>) {
        let mut must = |holds: bool, what: &dyn Fn() -> String| {
            if !holds {
                wrong.push(what());
            }
        };
        let filter = world.log_groups[asked.group()].filters.get(&asked.filter());
        let filter = filter.cloned().unwrap_or_default();
        let transformation = &filter["metricTransformations"][0];
        must(
            filter["filterPattern"] == metric_filter::pattern(&Roles::read([ROLE]).unwrap())
                && transformation["metricNamespace"] == NAMESPACE
                && transformation["metricName"] == asked.metric(),
            &|| format!("the filter does not work: {filter}"),
        );
        let is_theirs = self.foreign.alarms.contains_key(&asked.alarm());
        let alarm = world.alarms.get(&asked.alarm()).cloned();
        let alarm = alarm.unwrap_or_default();
        let settings = &alarm.settings;
        must(
            is_theirs
                || settings["Namespace"] == NAMESPACE
                    && settings["MetricName"] == asked.metric()
                    && settings["Period"] == asked.period()
                    && settings["ActionsEnabled"] == true
                    && settings["AlarmActions"][0]
                        == "arn:aws:sns:ap-southeast-2:111122223333:\
                            pattern1-alarm-AlarmStateTopic-EXAMPLE",
            &|| format!("the alarm does not work: {settings}"),
        );
        must(is_theirs || self.is_tagged(&alarm.tags), &|| {
            format!("the alarm's tags: {:?}", alarm.tags)
        });
        if self.foreign.topics.contains_key(&asked.topic_arn()) {
            return;
        }
        let Some(topic) = world.topics.get(&asked.topic_arn()) else {
            must(false, &|| "there is no topic".to_owned());
            return;
        };
        must(
            self.is_tagged(&topic.tags) && topic.tags.contains_key("kms-alarm:complete"),
            &|| format!("the topic's tags: {:?}", topic.tags),
        );
        let marks = &self.marks[usize::from(asked.renamed)];
        let statements = statements(topic, &asked.topic_arn());
        let count = |is: &dyn Fn(&Value) -> bool| statements.iter().filter(|it| is(it)).count();
        let alarm_arn = format!(
            "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{}",
            asked.alarm()
        );
        let lets_alarm_publish = |statement: &Value| {
            statement["Principal"]["Service"] == "cloudwatch.amazonaws.com"
                && statement["Condition"]["ArnEquals"]["aws:SourceArn"][0] == alarm_arn
        };
        let keeps_out_plain_http =
            |statement: &Value| statement["Condition"]["Bool"]["aws:SecureTransport"] == "false";
        must(
            count(&lets_alarm_publish) == 1
                && count(&keeps_out_plain_http) == 1
                && (!marks.statement || count(&|it| it["Sid"] == "Theirs") == 1),
            &|| format!("the topic's policy has {statements:?}"),
        );
        let key = topic.attributes.get(KEY);
        let is_asked = |key: Option<&String>| key.is_some_and(|key| key.starts_with("arn:aws:kms"));
        must(
            match (asked.key(), &marks.key) {
                (Some(asked), _) => key == Some(&asked),
                (None, Some(own)) => key == Some(own),
                (None, None) => marks.is_key_unknown || !is_asked(key),
            },
            &|| format!("the topic's key is {key:?}, {marks:?}"),
        );
        for address in asked.emails() {
            let listed = topic.subscriptions.get(address);
            must(listed.is_some_and(|listed| listed != DELETED), &|| {
                format!("{address} is not subscribed: {listed:?}")
            });
        }
    }

    fn is_tagged(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get("kms-alarm:owner") == Some(&self.owner)
            && tags.get("kms-alarm:stack").map(String::as_str) == Some("pattern1-alarm")
    }
}

/// Calls with both values of each key.
fn compare<T>(
    now: &BTreeMap<String, T>,
    then: &BTreeMap<String, T>,
    mut each: impl FnMut(&String, Option<&T>, Option<&T>),
) {
    for (key, value) in now {
        each(key, Some(value), then.get(key));
    }
    for (key, value) in then {
        if !now.contains_key(key) {
            each(key, None, Some(value));
        }
    }
}

/// What differs between two topics, except that our addresses were asked to confirm, which nobody
/// can take back.
fn topics_differ(now: &Topic, then: &Topic, weak: bool) -> Option<String> {
    let subscribed = |topic: &Topic| {
        let mut subscriptions = topic.subscriptions.clone();
        subscriptions.retain(|address, arn| {
            !ADDRESSES.contains(&address.as_str()) || arn.starts_with("arn:")
        });
        subscriptions
    };
    let policies = || {
        let now = statements(now, "");
        let then = statements(then, "");
        then.iter().all(|statement| now.contains(statement))
    };
    let same = now.tags == then.tags
        && subscribed(now) == subscribed(then)
        && if weak {
            policies()
        } else {
            now.attributes == then.attributes
        };
    (!same).then(|| format!("{now:?} was {then:?}"))
}

/// What differs between two alarms, except that CloudWatch takes an empty setting for none.
fn alarms_differ(now: &Alarm, then: &Alarm, weak: bool) -> Option<String> {
    let settings = |alarm: &Alarm| {
        let mut settings = alarm.settings.clone();
        if let Some(settings) = settings.as_object_mut() {
            settings.retain(|_, value| !value.is_null() && *value != json!([]));
        }
        settings
    };
    let same = now.tags == then.tags && (weak || settings(now) == settings(then));
    (!same).then(|| format!("{now:?} was {then:?}"))
}

/// The statements of a topic's policy, without the resource that the default one names.
pub fn statements(topic: &Topic, arn: &str) -> Vec<Value> {
    let policy = topic.attributes.get("Policy");
    let policy = policy.map_or_else(
        || default_policy(arn),
        |policy| serde_json::from_str(policy).expect("JSON"),
    );
    let mut statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    for statement in &mut statements {
        if statement["Sid"] == "__default_statement_ID" {
            statement["Resource"] = Value::Null;
        }
    }
    statements
}
