//! The properties of `Custom::KmsAlarm`: what the user wants, read from what
//! CloudFormation sends (every scalar as a text) and checked before anything
//! is made. Every problem is reported at once, each with the property, the
//! value and the remedy.

mod read;
mod remembered;

use serde_json::Value;

use read::Reader;
pub use remembered::Remembered;

/// The resource's properties, all valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Properties {
    /// `Name`: the base of all names.
    pub name: String,
    /// `LogGroupName`: the group that CloudTrail writes to.
    pub log_group_name: String,
    /// `RoleArn`: the IAM role whose KMS errors count.
    pub role_arn: String,
    /// `MetricNamespace`.
    pub metric_namespace: String,
    /// `MetricName`.
    pub metric_name: String,
    /// `DefaultValue`: published in minutes with logs and no match.
    pub default_value: Option<f64>,
    /// `Period`, in seconds.
    pub period: i32,
    /// `EvaluationPeriods`.
    pub evaluation_periods: i32,
    /// `Threshold`: the alarm fires when the sum is greater.
    pub threshold: f64,
    /// `TreatMissingData`.
    pub treat_missing_data: String,
    /// `AlarmActions`: ARNs notified on ALARM.
    pub alarm_actions: Vec<String>,
    /// `OKActions`: ARNs notified on OK.
    pub ok_actions: Vec<String>,
    /// `RawNotifications`: the alarm also notifies the people's topic.
    pub raw_notifications: bool,
    /// `Emails`: addresses subscribed to the topic.
    pub emails: Vec<String>,
    /// `TopicKmsKeyId`: the key that encrypts the topic.
    pub topic_kms_key_id: Option<String>,
    /// `ExistingResources: Adopt`: take over what stands there already.
    pub adopt: bool,
}

/// Every property, in the order in which the README lists them.
const KNOWN: [&str; 17] = [
    "Name",
    "LogGroupName",
    "RoleArn",
    "MetricNamespace",
    "MetricName",
    "DefaultValue",
    "Period",
    "EvaluationPeriods",
    "Threshold",
    "TreatMissingData",
    "AlarmActions",
    "OKActions",
    "RawNotifications",
    "Emails",
    "TopicKmsKeyId",
    "ExistingResources",
    "Revision",
];

/// CloudFormation's own, which it passes on.
const IGNORED: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// The base name when none is given: the lab's.
const DEFAULT_NAME: &str = "pattern1-logging";
const DEFAULT_NAMESPACE: &str = "Pattern1Application/KMSSecurity";
const DEFAULT_METRIC: &str = "KMSSecurityError";

impl Properties {
    /// Reads `ResourceProperties`.
    ///
    /// # Errors
    ///
    /// One line that lists every problem found.
    pub fn read(value: &Value) -> Result<Self, String> {
        let mut reader = Reader::new(value)?;
        reader.refuse_unknown(&KNOWN, &IGNORED);
        let properties = Self {
            name: reader.checked("Name", Some(DEFAULT_NAME), check_name),
            log_group_name: reader.checked("LogGroupName", None, check_log_group_name),
            role_arn: reader.checked("RoleArn", None, check_role_arn),
            metric_namespace: reader.checked(
                "MetricNamespace",
                Some(DEFAULT_NAMESPACE),
                check_namespace,
            ),
            metric_name: reader.checked("MetricName", Some(DEFAULT_METRIC), check_metric_text),
            default_value: reader.default_value(),
            period: reader.integer("Period", 10, check_period),
            evaluation_periods: reader.integer("EvaluationPeriods", 1, check_at_least_one),
            threshold: reader.number("Threshold", 1.0),
            treat_missing_data: reader.checked(
                "TreatMissingData",
                Some("ignore"),
                check_treat_missing_data,
            ),
            alarm_actions: reader.list("AlarmActions", check_arn),
            ok_actions: reader.list("OKActions", check_arn),
            raw_notifications: reader.boolean("RawNotifications", false),
            emails: reader.list("Emails", check_email),
            topic_kms_key_id: reader.optional("TopicKmsKeyId", check_topic_kms_key_id),
            adopt: reader.checked("ExistingResources", Some("Fail"), check_existing_resources)
                == "Adopt",
        };
        for problem in properties.conflicts() {
            reader.report(problem);
        }
        reader.finish(properties)
    }

    /// What is wrong with properties that are each valid alone.
    fn conflicts(&self) -> Vec<String> {
        let mut problems = Vec::new();
        // PutMetricAlarm: at most a day, or a week when a period is an hour or more.
        let limit = if self.period < 3600 { 86_400 } else { 604_800 };
        let span = i64::from(self.period) * i64::from(self.evaluation_periods);
        if span > limit {
            problems.push(format!(
                "Period × EvaluationPeriods is {span} s: CloudWatch allows {limit} s; lower one of them"
            ));
        }
        // PutMetricAlarm: five actions for each state.
        if self.alarm_actions.len() + usize::from(self.raw_notifications) > 5 {
            problems.push(
                "AlarmActions: CloudWatch allows 5, counting the one that RawNotifications adds"
                    .to_owned(),
            );
        }
        if self.ok_actions.len() > 5 {
            problems.push("OKActions: CloudWatch allows 5".to_owned());
        }
        problems
    }
}

/// Topic names are the narrowest: letters, digits, `-` and `_`, 256 long with
/// our suffix. <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
fn check_name(name: &str) -> Result<(), String> {
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    {
        Err("use letters, digits, - and _ only".to_owned())
    } else if name.len() > 200 {
        Err("use at most 200 characters".to_owned())
    } else {
        Ok(())
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
fn check_log_group_name(name: &str) -> Result<(), String> {
    if let Some((_, group)) = name.split_once(":log-group:") {
        let group = group.strip_suffix(":*").unwrap_or(group);
        return Err(format!("give the name, not the ARN: {group}"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    if !name.chars().all(allowed) {
        Err("log group names hold letters, digits, and . _ - / # only".to_owned())
    } else if name.len() > 512 {
        Err("log group names have at most 512 characters".to_owned())
    } else {
        Ok(())
    }
}

/// A role ARN. That of a session is refused with the role's: the metric filter
/// compares `sessionIssuer.arn`, which is the role's.
fn check_role_arn(arn: &str) -> Result<(), String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "sts", _, account, resource] => {
            match resource.split('/').collect::<Vec<_>>().as_slice() {
                ["assumed-role", role, ..] => Err(format!(
                    "this is a session of the role; give the role's ARN: \
                     arn:{partition}:iam::{account}:role/{role} (with its path, if it has one)"
                )),
                _ => Err("give the ARN of an IAM role".to_owned()),
            }
        }
        ["arn", _, "iam", "", account, resource]
            if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) =>
        {
            match resource.strip_prefix("role/") {
                // IAM: names hold letters, digits and +=,.@_-, paths any of ! to ~;
                // what would end or widen the filter's quoted text is refused.
                Some(name)
                    if !name.is_empty()
                        && name
                            .bytes()
                            .all(|b| b.is_ascii_graphic() && !b"\"\\*".contains(&b))
                        && arn.len() <= 800 =>
                {
                    Ok(())
                }
                Some(_) => Err("the role's name is not one IAM allows".to_owned()),
                None => {
                    Err("give the ARN of a role: arn:aws:iam::<account>:role/<name>".to_owned())
                }
            }
        }
        _ => Err("give the ARN of an IAM role: arn:aws:iam::<account>:role/<name>".to_owned()),
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html>
fn check_metric_text(text: &str) -> Result<(), String> {
    if text.contains([':', '*', '$']) || text.chars().any(char::is_control) {
        Err("the characters : * $ are not allowed".to_owned())
    } else if text.chars().count() > 255 {
        Err("use at most 255 characters".to_owned())
    } else {
        Ok(())
    }
}

fn check_namespace(namespace: &str) -> Result<(), String> {
    if namespace.starts_with("AWS/") {
        return Err("namespaces that begin with AWS/ are AWS's own; use another".to_owned());
    }
    check_metric_text(namespace)
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
fn check_period(period: i32) -> Result<(), String> {
    if matches!(period, 10 | 20 | 30) || (period > 0 && period % 60 == 0) {
        Ok(())
    } else {
        Err("use 10, 20, 30 or a multiple of 60 (seconds)".to_owned())
    }
}

fn check_at_least_one(count: i32) -> Result<(), String> {
    if count >= 1 {
        Ok(())
    } else {
        Err("use 1 or more".to_owned())
    }
}

fn check_treat_missing_data(text: &str) -> Result<(), String> {
    one_of(text, &["ignore", "notBreaching", "breaching", "missing"])
}

fn check_existing_resources(text: &str) -> Result<(), String> {
    one_of(text, &["Fail", "Adopt"])
}

fn check_arn(text: &str) -> Result<(), String> {
    if text.starts_with("arn:") && text.split(':').count() >= 6 {
        Ok(())
    } else {
        Err("give an ARN, for example that of an SNS topic".to_owned())
    }
}

fn check_email(address: &str) -> Result<(), String> {
    let valid = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if !valid || address.len() > 320 || address.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        Err("give an e-mail address: name@domain".to_owned())
    } else {
        Ok(())
    }
}

/// CloudWatch cannot publish to a topic that is encrypted with the AWS managed
/// key, because that key's policy cannot be changed to let it.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
fn check_topic_kms_key_id(key: &str) -> Result<(), String> {
    if key == "alias/aws/sns" || key.ends_with(":alias/aws/sns") {
        Err(
            "CloudWatch cannot publish to a topic encrypted with this key; \
             give a customer managed key whose policy lets cloudwatch.amazonaws.com \
             use kms:Decrypt and kms:GenerateDataKey*, or leave it empty"
                .to_owned(),
        )
    } else if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err("give a key id, a key ARN or an alias".to_owned())
    } else {
        Ok(())
    }
}

fn one_of(text: &str, choices: &[&str]) -> Result<(), String> {
    if choices.contains(&text) {
        Ok(())
    } else {
        Err(format!("use one of {}", choices.join(", ")))
    }
}

#[cfg(test)]
mod tests;
