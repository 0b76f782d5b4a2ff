//! The fields of a state change before they are checked, whichever shape they came in.

use jiff::Timestamp;

use super::datapoints::{ReasonData, threshold_in_text, whole};
use super::error::Error;
use super::state_change::{Metric, StateChange, StateValue};
use crate::arn::{Arn, Scope};
use crate::partition::Partition;
use crate::text::first_chars;

/// CloudWatch's own texts are shorter: a reason has at most 1,023 characters, a description 1,024.
const MAX_CHARS: usize = 1_100;

/// A state change as a message has it.
pub(super) struct Unchecked<'m> {
    /// The message's shape, for errors.
    pub(super) shape: &'static str,
    pub(super) fields: Fields,
    pub(super) origin: Origin<'m>,
    pub(super) name: Option<&'m str>,
    pub(super) description: Option<&'m str>,
    pub(super) new_state: Option<&'m str>,
    pub(super) old_state: Option<&'m str>,
    pub(super) reason: Option<&'m str>,
    pub(super) reason_data: &'m ReasonData<'m>,
    pub(super) changed_at: Option<Timestamp>,
    pub(super) previous_changed_at: Option<Timestamp>,
    pub(super) contributor: Option<&'m str>,
    pub(super) namespace: Option<&'m str>,
    pub(super) metric_name: Option<&'m str>,
    pub(super) statistic: Option<&'m str>,
    pub(super) period: Option<f64>,
    pub(super) evaluation_periods: Option<f64>,
    pub(super) threshold: Option<f64>,
}

/// What a shape calls the fields that must be there, for errors.
pub(super) struct Fields {
    pub(super) name: &'static str,
    pub(super) new_state: &'static str,
    pub(super) changed_at: &'static str,
}

/// Where an alarm is, as far as its message says so.
pub(super) struct Origin<'m> {
    pub(super) arn: Option<&'m str>,
    pub(super) account: Option<&'m str>,
    pub(super) region: Option<&'m str>,
}

impl Unchecked<'_> {
    pub(super) fn check(self) -> Result<StateChange, Error> {
        let missing = |field: &str| Error::Malformed {
            shape: self.shape,
            what: format!("{field} is missing or invalid"),
        };
        let name = trimmed(self.name).ok_or_else(|| missing(self.fields.name))?;
        let new_state = state(self.new_state).ok_or_else(|| missing(self.fields.new_state))?;
        let changed_at = self
            .changed_at
            .ok_or_else(|| missing(self.fields.changed_at))?;
        let reason = trimmed(self.reason).unwrap_or_default();
        let data = self.reason_data;
        let namespace = trimmed(self.namespace);
        let metric = namespace.zip(trimmed(self.metric_name));
        let (arn, account, region) = self.origin.of(&name);
        Ok(StateChange {
            name,
            arn,
            account,
            region,
            description: trimmed(self.description),
            new_state,
            old_state: state(self.old_state),
            changed_at,
            previous_changed_at: self.previous_changed_at,
            metric: metric.map(|(namespace, name)| Metric { namespace, name }),
            contributor: trimmed(self.contributor),
            statistic: trimmed(self.statistic),
            period: self.period.or(data.period.get()).and_then(whole),
            evaluation_periods: self.evaluation_periods.and_then(whole),
            threshold: self
                .threshold
                .or(data.threshold.get())
                .or_else(|| threshold_in_text(&reason)),
            datapoints: data.datapoints(&reason),
            reason,
        })
    }
}

impl Origin<'_> {
    /// The ARN, the account and the Region of the alarm with this name. What the ARN says counts
    /// most; a missing ARN is composed, if the Region's partition is known.
    fn of(self, alarm: &str) -> (Option<String>, Option<String>, Option<String>) {
        let arn = trimmed(self.arn);
        let parts = arn.as_deref().and_then(Arn::parse);
        let region = trimmed(parts.map(|arn| arn.region)).or_else(|| trimmed(self.region));
        let account = trimmed(parts.map(|arn| arn.account)).or_else(|| trimmed(self.account));
        let scope = region.clone().zip(account.clone());
        let composed = scope.and_then(|(region, account)| {
            let partition = Partition::of_region(&region)?.id.to_owned();
            let scope = Scope {
                partition,
                region,
                account,
            };
            Some(scope.alarm_arn(alarm))
        });
        (arn.or(composed), account, region)
    }
}

fn state(value: Option<&str>) -> Option<StateValue> {
    value.map(|value| StateValue::from(value.trim()))
}

/// Text without the stray spaces that published examples have; `None` when nothing is left.
fn trimmed(text: Option<&str>) -> Option<String> {
    let text = first_chars(text?.trim(), MAX_CHARS);
    (!text.is_empty()).then(|| text.to_owned())
}
