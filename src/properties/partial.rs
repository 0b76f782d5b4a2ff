//! Properties as far as they can be read: those of an earlier request may come from an older
//! version, or be the ones that were refused. A value that was never valid is not read, because
//! nothing can have been made with it, and AWS would refuse it again.

use serde_json::Value;

use super::parser::addresses;
use super::{checks, defaults};
use crate::alarm::Metric;

/// The properties that show what may have been made. What is absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartialProperties {
    /// `Name`, or its default.
    pub name: Option<String>,
    /// `LogGroupName`.
    pub log_group_name: Option<String>,
    /// `MetricNamespace` and `MetricName`, or their defaults.
    pub metric: Option<Metric>,
    /// `Emails`.
    pub emails: Vec<String>,
    /// `TopicKmsKeyId`.
    pub topic_kms_key_id: Option<String>,
}

impl PartialProperties {
    /// Reads what can be read.
    pub fn read(value: &Value) -> Self {
        if !value.is_object() {
            return Self::default();
        }
        let text = |name: &str| {
            let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let or = |name: &str, default: &str| text(name).unwrap_or_else(|| default.to_owned());
        let namespace = Some(or("MetricNamespace", defaults::METRIC_NAMESPACE))
            .filter(|namespace| checks::metric_namespace(namespace).is_ok());
        let metric_name = Some(or("MetricName", defaults::METRIC_NAME))
            .filter(|name| checks::metric_name(name).is_ok());
        let mut emails = addresses(value);
        emails.retain(|address| checks::email(address).is_ok());
        Self {
            name: Some(or("Name", defaults::NAME)).filter(|name| checks::name(name).is_ok()),
            log_group_name: text("LogGroupName")
                .filter(|name| checks::log_group_name(name).is_ok()),
            metric: namespace
                .zip(metric_name)
                .map(|(namespace, name)| Metric { namespace, name }),
            emails,
            topic_kms_key_id: text("TopicKmsKeyId")
                .filter(|key| checks::topic_kms_key_id(key).is_ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn readable_properties_are_read_beside_unreadable_ones() {
        let old = json!({"Name": ["?"], "LogGroupName": "trail", "Period": "soon",
            "Emails": "a@example.com,", "Abandoned": "1"});
        assert_eq!(
            PartialProperties::read(&old),
            PartialProperties {
                name: Some("pattern1-logging".to_owned()),
                log_group_name: Some("trail".to_owned()),
                metric: Some(Metric {
                    namespace: "Pattern1Application/KMSSecurity".to_owned(),
                    name: "KMSSecurityError".to_owned(),
                }),
                emails: vec!["a@example.com".to_owned()],
                topic_kms_key_id: None,
            }
        );
    }

    #[test]
    fn a_value_that_was_never_valid_is_not_read() {
        let refused = json!({
            "Name": "a b",
            "LogGroupName": "arn:aws:logs:ap-southeast-2:111122223333:log-group:trail:*",
            "MetricName": "a:b",
            "Emails": "a@example.com,nobody",
            "TopicKmsKeyId": "alias/aws/sns",
        });
        assert_eq!(
            PartialProperties::read(&refused),
            PartialProperties {
                emails: vec!["a@example.com".to_owned()],
                ..PartialProperties::default()
            }
        );
    }

    #[test]
    fn nothing_is_read_from_a_value_that_is_not_an_object() {
        assert_eq!(
            PartialProperties::read(&Value::Null),
            PartialProperties::default()
        );
    }
}
