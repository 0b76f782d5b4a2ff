//! What properties of an earlier request said, as far as they can be read:
//! they may be of an older version, or be the ones that were refused.

use serde_json::Value;

/// The properties that tell what may have been made. Absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// `Name`, or the default when the properties have none; `None` when there
    /// are no properties or the name could not have been used.
    pub name: Option<String>,
    /// `LogGroupName`.
    pub log_group_name: Option<String>,
    /// `MetricNamespace` and `MetricName`, with their defaults.
    pub metric: Option<(String, String)>,
    /// `Emails`.
    pub emails: Vec<String>,
}

impl Remembered {
    /// Reads what can be read.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        if !value.is_object() {
            return Self::default();
        }
        let text = |name: &str| {
            let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let or = |name: &str, default: &str| text(name).unwrap_or_else(|| default.to_owned());
        let name = or("Name", super::DEFAULT_NAME);
        Self {
            name: super::check_name(&name).is_ok().then_some(name),
            log_group_name: text("LogGroupName"),
            metric: Some((
                or("MetricNamespace", super::DEFAULT_NAMESPACE),
                or("MetricName", super::DEFAULT_METRIC),
            )),
            emails: super::read::elements(value.get("Emails")).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_readable_is_remembered_beside_what_is_not() {
        let old = json!({"Name": ["?"], "LogGroupName": "trail", "Period": "soon",
            "Emails": "a@example.com,", "Abandoned": "1"});
        assert_eq!(
            Remembered::read(&old),
            Remembered {
                name: Some("pattern1-logging".to_owned()),
                log_group_name: Some("trail".to_owned()),
                metric: Some((
                    "Pattern1Application/KMSSecurity".to_owned(),
                    "KMSSecurityError".to_owned()
                )),
                emails: vec!["a@example.com".to_owned()],
            }
        );
    }

    #[test]
    fn a_name_that_could_never_have_been_used_is_not_remembered() {
        assert_eq!(Remembered::read(&json!({"Name": "a b"})).name, None);
    }

    #[test]
    fn nothing_is_remembered_from_what_is_no_object() {
        assert_eq!(Remembered::read(&Value::Null), Remembered::default());
    }
}
