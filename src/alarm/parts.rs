//! The parts that CloudWatch's shapes of a state change have in common.

use std::borrow::Cow;

use super::{Error, Metric, StateValue};

/// Where an alarm lives; each part is taken from the ARN first.
pub(super) struct Place {
    pub(super) arn: Option<String>,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

impl Place {
    pub(super) fn new(
        arn: Option<String>,
        account: Option<String>,
        region: Option<String>,
        name: &str,
    ) -> Self {
        let part = |nth| {
            let part = arn.as_deref().and_then(|arn| arn.split(':').nth(nth));
            part.map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
        };
        let (region, account) = (part(3).or(region), part(4).or(account));
        let composed = region
            .as_deref()
            .zip(account.as_deref())
            .map(|(region, account)| {
                let partition = super::partition_of(region);
                format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
            });
        Self {
            arn: arn.or(composed),
            account,
            region,
        }
    }
}

pub(super) fn metric(
    namespace: Option<Cow<'_, str>>,
    name: Option<Cow<'_, str>>,
) -> Option<Metric> {
    Some(Metric {
        namespace: trimmed(namespace)?,
        name: trimmed(name)?,
    })
}

pub(super) fn state(value: Option<Cow<'_, str>>) -> Option<StateValue> {
    value.map(|value| StateValue::from(value.trim()))
}

/// CloudWatch's own texts are shorter: a reason has at most 1,023 characters, a description 1,024.
const MOST_CHARACTERS: usize = 1_100;

/// Text without the stray spaces that published examples have; empty text is none.
pub(super) fn trimmed(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(|text| text.trim().chars().take(MOST_CHARACTERS).collect())
        .filter(|text: &String| !text.is_empty())
}

pub(super) fn missing(shape: &'static str, field: &str) -> Error {
    Error::Malformed {
        shape,
        what: format!("{field} is missing, or is not what it should be"),
    }
}
