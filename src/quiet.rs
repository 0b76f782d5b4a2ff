//! What is counted but not mailed, because the user asked for that: errors less severe than
//! `MailFrom`, and calls that a rule of `Ignore` is about.
//!
//! What must hold: a call that no rule matches is never left out. So a rule that cannot be read, or
//! whose last day is over, matches nothing, and the mails say so. Rules take calls out of a mail while
//! the log is read; they are no part of the metric filter, so the numbers still add up.

mod conditions;
mod rule;

use jiff::Timestamp;

pub use self::rule::{EXAMPLE, Rule};
use crate::cloudtrail::Event;
use crate::kms_error::Severity;

/// How many rules there may be.
pub const MAX_RULES: usize = 10;

/// The lowest severity that is mailed, unless the user says otherwise.
pub const MAIL_FROM: Severity = Severity::Low;

/// What is not mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// `MailFrom`: the lowest severity that is mailed.
    pub mail_from: Severity,
    /// `Ignore`: the calls that are not mailed.
    pub rules: Rules,
}

impl Default for Quiet {
    fn default() -> Self {
        Self {
            mail_from: MAIL_FROM,
            rules: Rules::default(),
        }
    }
}

/// The rules of `Ignore`, in their order. One that cannot be read keeps its place, so that the
/// numbers of the others are as the user counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Result<Rule, String>>);

impl Rules {
    /// Reads rules with semicolons between them.
    pub fn read(text: &str) -> Self {
        let rules = text.split(';').map(str::trim);
        let rules = rules.filter(|rule| !rule.is_empty()).enumerate();
        Self(
            rules
                .map(|(nth, rule)| match nth.saturating_add(1) {
                    number if number <= MAX_RULES => Rule::read(number, rule),
                    number => Err(format!("rule {number}: use at most {MAX_RULES} rules")),
                })
                .collect(),
        )
    }

    /// What is wrong with those that cannot be read, with the place and the remedy.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        let problems = self.0.iter().filter_map(|rule| rule.as_ref().err());
        problems.map(String::as_str)
    }

    /// Those that hold at this time.
    pub fn at(&self, at: Timestamp) -> InForce {
        let rules = self.readable().filter(|rule| !rule.is_over(at));
        InForce(rules.cloned().collect())
    }

    /// What the mails say of those that ignore nothing at this time.
    pub fn notices(&self, at: Timestamp) -> Vec<String> {
        let unreadable = self.problems().map(|problem| {
            format!("Ignore, {problem}. The rule ignores nothing until that is put right.")
        });
        let over = self.readable().filter(|rule| rule.is_over(at)).map(|rule| {
            let Rule {
                number, until, why, ..
            } = rule;
            format!(
                "Ignore, rule {number} ({why}) expired on {until}, so it ignores nothing. Remove it or \
                 give it a later day."
            )
        });
        unreadable.chain(over).collect()
    }

    fn readable(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter_map(|rule| rule.as_ref().ok())
    }
}

/// The rules that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce(Vec<Rule>);

impl InForce {
    /// The first rule that is about this call.
    pub fn rule_for(&self, event: &Event<'_>) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.is_about(event))
    }
}

#[cfg(test)]
mod tests;
