//! Which values AWS and this program accept. A check that refuses a value says what to do about it.

use std::borrow::Cow;

/// What to do about a value that cannot be used.
pub(super) type Remedy = Cow<'static, str>;

/// The topic's name allows the least: letters, digits, `-` and `_`, 256 long including our suffix.
///
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
pub(super) fn name(name: &str) -> Result<(), Remedy> {
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    {
        Err("use letters, digits, - and _ only".into())
    } else if name.len() > 200 {
        Err("use at most 200 characters".into())
    } else {
        Ok(())
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
pub(super) fn log_group_name(name: &str) -> Result<(), Remedy> {
    if let Some((_, group)) = name.split_once(":log-group:") {
        let group = group.strip_suffix(":*").unwrap_or(group);
        return Err(format!("give the name, not the ARN: {group}").into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    if !name.chars().all(allowed) {
        Err("log group names contain only letters, digits and . _ - / #".into())
    } else if name.len() > 512 {
        Err("use at most 512 characters".into())
    } else {
        Ok(())
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html>
pub(super) fn metric_name(text: &str) -> Result<(), Remedy> {
    if text.contains([':', '*', '$']) || text.chars().any(char::is_control) {
        Err("the characters : * and $ are not allowed".into())
    } else if text.chars().count() > 255 {
        Err("use at most 255 characters".into())
    } else {
        Ok(())
    }
}

pub(super) fn metric_namespace(namespace: &str) -> Result<(), Remedy> {
    if namespace.starts_with("AWS/") {
        return Err("namespaces that begin with AWS/ are AWS's own; use another".into());
    }
    metric_name(namespace)
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
pub(super) fn period(period: i32) -> Result<(), Remedy> {
    if matches!(period, 10 | 20 | 30) || (period > 0 && period % 60 == 0) {
        Ok(())
    } else {
        Err("use 10, 20, 30 or a multiple of 60 (seconds)".into())
    }
}

pub(super) fn at_least_one(count: i32) -> Result<(), Remedy> {
    if count >= 1 {
        Ok(())
    } else {
        Err("use 1 or more".into())
    }
}

pub(super) fn treat_missing_data(text: &str) -> Result<(), Remedy> {
    one_of(text, &["ignore", "notBreaching", "breaching", "missing"])
}

pub(super) fn existing_resources(text: &str) -> Result<(), Remedy> {
    one_of(text, &["Fail", "Adopt"])
}

pub(super) fn arn(text: &str) -> Result<(), Remedy> {
    if text.starts_with("arn:") && text.split(':').count() >= 6 {
        Ok(())
    } else {
        Err("give an ARN, for example that of an SNS topic".into())
    }
}

pub(super) fn email(address: &str) -> Result<(), Remedy> {
    let valid = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if !valid || address.len() > 320 || address.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        Err("give an e-mail address: name@domain".into())
    } else {
        Ok(())
    }
}

/// CloudWatch cannot publish to a topic that is encrypted with the AWS managed key, because nobody
/// can change that key's policy to allow it.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
pub(super) fn topic_kms_key_id(key: &str) -> Result<(), Remedy> {
    if key == "alias/aws/sns" || key.ends_with(":alias/aws/sns") {
        Err(
            "CloudWatch cannot publish to a topic encrypted with this key; \
             give a customer managed key whose policy lets cloudwatch.amazonaws.com \
             use kms:Decrypt and kms:GenerateDataKey*, or leave it empty"
                .into(),
        )
    } else if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err("give a key ID, a key ARN or an alias".into())
    } else {
        Ok(())
    }
}

fn one_of(text: &str, choices: &[&str]) -> Result<(), Remedy> {
    if choices.contains(&text) {
        Ok(())
    } else {
        Err(format!("use one of {}", choices.join(", ")).into())
    }
}
