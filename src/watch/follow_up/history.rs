//! What was told before, and what follows from it: the kinds of errors that are known, whether a
//! reminder is due, how many more mails there may be.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Entry, SEARCHABLE_AFTER, What};
use crate::report::HeldBack;

/// How many mails may follow the alert within a day: with it, ten.
const MAX_MAILS: usize = 9;
/// How many of them may be about errors that are less than HIGH, so that those of a storm leave
/// some for what is worse.
const MAX_ORDINARY: usize = 6;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// When reminders are due in the first day after the alarm went off.
const FIRST_REMINDERS: [SignedDuration; 2] = [SignedDuration::from_hours(4), HOUR];

/// What was told before a tick.
pub(super) struct History {
    entries: Vec<Entry>,
    /// What the tick itself told when it was delivered before.
    pub(super) own: Option<Entry>,
}

impl History {
    /// The history at a tick. A tick that comes again sees what it saw the first time.
    pub(super) fn new(mut entries: Vec<Entry>, tick: Timestamp) -> Self {
        let is_own = |entry: &Entry| entry.at == tick && entry.what != What::Alert;
        let own = entries.iter().find(|entry| is_own(entry)).cloned();
        let made = own.as_ref().map(|own| own.made);
        entries.retain(|entry| !is_own(entry) && made.is_none_or(|made| entry.made < made));
        Self { entries, own }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it is known what the alert told.
    pub(super) fn has_alert(&self) -> bool {
        self.entries.iter().any(|entry| entry.what == What::Alert)
    }

    /// The marks of the kinds that were told.
    pub(super) fn marks(&self) -> BTreeSet<String> {
        let marks = self.entries.iter().flat_map(|entry| &entry.marks);
        marks.cloned().collect()
    }

    /// The log time up to which everything was told.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.entries.iter().map(|entry| entry.until).max()
    }

    /// The log time up to which all errors were counted in a mail, the known kinds too.
    pub(super) fn counted_until(&self) -> Option<Timestamp> {
        let counting = self
            .entries
            .iter()
            .filter(|entry| matches!(entry.what, What::Alert | What::Reminder));
        let newest = counting.map(|entry| entry.at).max()?;
        newest.checked_sub(SEARCHABLE_AFTER).ok()
    }

    /// Whether another mail may be sent, if it is about errors at least as bad as HIGH or not.
    pub(super) fn has_room(&self, tick: Timestamp, is_bad: bool) -> bool {
        let max = if is_bad { MAX_MAILS } else { MAX_ORDINARY };
        self.mails(tick).len() < max
    }

    /// What is held back after one more mail.
    pub(super) fn held_back(&self, tick: Timestamp) -> Option<HeldBack> {
        let mut mails = self.mails(tick);
        mails.push(tick);
        mails.sort_unstable();
        let free = |max: usize| {
            let at = mails.get(mails.len().checked_sub(max)?)?;
            at.checked_add(DAY).ok()
        };
        free(MAX_MAILS)
            .map(HeldBack::All)
            .or_else(|| free(MAX_ORDINARY).map(HeldBack::Ordinary))
    }

    /// The times of the mails of the last day.
    fn mails(&self, tick: Timestamp) -> Vec<Timestamp> {
        let is_mail = |entry: &&Entry| matches!(entry.what, What::Kinds | What::Reminder);
        let mails = self.entries.iter().filter(is_mail).map(|entry| entry.at);
        mails.filter(|at| tick.duration_since(*at) < DAY).collect()
    }

    /// Whether a reminder is due that was not sent, and that was not found to be of nothing that is
    /// mailed.
    pub(super) fn lacks_reminder(&self, began: Timestamp, tick: Timestamp) -> bool {
        let is_sent = |due: Timestamp| {
            let mut entries = self.entries.iter();
            entries
                .any(|entry| matches!(entry.what, What::Reminder | What::Quiet) && entry.at >= due)
        };
        last_due(began, tick).is_some_and(|due| !is_sent(due))
    }
}

/// When the last reminder was due.
pub(super) fn last_due(began: Timestamp, tick: Timestamp) -> Option<Timestamp> {
    let lasted = tick.duration_since(began);
    let days = lasted.as_hours() / 24;
    let after = match FIRST_REMINDERS.into_iter().find(|after| *after <= lasted) {
        _ if days > 0 => SignedDuration::from_hours(days.saturating_mul(24)),
        first => first?,
    };
    began.checked_add(after).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn after(minutes: i64) -> Timestamp {
        at("2026-11-23T09:48:20Z") + SignedDuration::from_mins(minutes)
    }

    fn entry(minutes: i64, what: What) -> Entry {
        Entry {
            at: after(minutes),
            what,
            until: after(minutes - 1),
            marks: vec![format!("{minutes:012}")],
            made: minutes,
        }
    }

    #[test]
    fn reminders_are_due_after_one_hour_and_four_and_then_every_day() {
        let due = |minutes| last_due(after(0), after(minutes));
        assert_eq!(due(59), None);
        assert_eq!(due(60), Some(after(60)));
        assert_eq!(due(239), Some(after(60)));
        assert_eq!(due(240), Some(after(240)));
        assert_eq!(due(24 * 60 - 1), Some(after(240)));
        assert_eq!(due(24 * 60), Some(after(24 * 60)));
        assert_eq!(due(71 * 60), Some(after(48 * 60)));
    }

    #[test]
    fn a_reminder_that_was_missed_is_sent_once() {
        let history = |sent: &[i64]| {
            let sent = sent.iter().map(|minutes| entry(*minutes, What::Reminder));
            History::new(sent.collect(), after(300))
        };
        assert!(history(&[]).lacks_reminder(after(0), after(300)));
        assert!(history(&[61]).lacks_reminder(after(0), after(300)));
        assert!(!history(&[250]).lacks_reminder(after(0), after(300)));
        let quiet = |minutes| History::new(vec![entry(minutes, What::Quiet)], after(300));
        assert!(quiet(61).lacks_reminder(after(0), after(300)));
        assert!(!quiet(250).lacks_reminder(after(0), after(300)));
    }

    #[test]
    fn a_tick_that_comes_again_sees_what_it_saw() {
        let entries = vec![
            entry(0, What::Alert),
            entry(7, What::Kinds),
            entry(12, What::Kinds),
            entry(17, What::Kinds),
        ];
        let history = History::new(entries.clone(), after(12));
        assert_eq!(history.own, Some(entries[2].clone()));
        assert_eq!(history.until(), Some(after(6)));
        assert_eq!(history.marks().len(), 2);
        let late = History::new(entries, after(13));
        assert_eq!((late.own.clone(), late.until()), (None, Some(after(16))));
    }

    #[test]
    fn a_day_has_six_ordinary_mails_and_nine_in_all() {
        let history = |count: i64| {
            let mails = (1..=count).map(|nth| entry(nth * 5, What::Kinds));
            History::new(mails.collect(), after(120))
        };
        let tick = after(120);
        assert!(history(5).has_room(tick, false) && !history(6).has_room(tick, false));
        assert!(history(8).has_room(tick, true) && !history(9).has_room(tick, true));
        assert_eq!(history(4).held_back(tick), None);
        let day = 24 * 60;
        let ordinary = |minutes| Some(HeldBack::Ordinary(after(minutes)));
        assert_eq!(history(5).held_back(tick), ordinary(day + 5));
        assert_eq!(history(6).held_back(tick), ordinary(day + 10));
        assert_eq!(
            history(8).held_back(tick),
            Some(HeldBack::All(after(day + 5)))
        );
        assert!(history(9).has_room(after(day + 5), true));
    }
}
