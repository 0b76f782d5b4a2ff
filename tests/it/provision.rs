//! Create, Update and Delete of `Custom::KmsAlarm` with the real SDK clients.

use serde_json::{Value, json};

use crate::fake_aws::{Alarm, DELETED, FakeAws, How, LogGroup, Topic, World};
use crate::invoke::{invoke, request, request_about};

const ID: &str = "kms-alarm/v1/pattern1-logging/";
const TOPIC: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";

/// Sends a request and returns the answer.
async fn answered(aws: &FakeAws, event: Value) -> Value {
    invoke(aws, event)
        .await
        .expect("an answered request is no error");
    aws.answer()
}

/// A world in which the sample's resource was created, and its ID.
async fn created(replaced: &Value) -> (FakeAws, String) {
    let aws = FakeAws::with_log_group();
    let answer = answered(&aws, request("Create", replaced)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    aws.calls();
    let id = answer["PhysicalResourceId"].as_str().unwrap().to_owned();
    (aws, id)
}

fn reason(answer: &Value) -> &str {
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    answer["Reason"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_deployed_alarm_is_the_labs_setting_by_setting() {
    let (aws, _) = created(&json!({"Emails": "oncall@example.com"})).await;
    let world = aws.world();
    let filter =
        &world.log_groups["pattern1-logging-loggroup"].filters["pattern1-logging-metricfilter"];
    let transformation = &filter["metricTransformations"][0];
    let alarm = &world.alarms["pattern1-logging-alarm"].settings;
    // The setting, the value found, and the value in the lab's Section 4.
    let table = [
        (
            "filter pattern",
            &filter["filterPattern"],
            json!(
                "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }"
            ),
        ),
        (
            "metric namespace",
            &transformation["metricNamespace"],
            json!("Pattern1Application/KMSSecurity"),
        ),
        (
            "metric name",
            &transformation["metricName"],
            json!("KMSSecurityError"),
        ),
        ("metric value", &transformation["metricValue"], json!("1")),
        (
            "alarm's namespace",
            &alarm["Namespace"],
            json!("Pattern1Application/KMSSecurity"),
        ),
        (
            "alarm's metric",
            &alarm["MetricName"],
            json!("KMSSecurityError"),
        ),
        ("statistic", &alarm["Statistic"], json!("Sum")),
        ("period", &alarm["Period"], json!(10)),
        ("datapoints", &alarm["EvaluationPeriods"], json!(1)),
        (
            "comparison",
            &alarm["ComparisonOperator"],
            json!("GreaterThanThreshold"),
        ),
        ("threshold", &alarm["Threshold"], json!(1.0)),
        ("missing data", &alarm["TreatMissingData"], json!("ignore")),
        (
            "alarm actions",
            &alarm["AlarmActions"],
            json!([
                "arn:aws:sns:ap-southeast-2:111122223333:pattern1-alarm-AlarmStateTopic-EXAMPLE"
            ]),
        ),
        ("OK actions", &alarm["OKActions"], json!([])),
        // The one addition: without it the alarm never leaves ALARM.
        ("default value", &transformation["defaultValue"], json!(0.0)),
    ];
    for (setting, found, labs) in table {
        assert_eq!(*found, labs, "{setting}");
    }
    let topic = &world.topics[TOPIC];
    assert_eq!(
        topic.subscriptions["oncall@example.com"],
        "PendingConfirmation"
    );
}

#[tokio::test(start_paused = true)]
async fn create_answers_with_every_attribute() {
    let aws = FakeAws::with_log_group();
    let answer = answered(&aws, request("Create", &json!({}))).await;
    assert_eq!(
        answer["Data"],
        json!({
            "TopicArn": TOPIC,
            "TopicName": "pattern1-logging-topic",
            "AlarmArn": "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-alarm",
            "AlarmName": "pattern1-logging-alarm",
            "FilterName": "pattern1-logging-metricfilter",
            "FilterPattern": "{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole\" }",
            "LogGroupName": "pattern1-logging-loggroup",
            "MetricNamespace": "Pattern1Application/KMSSecurity",
            "MetricName": "KMSSecurityError",
        })
    );
    assert!(
        answer["PhysicalResourceId"]
            .as_str()
            .unwrap()
            .starts_with(ID)
    );
}

#[tokio::test(start_paused = true)]
async fn create_looks_first_and_asks_people_when_the_alarm_is_there() {
    let aws = FakeAws::with_log_group();
    answered(
        &aws,
        request("Create", &json!({"Emails": "oncall@example.com"})),
    )
    .await;
    assert_eq!(
        aws.calls(),
        [
            "logs:DescribeMetricFilters",
            "sns:ListTagsForResource",
            "cloudwatch:DescribeAlarms",
            "logs:DescribeMetricFilters",
            "sns:CreateTopic",
            "logs:PutMetricFilter",
            "cloudwatch:PutMetricAlarm",
            "sns:ListSubscriptionsByTopic",
            "sns:Subscribe",
            "sns:TagResource",
            "PUT",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_topic_policy_allows_two_alarms_and_only_tls() {
    let (aws, _) = created(&json!({})).await;
    let policy: Value =
        serde_json::from_str(&aws.world().topics[TOPIC].attributes["Policy"]).unwrap();
    assert_eq!(
        policy["Statement"],
        json!([
            {
                "Sid": "KmsAlarmOfThisAccount",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "111122223333"},
                    "ArnEquals": {"aws:SourceArn": [
                        "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-alarm",
                        "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-undelivered",
                    ]},
                },
            },
            {
                "Sid": "KmsAlarmOnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn the_topic_and_the_alarm_carry_their_owners_tags() {
    let (aws, id) = created(&json!({})).await;
    let owner = id.strip_prefix(ID).unwrap();
    let world = aws.world();
    for tags in [
        &world.topics[TOPIC].tags,
        &world.alarms["pattern1-logging-alarm"].tags,
    ] {
        assert_eq!(tags["kms-alarm:owner"], owner);
        assert_eq!(tags["kms-alarm:stack"], "pattern1-alarm");
    }
}

#[tokio::test(start_paused = true)]
async fn encryption_with_a_key_of_the_users_is_turned_on_and_off() {
    let key = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let (aws, id) = created(&json!({"TopicKmsKeyId": key})).await;
    assert_eq!(aws.world().topics[TOPIC].attributes["KmsMasterKeyId"], key);
    let update = request_about("Update", &id, &json!({"TopicKmsKeyId": key}), &json!({}));
    answered(&aws, update).await;
    assert!(
        !aws.world().topics[TOPIC]
            .attributes
            .contains_key("KmsMasterKeyId")
    );
}

#[tokio::test(start_paused = true)]
async fn raw_notifications_add_the_peoples_topic() {
    let (aws, _) = created(&json!({"RawNotifications": "true"})).await;
    let actions = &aws.world().alarms["pattern1-logging-alarm"].settings["AlarmActions"];
    assert_eq!(actions[1], TOPIC);
}

#[tokio::test(start_paused = true)]
async fn bad_properties_fail_before_the_first_call() {
    let aws = FakeAws::with_log_group();
    let event = request("Create", &json!({"Period": "15", "Treshold": "2"}));
    let answer = answered(&aws, event).await;
    assert_eq!(
        reason(&answer),
        "\"Treshold\": unknown property; did you mean Threshold?; Period: \"15\": use 10, 20, 30 \
         or a multiple of 60 (seconds) (log stream 2026/11/23/[1]0123456789abcdef, request \
         8f507cfc-0000-4111-8222-example)"
    );
    assert_eq!(aws.calls(), ["PUT"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_group_that_does_not_exist_is_named() {
    let aws = FakeAws::default();
    let answer = answered(&aws, request("Create", &json!({}))).await;
    assert!(
        reason(&answer).starts_with(
            "LogGroupName: there is no log group \"pattern1-logging-loggroup\" in ap-southeast-2; \
             give the log group that CloudTrail writes to in this Region"
        ),
        "{answer}"
    );
    assert_eq!(aws.world(), World::default());
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_settings_in_place() {
    let (aws, id) = created(&json!({})).await;
    let update = request_about(
        "Update",
        &id,
        &json!({}),
        &json!({"Period": "60", "Threshold": "0"}),
    );
    let answer = answered(&aws, update).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(answer["PhysicalResourceId"], id);
    assert_eq!(answer["Data"]["TopicArn"], TOPIC);
    let alarm = &aws.world().alarms["pattern1-logging-alarm"];
    assert_eq!(alarm.settings["Period"], 60);
    assert_eq!(alarm.settings["Threshold"], 0.0);
    assert!(alarm.tags.contains_key("kms-alarm:owner"));
}

#[tokio::test(start_paused = true)]
async fn an_update_makes_again_what_somebody_removed() {
    let (aws, id) = created(&json!({})).await;
    let before = aws.world();
    aws.state().world = FakeAws::with_log_group().world();
    let answer = answered(&aws, request_about("Update", &id, &json!({}), &json!({}))).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    // The tag names the request that was the last to write everything.
    let complete = "kms-alarm:complete";
    let mut world = aws.world();
    let tags = &mut world.topics.get_mut(TOPIC).unwrap().tags;
    let request = before.topics[TOPIC].tags[complete].clone();
    assert_ne!(
        tags.insert(complete.to_owned(), request.clone()),
        Some(request)
    );
    assert_eq!(world, before);
}

#[tokio::test(start_paused = true)]
async fn another_log_group_gets_the_filter_before_the_old_one_loses_it() {
    let (aws, id) = created(&json!({})).await;
    let another = ("another".to_owned(), LogGroup::default());
    aws.state().world.log_groups.extend([another]);
    let update = request_about(
        "Update",
        &id,
        &json!({}),
        &json!({"LogGroupName": "another"}),
    );
    let answer = answered(&aws, update).await;
    assert_eq!(answer["PhysicalResourceId"], id, "{answer}");
    let world = aws.world();
    assert!(
        world.log_groups["pattern1-logging-loggroup"]
            .filters
            .is_empty()
    );
    assert!(
        world.log_groups["another"]
            .filters
            .contains_key("pattern1-logging-metricfilter")
    );
    let calls = aws.calls();
    let at = |name: &str| calls.iter().position(|call| call == name).unwrap();
    assert!(at("logs:PutMetricFilter") < at("logs:DeleteMetricFilter"));
}

#[tokio::test(start_paused = true)]
async fn removed_addresses_are_unsubscribed_unless_pending() {
    let all = json!({"Emails": "a@example.com,b@example.com"});
    let (aws, id) = created(&all).await;
    {
        let mut state = aws.state();
        let topic = state.world.topics.get_mut(TOPIC).unwrap();
        topic
            .subscriptions
            .insert("a@example.com".to_owned(), format!("{TOPIC}:1"));
        topic
            .subscriptions
            .insert("own@example.com".to_owned(), format!("{TOPIC}:2"));
    }
    let update = request_about("Update", &id, &all, &json!({"Emails": "c@example.com"}));
    let answer = answered(&aws, update).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let mut subscriptions = aws.world().topics[TOPIC].subscriptions.clone();
    subscriptions.retain(|_, arn| arn != DELETED);
    let subscriptions: Vec<String> = subscriptions.into_keys().collect();
    // b never confirmed, and own@example.com's owner subscribed it.
    assert_eq!(
        subscriptions,
        ["b@example.com", "c@example.com", "own@example.com"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_subscribed_address_gets_no_second_confirmation_mail() {
    let emails = json!({"Emails": "a@example.com"});
    let (aws, id) = created(&emails).await;
    answered(&aws, request_about("Update", &id, &emails, &emails)).await;
    assert!(!aws.calls().contains(&"sns:Subscribe".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn another_name_replaces_the_resource() {
    let (aws, id) = created(&json!({})).await;
    let update = request_about("Update", &id, &json!({}), &json!({"Name": "second"}));
    let answer = answered(&aws, update).await;
    let second = answer["PhysicalResourceId"].as_str().unwrap().to_owned();
    assert_eq!(second, id.replace("pattern1-logging", "second"));
    assert_eq!(aws.world().alarms.len(), 2);

    let answer = answered(&aws, request_about("Delete", &id, &json!({}), &json!({}))).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let world = aws.world();
    let alarms: Vec<&String> = world.alarms.keys().collect();
    let filters: Vec<&String> = world.log_groups["pattern1-logging-loggroup"]
        .filters
        .keys()
        .collect();
    assert_eq!(alarms, ["second-alarm"]);
    assert_eq!(filters, ["second-metricfilter"]);
    assert_eq!(world.topics.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn delete_removes_everything_the_alarm_first_and_the_topic_last() {
    let (aws, id) = created(&json!({"Emails": "a@example.com"})).await;
    let answer = answered(&aws, request_about("Delete", &id, &json!({}), &json!({}))).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(answer["PhysicalResourceId"], id);
    assert_eq!(aws.world(), FakeAws::with_log_group().world());
    let calls = aws.calls();
    let removals: Vec<&String> = calls
        .iter()
        .filter(|call| call.contains(":Delete"))
        .collect();
    assert_eq!(
        removals,
        [
            "cloudwatch:DeleteAlarms",
            "logs:DeleteMetricFilter",
            "sns:DeleteTopic"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn delete_succeeds_when_everything_is_gone_already() {
    let (aws, id) = created(&json!({})).await;
    let delete = request_about("Delete", &id, &json!({}), &json!({}));
    answered(&aws, delete.clone()).await;
    assert_eq!(answered(&aws, delete.clone()).await["Status"], "SUCCESS");
    aws.state().world = World::default();
    assert_eq!(answered(&aws, delete).await["Status"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn delete_needs_no_readable_properties() {
    let (aws, id) = created(&json!({})).await;
    let mut delete = request_about("Delete", &id, &json!({}), &json!({}));
    delete["ResourceProperties"] = json!("?");
    assert_eq!(answered(&aws, delete).await["Status"], "SUCCESS");
    assert_eq!(aws.world(), FakeAws::with_log_group().world());
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_is_denied_fails_and_says_what() {
    let (aws, id) = created(&json!({})).await;
    aws.fail("logs:DeleteMetricFilter", How::Denied, 99);
    let answer = answered(&aws, request_about("Delete", &id, &json!({}), &json!({}))).await;
    assert!(
        reason(&answer).starts_with(
            "logs:DeleteMetricFilter on pattern1-logging-metricfilter of log group \
             pattern1-logging-loggroup: AccessDeniedException: User: "
        ),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn objects_of_others_are_left_as_they_were() {
    type Put = fn(&mut World);
    let table: [(Put, &str); 5] = [
        (
            |world| {
                world.topics.insert(TOPIC.to_owned(), Topic::default());
            },
            "the topic pattern1-logging-topic exists and was not made by this stack; choose \
             another Name, or set ExistingResources to Adopt to take it over",
        ),
        (
            |world| {
                let alarm = Alarm {
                    settings: json!({"AlarmName": "pattern1-logging-alarm"}),
                    ..Alarm::default()
                };
                world
                    .alarms
                    .insert("pattern1-logging-alarm".to_owned(), alarm);
            },
            "the alarm pattern1-logging-alarm exists and was not made by this stack; choose \
             another Name, or set ExistingResources to Adopt to take it over",
        ),
        (
            |world| put_filter(world, "pattern1-logging-metricfilter", "Other"),
            "the metric filter pattern1-logging-metricfilter exists and was not made by this \
             stack; choose another Name, or set ExistingResources to Adopt to take it over",
        ),
        (
            |world| {
                let tags = [
                    ("kms-alarm:owner", "other"),
                    ("kms-alarm:stack", "their-stack"),
                ];
                let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
                let topic = Topic {
                    tags: tags.into(),
                    ..Topic::default()
                };
                world.topics.insert(TOPIC.to_owned(), topic);
            },
            "the topic pattern1-logging-topic exists and belongs to stack their-stack; choose \
             another Name, or delete that stack first",
        ),
        (
            |world| {
                put_filter(
                    world,
                    "Pattern1CloudWatchLogGroupMetricFilter",
                    "KMSSecurityError",
                );
            },
            "the metric filter Pattern1CloudWatchLogGroupMetricFilter of log group \
             pattern1-logging-loggroup already feeds Pattern1Application/KMSSecurity \
             KMSSecurityError, so each error would count twice; delete that filter, choose \
             another MetricName, or set ExistingResources to Adopt to keep both",
        ),
    ];
    for (put, expected) in table {
        let aws = FakeAws::with_log_group();
        put(&mut aws.state().world);
        let before = aws.world();
        let answer = answered(&aws, request("Create", &json!({}))).await;
        assert!(reason(&answer).starts_with(expected), "{answer}");
        assert_eq!(aws.world(), before, "{expected}");
        // Nor does the Delete that CloudFormation sends next touch anything.
        let id = answer["PhysicalResourceId"].as_str().unwrap();
        let delete = request_about("Delete", id, &json!({}), &json!({}));
        assert_eq!(answered(&aws, delete).await["Status"], "SUCCESS");
        assert_eq!(aws.world(), before, "{expected}");
    }
}

fn put_filter(world: &mut World, name: &str, metric: &str) {
    let filter = json!({
        "filterName": name,
        "filterPattern": "ERROR",
        "logGroupName": "pattern1-logging-loggroup",
        "metricTransformations": [{
            "metricNamespace": "Pattern1Application/KMSSecurity",
            "metricName": metric,
            "metricValue": "1",
        }],
    });
    let group = world
        .log_groups
        .get_mut("pattern1-logging-loggroup")
        .unwrap();
    group.filters.insert(name.to_owned(), filter);
}

#[tokio::test(start_paused = true)]
async fn adopt_takes_over_what_was_made_by_hand_and_then_it_is_ours() {
    let aws = FakeAws::with_log_group();
    {
        let world = &mut aws.state().world;
        let mut topic = Topic::default();
        topic
            .subscriptions
            .insert("me@example.com".to_owned(), format!("{TOPIC}:1"));
        world.topics.insert(TOPIC.to_owned(), topic);
        let settings = json!({"AlarmName": "pattern1-logging-alarm", "Period": 10});
        let alarm = Alarm {
            settings,
            ..Alarm::default()
        };
        world
            .alarms
            .insert("pattern1-logging-alarm".to_owned(), alarm);
        put_filter(world, "pattern1-logging-metricfilter", "KMSSecurityError");
    }
    let adopt = json!({"ExistingResources": "Adopt"});
    let answer = answered(&aws, request("Create", &adopt)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let world = aws.world();
    assert_eq!(
        world.topics[TOPIC].subscriptions["me@example.com"],
        format!("{TOPIC}:1")
    );
    assert!(world.topics[TOPIC].attributes.contains_key("Policy"));
    assert!(
        world.alarms["pattern1-logging-alarm"]
            .tags
            .contains_key("kms-alarm:owner")
    );

    let id = answer["PhysicalResourceId"].as_str().unwrap();
    answered(&aws, request_about("Delete", id, &json!({}), &adopt)).await;
    assert_eq!(aws.world(), FakeAws::with_log_group().world());
}

#[tokio::test(start_paused = true)]
async fn a_failed_create_leaves_nothing_and_says_where_it_failed() {
    for operation in [
        "sns:CreateTopic",
        "sns:ListSubscriptionsByTopic",
        "sns:Subscribe",
        "logs:PutMetricFilter",
        "cloudwatch:PutMetricAlarm",
    ] {
        let aws = FakeAws::with_log_group();
        aws.fail(operation, How::Status(400), 1);
        let event = request("Create", &json!({"Emails": "oncall@example.com"}));
        let answer = answered(&aws, event).await;
        assert!(reason(&answer).starts_with(operation), "{answer}");
        assert_eq!(
            aws.world(),
            FakeAws::with_log_group().world(),
            "{operation}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_tried_again() {
    let aws = FakeAws::with_log_group();
    aws.fail("cloudwatch:PutMetricAlarm", How::Throttled, 2);
    let answer = answered(&aws, request("Create", &json!({}))).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_keeps_its_id() {
    let (aws, id) = created(&json!({})).await;
    for replaced in [json!({"Period": "7"}), json!({"Name": "second"})] {
        aws.fail("cloudwatch:PutMetricAlarm", How::NotFound, 1);
        let answer = answered(&aws, request_about("Update", &id, &json!({}), &replaced)).await;
        assert_eq!(answer["Status"], "FAILED");
        assert_eq!(answer["PhysicalResourceId"], id);
    }
    // Nothing of the failed replacement is left.
    assert_eq!(aws.world().topics.len(), 1);
}
