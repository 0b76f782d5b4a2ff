//! The alarm of a report.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::moment::Moment;
use super::trigger::Trigger;
use crate::alarm::StateChange;
use crate::shown::{Shown, shown};

/// CloudWatch's own reasons have at most 1,023 characters.
const MAX_REASON: usize = 1_100;

/// The alarm, and how its state changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Its name, as it is.
    pub name: Shown,
    /// Its name, as people are shown it.
    #[serde(skip)]
    pub shown_name: Shown,
    /// Its ARN.
    pub arn: Option<Shown>,
    /// Its account.
    pub account: Option<Shown>,
    /// Its Region.
    pub region: Option<Shown>,
    /// Its description.
    pub description: Option<Shown>,
    /// The state before.
    pub old_state: Option<Shown>,
    /// The state now.
    pub new_state: Shown,
    /// CloudWatch's reason, or that of whoever set the state by hand.
    pub reason: Shown,
    /// When the state changed.
    pub changed_at: Moment,
    /// When the state before this one began, where that is known.
    pub previous_changed_at: Option<Moment>,
    /// What it watches.
    #[serde(skip)]
    pub trigger: Trigger,
}

impl Alarm {
    pub(crate) fn new(change: &StateChange, zone: &TimeZone) -> Self {
        let text =
            |text: &Option<String>, max| text.as_deref().map(|text| Shown::outside(text, max));
        Self {
            name: Shown::name(&change.name, 255),
            shown_name: Shown::outside(&change.name, 255),
            arn: change.arn.as_deref().map(|arn| Shown::name(arn, 300)),
            account: text(&change.account, 40),
            region: text(&change.region, 40),
            description: text(&change.description, 600),
            old_state: change
                .old_state
                .as_ref()
                .map(|state| Shown::outside(&state.to_string(), 40)),
            new_state: Shown::outside(&change.new_state.to_string(), 40),
            reason: Shown::outside(&change.reason, MAX_REASON),
            changed_at: Moment::new(change.changed_at, zone),
            previous_changed_at: change.previous_changed_at.map(|at| Moment::new(at, zone)),
            trigger: Trigger::of(change),
        }
    }

    /// `OK -> ALARM`.
    pub fn states(&self) -> Shown {
        match &self.old_state {
            Some(old) => shown!("{} -> {}", old, self.new_state),
            None => self.new_state.clone(),
        }
    }

    /// How long the state before lasted, where that is known.
    pub fn lasted(&self) -> Option<Shown> {
        let began = self.previous_changed_at.as_ref()?;
        Some(began.span_to(&self.changed_at))
    }
}
