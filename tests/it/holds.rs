//! What holds for any input at all, whoever makes it up: the property tests in
//! `anything.rs` and the fuzz targets in `fuzz/` both ask this.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kms_alarm::alarm::{Datapoint, Metric, StateChange, StateValue};
use kms_alarm::cloudtrail::Event;
use kms_alarm::custom_resource::{Answer, MAX_RESPONSE_BYTES, Request, Response};
use kms_alarm::findings::{Findings, Progress, Search};
use kms_alarm::properties::Properties;
use kms_alarm::quiet::{MAIL_FROM, MAX_RULES, Rules};
use kms_alarm::report::{Evidence, Guide, HttpsFormat, Message, Report, Situation, Unmailed};
use serde_json::{Value, json};

/// SNS takes so much, the two attributes and their names among it.
const LARGEST_PUBLISH: usize = 262_144 - 1_024;

/// An event that Lambda hands over, in whichever shape: it is read or refused,
/// and what is read can be worked with.
pub fn event(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut changes: Vec<StateChange> = StateChange::from_sns_message(&text, None)
        .into_iter()
        .collect();
    if let Ok(event) = serde_json::from_slice::<Value>(data) {
        changes.extend(StateChange::from_lambda_action(&event, None));
        changes.extend(StateChange::from_event_bridge(&event, None));
        if let Ok((request, _)) = Request::read(event, None) {
            let _ = Properties::read(&request.resource_properties);
            let _ = request.service_timeout();
        }
    }
    for change in changes {
        change_holds(&change);
        let read_again = StateChange::from_sns_message(&text, None);
        if let Ok(again) = read_again {
            assert_eq!(again.alert_id().len(), 12);
        }
    }
}

/// What CloudTrail wrote, one event on each line: every line is in one count.
pub fn cloudtrail(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut findings = Findings::default();
    let mut lines = 0;
    for line in text.lines() {
        lines += 1;
        findings.read_decisive(line);
        findings.read_change(line);
        if let Ok(event) = Event::parse(line) {
            let principal = event.principal();
            let key = event.key().unwrap_or_default();
            let _ = (
                event.other_key(key),
                event.other_account(key),
                principal.session,
            );
            assert!(event.affected().count() < line.len());
        }
    }
    assert_eq!(counted(&findings), lines);
    let grouped: u64 = findings.groups().iter().map(|(group, _)| group.count).sum();
    assert_eq!(grouped + findings.ungrouped, findings.found);
    assert!(findings.groups().len() <= 50);
}

/// A state change made of any numbers: its window lies in order and in bounds.
pub fn window(data: &[u8]) {
    change_holds(&Bytes(data).change());
}

/// An alert made of anything: SNS takes it, and nothing in it acts.
pub fn report(data: &[u8]) {
    let mut bytes = Bytes(data);
    let change = bytes.change();
    let searches: Vec<Search> = (0..bytes.byte() % 4)
        .map(|_| Search {
            filter: bytes.text(),
            log_group: bytes.text(),
            pattern: bytes.text(),
            pages: bytes.number().unsigned_abs(),
            progress: match bytes.byte() % 3 {
                0 => Progress::Complete,
                1 => Progress::OutOfTime,
                _ => Progress::Failed,
            },
        })
        .collect();
    let problems: Vec<String> = (0..bytes.byte() % 4).map(|_| bytes.text()).collect();
    let zone = match bytes.byte() % 3 {
        0 => TimeZone::UTC,
        1 => TimeZone::get("Australia/Sydney").expect("a zone"),
        _ => TimeZone::get("America/St_Johns").expect("a zone"),
    };
    let widened = bytes.byte() % 2 == 0;
    let https_format = match bytes.byte() % 4 {
        0 => HttpsFormat::Chat,
        1 => HttpsFormat::Slack,
        2 => HttpsFormat::Alarm,
        _ => HttpsFormat::Json,
    };
    let guide = Guide::new(Some("Team Orders"), None);
    let mut findings = Findings::default();
    for line in String::from_utf8_lossy(bytes.0).lines() {
        findings.read_decisive(line);
        findings.read_change(line);
    }
    findings.explain(Timestamp::MIN);
    let evidence = Evidence {
        change: &change,
        window: change.window(),
        widened,
        searches: &searches,
        findings: &findings,
        problems: &problems,
        settings: &[],
        mail_from: MAIL_FROM,
        subscriptions: None,
        follow_up: None,
        history: None,
        guide: &guide,
        zone: &zone,
    };
    let message = Message::new(Report::of(&evidence), https_format);
    let line = |text: &str, most: usize| {
        let plain = |byte: u8| (b' '..=b'~').contains(&byte);
        !text.is_empty() && text.len() <= most && text.bytes().all(plain)
    };
    assert!(line(&message.subject, 99), "{:?}", message.subject);
    assert!(line(&message.sms, 140), "{:?}", message.sms);
    let body = &message.body;
    assert!(body.len() <= LARGEST_PUBLISH, "{} bytes", body.len());
    let variants: Value = serde_json::from_str(body).expect("JSON");
    let variants = variants.as_object().expect("an object");
    assert!(variants.values().all(Value::is_string));
    let acts = |character: char| character.is_control() && character != '\n';
    assert!(!message.mail.contains(acts), "{:?}", message.mail);
    let json: Value = serde_json::from_str(&message.json).expect("JSON");
    assert_eq!(json["alertId"], change.alert_id());
    assert!(
        message.mail.contains(&change.alert_id()),
        "{}",
        message.mail
    );
    assert_eq!(json["counts"]["found"], findings.found);
    assert_eq!(
        message,
        Message::new(Report::of(&evidence), https_format),
        "the same again is the same"
    );
}

/// Rules and calls made of a few names, so that they often meet: what no rule matches is found, what
/// one matches is counted for the first such rule, and every message is in one count.
pub fn quiet(data: &[u8]) {
    let mut bytes = Bytes(data);
    let made: Vec<MadeRule> = (0..bytes.byte() % 12)
        .map(|_| MadeRule::take(&mut bytes))
        .collect();
    let texts: Vec<String> = made.iter().map(MadeRule::text).collect();
    let at = "2027-01-31T23:59:59Z".parse().expect("a time");
    let rules = Rules::read(&texts.join(";"));
    let wrong = made.iter().skip(MAX_RULES).count()
        + made
            .iter()
            .take(MAX_RULES)
            .filter(|rule| !rule.is_right())
            .count();
    assert_eq!(rules.problems().count(), wrong, "{texts:?}");
    let mut findings = Findings::default().ignoring(rules.at(at));
    // Whether the alarm counted one more than the search finds.
    let lacks_one = bytes.byte() % 4 == 1;
    let mut by_rule = vec![0; made.len()];
    let (mut found, mut others, mut seen) = (Vec::new(), 0, Vec::new());
    while !bytes.0.is_empty() {
        let (id, call) = (bytes.byte() % 32, Call::take(&mut bytes));
        // What was logged at other times was not counted by the alarm.
        if bytes.byte() % 8 < 7 {
            findings.read_decisive(&call.event(id));
        } else {
            findings.read(&call.event(id));
        }
        let is_new = !seen.contains(&id);
        seen.push(id);
        let mut rules = made.iter().take(MAX_RULES);
        match rules.position(|rule| rule.holds() && rule.is_about(&call)) {
            _ if !is_new || call.0[0].is_none() => others += 1,
            Some(rule) => by_rule[rule] += 1,
            None => found.push(call),
        }
    }
    let read = u64::try_from(seen.len()).expect("few");
    assert_eq!(findings.matched(), read, "every message is in one count");
    assert_eq!(findings.duplicates + findings.not_errors, others);
    assert_eq!(findings.found, u64::try_from(found.len()).expect("few"));
    for (rule, count) in findings.ignored_by() {
        assert_eq!(by_rule[rule.number - 1], *count, "{texts:?}");
    }
    assert_eq!(findings.ignored(), by_rule.iter().sum::<u64>(), "{texts:?}");
    let groups = findings.groups();
    for call in &found {
        let is_of = |code: &str, operation: &str| {
            call.name(0) == Some(code)
                && call.name(1).unwrap_or("an unnamed operation") == operation
        };
        let mut groups = groups.iter();
        let has = groups.any(|(group, _)| is_of(&group.code, &group.operation));
        assert!(has || findings.ungrouped > 0, "{call:?} is not shown");
    }
    let mut change = Bytes(&[]).change();
    change.new_state = StateValue::Alarm;
    change.statistic = Some("Sum".to_owned());
    let counted = findings.decisive + u64::from(lacks_one);
    change.datapoints = vec![Datapoint {
        start: change.changed_at,
        value: f64::from(u32::try_from(counted).expect("few")),
    }];
    let search = Search {
        filter: String::new(),
        log_group: String::new(),
        pattern: String::new(),
        pages: 1,
        progress: Progress::Complete,
    };
    let report = Report::of(&Evidence {
        change: &change,
        window: change.window(),
        widened: false,
        searches: &[search],
        findings: &findings,
        problems: &[],
        settings: &rules.notices(at),
        mail_from: MAIL_FROM,
        subscriptions: None,
        follow_up: None,
        history: None,
        guide: &Guide::default(),
        zone: &TimeZone::UTC,
    });
    assert_eq!(report.counts.found + report.counts.ignored + others, read);
    match report.unmailed {
        Some(why) if lacks_one => panic!("{why}, and the alarm counted another call"),
        Some(Unmailed::Ignored) => assert!(found.is_empty() && findings.ignored() > 0),
        Some(Unmailed::BelowMailFrom) => {
            assert!(groups.iter().all(|(_, severity)| *severity < MAIL_FROM));
        }
        None => assert!(lacks_one || !found.is_empty() || report.situation != Situation::Ignored),
    }
}

/// The names that a call's code, operation, calling service, key and role may have: the one that the
/// event has, and the others by which it is also known.
const NAMES: [[&[&str]; 4]; 5] = [
    [
        &["AccessDenied"],
        &["AccessDeniedException"],
        &["DisabledException"],
        &["DryRunOperationException"],
    ],
    [&["Decrypt"], &["DescribeKey"], &["Encrypt"], &["De"]],
    [
        &["config.amazonaws.com"],
        &["s3.amazonaws.com"],
        &["s3.amazonaws.com.cn"],
        &["lambda.amazonaws.com"],
    ],
    [
        &["alias/orders"],
        &["alias/orders2"],
        &["1234abcd-12ab-34cd-56ef-1234567890ab"],
        &[
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
        ],
    ],
    [
        &["arn:aws:iam::111122223333:role/orders", "orders"],
        &["arn:aws:iam::111122223333:role/path/orders,2", "orders,2"],
        &["arn:aws:iam::444455556666:role/orders", "orders"],
        &["arn:aws:iam::111122223333:user/alice", "alice"],
    ],
];

/// A call by its names, some of which may be missing.
#[derive(Debug)]
struct Call([Option<&'static [&'static str]>; 5]);

impl Call {
    fn take(bytes: &mut Bytes<'_>) -> Self {
        Self(NAMES.map(|names| names.get(usize::from(bytes.byte() % 5)).copied()))
    }

    fn name(&self, field: usize) -> Option<&'static str> {
        self.0[field].map(|names| names[0])
    }

    fn event(&self, id: u8) -> String {
        json!({
            "eventID": id.to_string(),
            "errorCode": self.name(0),
            "eventName": self.name(1),
            "userIdentity": {
                "invokedBy": self.name(2),
                "sessionContext": { "sessionIssuer": { "arn": self.name(4) } },
            },
            "requestParameters": { "keyId": self.name(3) },
        })
        .to_string()
    }
}

/// A rule that may be wrong or over.
struct MadeRule {
    conditions: [Option<String>; 5],
    until: &'static str,
}

impl MadeRule {
    fn take(bytes: &mut Bytes<'_>) -> Self {
        let conditions = NAMES.map(|names| {
            let names = names.get(usize::from(bytes.byte() % 8))?;
            let name = names[usize::from(bytes.byte()) % names.len()];
            Some(match bytes.byte() {
                length @ 0..100 if length > 0 => {
                    let length = usize::from(length) % name.len();
                    format!("{}*", &name[..length])
                }
                _ => name.to_owned(),
            })
        });
        let until = ["2027-01-31", "2028-02-29", "2027-01-30", "2027-02-29"];
        Self {
            conditions,
            until: until[usize::from(bytes.byte() % 4)],
        }
    }

    fn text(&self) -> String {
        let names = ["code", "operation", "by", "key", "role"];
        let conditions = names.iter().zip(&self.conditions);
        let conditions = conditions.filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let mut text = String::new();
        for (name, value) in conditions {
            let _ = write!(text, "{name}={value}, ");
        }
        format!("{text}until={}, why=known", self.until)
    }

    fn is_right(&self) -> bool {
        let mut conditions = self.conditions.iter().flatten();
        self.conditions.iter().flatten().count() > 0
            && conditions.all(|value| value != "*")
            && self.until != "2027-02-29"
    }

    fn holds(&self) -> bool {
        self.is_right() && self.until != "2027-01-30"
    }

    fn is_about(&self, call: &Call) -> bool {
        let mut conditions = self.conditions.iter().zip(call.0);
        conditions.all(|(wanted, names)| match (wanted, names) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(names)) => {
                let mut names = names.iter().filter(|name| form(name) == form(wanted));
                names.any(|name| match wanted.strip_suffix('*') {
                    Some(beginning) => name.starts_with(beginning),
                    None => name == wanted,
                })
            }
        })
    }
}

/// What comes before the name itself: an ARN is no alias, and neither is a name.
fn form(name: &str) -> Option<&'static str> {
    let mut forms = ["arn:", "alias/"].into_iter();
    forms.find(|form| name.starts_with(form))
}

/// An answer to CloudFormation made of anything: short enough, JSON, and a
/// failure has a reason.
pub fn answer(data: &[u8]) {
    let mut bytes = Bytes(data);
    // CloudFormation's own ids are ASCII and shorter than this.
    let mut id = || {
        bytes
            .text()
            .chars()
            .filter(char::is_ascii_graphic)
            .take(400)
            .collect::<String>()
    };
    let (stack_id, logical_resource_id, physical_resource_id) = (id(), id(), id());
    let result = if bytes.byte() % 2 == 0 {
        Err(String::from_utf8_lossy(bytes.0).into_owned())
    } else {
        let names = ["TopicArn", "AlarmArn", "FilterPattern"];
        Ok(names.map(|name| (name, bytes.text())).into())
    };
    let answer = Answer {
        physical_resource_id,
        result,
    };
    let json = Response::new(&answer, &stack_id, "request", &logical_resource_id).to_json();
    assert!(json.len() <= MAX_RESPONSE_BYTES, "{} bytes", json.len());
    let read: Value = serde_json::from_slice(&json).expect("JSON");
    if answer.result.is_ok() {
        assert_eq!(read["Status"], "SUCCESS");
    } else {
        assert_eq!(read["Status"], "FAILED");
        let reason = read["Reason"].as_str();
        assert!(reason.is_some_and(|reason| !reason.is_empty()));
    }
}

fn counted(findings: &Findings) -> u64 {
    findings.found + findings.duplicates + findings.not_errors + findings.unreadable
}

fn change_holds(change: &StateChange) {
    let window = change.window();
    assert!(window.start <= window.end, "{window:?}");
    let week = SignedDuration::from_hours(7 * 24);
    assert!(
        window.end.duration_since(window.start) <= week,
        "{window:?}"
    );
    assert!(0 <= window.start_millis() && window.start_millis() <= window.end_millis());
    let wider = window.widened();
    assert!(
        wider.start <= window.start && window.end <= wider.end,
        "{wider:?}"
    );
    assert_eq!(change.alert_id().len(), 12);
    let _ = change.expected();
    if change.new_state == StateValue::Alarm {
        for datapoint in change.deciding() {
            assert!(datapoint.start <= window.end);
        }
    }
}

/// Takes values off the front of some bytes; at their end everything is zero
/// or empty.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let some = self.0.len().min(N);
        let (front, rest) = self.0.split_at(some);
        taken[..some].copy_from_slice(front);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    fn number(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }

    fn float(&mut self) -> f64 {
        match self.byte() % 4 {
            0 => f64::from(self.byte()),
            _ => f64::from_le_bytes(self.take()),
        }
    }

    fn moment(&mut self) -> Timestamp {
        let number = self.number();
        match self.byte() % 4 {
            0 => Timestamp::MIN,
            1 => Timestamp::MAX,
            // Around now.
            2 => Timestamp::from_second(1_795_427_240 + number % 1_000_000).expect("in range"),
            _ => Timestamp::from_second(number % 253_402_207_200).expect("in range"),
        }
    }

    /// Up to 255 bytes, repeated up to 255 times.
    fn text(&mut self) -> String {
        let (length, times) = (usize::from(self.byte()), usize::from(self.byte()));
        let (front, rest) = self.0.split_at(self.0.len().min(length));
        self.0 = rest;
        let text = String::from_utf8_lossy(front).into_owned();
        if times > 128 {
            text.repeat(times)
        } else {
            text
        }
    }

    fn option<T>(&mut self, some: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 2 == 1).then(|| some(self))
    }

    fn change(&mut self) -> StateChange {
        let mut reason = self.text();
        let word = ["", "greater than", "greater than or equal to", "less than"];
        let _ = write!(reason, " {}", word[usize::from(self.byte() % 4)]);
        StateChange {
            name: self.text(),
            arn: self.option(Self::text),
            account: self.option(Self::text),
            region: self.option(Self::text),
            description: self.option(Self::text),
            new_state: StateValue::from(
                ["ALARM", "OK", "INSUFFICIENT_DATA", "?"][usize::from(self.byte() % 4)],
            ),
            old_state: self.option(|bytes| StateValue::from(bytes.text().as_str())),
            reason,
            changed_at: self.moment(),
            previous_changed_at: self.option(Self::moment),
            contributor: self.option(Self::text),
            metric: self.option(|bytes| Metric {
                namespace: bytes.text(),
                name: bytes.text(),
            }),
            statistic: self
                .option(|bytes| ["Sum", "Maximum"][usize::from(bytes.byte() % 2)].to_owned()),
            period: self.option(|bytes| bytes.number().unsigned_abs()),
            evaluation_periods: self.option(|bytes| bytes.number().unsigned_abs()),
            threshold: self.option(Self::float),
            datapoints: (0..self.byte() % 8)
                .map(|_| Datapoint {
                    start: self.moment(),
                    value: self.float(),
                })
                .collect(),
        }
    }
}
