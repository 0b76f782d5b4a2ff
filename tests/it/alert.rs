//! From a state change to one published alert, with the real SDK clients.

mod again;
mod changes;
mod limits;
mod quiet;
mod subscriptions;
mod usual;

use serde_json::{Value, json};
use stand_ins::log_events::LogEvent;

use crate::fake_aws::{FakeAws, How, environment};
use crate::invoke::{alarm_of_one, invoke, invoke_as, request, sample};
use kms_alarm::environment::Environment;
use kms_alarm::report::{Guide, HttpsFormat, RunbookUrl};
use kms_alarm::roles::Roles;

pub const ALERTS: &str = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic";

/// A world in which the sample's resource exists and the log group holds these pages of events.
pub async fn provisioned(pages: &[&[&str]]) -> FakeAws {
    let aws = FakeAws::with_log_group();
    invoke(&aws, request("Create", &json!({}))).await.unwrap();
    let pages = pages.iter();
    aws.fill_log(pages.map(|names| page(names.iter().map(|name| event(name)))));
    aws.calls();
    aws.state().parameters.clear();
    aws
}

/// A page of messages from the time when the samples' alarm went off.
pub fn page(messages: impl IntoIterator<Item = String>) -> Vec<LogEvent> {
    let at: jiff::Timestamp = "2026-11-23T09:47:10Z".parse().unwrap();
    let at = at.as_millisecond();
    messages.into_iter().map(|message| (at, message)).collect()
}

/// A CloudTrail event as it is in the log: one line.
pub fn event(name: &str) -> String {
    let path = format!(
        "{}/tests/cloudtrail/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let event: Value = serde_json::from_str(&text).unwrap();
    event.to_string()
}

/// The only thing that was published.
fn published(aws: &FakeAws) -> Value {
    let state = aws.state();
    assert_eq!(state.published.len(), 1, "{:?}", state.calls);
    assert_eq!(state.published[0]["TopicArn"], ALERTS);
    state.published[0].clone()
}

/// The mail in what was published.
pub fn mail(published: &Value) -> String {
    assert_eq!(published["MessageStructure"], "json");
    let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    variants["email"].as_str().unwrap().to_owned()
}

/// The parameters of the calls of one operation.
fn parameters(aws: &FakeAws, operation: &str) -> Vec<Value> {
    let state = aws.state();
    let calls = state.calls.iter().zip(&state.parameters);
    calls
        .filter(|(call, _)| *call == operation)
        .map(|(_, parameters)| parameters.clone())
        .collect()
}

/// The searches for errors, without those for changes of a key.
fn searches(aws: &FakeAws) -> Vec<Value> {
    let mut searches = parameters(aws, "logs:FilterLogEvents");
    searches.retain(|search| !is_for_changes(search));
    searches
}

fn is_for_changes(search: &Value) -> bool {
    search["filterPattern"]
        .as_str()
        .unwrap()
        .contains("$.eventName")
}

#[tokio::test(start_paused = true)]
async fn the_deployed_pattern_is_searched_page_by_page() {
    let aws = provisioned(&[&["decrypt-incorrect-key"], &[], &["decrypt-access-denied"]]).await;
    invoke(&aws, alarm_of_one()).await.unwrap();
    let searches = searches(&aws);
    let tokens: Vec<&Value> = searches.iter().map(|search| &search["nextToken"]).collect();
    assert_eq!(tokens, [&Value::Null, &json!("1"), &json!("2")]);
    let group = &aws.world().log_groups["pattern1-logging-loggroup"];
    let filter = &group.filters["pattern1-logging-metricfilter"];
    for search in &searches {
        assert_eq!(search["logGroupName"], "pattern1-logging-loggroup");
        assert_eq!(search["filterPattern"], filter["filterPattern"]);
        // The datapoint's minute, 09:47, with one minute on each side.
        let millis = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(search["startTime"], millis("2026-11-23T09:46:00Z"));
        assert_eq!(search["endTime"], millis("2026-11-23T09:49:00Z"));
    }
    let mail = mail(&published(&aws));
    assert!(mail.contains("IncorrectKeyException"), "{mail}");
    assert!(mail.contains("AccessDenied"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn all_three_event_shapes_give_the_same_alert() {
    let mut subjects = Vec::new();
    for name in ["sns-alarm", "lambda-action-alarm", "event-bridge-alarm"] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        invoke(&aws, sample(name)).await.unwrap();
        let published = published(&aws);
        assert!(mail(&published).contains("DisabledException"), "{name}");
        let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
        let json: Value = serde_json::from_str(variants["default"].as_str().unwrap()).unwrap();
        subjects.push((published["Subject"].clone(), json["alertId"].clone()));
    }
    assert!(subjects[0].1.is_string());
    assert_eq!(subjects[0], subjects[1]);
    assert_eq!(subjects[0], subjects[2]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delivery_has_the_same_alert_id() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let published = aws.state().published.clone();
    assert_eq!(published.len(), 2);
    assert_eq!(published[0]["Message"], published[1]["Message"]);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_can_filter_by_severity_alarm_role_and_account() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let published = published(&aws);
    let attributes: Vec<(&str, &str)> = (1..=4)
        .map(|n| {
            let text = |part: &str| {
                let field = format!("MessageAttributes.entry.{n}.{part}");
                published[field.as_str()].as_str().unwrap()
            };
            (text("Name"), text("Value.StringValue"))
        })
        .collect();
    assert!(
        attributes.contains(&("severity", "CRITICAL")),
        "{attributes:?}"
    );
    assert!(
        attributes.contains(&("alarm", "pattern1-logging-alarm")),
        "{attributes:?}"
    );
    let role = r#"["arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole","unknown"]"#;
    assert!(attributes.contains(&("role", role)), "{attributes:?}");
    let account = r#"["111122223333","unknown"]"#;
    assert!(attributes.contains(&("account", account)), "{attributes:?}");
}

#[tokio::test(start_paused = true)]
async fn if_nothing_is_found_a_wider_window_is_searched() {
    let aws = provisioned(&[&[], &[]]).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let starts: Vec<i64> = searches(&aws)
        .iter()
        .map(|search| search["startTime"].as_i64().unwrap())
        .collect();
    // Two pages, three more looks at them, and two pages of the wider window.
    assert_eq!(starts.len(), 10);
    assert!(starts[8] < starts[7], "{starts:?}");
    let mail = mail(&published(&aws));
    assert!(mail.contains("aws logs filter-log-events"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn the_alert_says_which_lookup_failed() {
    for (operation, how, said) in [
        (
            "logs:DescribeMetricFilters",
            How::Denied,
            "AccessDeniedException",
        ),
        (
            "logs:DescribeMetricFilters",
            How::Hang,
            "logs:DescribeMetricFilters",
        ),
        ("logs:FilterLogEvents", How::Denied, "AccessDeniedException"),
        (
            "logs:FilterLogEvents",
            How::NotFound,
            "ResourceNotFoundException",
        ),
        (
            "logs:FilterLogEvents",
            How::Throttled,
            "ThrottlingException",
        ),
        ("logs:FilterLogEvents", How::Status(503), "InternalFailure"),
        ("logs:FilterLogEvents", How::Reset, "logs:FilterLogEvents"),
        ("logs:FilterLogEvents", How::Hang, "time"),
        (
            "logs:FilterLogEvents",
            How::Malformed,
            "logs:FilterLogEvents",
        ),
    ] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail(operation, how, 99);
        invoke(&aws, sample("sns-alarm")).await.unwrap();
        let mail = mail(&published(&aws)).replace('\n', " ");
        assert!(mail.contains(said), "{operation} {how:?}: {mail}");
        assert!(mail.contains("pattern1-logging-alarm"), "{mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_gone_is_said() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.state().world.log_groups.clear();
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("no metric filter feeds"), "{mail}");
}

/// The environment of a function that knows what it was deployed for.
fn deployed() -> Environment {
    Environment {
        log_group_name: Some("pattern1-logging-loggroup".to_owned()),
        task_roles: Roles::read([
            "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole",
        ])
        .ok(),
        ..environment()
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_filter_the_log_group_of_the_deployment_is_searched() {
    for denied in [false, true] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        if denied {
            aws.fail("logs:DescribeMetricFilters", How::Denied, 99);
        } else {
            let mut state = aws.state();
            let groups = &mut state.world.log_groups;
            let group = groups.get_mut("pattern1-logging-loggroup").unwrap();
            group.filters.clear();
            group.others = group.pages.clone();
        }
        let deployed = deployed();
        invoke_as(&aws, &deployed, alarm_of_one()).await.unwrap();
        let searches = searches(&aws);
        assert_eq!(searches.len(), 1, "{searches:?}");
        assert_eq!(searches[0]["logGroupName"], "pattern1-logging-loggroup");
        let pattern = kms_alarm::metric_filter::pattern(&deployed.task_roles.unwrap());
        assert_eq!(searches[0]["filterPattern"], pattern);
        let mail = mail(&published(&aws));
        assert!(mail.contains("DisabledException"), "{mail}");
        assert!(
            mail.contains("; the log group of this deployment was searched instead"),
            "{mail}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_events_of_another_alarm_are_not_looked_for_in_this_deployments_log_group() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("logs:DescribeMetricFilters", How::Denied, 99);
    let mut alarm = alarm_of_one();
    let message = &mut alarm["Records"][0]["Sns"]["Message"];
    let another = message.as_str().unwrap();
    *message = another
        .replace("pattern1-logging-alarm", "another-alarm")
        .into();
    invoke_as(&aws, &deployed(), alarm).await.unwrap();
    assert_eq!(searches(&aws), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn only_a_failed_publish_is_an_error() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("sns:Publish", How::Denied, 1);
    let error = invoke(&aws, sample("sns-alarm")).await.unwrap_err();
    assert!(
        error.starts_with(&format!(
            "record 1 of 1: sns:Publish on {ALERTS}: AuthorizationError: "
        )),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_record_of_a_batch_is_handled_when_one_fails() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("sns:Publish", How::Denied, 1);
    let error = invoke(&aws, sample("sns-two-records")).await.unwrap_err();
    assert!(error.starts_with("record 1 of 2: "), "{error}");
    assert_eq!(aws.state().published.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_partial_failure_says_that_the_rest_is_sent_again() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    aws.fail("sns:Publish", How::Denied, 1);
    let error = invoke(&aws, sample("sns-two-records")).await.unwrap_err();
    assert!(
        error.ends_with(
            "; the other 1 of 2 were sent, and will be sent again, with the same alert IDs, when \
             Lambda retries the whole batch"
        ),
        "{error}"
    );
    // Lambda retries the whole batch, and what was sent is sent again word for word.
    invoke(&aws, sample("sns-two-records")).await.unwrap();
    let published = aws.state().published.clone();
    assert_eq!(published.len(), 3);
    assert_eq!(published[0]["Message"], published[2]["Message"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_hangs_leaves_the_others_their_time() {
    let aws = provisioned(&[&["decrypt-disabled"][..]; 10]).await;
    aws.fail("logs:FilterLogEvents", How::Slow(7), 99);
    aws.fail("sns:Publish", How::Hang, 3);
    aws.fail("sns:Publish", How::Slow(1), 99);
    let error = invoke(&aws, sample("sns-two-records")).await.unwrap_err();
    assert!(
        error.starts_with("record 1 of 2: sns:Publish on "),
        "{error}"
    );
    published(&aws);
}

/// However a state change arrives and whoever reads of it: every variant that has room for an alert
/// ID has the same one.
#[tokio::test(start_paused = true)]
async fn every_variant_of_every_shape_has_the_same_alert_id() {
    let mut ids = std::collections::BTreeSet::new();
    for name in [
        "sns-alarm",
        "lambda-action-alarm",
        "event-bridge-alarm",
        "sns-alarm",
    ] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        let mut event = sample(name);
        if let Some(message) = event.pointer_mut("/Records/0/Sns/Message") {
            // The alarm evaluates the same datapoints again.
            let later = message.as_str().unwrap().replace("09:48:20", "09:49:20");
            *message = json!(later);
        }
        invoke(&aws, event).await.unwrap();
        let published = published(&aws);
        let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
        for (protocol, variant) in variants.as_object().unwrap() {
            let variant = variant.as_str().unwrap();
            let id = match protocol.as_str() {
                "email" => variant.split("alert id: ").nth(1).unwrap()[..12].to_owned(),
                "sms" => continue,
                _ => {
                    let json: Value = serde_json::from_str(variant).unwrap();
                    json["alertId"].as_str().unwrap().to_owned()
                }
            };
            ids.insert(id);
        }
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_an_alarms_is_passed_on() {
    let aws = provisioned(&[]).await;
    let mut sample = sample("sns-test-message");
    sample["Records"][0]["Sns"]["MessageAttributes"] =
        json!({"team": {"Type": "String", "Value": "payments"}});
    invoke(&aws, sample.clone()).await.unwrap();
    let published = published(&aws);
    assert_eq!(published["MessageAttributes.entry.1.Name"], "team");
    assert_eq!(
        published["MessageAttributes.entry.1.Value.StringValue"],
        "payments"
    );
    assert_eq!(published["Message"], sample["Records"][0]["Sns"]["Message"]);
    assert_eq!(published["MessageStructure"], Value::Null);
    assert!(parameters(&aws, "logs:FilterLogEvents").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_whose_time_cannot_be_read_is_still_an_alert() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let mut event = sample("sns-alarm");
    let message = &mut event["Records"][0]["Sns"]["Message"];
    let time = "2026-11-23T09:48:20.123+0000";
    let text = message.as_str().unwrap().replace(time, "23 November, 2026");
    *message = text.into();
    invoke(&aws, event).await.unwrap();
    assert!(mail(&published(&aws)).contains("DisabledException"));
}

#[tokio::test(start_paused = true)]
async fn a_resent_record_needs_only_its_message() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let message = &sample("sns-alarm")["Records"][0]["Sns"]["Message"];
    let event = json!({"Records": [{"Sns": {"Message": message}}]});
    invoke(&aws, event).await.unwrap();
    assert!(mail(&published(&aws)).contains("DisabledException"));

    let nothing = json!({"Records": [{"Sns": {"Subject": "?"}}]});
    let error = invoke(&aws, nothing).await.unwrap_err();
    assert_eq!(error, "record 1 of 1: an SNS record without Sns.Message");
}

#[tokio::test(start_paused = true)]
async fn all_filters_are_searched_and_events_counted_once() {
    let aws = provisioned(&[&["decrypt-disabled", "decrypt-access-denied"]]).await;
    {
        let world = &mut aws.state().world;
        let mut group = world.log_groups["pattern1-logging-loggroup"].clone();
        // A second trail delivers the same events to a second group.
        for filter in group.filters.values_mut() {
            filter["logGroupName"] = json!("second");
        }
        world.log_groups.insert("second".to_owned(), group);
    }
    invoke(&aws, alarm_of_one()).await.unwrap();
    let groups: Vec<String> = searches(&aws)
        .iter()
        .map(|search| search["logGroupName"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(groups, ["pattern1-logging-loggroup", "second"]);
    let mail = mail(&published(&aws));
    assert!(
        mail.contains("1 x DisabledException") && mail.contains("1 x AccessDenied"),
        "{mail}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_log_group_does_not_hide_the_others() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    {
        let world = &mut aws.state().world;
        let mut group = world.log_groups["pattern1-logging-loggroup"].clone();
        for filter in group.filters.values_mut() {
            filter["logGroupName"] = json!("a-second");
        }
        world.log_groups.insert("a-second".to_owned(), group);
    }
    aws.fail("logs:FilterLogEvents", How::Denied, 1);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("1+ x DisabledException"), "{mail}");
    assert!(
        mail.contains("logs:FilterLogEvents on a-second: AccessDeniedException"),
        "{mail}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_from_the_peoples_topic_is_refused() {
    let aws = provisioned(&[]).await;
    let mut event = sample("sns-alarm");
    event["Records"][0]["Sns"]["TopicArn"] = json!(ALERTS);
    let error = invoke(&aws, event).await.unwrap_err();
    assert!(
        error.contains("remove the function's subscription to that topic"),
        "{error}"
    );
    assert!(aws.state().published.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_recovery_has_its_duration_and_count() {
    let aws = provisioned(&[&["decrypt-disabled", "decrypt-access-denied"]]).await;
    let seconds = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_second();
    {
        let mut state = aws.state();
        let alarm = state
            .world
            .alarms
            .get_mut("pattern1-logging-alarm")
            .unwrap();
        alarm.history = vec![
            (seconds("2026-11-23T09:48:20Z"), "ALARM"),
            (seconds("2026-11-23T08:00:00Z"), "OK"),
        ];
    }
    invoke(&aws, sample("sns-ok")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("is OK again after 12 min"), "{mail}");
    assert!(mail.contains("2 KMS calls failed in that time"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn a_recovery_is_sent_without_the_history() {
    for how in [How::Denied, How::Hang] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        aws.fail("cloudwatch:DescribeAlarmHistory", how, 99);
        invoke(&aws, sample("sns-ok")).await.unwrap();
        let mail = mail(&published(&aws)).replace('\n', " ");
        assert!(mail.contains("is OK again"), "{mail}");
        assert!(mail.contains("cloudwatch:DescribeAlarmHistory"), "{mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_start_of_an_older_alarm_is_ignored() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let seconds = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_second();
    {
        let mut state = aws.state();
        let alarm = state
            .world
            .alarms
            .get_mut("pattern1-logging-alarm")
            .unwrap();
        alarm.history = vec![
            (seconds("2026-11-23T10:00:24Z"), "OK"),
            (seconds("2026-11-23T09:00:00Z"), "INSUFFICIENT_DATA"),
            (seconds("2026-11-22T08:00:00Z"), "ALARM"),
        ];
    }
    invoke(&aws, sample("sns-ok")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(
        mail.contains("is OK again. Which KMS calls failed"),
        "{mail}"
    );
}

#[tokio::test(start_paused = true)]
async fn ok_after_insufficient_data_is_no_recovery() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let mut event = sample("sns-ok");
    let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap();
    let before = "\"OldStateValue\": \"ALARM\"";
    assert!(message.contains(before));
    let message = message.replace(before, "\"OldStateValue\": \"INSUFFICIENT_DATA\"");
    event["Records"][0]["Sns"]["Message"] = json!(message);
    invoke(&aws, event).await.unwrap();
    let published = published(&aws);
    assert!(
        published["Subject"]
            .as_str()
            .unwrap()
            .starts_with("[KMS INFO] "),
        "{published}"
    );
    assert!(
        mail(&published)
            .replace('\n', " ")
            .contains("has data again and is OK.")
    );
    assert_eq!(aws.calls(), ["sns:GetTopicAttributes", "sns:Publish"]);
}

#[tokio::test(start_paused = true)]
async fn insufficient_data_starts_no_search() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    invoke(&aws, sample("sns-insufficient-data")).await.unwrap();
    assert!(!mail(&published(&aws)).contains("DisabledException"));
    assert_eq!(aws.calls(), ["sns:GetTopicAttributes", "sns:Publish"]);
}

#[tokio::test(start_paused = true)]
async fn the_functions_own_errors_are_labelled() {
    let aws = provisioned(&[]).await;
    let mut own: Value = serde_json::from_str(&event("decrypt-disabled")).unwrap();
    own["userIdentity"]["inScopeOf"] =
        json!({ "credentialsIssuedTo": crate::fake_aws::FUNCTION_ARN });
    aws.fill_log([page([own.to_string()])]);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let published = published(&aws);
    let subject = published["Subject"].as_str().unwrap();
    assert!(
        subject.starts_with("[KMS MEDIUM] the alarm's own: "),
        "{subject}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_https_subscribers_get_the_chat_format() {
    let mut published_https = Vec::new();
    for https_format in [HttpsFormat::Json, HttpsFormat::Chat] {
        let aws = provisioned(&[&["decrypt-disabled"]]).await;
        let environment = Environment {
            https_format,
            ..environment()
        };
        invoke_as(&aws, &environment, sample("sns-alarm"))
            .await
            .unwrap();
        let message = published(&aws)["Message"].as_str().unwrap().to_owned();
        let variants: Value = serde_json::from_str(&message).unwrap();
        let https = variants["https"].as_str().unwrap_or("{}");
        let https: Value = serde_json::from_str(https).unwrap();
        published_https.push((https["version"].clone(), variants["default"].clone()));
    }
    assert_eq!(published_https[0].0, Value::Null);
    assert_eq!(published_https[1].0, "1.0");
    assert_eq!(published_https[0].1, published_https[1].1);
}

#[tokio::test(start_paused = true)]
async fn a_pager_gets_the_state_first_and_whom_to_ask() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let environment = Environment {
        https_format: HttpsFormat::Alarm,
        guide: Guide::new(
            Some("Team Orders"),
            RunbookUrl::new("https://wiki.example.com/kms"),
        ),
        ..environment()
    };
    invoke_as(&aws, &environment, sample("sns-alarm"))
        .await
        .unwrap();
    let published = published(&aws);
    let subject = published["Subject"].as_str().unwrap();
    assert!(subject.starts_with("ALARM: [KMS CRITICAL] "), "{subject}");
    let variants: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    assert_eq!(variants["https"], variants["lambda"]);
    let alarm: Value = serde_json::from_str(variants["https"].as_str().unwrap()).unwrap();
    let about = alarm["AlarmDescription"].as_str().unwrap();
    assert!(
        about.starts_with("Owner: Team Orders\nRunbook: https://wiki.example.com/kms"),
        "{about}"
    );
    let mail = variants["email"].as_str().unwrap();
    assert!(
        mail.contains("\nrunbook: https://wiki.example.com/kms\n"),
        "{mail}"
    );
}
