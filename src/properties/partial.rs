//! Properties as far as they can be read: those of an earlier request may come from an older
//! version, or be the ones that were refused.

use serde_json::Value;

use super::{checks, defaults, parser};
use crate::alarm::Metric;

/// The properties that show what may have been made. What is absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartialProperties {
    /// `Name`, or its default; `None` when there are no properties, or when no resource can have
    /// this name.
    pub name: Option<String>,
    /// `LogGroupName`.
    pub log_group_name: Option<String>,
    /// `MetricNamespace` and `MetricName`, or their defaults.
    pub metric: Option<Metric>,
    /// `Emails`.
    pub emails: Vec<String>,
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
        let name = or("Name", defaults::NAME);
        Self {
            name: checks::name(&name).is_ok().then_some(name),
            log_group_name: text("LogGroupName"),
            metric: Some(Metric {
                namespace: or("MetricNamespace", defaults::METRIC_NAMESPACE),
                name: or("MetricName", defaults::METRIC_NAME),
            }),
            emails: parser::elements(value.get("Emails")).unwrap_or_default(),
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
            }
        );
    }

    #[test]
    fn a_name_that_no_resource_can_have_is_not_read() {
        assert_eq!(PartialProperties::read(&json!({"Name": "a b"})).name, None);
    }

    #[test]
    fn nothing_is_read_from_a_value_that_is_not_an_object() {
        assert_eq!(
            PartialProperties::read(&Value::Null),
            PartialProperties::default()
        );
    }
}
