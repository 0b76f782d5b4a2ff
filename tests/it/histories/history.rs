//! What a history is made of, and how one is made up.

use std::fmt;

use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake_aws::How;

/// The life of one stack, or of several that follow each other under one name.
#[derive(Clone, Debug)]
pub struct History {
    pub lab: Option<Lab>,
    pub weather: Weather,
    pub steps: Vec<Step>,
}

/// What somebody made by hand under our names before the first stack came.
#[allow(clippy::struct_excessive_bools)] // Any combination is possible.
#[derive(Clone, Copy, Debug)]
pub struct Lab {
    pub topic: bool,
    pub alarm: bool,
    pub filter: bool,
    /// The topic has a policy of its own, and a key.
    pub own_policy: bool,
}

/// How late AWS shows what was done, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub tags: u32,
    pub listings: u32,
    pub conditions: u32,
    /// The function's own log group cannot be used, so requests cannot take turns.
    pub no_turns: bool,
}

#[derive(Clone, Debug)]
pub enum Step {
    /// An Update of the stack that is there, or else a Create.
    Deploy(Box<Deploy>),
    Delete(Box<Course>),
    Hand(Hand),
    Wait(u32),
}

#[derive(Clone, Debug)]
pub struct Deploy {
    pub to: Asked,
    pub course: Course,
    /// How the request goes that CloudFormation sends after it: a rollback or a clean-up.
    pub next: Course,
    pub then: Then,
}

/// What CloudFormation does after a request that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Keep,
    /// Another resource fails. After a replacement, the Update that rolls back carries the new ID.
    RollBackByUpdate,
    /// Another resource fails. After a replacement, CloudFormation only deletes the new ID.
    RollBackByDelete,
}

/// How the deliveries of one request go. Nothing unusual happens in `Course::default()`.
#[derive(Clone, Default)]
pub struct Course {
    /// How long Lambda's queue keeps it, in seconds.
    pub waits: u32,
    pub fault: Option<Fault>,
    pub answer_lost: Option<LostAnswer>,
    /// Lambda delivers it twice.
    pub twin: Option<Twin>,
    /// CloudFormation stops waiting while this call takes some seconds.
    pub given_up: Option<GivenUp>,
    /// An operation, and for how many seconds it is denied from now on.
    pub denied: Option<(usize, u32)>,
    /// Only half a minute is left.
    pub short: bool,
    /// Somebody changes something by hand after this many calls.
    pub hand: Option<(usize, Hand)>,
}

/// The answer of the first delivery does not arrive, so Lambda delivers the request again after a
/// minute.
#[derive(Clone, Copy, Debug)]
pub struct LostAnswer {
    /// How that delivery fails, if it does.
    pub retry: Option<Fault>,
}

/// One call of a delivery fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub call: usize,
    pub how: How,
    /// Every later call of that operation fails as well.
    pub lasting: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Twin {
    /// When the first has made this many calls.
    AtCall(usize),
    /// After this many seconds.
    After(u32),
}

#[derive(Clone, Copy, Debug)]
pub struct GivenUp {
    /// With none, even before it has begun.
    pub call: usize,
    pub seconds: u64,
}

/// What people do by hand. All of it is about the resource that CloudFormation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    StripTopic,
    StripAlarm,
    DeleteTopic,
    RemakeTopic,
    EditAlarm,
    DeleteAlarm,
    EditFilter,
    DeleteFilter,
    SecondFeed,
    SecondFeedElsewhere,
    NoSecondFeed,
    OwnNameElsewhere,
    AddStatement,
    SetKey,
    Confirm,
    Leave,
    TheirTopic,
    TheirAlarm,
}

/// What a template asks for.
#[allow(clippy::struct_excessive_bools)] // Any combination is possible.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub renamed: bool,
    pub longer: bool,
    pub another_metric: bool,
    pub another_group: bool,
    /// A bit for each address.
    pub emails: u8,
    pub key: Option<u8>,
    pub adopt: bool,
    pub bad: Option<Bad>,
}

/// A property that no resource can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    Period,
    LogGroupArn,
}

pub const ADDRESSES: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];
pub const NAMES: [&str; 2] = ["pattern1-logging", "renamed"];
pub const GROUPS: [&str; 2] = ["pattern1-logging-loggroup", "another"];
pub const METRICS: [&str; 2] = ["KMSSecurityError", "AnotherMetric"];

/// What may be denied for a while.
pub const OPERATIONS: [&str; 17] = [
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:DescribeMetricFilters",
    "logs:PutMetricFilter",
    "logs:DeleteMetricFilter",
    "sns:CreateTopic",
    "sns:TagResource",
    "sns:ListTagsForResource",
    "sns:GetTopicAttributes",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
    "sns:DeleteTopic",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:TagResource",
    "cloudwatch:ListTagsForResource",
    "cloudwatch:DeleteAlarms",
];

impl Asked {
    pub fn name(&self) -> &'static str {
        NAMES[usize::from(self.renamed)]
    }

    pub fn group(&self) -> &'static str {
        GROUPS[usize::from(self.another_group)]
    }

    pub fn metric(&self) -> &'static str {
        METRICS[usize::from(self.another_metric)]
    }

    pub fn period(&self) -> u32 {
        if self.longer { 60 } else { 10 }
    }

    pub fn emails(&self) -> Vec<&'static str> {
        let addresses = ADDRESSES.iter().enumerate();
        let asked = addresses.filter(|(bit, _)| self.emails >> bit & 1 == 1);
        asked.map(|(_, address)| *address).collect()
    }

    pub fn key(&self) -> Option<String> {
        self.key.map(|key| {
            format!("arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-{key:012}")
        })
    }

    pub fn topic_arn(&self) -> String {
        topic_arn(self.name())
    }

    pub fn alarm(&self) -> String {
        format!("{}-alarm", self.name())
    }

    pub fn filter(&self) -> String {
        format!("{}-metricfilter", self.name())
    }

    /// The properties that differ from the sample's.
    pub fn properties(&self) -> Value {
        let group = match self.bad {
            Some(Bad::LogGroupArn) => {
                "arn:aws:logs:ap-southeast-2:111122223333:log-group:another:*".to_owned()
            }
            _ => self.group().to_owned(),
        };
        let period = match self.bad {
            Some(Bad::Period) => "7".to_owned(),
            _ => self.period().to_string(),
        };
        json!({
            "Name": self.name(),
            "Period": period,
            "MetricName": self.metric(),
            "LogGroupName": group,
            "Emails": self.emails().join(","),
            "TopicKmsKeyId": self.key().unwrap_or_default(),
            "ExistingResources": if self.adopt { "Adopt" } else { "Fail" },
        })
    }
}

pub fn topic_arn(name: &str) -> String {
    format!("arn:aws:sns:ap-southeast-2:111122223333:{name}-topic")
}

/// Only what is unusual, so that a short history is short to read.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default().properties();
        let mut map = f.debug_map();
        for (name, value) in self.properties().as_object().expect("properties") {
            if usual[name] != *value {
                map.entry(&format_args!("{name}"), &format_args!("{value}"));
            }
        }
        map.finish()
    }
}

/// Only what is unusual.
impl fmt::Debug for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        let mut tell = |name: &str, happens: bool, what: &dyn fmt::Debug| {
            if happens {
                map.entry(&format_args!("{name}"), &format_args!("{what:?}"));
            }
        };
        tell("waits", self.waits > 0, &self.waits);
        tell("fault", self.fault.is_some(), &self.fault);
        tell("answer lost", self.answer_lost.is_some(), &self.answer_lost);
        tell("twin", self.twin.is_some(), &self.twin);
        tell("given up", self.given_up.is_some(), &self.given_up);
        let denied = self
            .denied
            .map(|(operation, seconds)| (OPERATIONS[operation], seconds));
        tell("denied", denied.is_some(), &denied);
        tell("short", self.short, &self.short);
        tell("hand", self.hand.is_some(), &self.hand);
        map.finish()
    }
}

impl Course {
    /// The same without what makes two deliveries of one request, or two requests, run at once or
    /// after each other.
    pub fn alone(&self) -> Self {
        let fault = self
            .fault
            .filter(|fault| !matches!(fault.how, How::Dies { .. }));
        Self {
            fault: fault.map(|fault| Fault {
                lasting: false,
                ..fault
            }),
            answer_lost: None,
            twin: None,
            given_up: None,
            ..self.clone()
        }
    }

    /// Whether nothing happens that may keep the request from succeeding in the end. A permission
    /// that is awaited, a second delivery and a slow queue are no excuse.
    pub fn is_clean(&self) -> bool {
        self.fault.is_none()
            && self.answer_lost.is_none()
            && self.given_up.is_none()
            && !(self.short && self.denied.is_some())
    }

    /// Whether a delivery may die, or never get to undo what it did.
    pub fn may_not_undo(&self) -> bool {
        let heavy = |fault: &Fault| fault.lasting || matches!(fault.how, How::Dies { .. });
        let retry = self.answer_lost.and_then(|lost| lost.retry);
        let faults = [self.fault, retry];
        let mut faults = faults.iter().flatten();
        let some = self.fault.is_some() || retry.is_some();
        faults.any(heavy)
            || some && (self.given_up.is_some() || self.denied.is_some() || self.short)
            || self.short && (self.given_up.is_some() || self.denied.is_some())
    }
}

/// Mostly what came first, which is also what is left after shrinking.
fn rarely<T: Clone + std::fmt::Debug>(
    weight: u32,
    usual: T,
    others: impl Strategy<Value = T>,
) -> impl Strategy<Value = T> {
    prop_oneof![100 - weight => Just(usual), weight => others]
}

pub fn history() -> impl Strategy<Value = History> {
    let steps = prop::collection::vec(step(), 1..7);
    (option::weighted(0.3, lab()), weather(), steps).prop_map(|(mut lab, weather, mut steps)| {
        if let Some(lab) = &mut lab {
            // Without turns nothing tells that an Update was refused before it wrote anything, so
            // its rollback takes the filter in the refused log group for one of ours.
            lab.filter &= !weather.no_turns;
        }
        if weather.no_turns {
            // Nor does anything tell whether a filter that was edited, in a log group that is no
            // longer named, is ours.
            steps.retain(|step| !matches!(step, Step::Hand(Hand::EditFilter)));
        }
        // `Asked::adopt` is the unusual there: with a lab to adopt it is unusual not to.
        for step in &mut steps {
            if let Step::Deploy(deploy) = step {
                deploy.to.adopt ^= lab.is_some();
            }
        }
        History {
            lab,
            weather,
            steps,
        }
    })
}

fn lab() -> impl Strategy<Value = Lab> {
    let (often, half) = (prop::bool::weighted(0.8), any::<bool>());
    (often, often, often, half).prop_map(|(topic, alarm, filter, own_policy)| Lab {
        topic,
        alarm,
        filter,
        own_policy,
    })
}

fn weather() -> impl Strategy<Value = Weather> {
    let late = || rarely(35, 0, prop_oneof![Just(2_u32), Just(5), Just(8)]);
    // AWS does not say how late. When the log streams of one request showed only after the next one
    // has come, nothing could tell of another run.
    let listings = rarely(35, 0, prop_oneof![Just(1_u32), Just(2)]);
    let no_turns = prop::bool::weighted(0.06);
    (late(), listings, late(), no_turns).prop_map(|(tags, listings, conditions, no_turns)| {
        Weather {
            // Without turns nobody knows that something was just written and has to be waited for.
            tags: if no_turns { 0 } else { tags },
            listings: if no_turns { 0 } else { listings },
            conditions,
            no_turns,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let deploy = (asked(), course(), course(), then());
    let deploy = deploy.prop_map(|(to, course, next, then)| {
        Step::Deploy(Box::new(Deploy {
            to,
            course,
            next,
            then,
        }))
    });
    prop_oneof![
        10 => deploy,
        2 => course().prop_map(|course| Step::Delete(Box::new(course))),
        6 => hand().prop_map(Step::Hand),
        2 => (1_u32..100).prop_map(Step::Wait),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let bad = prop_oneof![Just(Bad::Period), Just(Bad::LogGroupArn)];
    let switches = (
        prop::bool::weighted(0.25),
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
    );
    let rest = (
        0_u8..8,
        option::weighted(0.15, 1_u8..3),
        option::weighted(0.06, bad),
    );
    (switches, rest).prop_map(
        |((renamed, longer, another_metric, another_group, adopt), (emails, key, bad))| Asked {
            renamed,
            longer,
            another_metric,
            another_group,
            emails,
            key,
            adopt,
            bad,
        },
    )
}

fn then() -> impl Strategy<Value = Then> {
    let others = prop_oneof![Just(Then::RollBackByUpdate), Just(Then::RollBackByDelete)];
    rarely(20, Then::Keep, others)
}

fn course() -> impl Strategy<Value = Course> {
    rarely(60, Course::default(), unusual_course())
}

fn unusual_course() -> impl Strategy<Value = Course> {
    let call = || 1_usize..45;
    let twin = prop_oneof![
        call().prop_map(Twin::AtCall),
        (1_u32..250).prop_map(Twin::After)
    ];
    let lost = option::weighted(0.5, fault()).prop_map(|retry| LostAnswer { retry });
    let given_up = (0_usize..45, 1_u64..12).prop_map(|(call, seconds)| GivenUp { call, seconds });
    let denied = (0..OPERATIONS.len(), 1_u32..20);
    let when = (rarely(10, 0, 1_u32..50), prop::bool::weighted(0.1));
    (
        when,
        option::weighted(0.4, fault()),
        option::weighted(0.15, lost),
        option::weighted(0.2, twin),
        option::weighted(0.2, given_up),
        option::weighted(0.12, denied),
        option::weighted(0.15, (call(), hand())),
    )
        .prop_map(
            |((waits, short), fault, answer_lost, twin, given_up, denied, hand)| Course {
                waits,
                fault,
                answer_lost,
                twin,
                given_up,
                denied,
                short,
                hand,
            },
        )
}

fn fault() -> impl Strategy<Value = Fault> {
    let how = prop_oneof![
        Just(How::Status(500)),
        Just(How::Throttled),
        Just(How::Denied),
        Just(How::Reset),
        Just(How::Hang),
        Just(How::Lost),
        Just(How::Malformed),
        (2_u64..10).prop_map(How::Slow),
        any::<bool>().prop_map(|done| How::Dies { done }),
        any::<bool>().prop_map(|done| How::Dies { done }),
    ];
    (1_usize..45, how, prop::bool::weighted(0.3)).prop_map(|(call, how, lasting)| Fault {
        call,
        how,
        lasting,
    })
}

fn hand() -> impl Strategy<Value = Hand> {
    prop::sample::select(vec![
        Hand::Confirm,
        Hand::StripTopic,
        Hand::StripAlarm,
        Hand::DeleteTopic,
        Hand::RemakeTopic,
        Hand::EditAlarm,
        Hand::DeleteAlarm,
        Hand::EditFilter,
        Hand::DeleteFilter,
        Hand::SecondFeed,
        Hand::SecondFeedElsewhere,
        Hand::NoSecondFeed,
        Hand::OwnNameElsewhere,
        Hand::AddStatement,
        Hand::SetKey,
        Hand::Leave,
        Hand::TheirTopic,
        Hand::TheirAlarm,
    ])
}
