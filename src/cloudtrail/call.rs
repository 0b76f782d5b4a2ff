//! A call of any service that changed something, and the names of what it changed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::by::{By, beginning};
use super::event::Event;

/// The filter pattern that matches calls of these operations that succeeded. It has at most 1,024
/// characters for up to two dozen operations.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
#[must_use]
pub fn call_pattern<'o>(operations: impl IntoIterator<Item = &'o str>) -> String {
    let names = operations
        .into_iter()
        .map(|operation| format!("$.eventName = \"{operation}\""));
    let names = names.collect::<Vec<_>>().join(" || ");
    format!("{{ $.errorCode NOT EXISTS && ({names}) }}")
}

/// A call that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation, such as `DeleteMetricFilter`.
    pub operation: String,
    /// Who made it, in words: `alice (IAM user)`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The event's id.
    pub event_id: Option<String>,
    /// The Region and the account in which something was changed.
    region: Option<String>,
    account: Option<String>,
    /// The role of the session that made it.
    issuer: Option<String>,
    /// The texts among its parameters, by the name of the parameter.
    names: Vec<(String, String)>,
}

/// The parameters of any call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    request_parameters: Option<BTreeMap<String, Value>>,
}

impl Call {
    /// Reads one log message; nothing when it is another, or a call that failed.
    pub fn read(message: &str) -> Option<Self> {
        let event = Event::parse(message).ok()?;
        if event.error_code.get().is_some() {
            return None;
        }
        let parameters: Parameters = serde_json::from_str(message).ok()?;
        let mut names = Vec::new();
        for (parameter, value) in parameters.request_parameters.into_iter().flatten() {
            let values = match value {
                Value::Array(values) => values,
                value => vec![value],
            };
            let texts = values.iter().filter_map(Value::as_str);
            names.extend(texts.map(|text| (parameter.clone(), text.to_owned())));
        }
        let identity = event.user_identity.get();
        let issuer = identity.and_then(|identity| identity.session_issuer()?.arn.get());
        Some(Self {
            operation: beginning(event.event_name.get()?),
            by: By(&event).to_string(),
            at: event.event_time.get()?,
            event_id: event.event_id.get().map(beginning),
            region: event.aws_region.get().map(beginning),
            account: event.recipient_account_id.get().map(beginning),
            issuer: issuer.map(str::to_owned),
            names,
        })
    }

    /// Whether one of its parameters is this text.
    pub fn names(&self, parameter: &str, text: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|(name, value)| name == parameter && value == text)
    }

    /// Whether one of its parameters begins with this text.
    pub fn begins(&self, parameter: &str, text: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|(name, value)| name == parameter && value.starts_with(text))
    }

    /// Whether it changed something in this account and Region, as far as the event says.
    pub fn is_in(&self, account: &str, region: &str) -> bool {
        let is = |known: &Option<String>, wanted: &str| {
            known.as_deref().is_none_or(|known| known == wanted)
        };
        is(&self.account, account) && is(&self.region, region)
    }

    /// Whether a session of this role made it.
    pub fn is_by_role(&self, role_arn: &str) -> bool {
        self.issuer.as_deref() == Some(role_arn)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "eventID": "e0e1e2e3-0000-4000-8000-000000000001",
            "eventTime": "2026-11-23T09:40:12Z",
            "eventSource": "monitoring.amazonaws.com",
            "eventName": "DeleteAlarms",
            "userIdentity": {"type": "IAMUser", "userName": "alice",
                "arn": "arn:aws:iam::111122223333:user/alice"},
            "requestParameters": {"alarmNames": ["one", "two"], "force": true},
        })
    }

    #[test]
    fn a_call_is_known_by_its_parameters() {
        let call = Call::read(&event().to_string()).unwrap();
        assert_eq!(
            (&*call.operation, &*call.by),
            ("DeleteAlarms", "alice (IAM user)")
        );
        assert!(call.names("alarmNames", "two"));
        assert!(!call.names("alarmName", "two"));
        assert!(call.begins("alarmNames", "o"));
        assert!(!call.is_by_role("arn:aws:iam::111122223333:role/app"));
    }

    #[test]
    fn a_call_that_failed_changed_nothing() {
        let mut event = event();
        event["errorCode"] = json!("AccessDenied");
        assert_eq!(Call::read(&event.to_string()), None);
    }

    #[test]
    fn a_call_without_parameters_is_read() {
        let mut event = event();
        for parameters in [Value::Null, json!("HIDDEN_DUE_TO_SECURITY_REASONS")] {
            event["requestParameters"] = parameters.clone();
            let call = Call::read(&event.to_string());
            assert_eq!(call.is_some(), parameters.is_null(), "{parameters}");
        }
    }

    #[test]
    fn the_pattern_fits_into_a_filter() {
        let operations = ["DeleteMetricFilter"; 24];
        assert!(call_pattern(operations).len() <= 1_024);
    }
}
