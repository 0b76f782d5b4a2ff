//! The watch: ticks while time goes by.

mod failing;
mod follow_up;
mod generated;
mod quiet;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kms_alarm::environment::Environment;
use kms_alarm::kms_error::Severity;
use kms_alarm::quiet::{Quiet, Rules};
use serde_json::{Value, json};
use stand_ins::log_events::LogEvent;

use crate::alert::{ALERTS, event, provisioned};
use crate::fake_aws::{Alarm, FakeAws, Topic, environment};
use crate::invoke::{alarm_of_one, invoke_as, sample};

/// How many kinds of errors a mail names.
const NAMED: usize = 13;

const ALARM: &str = "pattern1-logging-alarm";

/// An incident as time goes by: what is logged when, and when it can be found.
struct Story {
    aws: FakeAws,
    /// When each event can be found, and the event with the time when it was logged.
    log: Vec<(Timestamp, LogEvent)>,
    mail_from: &'static str,
    ignore: &'static str,
}

/// A mail, as far as a test looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mail {
    id: String,
    situation: String,
    /// The operations that failed, as the mail names them.
    operations: Vec<String>,
    subject: String,
    text: String,
    object: Value,
}

/// So many minutes after 9:45, when the sample's tick is due.
fn at(minutes: i64) -> Timestamp {
    let first: Timestamp = "2026-11-23T09:45:00Z".parse().unwrap();
    first + SignedDuration::from_mins(minutes)
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

impl Story {
    /// The alarm and all that belongs to it is there, and nothing has happened.
    async fn new() -> Self {
        let aws = provisioned(&[]).await;
        aws.by_hand(|world| {
            let topic = world.topics.get_mut(ALERTS).unwrap();
            let confirmed = format!("{ALERTS}:1234abcd-12ab-34cd-56ef-1234567890ab");
            let address = "oncall@example.com".to_owned();
            topic.subscriptions.insert(address, confirmed);
            let state_topic = &world.alarms[ALARM].settings["AlarmActions"][0];
            let state_topic = state_topic.as_str().unwrap().to_owned();
            let mut heard = Topic::default();
            heard
                .subscriptions
                .insert("function".to_owned(), format!("{state_topic}:1"));
            world.topics.insert(state_topic, heard);
            let health = Alarm {
                settings: json!({
                    "AlarmName": "pattern1-logging-health",
                    "ActionsEnabled": true,
                    "AlarmActions": world.alarms[ALARM].settings["AlarmActions"],
                    "Threshold": 1.0,
                }),
                state: json!({"StateValue": "OK"}),
                ..Alarm::default()
            };
            world
                .alarms
                .insert("pattern1-logging-health".to_owned(), health);
            // Somebody calls KMS every half hour, for a week.
            let group = world.log_groups.get_mut("pattern1-logging-loggroup");
            let call = json!({"eventSource": "kms.amazonaws.com", "eventName": "ListKeys"});
            let calls = (-2_i64..336).map(|nth| at(nth * 30).as_millisecond());
            group.unwrap().events = calls.map(|at| (at, call.to_string())).collect();
        });
        Self {
            aws,
            log: Vec::new(),
            mail_from: "LOW",
            ignore: "",
        }
    }

    /// The function as it is deployed with the story's settings.
    fn environment(&self) -> Environment {
        let quiet = Quiet {
            mail_from: Severity::named(self.mail_from).unwrap(),
            rules: Rules::read(self.ignore),
        };
        Environment {
            quiet,
            ..environment()
        }
    }

    /// A call fails, and is logged at once.
    fn fails(&mut self, sample: &str, operation: &str, moment: Timestamp) {
        self.logs(sample, operation, moment, moment, moment + seconds(50));
    }

    /// A call fails, is logged later, and can be found still later.
    fn logs(
        &mut self,
        sample: &str,
        operation: &str,
        called: Timestamp,
        logged: Timestamp,
        found: Timestamp,
    ) {
        let mut message: Value = serde_json::from_str(&event(sample)).unwrap();
        message["eventName"] = json!(operation);
        message["eventTime"] = json!(called.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        message["eventID"] = json!(format!("e0e1e2e3-0000-4000-8000-{:012}", self.log.len()));
        let logged = (logged.as_millisecond(), message.to_string());
        self.log.push((found, logged));
    }

    /// Time goes by until then.
    async fn until(&self, moment: Timestamp) {
        let wait = moment.duration_since(self.aws.now());
        if let Ok(wait) = Duration::try_from(wait) {
            tokio::time::advance(wait).await;
        }
        let now = self.aws.now();
        let can_be_found = self.log.iter().filter(|(found, _)| *found <= now);
        let mut page: Vec<_> = can_be_found.map(|(_, event)| event.clone()).collect();
        page.sort();
        self.aws.fill_log([page]);
    }

    /// From now on the alarm is in this state.
    fn changes(&self, state: &str, moment: Timestamp) {
        let mut aws = self.aws.state();
        let alarm = aws.world.alarms.get_mut(ALARM).unwrap();
        let seconds = moment.as_duration().as_secs_f64();
        alarm.state = json!({
            "StateValue": state,
            "StateReason": "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (23/11/26 09:47:00)] was greater than \
                            the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "StateReasonData": json!({"version": "1.0", "statistic": "Sum", "period": 60, "threshold": 1.0}).to_string(),
            "StateUpdatedTimestamp": {"$seconds": seconds},
            "StateTransitionedTimestamp": {"$seconds": seconds},
        });
    }

    /// The alarm goes off, and the alert goes out.
    async fn alarms(&self, moment: Timestamp) {
        self.until(moment).await;
        self.changes("ALARM", moment);
        let mut event = alarm_of_one();
        let message = &mut event["Records"][0]["Sns"]["Message"];
        let minute = moment - seconds(60);
        let text = message.as_str().unwrap();
        let text = text
            .replace("2026-11-23T09:48:20.123+0000", &moment.to_string())
            .replace(
                "23/11/26 09:47:00",
                &minute.strftime("%d/%m/%y %H:%M:00").to_string(),
            );
        *message = text.into();
        self.until(moment + seconds(5)).await;
        invoke_as(&self.aws, &self.environment(), event)
            .await
            .unwrap();
    }

    /// A tick is delivered seconds after it was due.
    async fn ticks(&self, minutes: i64) -> Result<(), String> {
        self.tick(minutes, at(minutes) + seconds(2)).await
    }

    /// A tick that was due at one time is delivered at another.
    async fn tick(&self, minutes: i64, delivered: Timestamp) -> Result<(), String> {
        self.until(delivered).await;
        let mut event = sample("watch-tick");
        event["time"] = json!(at(minutes).strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let properties = &mut event["detail"]["ResourceProperties"];
        properties["MailFrom"] = json!(self.mail_from);
        properties["Ignore"] = json!(self.ignore);
        invoke_as(&self.aws, &self.environment(), event).await
    }

    /// Every mail so far.
    fn mails(&self) -> Vec<Mail> {
        let state = self.aws.state();
        let alerts = state.published.iter();
        // Not what the watch says of itself.
        let alerts = alerts.filter(|published| {
            let alarm = &published["MessageAttributes"];
            !alarm.to_string().contains("-health") && !published.to_string().contains("KMS HEALTH")
        });
        alerts.map(Mail::read).collect()
    }

    /// The mails since this was last asked, by their situation and what failed.
    fn told(&self) -> Vec<(String, Vec<String>)> {
        let mails = self.mails().into_iter();
        let told = mails
            .map(|mail| (mail.situation, mail.operations))
            .collect();
        self.aws.state().published.clear();
        told
    }
}

impl Mail {
    fn read(published: &Value) -> Self {
        let variants = published["Message"].as_str().unwrap();
        let variants: Value = serde_json::from_str(variants).unwrap();
        let object = variants["default"].as_str().unwrap();
        let object: Value = serde_json::from_str(object).unwrap();
        let groups = object["groups"].as_array().unwrap().iter().take(NAMED);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&object["alertId"]),
            situation: text(&object["situation"]),
            operations: groups.map(|group| text(&group["operation"])).collect(),
            subject: text(&published["Subject"]),
            text: text(&variants["email"]),
            object,
        }
    }
}

/// What a mail is about, for comparing.
fn about(situation: &str, operations: &[&str]) -> (String, Vec<String>) {
    let operations = operations.iter().map(|operation| (*operation).to_owned());
    (situation.to_owned(), operations.collect())
}
