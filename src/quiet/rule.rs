//! One rule of `Ignore`: which calls are not mailed, until when, and why.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::conditions::{Condition, Field};
use crate::cloudtrail::Event;
use crate::text;

/// A rule as it can be written.
pub const EXAMPLE: &str =
    "by=config.amazonaws.com, operation=Decrypt, until=2027-01-31, why=config recorder";

/// How much of a wrong rule is shown.
const MAX_SHOWN: usize = 80;
/// How long a reason may be.
const MAX_WHY: usize = 100;

/// A rule that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which one it is, counted from 1.
    pub number: usize,
    /// The last day on which it holds, in UTC.
    pub until: Date,
    /// Why these calls are not mailed.
    pub why: String,
    conditions: Vec<Condition>,
}

impl Rule {
    /// Reads `name=value` with commas between them. What has no name belongs to the value before,
    /// because a reason or the name of a role may hold a comma.
    pub(super) fn read(number: usize, text: &str) -> Result<Self, String> {
        let (mut conditions, mut until, mut why) = (Vec::new(), None, None);
        for part in parts(text) {
            let wrong = |remedy: &str| {
                let part = text::cut(&text::name(part, part.len()), MAX_SHOWN);
                format!("rule {number}: \"{part}\": {remedy}")
            };
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("write name=value; a semicolon begins another rule"))?;
            let (name, value) = (name.trim(), value.trim());
            let is_again = match (name, Field::named(name)) {
                (_, Some(field)) => {
                    if field != Field::Role && value.contains(',') {
                        return Err(wrong("give one value; another one needs a rule of its own"));
                    }
                    let condition = Condition::read(field, value).map_err(wrong)?;
                    let has = |known: &Condition| known.field == field;
                    let is_again = conditions.iter().any(has);
                    conditions.push(condition);
                    is_again
                }
                ("until", None) => {
                    let day = date(value).ok_or_else(|| wrong("use a date such as 2027-01-31"))?;
                    until.replace(day).is_some()
                }
                ("why", None) if value.is_empty() => return Err(wrong("say why")),
                ("why", None) if text::first_chars(value, MAX_WHY) != value => {
                    return Err(wrong("say it in at most 100 characters"));
                }
                ("why", None) => why.replace(value.to_owned()).is_some(),
                _ => return Err(wrong("use code, operation, by, key, role, until and why")),
            };
            if is_again {
                return Err(wrong("give each field once"));
            }
        }
        let lacks = |what: &str| format!("rule {number}: {what}");
        if conditions.is_empty() {
            return Err(lacks(
                "it would ignore everything: give at least one of code, operation, by, key and role",
            ));
        }
        Ok(Self {
            number,
            until: until.ok_or_else(|| lacks("until is missing: its last day"))?,
            why: why.ok_or_else(|| lacks("why is missing: the reason"))?,
            conditions,
        })
    }

    /// Whether its last day is over.
    pub(super) fn is_over(&self, at: Timestamp) -> bool {
        TimeZone::UTC.to_datetime(at).date() > self.until
    }

    /// Whether a call meets all of its conditions.
    pub(super) fn is_about(&self, event: &Event<'_>) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|condition| condition.is_met_by(event))
    }
}

/// The parts between commas, with what has no name as a part of the one before.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // The next comma after which a name follows, or the last one.
        let end = rest.match_indices(',').map(|(at, _)| at).find(|at| {
            let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
            let next = after.split(',').next().unwrap_or_default();
            next.trim().is_empty() || next.contains('=')
        });
        let (part, after) = match end.and_then(|end| rest.split_at_checked(end)) {
            Some((part, after)) => (part, after.get(1..).unwrap_or_default()),
            None => (rest, ""),
        };
        parts.extend(Some(part.trim()).filter(|part| !part.is_empty()));
        rest = after;
    }
    parts
}

/// A date as AWS writes it, and nothing more.
fn date(text: &str) -> Option<Date> {
    let is_date = text.len() == "2027-01-31".len();
    is_date.then(|| text.parse().ok())?
}
