//! CloudFormation's side of the protocol: a stack with one custom resource.
//!
//! It sends what CloudFormation sends after each answer (the Delete after a failed Create, the
//! Update that rolls an Update back, the Delete of what was replaced), and checks after every
//! request what must always hold.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use serde_json::{Value, json};

use crate::fake_aws::{Alarm, FakeAws, Topic, World};
use crate::invoke::{invoke, request, signed};

/// The id that CloudFormation invents for a Create that was never answered.
pub const INVENTED_ID: &str = "pattern1-alarm-KmsAlarm-1XHTQ0ABCDEF";

/// A stack, and the AWS it is in.
pub struct Stack {
    pub aws: FakeAws,
    /// The resource's ID, while there is one.
    pub id: Option<String>,
    properties: Value,
}

impl Stack {
    pub fn new(aws: &FakeAws) -> Self {
        capture_log();
        Self {
            aws: aws.clone(),
            id: None,
            properties: json!({}),
        }
    }

    /// Creates the resource. A Create that fails is followed by a Delete.
    pub async fn create(&mut self, properties: &Value) -> Value {
        let create = signed(request("Create", properties), self.aws.now());
        let answer = self.send(create).await;
        self.id = answer["PhysicalResourceId"].as_str().map(str::to_owned);
        self.properties = properties.clone();
        if answer["Status"] == "FAILED" {
            self.aws.heal();
            self.delete().await;
        }
        answer
    }

    /// Updates it. Another Update rolls back one that fails; a Delete of the old resource follows
    /// one that replaced it.
    pub async fn update(&mut self, properties: &Value) -> Value {
        let before = self.id.clone().expect("a resource");
        let answer = self.send(self.update_event(properties)).await;
        self.aws.heal();
        if answer["Status"] == "FAILED" {
            assert_eq!(
                answer["PhysicalResourceId"], before,
                "a failed Update keeps its id"
            );
            self.roll_back(properties).await;
        } else {
            self.properties = properties.clone();
            self.clean_up_after(&answer).await;
        }
        answer
    }

    /// The Update back to the properties of before.
    pub async fn roll_back(&mut self, from: &Value) {
        let mut event = self.update_event(&self.properties.clone());
        event["OldResourceProperties"] = request("Create", from)["ResourceProperties"].clone();
        let answer = self.send(event).await;
        assert_eq!(answer["Status"], "SUCCESS", "the rollback: {answer}");
        self.clean_up_after(&answer).await;
    }

    /// Takes the ID from an Update's answer, and removes what was replaced.
    async fn clean_up_after(&mut self, answer: &Value) {
        let id = answer["PhysicalResourceId"].as_str().unwrap().to_owned();
        let before = self.id.replace(id.clone()).expect("a resource");
        if before != id {
            let answer = self.send(self.delete_event(&before)).await;
            assert_eq!(answer["Status"], "SUCCESS", "the clean-up: {answer}");
        }
    }

    /// Deletes it.
    pub async fn delete(&mut self) -> Value {
        let id = self.id.take().expect("a resource");
        let answer = self.send(self.delete_event(&id)).await;
        assert_eq!(answer["Status"], "SUCCESS", "the Delete: {answer}");
        answer
    }

    pub fn update_event(&self, properties: &Value) -> Value {
        let mut event = signed(request("Update", properties), self.aws.now());
        event["PhysicalResourceId"] = json!(self.id);
        event["OldResourceProperties"] =
            request("Create", &self.properties)["ResourceProperties"].clone();
        event
    }

    pub fn delete_event(&self, id: &str) -> Value {
        let mut event = signed(request("Delete", &self.properties), self.aws.now());
        event["PhysicalResourceId"] = json!(id);
        event
    }

    /// Sends one request, checks what must hold for its answer, and returns it.
    pub async fn send(&self, event: Value) -> Value {
        let before = self.aws.state().answers.len();
        invoke(&self.aws, event.clone())
            .await
            .expect("an answered request is no error");
        let answers = self.aws.state().answers[before..].to_vec();
        assert_eq!(
            answers.len(),
            1,
            "exactly one answer to {}",
            event["RequestType"]
        );
        assert!(answers[0].len() <= 4096, "{} bytes", answers[0].len());
        let answer: Value = serde_json::from_str(&answers[0]).unwrap();
        for id in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(answer[id], event[id], "{id} is echoed");
        }
        let id = answer["PhysicalResourceId"].as_str().expect("an id");
        assert!(!id.is_empty() && id.len() <= 1024, "{id}");
        let failed = answer["Status"] == "FAILED";
        assert!(failed || answer["Status"] == "SUCCESS", "{answer}");
        assert_eq!(
            failed,
            answer["Reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty())
        );
        if event["RequestType"] == "Delete" || (failed && event["RequestType"] == "Update") {
            assert_eq!(answer["PhysicalResourceId"], event["PhysicalResourceId"]);
        }
        if !failed && event["RequestType"] != "Delete" {
            assert_eq!(
                answer["Data"].as_object().map(serde_json::Map::len),
                Some(9),
                "{answer}"
            );
        }
        check_log();
        answer
    }
}

/// Everything that belongs to the resource: objects with an owner's tag, and filters of our names.
pub fn owned(world: &World) -> Vec<String> {
    let topics = world
        .topics
        .iter()
        .filter(|(_, topic)| topic.tags.contains_key("kms-alarm:owner"));
    let alarms = world
        .alarms
        .iter()
        .filter(|(_, alarm)| alarm.tags.contains_key("kms-alarm:owner"));
    let filters = world
        .log_groups
        .values()
        .flat_map(|group| group.filters.keys());
    let filters = filters.filter(|name| name.ends_with("-metricfilter"));
    topics
        .map(|(arn, _)| arn)
        .chain(alarms.map(|(name, _)| name))
        .chain(filters)
        .cloned()
        .collect()
}

/// A world that also has other people's objects.
pub fn inhabited() -> FakeAws {
    let aws = FakeAws::with_log_group();
    {
        let world = &mut aws.state().world;
        let mut group = world.log_groups["pattern1-logging-loggroup"].clone();
        group.filters.insert(
            "theirs".to_owned(),
            json!({
                "filterName": "theirs",
                "logGroupName": "pattern1-logging-loggroup",
                "metricTransformations": [{"metricNamespace": "Theirs", "metricName": "Theirs"}],
            }),
        );
        world.log_groups.insert("another".to_owned(), group.clone());
        world
            .log_groups
            .insert("pattern1-logging-loggroup".to_owned(), group);
        world.alarms.insert(
            "their-alarm".to_owned(),
            Alarm {
                settings: json!({"AlarmName": "their-alarm"}),
                ..Alarm::default()
            },
        );
        world.topics.insert(
            "arn:aws:sns:ap-southeast-2:111122223333:their-topic".to_owned(),
            Topic::default(),
        );
    }
    aws
}

thread_local! {
    /// What the function logged at TRACE on this test's thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Captures the log of every test, once for the whole process, because the subscribers of single
/// threads would race with each other.
pub fn capture_log() {
    static CAPTURED: Once = Once::new();
    CAPTURED.call_once(|| {
        let subscriber = kms_alarm::log::subscriber(Some("trace"), || ThreadLog);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LOG.take();
}

/// What the function has logged since the test's last stack was made.
pub fn log() -> String {
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}

/// Neither a `ResponseURL` nor an address is in the log.
#[track_caller]
fn check_log() {
    let log = log();
    assert!(!log.is_empty(), "outcomes are logged");
    for secret in ["X-Amz", "Signature", "@example.com", "nobody@"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
