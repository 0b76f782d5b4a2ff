//! The two texts that are read before any other: the mail's subject and the SMS line.
//!
//! A subject has what changes in brackets: how bad it is at the beginning, how many and where at the
//! end. Between them stands what identifies the incident, the same in all mails about it, because mail
//! programs leave text in brackets out when they put mails into threads.

use super::content::Report;
use super::https_format::HttpsFormat;
use super::situation::Situation;
use crate::findings::Concern;
use crate::shown::{Shown, shown};
use crate::text::{ascii, cut};

/// SNS takes subjects of fewer than 100 ASCII characters.
///
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
pub(super) const MAX_SUBJECT: usize = 99;
/// What goes into one SMS.
pub(super) const MAX_SMS: usize = 140;
/// How much room the identity has: the rest is for the brackets.
const MAX_IDENTITY: usize = 62;

/// Writes the subject.
pub(super) fn subject(report: &Report, https_format: HttpsFormat) -> String {
    let identity = identity(report, MAX_IDENTITY);
    let state = match &report.follow_up {
        Some(_) => "ALARM",
        None => &report.alarm.new_state,
    };
    let start = format!("[KMS {}] {identity}", mark(report));
    let ends = changing(report)
        .into_iter()
        .map(|changing| format!(" [{changing}]"));
    compose_subject(https_format, state, &start, ends)
}

/// The beginning with the first end that there is room for, behind the alarm's state where pagers read
/// it, of which one apparently drops a message whose subject does not begin so.
pub fn compose_subject(
    https_format: HttpsFormat,
    state: &str,
    start: &str,
    ends: impl Iterator<Item = String>,
) -> String {
    let start = match https_format {
        HttpsFormat::Alarm => format!("{state}: {start}"),
        HttpsFormat::Json | HttpsFormat::Chat | HttpsFormat::Slack => start.to_owned(),
    };
    fitting(&start, ends, MAX_SUBJECT)
}

/// Writes the line for a phone.
pub(super) fn sms(report: &Report) -> String {
    let at = match &report.follow_up {
        Some(told) => told.at.brief(),
        None => report.alarm.changed_at.brief(),
    };
    let start = format!("KMS {} {at}: {}", mark(report), identity(report, MAX_SMS));
    let ends = changing(report)
        .into_iter()
        .map(|changing| format!(", {changing}"));
    fitting(&start, ends, MAX_SMS)
}

/// The first end with which the whole fits, in ASCII; else none.
fn fitting(start: &str, ends: impl Iterator<Item = String>, max: usize) -> String {
    let mut whole = ends.map(|end| ascii(&format!("{start}{end}")));
    let fits = whole.find(|line| line.len() <= max);
    fits.unwrap_or_else(|| ascii(&cut(start, max)))
}

/// How bad it is, or that it is over.
pub(super) fn mark(report: &Report) -> Shown {
    match report.situation {
        Situation::Recovered => shown!("RECOVERED"),
        _ => shown!("{}", report.severity),
    }
}

/// What identifies the incident, with the caller's name if there is room for it.
fn identity(report: &Report, max: usize) -> String {
    let headline = &report.headline;
    let lead = report.lead().filter(|_| {
        matches!(
            report.situation,
            Situation::Errors | Situation::FollowUp | Situation::Reminder | Situation::Recovered
        )
    });
    let label = match (report.situation, lead.map(|lead| lead.concern)) {
        (_, Some(Concern::Application)) => "",
        (_, Some(Concern::OwnFunction)) => "the alarm's own: ",
        (_, Some(Concern::Probe | Concern::DryRun)) => "harmless: ",
        (Situation::Reminder, None) if report.caller_name.is_some() => "",
        (Situation::Reminder, None) => "still in ALARM: ",
        (Situation::Errors | Situation::FollowUp | Situation::NothingFound, None) => {
            "no event found: "
        }
        (Situation::Ignored, None) if report.lacks_calls => "no other event found: ",
        (Situation::Ignored, None) => "ignored: ",
        (Situation::NoData, None) => "no data: ",
        (Situation::Test, None) => "test of ",
        (Situation::InsufficientData, None) => "too little data: ",
        (Situation::Recovered | Situation::Settled, None) => "OK: ",
    };
    let without = format!("{label}{headline}");
    let caller = match report.situation {
        Situation::Reminder => report.caller_name.as_ref(),
        _ => lead.map(|lead| &lead.caller_name),
    };
    let with = caller.map(|caller| ascii(&format!("{without} ({caller})")));
    with.filter(|with| with.len() <= max)
        .unwrap_or_else(|| ascii(&cut(&without, max)))
}

/// What changes from mail to mail, the longest form first.
fn changing(report: &Report) -> Vec<Shown> {
    let (alarm, counts) = (&report.alarm, &report.counts);
    let number = match report.situation {
        Situation::Errors | Situation::FollowUp => {
            report.lead().map(|lead| shown!("x{}", lead.number()))
        }
        Situation::Reminder => report.follow_up.as_ref().map(|told| match report.lead() {
            Some(lead) => shown!("x{} more, on for {}", lead.number(), told.lasted),
            None => shown!("on for {}", told.lasted),
        }),
        Situation::NothingFound | Situation::Ignored => counts.counted.map(|counted| {
            let more = if counts.counted_at_least { "+" } else { "" };
            shown!("x{}{}", counted, more)
        }),
        Situation::Recovered => alarm.lasted().map(|lasted| shown!("after {}", lasted)),
        _ => None,
    };
    // Where the calls failed; a trail may deliver those of other accounts and Regions.
    let of_calls = report.lead().filter(|_| {
        matches!(
            report.situation,
            Situation::Errors | Situation::FollowUp | Situation::Reminder
        )
    });
    let [region, account] = match of_calls {
        Some(lead) => lead.place.clone(),
        None => [alarm.region.clone(), alarm.account.clone()],
    };
    let place = [region, account.clone()].into_iter().flatten();
    let place = Some(Shown::joined(place, " ")).filter(|place| !place.is_empty());
    let forms = [
        [number.clone(), place],
        [number.clone(), account],
        [number, None],
    ];
    forms
        .into_iter()
        .map(|parts| Shown::joined(parts.into_iter().flatten(), ", "))
        .filter(|form| !form.is_empty())
        .collect()
}
