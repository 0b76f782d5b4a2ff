//! What is not mailed: by which rules calls are ignored, and whether an alert is about anything else.
//!
//! What must hold: a test by hand, a recovery and everything that is missing are always mailed.

use std::fmt;

use serde::Serialize;

use super::evidence::Evidence;
use super::situation::Situation;
use crate::kms_error::Severity;
use crate::quiet::Rule;
use crate::shown::{Shown, shown};

/// Why an alert is not mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmailed {
    /// It is less severe than what is mailed.
    BelowMailFrom,
    /// All calls are ignored.
    Ignored,
}

impl fmt::Display for Unmailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BelowMailFrom => "below MailFrom",
            Self::Ignored => "ignored",
        })
    }
}

impl Unmailed {
    pub(super) fn of(
        situation: Situation,
        severity: Severity,
        evidence: &Evidence<'_>,
    ) -> Option<Self> {
        let is_missing = evidence.may_lack_calls() || !evidence.problems.is_empty();
        if evidence.change.is_set_by_hand() || is_missing {
            return None;
        }
        // The first group need not be the worst: this function's own errors come after the application's.
        let groups = evidence.findings.groups().into_iter();
        let worst = groups.map(|(_, severity)| severity).max();
        let is_quiet = evidence.follow_up.is_some_and(|told| told.is_quiet);
        match situation {
            Situation::Ignored => Some(Self::Ignored),
            // What is not to be mailed was left out before.
            Situation::Reminder => is_quiet.then_some(Self::BelowMailFrom),
            Situation::Errors | Situation::FollowUp => {
                (worst.unwrap_or(severity) < evidence.mail_from).then_some(Self::BelowMailFrom)
            }
            Situation::NothingFound
            | Situation::NoData
            | Situation::Test
            | Situation::Recovered
            | Situation::Settled
            | Situation::InsufficientData => None,
        }
    }
}

/// The calls that one rule ignores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IgnoredBy {
    /// Which rule of `Ignore`, counted from 1.
    pub rule: usize,
    /// Its reason.
    pub why: Shown,
    /// Its last day.
    pub until: Shown,
    /// How many calls.
    pub count: u64,
}

impl IgnoredBy {
    pub(super) fn new((rule, count): &(Rule, u64)) -> Self {
        Self {
            rule: rule.number,
            why: Shown::name(&rule.why, 100),
            until: Shown::outside(&rule.until.to_string(), 20),
            count: *count,
        }
    }

    /// The same in a sentence.
    pub(super) fn sentence(&self) -> Shown {
        shown!(
            "Ignored by rule {}: {} ({}, until {}).",
            self.rule,
            self.count,
            self.why,
            self.until
        )
    }
}
