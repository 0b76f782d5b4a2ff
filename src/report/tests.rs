mod callers;
mod codes;
mod counts;
mod generated;
mod golden;
mod hostile;
mod pagers;
mod quiet;
mod readers;
mod screen;
mod usual;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::*;
use crate::alarm::{StateChange, Window};
use crate::fault::Fault;
use crate::findings::{Findings, Progress, Search};
use crate::kms_error::Severity;
use crate::quiet::{MAIL_FROM, Rules};

const DISABLED: &str = include_str!("../../tests/cloudtrail/decrypt-disabled.json");
const DENIED: &str = include_str!("../../tests/cloudtrail/decrypt-access-denied.json");
const INCORRECT: &str = include_str!("../../tests/cloudtrail/decrypt-incorrect-key.json");
const NOT_FOUND: &str = include_str!("../../tests/cloudtrail/encrypt-not-found.json");
const THROTTLED: &str = include_str!("../../tests/cloudtrail/generate-data-key-throttled.json");

/// What a test changes of a situation that is otherwise always the same.
struct Case {
    change: StateChange,
    findings: Findings,
    events: u32,
    searches: Vec<Search>,
    problems: Vec<String>,
    settings: Vec<String>,
    mail_from: Severity,
    subscriptions: Option<Subscriptions>,
    history: Option<Result<History, Fault>>,
    widened: bool,
    zone: &'static str,
    https: HttpsFormat,
    guide: Guide,
    follow_up: Option<FollowUpEvidence<'static>>,
    window: Option<Window>,
}

impl Case {
    fn alarm() -> Self {
        Self::of(include_str!("../../events/sns-alarm.json"))
    }

    fn of(event: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap();
        let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap();
        Self {
            change: StateChange::from_sns_message(message, None).unwrap(),
            findings: Findings::default(),
            events: 0,
            searches: vec![Search {
                filter: "pattern1-logging-metricfilter".to_owned(),
                log_group: "pattern1-logging-loggroup".to_owned(),
                pattern: "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.\
                          sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }"
                    .to_owned(),
                pages: 2,
                progress: Progress::Complete,
            }],
            problems: Vec::new(),
            settings: Vec::new(),
            mail_from: MAIL_FROM,
            subscriptions: Some(Subscriptions {
                confirmed: 2,
                pending: 1,
            }),
            history: None,
            widened: false,
            zone: "UTC",
            https: HttpsFormat::Json,
            guide: Guide::default(),
            follow_up: None,
            window: None,
        }
    }

    /// Reads so many events like this one, a second apart, from the given session.
    fn events(mut self, sample: &str, count: usize, session: Option<&str>) -> Self {
        for nth in 0..count {
            let mut event: Value = serde_json::from_str(sample).unwrap();
            let time: jiff::Timestamp = event["eventTime"].as_str().unwrap().parse().unwrap();
            let time = time + jiff::SignedDuration::from_secs(i64::try_from(nth).unwrap());
            self.events += 1;
            event["eventID"] = format!("e0e1e2e3-0000-4000-8000-{:012}", self.events).into();
            event["eventTime"] = time.to_string().into();
            if let Some(session) = session {
                let arn = format!(
                    "arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/{session}"
                );
                event["userIdentity"]["arn"] = arn.into();
            }
            self.findings.read_decisive(&event.to_string());
        }
        self
    }

    /// By these rules, which come before the events.
    fn ignoring(mut self, rules: &str) -> Self {
        let rules = Rules::read(rules);
        self.settings.extend(rules.notices(self.change.changed_at));
        let rules = rules.at(self.change.changed_at);
        self.findings = self.findings.ignoring(rules);
        self
    }

    /// All changes of keys were read.
    fn explained(mut self) -> Self {
        self.findings.explain(jiff::Timestamp::MIN);
        self
    }

    fn report(&self) -> Report {
        let window = self.window.unwrap_or_else(|| self.change.window());
        Report::of(&Evidence {
            change: &self.change,
            window: if self.widened {
                window.widened()
            } else {
                window
            },
            widened: self.widened,
            searches: &self.searches,
            findings: &self.findings,
            problems: &self.problems,
            settings: &self.settings,
            mail_from: self.mail_from,
            subscriptions: self.subscriptions,
            follow_up: self.follow_up,
            history: self.history.as_ref(),
            guide: &self.guide,
            zone: &TimeZone::get(self.zone).unwrap(),
        })
    }

    fn message(&self) -> Message {
        let message = Message::new(self.report(), self.https);
        check_limits(&message);
        message
    }
}

/// What must be true of every alert.
#[track_caller]
fn check_limits(message: &Message) {
    let printable = |text: &str| {
        text.bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    };
    assert!(
        (1..=99).contains(&message.subject.len()) && printable(&message.subject),
        "{}",
        message.subject
    );
    assert!(
        (1..=140).contains(&message.sms.len()) && printable(&message.sms),
        "{}",
        message.sms
    );
    // SNS counts names, types and values of the attributes too.
    let attributes = message
        .attributes()
        .into_iter()
        .map(|attribute| attribute.name.len() + attribute.data_type.len() + attribute.value.len());
    let len = message.body.len() + attributes.sum::<usize>();
    assert!(len <= 262_144, "{len}");
    let odd = |character: char| character.is_control() && character != '\n';
    assert!(!message.mail.contains(odd), "{:?}", message.mail);
    let body: Value = serde_json::from_str(&message.body).unwrap();
    for (protocol, text) in body.as_object().unwrap() {
        assert!(!text.as_str().unwrap().is_empty(), "{protocol}");
    }
    let document: Value = serde_json::from_str(body["default"].as_str().unwrap()).unwrap();
    assert_eq!(document["version"], 2);
    assert_eq!(document["severity"], message.severity.to_string());
}
