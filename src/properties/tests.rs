use serde_json::{Value, json};

use super::Properties;
use crate::alarm::Metric;
use crate::kms_error::Severity;
use crate::quiet::{Quiet, Rules};
use crate::roles::Roles;

const ROLE: &str = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";

/// The least that is valid, with some properties replaced or added.
fn properties(more: &Value) -> Value {
    let mut properties = json!({
        "ServiceToken": "arn:aws:lambda:ap-southeast-2:111122223333:function:f",
        "LogGroupName": "pattern1-logging-loggroup",
        "RoleArn": ROLE,
    });
    for (key, value) in more.as_object().unwrap() {
        properties[key] = value.clone();
    }
    properties
}

#[track_caller]
fn check_refused(more: &Value, expected: &str) {
    let refused = Properties::read(&properties(more)).unwrap_err();
    assert_eq!(refused.to_string(), expected);
}

#[test]
fn the_defaults_are_the_labs_settings_and_a_default_value_of_zero() {
    assert_eq!(
        Properties::read(&properties(&json!({}))).unwrap(),
        Properties {
            name: "pattern1-logging".to_owned(),
            log_group_name: "pattern1-logging-loggroup".to_owned(),
            roles: Roles::read([ROLE]).unwrap(),
            metric: Metric {
                namespace: "Pattern1Application/KMSSecurity".to_owned(),
                name: "KMSSecurityError".to_owned(),
            },
            default_value: Some(0.0),
            period: 10,
            evaluation_periods: 1,
            threshold: 1.0,
            treat_missing_data: "ignore".to_owned(),
            alarm_actions: vec![],
            ok_actions: vec![],
            raw_notifications: false,
            emails: vec![],
            topic_kms_key_id: None,
            quiet: Quiet::default(),
            adopt: false,
        }
    );
}

#[test]
fn every_scalar_may_arrive_as_text_or_as_itself() {
    let texts = json!({"Period": "60", "EvaluationPeriods": " 3 ", "Threshold": "0.5",
        "RawNotifications": "True", "DefaultValue": "1"});
    let natives = json!({"Period": 60, "EvaluationPeriods": 3, "Threshold": 0.5,
        "RawNotifications": true, "DefaultValue": 1});
    let read = Properties::read(&properties(&texts)).unwrap();
    assert_eq!(read, Properties::read(&properties(&natives)).unwrap());
    assert_eq!((read.period, read.evaluation_periods), (60, 3));
    assert!(read.raw_notifications);
}

#[test]
fn empty_text_counts_as_absent() {
    let empty =
        json!({"Name": "", "TopicKmsKeyId": "", "Emails": "", "OKActions": [""], "Period": ""});
    assert_eq!(
        Properties::read(&properties(&empty)),
        Properties::read(&properties(&json!({})))
    );
}

#[test]
fn an_empty_default_value_means_none_as_in_the_lab() {
    let read = Properties::read(&properties(&json!({"DefaultValue": ""}))).unwrap();
    assert_eq!(read.default_value, None);
}

#[test]
fn emails_may_be_a_list_or_one_text_with_commas() {
    let expected = vec!["a@example.com".to_owned(), "b@example.com".to_owned()];
    for emails in [
        json!("a@example.com, b@example.com,"),
        json!(["a@example.com", "b@example.com", "a@example.com"]),
        json!(["a@example.com,b@example.com"]),
    ] {
        let read = Properties::read(&properties(&json!({"Emails": emails}))).unwrap();
        assert_eq!(read.emails, expected);
    }
}

#[test]
fn a_problem_names_the_property_the_value_and_the_remedy() {
    check_refused(
        &json!({"Period": "15"}),
        "Period: \"15\": use 10, 20, 30 or a multiple of 60 (seconds)",
    );
    check_refused(
        &json!({"RoleArn": "arn:aws:sts::111122223333:assumed-role/task-role/8f3c"}),
        "RoleArn: \"arn:aws:sts::111122223333:assumed-role/task-role/8f3c\": this is the ARN of \
         a session; give the role's: arn:aws:iam::111122223333:role/task-role (with its path, if \
         it has one)",
    );
    check_refused(
        &json!({"Emails": "oncall@example.com,nobody"}),
        "Emails: \"nobody\": give an e-mail address: name@domain",
    );
    check_refused(
        &json!({"LogGroupName": "my group"}),
        "LogGroupName: \"my group\": log group names contain only letters, digits and . _ - / #",
    );
    check_refused(
        &json!({"LogGroupName": "arn:aws:logs:ap-southeast-2:111122223333:log-group:trail:*"}),
        "LogGroupName: \"arn:aws:logs:ap-southeast-2:111122223333:log-group:trail:*\": give the \
         name, not the ARN: trail",
    );
    check_refused(
        &json!({"TopicKmsKeyId": "alias/aws/sns"}),
        "TopicKmsKeyId: \"alias/aws/sns\": CloudWatch cannot publish to a topic encrypted with \
         this key; give a customer managed key whose policy lets cloudwatch.amazonaws.com use \
         kms:Decrypt and kms:GenerateDataKey*, or leave it empty",
    );
    check_refused(
        &json!({"Treshold": "1"}),
        "\"Treshold\": unknown property; did you mean Threshold?",
    );
    check_refused(
        &json!({"Threshold": "NaN"}),
        "Threshold: \"NaN\": use a number",
    );
    check_refused(
        &json!({"RawNotifications": "yes"}),
        "RawNotifications: \"yes\": use true or false",
    );
    check_refused(
        &json!({"TreatMissingData": "Ignore"}),
        "TreatMissingData: \"Ignore\": use one of ignore, notBreaching, breaching, missing",
    );
    check_refused(
        &json!({"Name": ["a"]}),
        "Name: use a single value, not a list or a map",
    );
    check_refused(
        &json!({"MetricNamespace": "AWS/KMS"}),
        "MetricNamespace: \"AWS/KMS\": namespaces that begin with AWS/ are AWS's own; use another",
    );
    check_refused(
        &json!({"Period": "60", "EvaluationPeriods": "1441"}),
        "Period × EvaluationPeriods is 86460 s: CloudWatch allows 86400 s; lower one of them",
    );
}

#[test]
fn rules_may_be_a_list_or_one_text_with_semicolons() {
    let (one, other) = (
        "code=AccessDenied, until=2027-01-31, why=known",
        "by=config.amazonaws.com, until=2027-02-28, why=recorder",
    );
    for ignore in [
        json!(format!("{one}; {other};")),
        json!([one, other]),
        json!([format!("{one};{other}")]),
    ] {
        let given = json!({"Ignore": ignore, "MailFrom": "HIGH"});
        let read = Properties::read(&properties(&given)).unwrap();
        let expected = Quiet {
            mail_from: Severity::High,
            rules: Rules::read(&format!("{one};{other}")),
        };
        assert_eq!(read.quiet, expected);
    }
}

#[test]
fn a_wrong_rule_is_refused_with_its_place_and_an_example() {
    const EXAMPLE: &str = "by=config.amazonaws.com, operation=Decrypt, \
                           until=2027-01-31, why=config recorder";
    let good = "code=AccessDenied, until=2027-01-31, why=known";
    check_refused(
        &json!({"Ignore": format!("{good}; oepration=Decrypt")}),
        &format!(
            "Ignore: rule 2: \"oepration=Decrypt\": use code, operation, by, key, role, until and \
             why. Write it like this: {EXAMPLE}"
        ),
    );
    check_refused(
        &json!({"Ignore": vec![good; 11]}),
        &format!("Ignore: rule 11: use at most 10 rules. Write it like this: {EXAMPLE}"),
    );
    check_refused(
        &json!({"Ignore": {"code": "AccessDenied"}}),
        "Ignore: use a text such as by=config.amazonaws.com, operation=Decrypt, until=2027-01-31, \
         why=config recorder, or a list of such texts",
    );
    check_refused(
        &json!({"MailFrom": "low"}),
        "MailFrom: \"low\": use one of INFO, LOW, MEDIUM, HIGH, CRITICAL",
    );
}

#[test]
fn a_rule_that_is_over_does_not_keep_a_stack_from_being_updated() {
    let over = json!({"Ignore": "code=AccessDenied, until=2001-01-31, why=known"});
    assert!(Properties::read(&properties(&over)).is_ok());
}

#[test]
fn every_problem_is_reported_at_once() {
    check_refused(
        &json!({"Period": "x", "RoleArn": "", "Name": "a b"}),
        "Name: \"a b\": use letters, digits, - and _ only; RoleArn: required, and missing or \
         empty; Period: \"x\": use a whole number",
    );
}

#[test]
fn a_role_that_would_break_out_of_the_filter_pattern_is_refused() {
    for role in [
        "arn:aws:iam::111122223333:role/a\" || $.x = \"b",
        "arn:aws:iam::111122223333:role/a*b",
        "arn:aws:iam::111122223333:role/a\\",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:user/alice",
        "arn:aws:iam::1111:role/a",
        "pattern1-app-Pattern1ECSTaskRole",
    ] {
        let refused = Properties::read(&properties(&json!({"RoleArn": role}))).unwrap_err();
        assert!(refused.to_string().starts_with("RoleArn: "), "{refused}");
    }
}

#[test]
fn roles_of_other_partitions_and_with_paths_are_accepted() {
    for role in [
        "arn:aws-cn:iam::111122223333:role/app",
        "arn:aws-us-gov:iam::111122223333:role/service/app+1=2,3.@_-",
    ] {
        assert!(Properties::read(&properties(&json!({"RoleArn": role}))).is_ok());
    }
}

#[test]
fn roles_may_be_a_list_or_one_text_with_commas() {
    let other = "arn:aws:iam::444455556666:role/orders-*";
    for roles in [json!(format!("{ROLE}, {other}")), json!([ROLE, other])] {
        let read = Properties::read(&properties(&json!({"RoleArn": roles}))).unwrap();
        assert_eq!(read.roles.arns(), [ROLE, other]);
    }
    let every = Properties::read(&properties(&json!({"RoleArn": "*"}))).unwrap();
    assert!(every.roles.are_every_caller());
    check_refused(
        &json!({"RoleArn": {"a": 1}}),
        "RoleArn: use the ARN of a role, or a list of them",
    );
}

#[test]
fn roles_that_do_not_fit_into_a_pattern_are_refused_with_its_length() {
    let arns = |count| -> Vec<_> {
        let arn = |number| format!("arn:aws:iam::111122223333:role/{number}");
        (0..count).map(arn).collect()
    };
    assert!(Properties::read(&properties(&json!({"RoleArn": arns(10)}))).is_ok());
    check_refused(
        &json!({"RoleArn": arns(11)}),
        "RoleArn: 11 roles make a filter pattern of 1031 characters: CloudWatch Logs allows 1024; \
         let one ARN with * at its end stand for all roles whose ARNs begin alike, or give * alone \
         for every caller",
    );
}

#[test]
fn properties_that_are_not_an_object_are_refused() {
    for value in [Value::Null, json!("x"), json!([])] {
        assert!(
            Properties::read(&value)
                .unwrap_err()
                .to_string()
                .contains("LogGroupName")
        );
    }
}
