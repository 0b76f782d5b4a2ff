//! What the Lambda action and EventBridge say of an alarm: the same, in the same form.

use jiff::Timestamp;
use serde::Deserialize;

use super::datapoints::ReasonData;
use super::error::Error;
use super::state_change::StateChange;
use super::unchecked::{Fields, Origin, Unchecked};
use super::watched::{MetricEntry, Watched};
use crate::lenient::{Number, Object, Objects, Text, Time};

/// The alarm and its two states: `alarmData` of the Lambda action, `detail` of EventBridge.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AlarmData<'a> {
    #[serde(borrow)]
    alarm_name: Text<'a>,
    state: Object<State<'a>>,
    previous_state: Object<State<'a>>,
    configuration: Object<Configuration<'a>>,
    alarm_contributor: Object<Contributor<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct State<'a> {
    #[serde(borrow)]
    value: Text<'a>,
    reason: Text<'a>,
    reason_data: Text<'a>,
    timestamp: Time,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration<'a> {
    #[serde(borrow)]
    description: Text<'a>,
    evaluation_periods: Number,
    metrics: Objects<MetricEntry<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Contributor<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

impl AlarmData<'_> {
    /// Whether an alarm is named at all; EventBridge delivers other events with a `detail` too.
    pub(super) fn is_of_an_alarm(&self) -> bool {
        self.alarm_name.get().is_some()
    }

    pub(super) fn state_change(
        &self,
        shape: &'static str,
        origin: Origin<'_>,
        now: Option<Timestamp>,
    ) -> Result<StateChange, Error> {
        let (state, before) = (self.state.get(), self.previous_state.get());
        let (configuration, contributor) = (self.configuration.get(), self.alarm_contributor.get());
        let metrics = configuration.map_or(&[][..], |each| &each.metrics);
        let watched = Watched::of(metrics);
        let reason_data = state.and_then(|state| state.reason_data.get());
        let reason_data = reason_data.map(ReasonData::read).unwrap_or_default();
        Unchecked {
            shape,
            fields: Fields {
                name: "alarmName",
                new_state: "state.value",
                changed_at: "state.timestamp",
            },
            origin,
            name: self.alarm_name.get(),
            description: configuration.and_then(|each| each.description.get()),
            new_state: state.and_then(|state| state.value.get()),
            old_state: before.and_then(|state| state.value.get()),
            reason: state.and_then(|state| state.reason.get()),
            changed_at: state.and_then(|state| state.timestamp.get()).or(now),
            previous_changed_at: before.and_then(|state| state.timestamp.get()),
            contributor: contributor.and_then(|each| each.id.get()),
            statistic: match metrics {
                [] => reason_data.statistic.get(),
                _ => watched.statistic,
            },
            namespace: watched.namespace,
            metric_name: watched.metric_name,
            period: watched.period,
            evaluation_periods: configuration.and_then(|each| each.evaluation_periods.get()),
            threshold: None,
            reason_data: &reason_data,
        }
        .check()
    }
}
