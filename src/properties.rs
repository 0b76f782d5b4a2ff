//! The properties of `Custom::KmsAlarm`: what the user wants, read from what CloudFormation sends
//! (every scalar as text) and checked before anything is made. All problems are reported at once,
//! each with the property, the value and the remedy.

mod checks;
mod defaults;
mod parser;
mod partial;

use serde_json::Value;

use self::parser::Parser;
pub use self::parser::{Problems, addresses, without};
pub use self::partial::PartialProperties;
use crate::alarm::Metric;
use crate::metric_filter::{self, MAX_PATTERN};
use crate::quiet::{MAIL_FROM, Quiet};
use crate::roles::Roles;

/// The resource's properties, all valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Properties {
    /// `Name`: the base of all names.
    pub name: String,
    /// `LogGroupName`: the log group that CloudTrail writes to.
    pub log_group_name: String,
    /// `RoleArn`: the IAM roles whose KMS errors count.
    pub roles: Roles,
    /// `MetricNamespace` and `MetricName`.
    pub metric: Metric,
    /// `DefaultValue`: the metric's value in minutes with log events but no match.
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
    /// `MailFrom` and `Ignore`: what is counted but not mailed.
    pub quiet: Quiet,
    /// `ExistingResources: Adopt`: take over what already exists.
    pub adopt: bool,
}

/// Every property, in the order in which the README lists them.
const KNOWN: [&str; 19] = [
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
    "MailFrom",
    "Ignore",
    "ExistingResources",
    "Revision",
];

/// CloudFormation's own properties, which it passes on.
const IGNORED: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

impl Properties {
    /// Reads `ResourceProperties`.
    ///
    /// # Errors
    ///
    /// Every problem found, as one line.
    pub fn read(value: &Value) -> Result<Self, Problems> {
        let mut parser = Parser::new(value)?;
        parser.refuse_unknown(&KNOWN, &IGNORED);
        let properties = Self {
            name: parser.text("Name", Some(defaults::NAME), checks::name),
            log_group_name: parser.text("LogGroupName", None, checks::log_group_name),
            roles: parser.roles("RoleArn"),
            metric: Metric {
                namespace: parser.text(
                    "MetricNamespace",
                    Some(defaults::METRIC_NAMESPACE),
                    checks::metric_namespace,
                ),
                name: parser.text(
                    "MetricName",
                    Some(defaults::METRIC_NAME),
                    checks::metric_name,
                ),
            },
            default_value: parser.default_value(),
            period: parser.integer("Period", 10, checks::period),
            evaluation_periods: parser.integer("EvaluationPeriods", 1, checks::at_least_one),
            threshold: parser.number("Threshold", 1.0),
            treat_missing_data: parser.text(
                "TreatMissingData",
                Some("ignore"),
                checks::treat_missing_data,
            ),
            alarm_actions: parser.list("AlarmActions", checks::arn),
            ok_actions: parser.list("OKActions", checks::arn),
            raw_notifications: parser.boolean("RawNotifications", false),
            emails: parser.list("Emails", checks::email),
            topic_kms_key_id: parser.optional("TopicKmsKeyId", checks::topic_kms_key_id),
            quiet: Quiet {
                mail_from: parser.severity("MailFrom", MAIL_FROM),
                rules: parser.rules("Ignore"),
            },
            adopt: parser.text(
                "ExistingResources",
                Some("Fail"),
                checks::existing_resources,
            ) == "Adopt",
        };
        for problem in properties.conflicts() {
            parser.report(problem);
        }
        parser.finish(properties)
    }

    /// What is wrong with properties that are each valid alone.
    fn conflicts(&self) -> Vec<String> {
        let mut problems = Vec::new();
        // PutMetricAlarm: at most a day, or a week when a period is an hour or more.
        let limit = if self.period < 3600 { 86_400 } else { 604_800 };
        let span = i64::from(self.period) * i64::from(self.evaluation_periods);
        if span > limit {
            problems.push(format!(
                "Period × EvaluationPeriods is {span} s: CloudWatch allows {limit} s; lower one of \
                 them"
            ));
        }
        let pattern = metric_filter::pattern(&self.roles).len();
        if pattern > MAX_PATTERN {
            problems.push(format!(
                "RoleArn: {} roles make a filter pattern of {pattern} characters: CloudWatch Logs \
                 allows {MAX_PATTERN}; let one ARN with * at its end stand for all roles whose ARNs \
                 begin alike, or give * alone for every caller",
                self.roles.arns().len()
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

#[cfg(test)]
mod tests;
