//! The mails about the watch, and what several ticks add up to.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::*;
use crate::alarm::{StateChange, StateValue};
use crate::approved::{check_golden, check_https};
use crate::identifier::Identifier;
use crate::report::{Guide, HttpsFormat, Message, RunbookUrl};

const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";
const TRAIL: &str = "pattern1-logging-loggroup";

fn at(clock: &str) -> Timestamp {
    format!("2026-11-23T{clock}Z").parse().unwrap()
}

fn line(clock: &str, problems: Vec<Problem>) -> Line {
    Line {
        tick: at(clock),
        at: at(clock) + SignedDuration::from_secs(1),
        rule: None,
        health: Health {
            problems,
            ..Health::default()
        },
    }
}

fn filter_gone() -> Problem {
    Problem {
        repair: Some(Repair::Done),
        ..Problem::new(Kind::FilterGone, "pattern1-logging-metricfilter")
    }
}

fn nobody() -> Problem {
    Problem::new(Kind::NobodySubscribed, TOPIC)
}

fn change(state: StateValue, clock: &str) -> StateChange {
    let old = match state {
        StateValue::Alarm => StateValue::Ok,
        _ => StateValue::Alarm,
    };
    StateChange {
        name: "pattern1-logging-health".to_owned(),
        arn: Some(
            "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-health"
                .to_owned(),
        ),
        account: Some("111122223333".to_owned()),
        region: Some("ap-southeast-2".to_owned()),
        description: None,
        new_state: state,
        old_state: Some(old),
        reason: String::new(),
        changed_at: at(clock),
        previous_changed_at: None,
        contributor: None,
        metric: None,
        statistic: None,
        period: Some(600),
        evaluation_periods: None,
        threshold: None,
        datapoints: Vec::new(),
    }
}

/// A notice, with nothing missing.
struct Case {
    news: News,
    change: StateChange,
    problems: Vec<Seen>,
    unknown: Vec<Unknown>,
    silence: Option<Silence>,
    pending: Vec<String>,
    missing: Vec<String>,
    zone: &'static str,
    guide: Guide,
}

impl Case {
    fn new(news: News) -> Self {
        let change = match news {
            News::Ended => change(StateValue::Ok, "10:12:00"),
            News::Began | News::More => change(StateValue::Alarm, "09:46:00"),
        };
        Self {
            news,
            change,
            problems: Vec::new(),
            unknown: Vec::new(),
            silence: None,
            pending: Vec::new(),
            missing: Vec::new(),
            zone: "UTC",
            guide: Guide::default(),
        }
    }

    /// What these ticks found.
    fn of(news: News, lines: &[Line]) -> Self {
        let (problems, unknown) = seen(lines, Timestamp::MIN);
        Self {
            problems,
            unknown,
            ..Self::new(news)
        }
    }

    /// Somebody did it.
    fn by(mut self, problem: usize, operation: &str, by: &str) -> Self {
        self.problems[problem].change = Some(Change {
            operation: operation.to_owned(),
            by: by.to_owned(),
            at: at("09:43:12"),
        });
        self
    }

    fn message(&self, https: HttpsFormat) -> Message {
        let zone = TimeZone::get(self.zone).unwrap();
        let notice = Notice {
            news: self.news,
            change: &self.change,
            alert_id: self.change.alert_id(),
            problems: &self.problems,
            unknown: &self.unknown,
            silence: self.silence.as_ref(),
            pending: &self.pending,
            missing: &self.missing,
            place: Place {
                region: Identifier::word("ap-southeast-2"),
                function_arn: "arn:aws:lambda:ap-southeast-2:111122223333:function:pattern1-alarm-AlarmFunction",
                log_group: "/aws/lambda/pattern1-alarm-AlarmFunction",
                zone: &zone,
            },
            guide: &self.guide,
        };
        notice.message(https)
    }

    #[track_caller]
    fn check(&self, name: &str) {
        check_golden(&format!("health/{name}"), &self.message(HttpsFormat::Json));
    }
}

#[test]
fn a_deleted_filter_that_was_made_again() {
    let lines = [
        line("09:40:00", vec![]),
        line("09:45:00", vec![filter_gone()]),
    ];
    let case = Case {
        zone: "Australia/Sydney",
        ..Case::of(News::Began, &lines)
    };
    let case = case.by(0, "DeleteMetricFilter", "alice (IAM user)");
    case.check("filter-deleted");
}

#[test]
fn a_deleted_topic_whose_addresses_were_asked_again() {
    let gone = Problem {
        repair: Some(Repair::Done),
        ..Problem::new(Kind::TopicGone, TOPIC)
    };
    let lines = [line("09:40:00", vec![]), line("09:45:00", vec![gone])];
    Case::of(News::Began, &lines).check("topic-deleted");
}

#[test]
fn several_problems_of_which_most_are_left() {
    let changed = Problem {
        repair: Some(Repair::Failed(
            "cloudwatch:PutMetricAlarm on pattern1-logging-alarm: AccessDenied".to_owned(),
        )),
        ..Problem::new(Kind::AlarmChanged, "pattern1-logging-alarm")
            .with(vec!["Threshold is 100, not 1".to_owned()])
    };
    let gone = Problem::new(Kind::AddressesGone, TOPIC).with(vec!["address 2 of 3".to_owned()]);
    let waiting = Problem::new(
        Kind::QueueNotEmpty,
        "pattern1-alarm-DeadLetterQueue-EXAMPLE",
    )
    .with(vec!["2 messages".to_owned()]);
    let silent = Problem::new(Kind::LogGroupSilent, TRAIL);
    let lines = [
        line("09:40:00", vec![]),
        line(
            "09:45:00",
            vec![changed, gone, waiting, silent, filter_gone()],
        ),
    ];
    let case = Case::of(News::Began, &lines);
    let case = case.by(3, "StopLogging", "role admin (session named alice)");
    case.check("several");
}

#[test]
fn a_watch_that_has_stopped() {
    let case = Case {
        silence: Some(Silence {
            last_tick: Some(at("09:35:01")),
            rule: Some("pattern1-alarm-WatchRule-EXAMPLE".to_owned()),
            change: Some(Change {
                operation: "DisableRule".to_owned(),
                by: "alice (IAM user)".to_owned(),
                at: at("09:37:20"),
            }),
        }),
        ..Case::new(News::Began)
    };
    case.check("stopped");
    let case = Case {
        silence: Some(Silence::default()),
        missing: vec![
            "What the ticks found could not be read: logs:FilterLogEvents on x: AccessDenied"
                .to_owned(),
        ],
        ..Case::new(News::Began)
    };
    case.check("stopped-unknown");
}

#[test]
fn checks_that_could_not_be_made() {
    let mut last = line("09:45:00", vec![]);
    last.health.unknown = vec![Unknown {
        what: "the metric filter".to_owned(),
        why: "logs:DescribeMetricFilters on pattern1-logging-loggroup: ThrottlingException: Rate exceeded"
            .to_owned(),
    }];
    Case::of(News::Began, &[last]).check("not-checked");
}

#[test]
fn another_problem_while_the_first_lasts() {
    let lines = [
        line("09:40:00", vec![]),
        line("09:45:00", vec![Problem::new(Kind::NoKmsEvents, TRAIL)]),
    ];
    let case = Case::of(News::More, &lines);
    let case = case.by(0, "PutEventSelectors", "the root user");
    case.check("another");
}

#[test]
fn the_end_tells_what_there_was() {
    let lines = [
        line("09:40:00", vec![]),
        line("09:45:00", vec![filter_gone(), nobody()]),
        line("09:50:00", vec![nobody()]),
        line("09:55:00", vec![]),
    ];
    let mut case = Case::of(News::Ended, &lines);
    case.change.previous_changed_at = Some(at("09:46:00"));
    let case = case.by(0, "DeleteMetricFilter", "alice (IAM user)");
    case.check("ended");
}

#[test]
fn names_from_outside_are_made_harmless() {
    let evil = "x\nhttps://evil.example/ <@everyone>";
    let lines = [line(
        "09:45:00",
        vec![
            Problem::new(Kind::AlarmChanged, evil).with(vec![evil.to_owned()]),
            Problem::new(Kind::NobodySubscribed, evil),
        ],
    )];
    let case = Case::of(News::Began, &lines).by(0, evil, evil);
    let message = case.message(HttpsFormat::Chat);
    for text in [&message.mail, &message.subject, &message.sms] {
        assert!(!text.contains("https://evil"), "{text}");
        assert!(!text.contains("\nhttps"), "{text}");
    }
    let chat = message.https.unwrap();
    assert!(!chat.contains("<@"), "{chat}");
    assert!(message.subject.len() < 100 && message.sms.len() <= 140);
}

#[test]
fn a_problem_is_known_from_the_tick_that_first_found_it() {
    let lines = [
        line("09:50:00", vec![nobody()]),
        line("09:40:00", vec![]),
        line("09:45:00", vec![filter_gone(), nobody()]),
    ];
    let (all, _) = seen(&lines, Timestamp::MIN);
    let times: Vec<_> = all
        .iter()
        .map(|seen| (seen.problem.kind, seen.before, seen.first, seen.is_left))
        .collect();
    let second = SignedDuration::from_secs(1);
    let (before, first) = (Some(at("09:40:00") + second), at("09:45:00") + second);
    assert_eq!(
        times,
        [
            (Kind::FilterGone, before, first, false),
            (Kind::NobodySubscribed, before, first, true),
        ]
    );
}

#[test]
fn a_tick_that_did_not_judge_proves_nothing() {
    for spoil in [
        |health: &mut Health| health.is_paused = true,
        |health: &mut Health| {
            health.unknown.push(Unknown {
                what: "the topic".to_owned(),
                why: String::new(),
            });
        },
    ] {
        let mut lines = [
            line("09:35:00", vec![]),
            line("09:40:00", vec![]),
            line("09:45:00", vec![nobody()]),
        ];
        spoil(&mut lines[1].health);
        let (all, _) = seen(&lines, Timestamp::MIN);
        assert_eq!(all[0].before, Some(at("09:35:01")));
    }
}

#[test]
fn a_line_is_read_as_it_was_written() {
    let mut written = line("09:45:00", vec![filter_gone(), nobody()]);
    written.rule = Some("rule".to_owned());
    let text = written.write("pattern1-logging");
    assert_eq!(Line::read(&text), Some(written));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["Problems"], 2);
    assert_eq!(
        Line::read(r#"{"level": "INFO", "outcome": "watched"}"#),
        None
    );
}

#[test]
fn checks_count_when_they_could_not_be_made_twice() {
    let mut health = Health::default();
    health.unknown.push(Unknown {
        what: String::new(),
        why: String::new(),
    });
    assert_eq!(health.value(), 0);
    health.is_unknown_again = true;
    assert_eq!(health.value(), 1);
    health.problems.push(nobody());
    assert_eq!(health.value(), 2);
}

#[test]
fn nobody_is_subscribed_and_somebody_has_not_confirmed() {
    let lines = [line("09:40:00", vec![]), line("09:45:00", vec![nobody()])];
    let case = Case {
        pending: vec!["address 1 of 2".to_owned()],
        ..Case::of(News::Began, &lines)
    };
    case.check("nobody-subscribed");
}

#[test]
fn the_function_does_not_hear_of_the_alarm() {
    let topic = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-alarm-AlarmStateTopic-EXAMPLE";
    let unheard = Problem::new(Kind::AlarmUnheard, topic);
    let lines = [line("09:40:00", vec![]), line("09:45:00", vec![unheard])];
    Case::of(News::More, &lines).check("not-heard");
}

#[test]
fn an_alarm_that_went_off_without_a_problem_says_so() {
    let lines = [line("09:40:00", vec![]), line("09:45:00", vec![])];
    Case::of(News::Began, &lines).check("nothing-found");
}

#[test]
fn what_comes_again_is_another_spell() {
    let lines = [
        line("09:40:00", vec![nobody()]),
        line("09:45:00", vec![]),
        line("09:50:00", vec![nobody()]),
    ];
    let (all, _) = seen(&lines, Timestamp::MIN);
    let firsts: Vec<_> = all.iter().map(|seen| (seen.first, seen.is_left)).collect();
    assert_eq!(firsts, [(at("09:40:01"), false), (at("09:50:01"), true)]);
}

#[test]
fn a_tick_that_did_not_look_ends_nothing() {
    let mut lines = [line("09:40:00", vec![nobody()]), line("09:45:00", vec![])];
    lines[1].health.is_paused = true;
    let (all, _) = seen(&lines, Timestamp::MIN);
    assert!(all[0].is_left);
}

#[test]
fn the_line_of_a_deployment_is_no_tick() {
    let text = Line::of_deployment("pattern1-logging", at("09:45:00"));
    assert_eq!(Line::read(&text), None);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["Problems"], 0);
}

/// What a pager gets, with an owner and a runbook.
fn for_pagers(mut case: Case) -> Message {
    let runbook = RunbookUrl::new("https://wiki.example.com/kms-health");
    case.guide = Guide::new(Some("Team Orders"), runbook);
    case.message(HttpsFormat::Alarm)
}

#[test]
fn a_pager_hears_of_the_watch_as_of_an_alarm() {
    let lines = [line("09:45:00", vec![filter_gone(), nobody()])];
    let began =
        for_pagers(Case::of(News::Began, &lines).by(0, "DeleteMetricFilter", "bob (IAM user)"));
    check_https("alarm/health-began", &began);
    // Here the alarm itself says nothing, so what it watches comes from us.
    let mut more = Case::of(News::More, &lines);
    more.change.old_state = None;
    more.change.new_state = StateValue::InsufficientData;
    let more = for_pagers(more);
    check_https("alarm/health-another", &more);
    let ended = for_pagers(Case::of(News::Ended, &lines));
    check_https("alarm/health-ended", &ended);
    let identity = |message: &Message| {
        let alarm: Value = serde_json::from_str(message.https.as_ref().unwrap()).unwrap();
        ["AlarmName", "Region", "Trigger"].map(|field| alarm[field].clone())
    };
    assert_eq!(identity(&began), identity(&more));
    assert_eq!(identity(&began), identity(&ended));
}

#[test]
fn a_pager_is_told_what_to_do_when_the_watch_has_stopped() {
    let mut case = Case::new(News::Began);
    case.silence = Some(Silence {
        last_tick: Some(at("09:25:01")),
        rule: Some("pattern1-alarm-WatchRule".to_owned()),
        change: None,
    });
    let alarm: Value = serde_json::from_str(&for_pagers(case).https.unwrap()).unwrap();
    let reason = alarm["NewStateReason"].as_str().unwrap();
    assert!(
        reason.starts_with("HIGH: The watch has stopped"),
        "{reason}"
    );
    assert!(
        reason.contains("\naws events enable-rule --name"),
        "{reason}"
    );
}

#[test]
fn whom_to_ask_about_the_watch_is_in_every_text() {
    let mut case = Case::of(News::Began, &[line("09:45:00", vec![nobody()])]);
    let runbook = RunbookUrl::new("https://wiki.example.com/kms-health");
    case.guide = Guide::new(Some("Team Orders"), runbook);
    let message = case.message(HttpsFormat::Slack);
    assert!(
        message
            .mail
            .contains("\nowner: Team Orders\nrunbook: https://wiki.example.com/kms-health\n"),
        "{}",
        message.mail
    );
    let object: Value = serde_json::from_str(&message.json).unwrap();
    assert_eq!(object["owner"], "Team Orders");
    assert_eq!(object["runbookUrl"], "https://wiki.example.com/kms-health");
    let chat = message.https.unwrap();
    assert!(chat.contains("Owner: Team Orders"), "{chat}");
    assert!(
        chat.contains("<https://wiki.example.com/kms-health|Runbook>"),
        "{chat}"
    );
}
