//! Following up an alarm that lasts: an alarm notifies only when its state changes, so what else
//! fails meanwhile is told here, and that it goes on.
//!
//! Each tick reads the log from where the last one left off, and sets aside what was told. What must
//! hold: a kind of error is told once, by the first tick that can see it, unless there were too many
//! mails that day; a tick that is delivered again says the same, with the same alert ID; a tick that
//! was missed loses nothing, because the next one begins where the last entry in the memory ends.
//! So what cannot be read now is read by the next tick. An error is only a mail that may have been
//! noted and was not sent: Lambda then delivers the tick again, which says what it noted. Where there
//! is no memory, a kind is told by the tick in whose own time its first error was logged.

mod history;
mod incident;
mod total;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use self::history::{History, last_due};
use self::incident::Incident;
use self::total::total;
use super::round::Round;
use crate::alarm::Window;
use crate::alert::{
    Deployment, Entry, LATEST, Memory, PUBLISH_TIME, Published, SEARCHABLE_AFTER, SearchResult,
    What, find_changes, find_in, publish, settings_problems, subscriptions,
};
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::kms_error::Severity;
use crate::owner::digest;
use crate::report::{Evidence, FollowUpEvidence, HeldBack, Message, Report, Total};

/// How long an alert may take. Until then a tick does not take what it tells for untold.
const ALERT_TIME: SignedDuration = SignedDuration::from_mins(5);
/// How much of the log is read again and again before it is noted that there was nothing new.
const MAX_UNNOTED: SignedDuration = SignedDuration::from_hours(2);
/// The most time for the memory.
const MEMORY_TIME: Duration = Duration::from_secs(8);
/// The time that is kept for the reminder, and for who changed a key.
const REPORT_TIME: Duration = Duration::from_secs(12);
/// The most time for the metric.
const TOTAL_TIME: Duration = Duration::from_secs(3);

/// Mails what is new since the alarm went off, or that it lasts, if anything is to be told.
///
/// # Errors
///
/// A mail that may have been noted as sent was not, so Lambda should deliver the tick again.
pub(super) async fn follow_up(
    round: &Round<'_>,
    alarm: &MetricAlarm,
) -> Result<Option<Published>, Fault> {
    let Some(incident) = Incident::of(alarm) else {
        warn!("when the alarm went off is not known, so it is not followed up");
        return Ok(None);
    };
    let (tick, began) = (round.tick.at, incident.change.changed_at);
    if tick <= began {
        return Ok(None);
    }
    let logs = round.account.logs;
    let memory = Memory::of(logs, round.log_group, &incident.change.name);
    let properties = &round.tick.properties;
    let this = FollowUp {
        round,
        deployment: Deployment {
            own_identity: round.own_identity.clone(),
            search: Some(Deployment::search(
                &properties.log_group_name,
                &properties.roles,
            )),
            quiet: properties.quiet.clone(),
            log_group: round.log_group.to_owned(),
        },
        end: tick.checked_sub(SEARCHABLE_AFTER).unwrap_or(tick),
        until: round.deadline.keeping(PUBLISH_TIME + MEMORY_TIME),
        memory: memory.as_ref(),
        incident,
    };
    let Some(memory) = this.memory else {
        const UNKNOWN: &str = "the function's log group is not known";
        let fault = Fault::local("logs:DescribeLogStreams", "", UNKNOWN);
        return Box::pin(this.without_memory(&fault, BTreeSet::new())).await;
    };
    match this.remembered(memory).await {
        // Boxed, because the futures of many calls are large.
        Ok(entries) => Box::pin(this.with_memory(memory, History::new(entries, tick))).await,
        Err(fault) if fault.is_refusal => {
            Box::pin(this.without_memory(&fault, BTreeSet::new())).await
        }
        // This may be the second delivery, after the first one noted a mail and did not send it.
        Err(fault) => Err(fault),
    }
}

/// One tick.
struct FollowUp<'a> {
    round: &'a Round<'a>,
    incident: Incident,
    deployment: Deployment,
    memory: Option<&'a Memory<'a>>,
    /// Up to when the log can be read completely.
    end: Timestamp,
    /// When the mail must go out.
    until: Deadline,
}

/// What is to be told.
struct News {
    what: What,
    found: SearchResult,
    /// What raised the alarm, when nothing was added.
    raised_by: Option<Findings>,
    total: Option<Total>,
    held_back: Option<HeldBack>,
    /// The log time up to which everything is told, if the mail names all kinds that are untold.
    reach: Timestamp,
    /// The kinds that are untold.
    untold: Vec<String>,
    /// Whether nothing is known of the incident but what is not mailed.
    is_quiet: bool,
    /// Whether it is known what was mailed before.
    is_remembered: bool,
}

impl FollowUp<'_> {
    async fn with_memory(
        &self,
        memory: &Memory<'_>,
        history: History,
    ) -> Result<Option<Published>, Fault> {
        let Some(mut news) = self.news(memory, &history).await? else {
            return Ok(None);
        };
        let Some(mut message) = self.message(&news).await else {
            self.note_quiet(memory, &news, history.until()).await;
            return Ok(None);
        };
        if history.own.is_none() {
            let entry = self.entry(&news, &message, history.until());
            match self.note(memory, &entry).await {
                Ok(()) => {}
                Err(fault) if fault.is_refusal => {
                    return Box::pin(self.without_memory(&fault, history.marks())).await;
                }
                Err(fault) => return Err(fault),
            }
            // Ticks that were held up are delivered together, and one of them tells it.
            if let Ok(entries) = self.remembered(memory).await {
                let seen = History::new(entries, self.round.tick.at);
                if seen.own.is_some() && seen.len() > history.len() {
                    let Some(rest) = self.news(memory, &seen).await? else {
                        return Ok(None);
                    };
                    let Some(again) = self.message(&rest).await else {
                        return Ok(None);
                    };
                    (news, message) = (rest, again);
                }
            }
        }
        self.publish(&news, &message).await.map(Some)
    }

    /// What is to be told, by what was told before.
    async fn news(&self, memory: &Memory<'_>, history: &History) -> Result<Option<News>, Fault> {
        let (tick, began) = (self.round.tick.at, self.incident.change.changed_at);
        let own = history.own.as_ref();
        let is_early = tick.duration_since(began) < ALERT_TIME && !history.has_alert();
        let is_silent = |own: &Entry| matches!(own.what, What::Nothing | What::Quiet);
        if is_early || own.is_some_and(is_silent) {
            return Ok(None);
        }
        let told_until = history.until().unwrap_or(self.incident.start);
        let told = history.marks();
        let mut found = self.search(told_until, self.end, told.clone()).await;
        if let Some(own) = own {
            found
                .findings
                .keep(|group, _| own.marks.contains(&group.mark()));
        }
        let groups = found.findings.groups();
        let is_bad = groups
            .iter()
            .any(|(_, severity)| *severity >= Severity::High);
        let untold = marks(&found.findings);
        let reach = reach(&found).max(told_until);
        // A storm that takes longer than there is time is read bit by bit.
        let unnoted = if found.is_complete() {
            MAX_UNNOTED
        } else {
            SignedDuration::from_secs(1)
        };
        let mail_from = self.deployment.quiet.mail_from;
        let is_told = untold.is_empty() && !found.findings.lack_groups_from(mail_from);
        let (tells_kinds, reminds) = match own.map(|own| own.what) {
            Some(what) => (what == What::Kinds, what == What::Reminder),
            None => (history.has_room(tick, is_bad), history.has_room(tick, true)),
        };
        let held_back = history.held_back(tick);
        let is_missing = |own: &Entry| {
            let mut marks = own.marks.iter();
            tells_kinds && marks.any(|mark| !untold.contains(mark) && !told.contains(mark))
        };
        if own.is_some_and(is_missing) && !found.is_complete() {
            let log_group = &self.round.tick.properties.log_group_name;
            let unread = "what was noted to be told could not be read again";
            return Err(Fault::local("logs:FilterLogEvents", log_group, unread));
        }
        let news = if tells_kinds && !untold.is_empty() {
            if !history.has_alert() {
                found.problems.push(
                    "what the alert told was not noted, so some of this may have been mailed before"
                        .to_owned(),
                );
            }
            let kinds = self.kinds(found, held_back, reach, untold).await;
            Some(News {
                is_remembered: history.has_alert(),
                ..kinds
            })
        } else if reminds && history.lacks_reminder(began, tick) {
            let since = history.counted_until().unwrap_or(self.incident.start);
            let is_told = !history.marks().is_empty();
            let reminder = self.reminder(since, held_back, reach, untold, is_told);
            Some(reminder.await)
        } else {
            if !is_told {
                info!(
                    kinds = untold.len(),
                    "held back: there were many mails today"
                );
            } else if own.is_none() && reach.duration_since(told_until) >= unnoted {
                self.note_nothing(memory, reach).await;
            }
            None
        };
        Ok(news)
    }

    /// Without a memory, a kind is told by the tick in whose own time it first appears, and a
    /// reminder by the tick in whose own time it is due.
    async fn without_memory(
        &self,
        fault: &Fault,
        told: BTreeSet<String>,
    ) -> Result<Option<Published>, Fault> {
        warn!(%fault, "what was told cannot be remembered");
        let (tick, began) = (self.round.tick.at, self.incident.change.changed_at);
        let before = |moment: Timestamp| {
            let every = SignedDuration::try_from(self.round.tick.every).unwrap_or_default();
            moment.checked_sub(every).unwrap_or(moment)
        };
        // What was there when the alarm went off was the alert's to tell.
        let slot = before(self.end).max(began);
        let mut found = self.search(slot, self.end, told).await;
        if found.findings.found > 0 {
            let start = self.incident.start;
            let earlier = self.search(start, slot, BTreeSet::new()).await;
            let earlier = marks(&earlier.findings);
            found
                .findings
                .keep(|group, _| !earlier.contains(&group.mark()));
        }
        let untold = marks(&found.findings);
        let due = last_due(began, tick).filter(|due| *due > before(tick));
        let problem = format!("what was mailed before is not remembered: {fault}");
        let reach = self.incident.start;
        let news = if !untold.is_empty() {
            found.problems.push(problem);
            let kinds = self.kinds(found, None, reach, untold).await;
            News {
                is_remembered: false,
                ..kinds
            }
        } else if let Some(due) = due {
            let since = last_due(began, before(due)).unwrap_or(self.incident.start);
            let mut news = self.reminder(since, None, reach, untold, true).await;
            news.found.problems.push(problem);
            news
        } else {
            return Ok(None);
        };
        let Some(message) = self.message(&news).await else {
            return Ok(None);
        };
        if let Some(memory) = self.memory {
            let entry = self.entry(&news, &message, None);
            if let Err(fault) = self.note(memory, &entry).await {
                warn!(%fault, "the next tick may tell this again");
            }
        }
        self.publish(&news, &message).await.map(Some)
    }

    /// Kinds of errors that are new.
    async fn kinds(
        &self,
        mut found: SearchResult,
        held_back: Option<HeldBack>,
        reach: Timestamp,
        untold: Vec<String>,
    ) -> News {
        find_changes(self.round.account.logs, &mut found, self.until).await;
        News {
            what: What::Kinds,
            found,
            raised_by: None,
            total: None,
            held_back,
            reach,
            untold,
            is_quiet: false,
            is_remembered: true,
        }
    }

    /// What was added since then, and in all. It may be quiet only if nothing was told before.
    async fn reminder(
        &self,
        since: Timestamp,
        held_back: Option<HeldBack>,
        reach: Timestamp,
        untold: Vec<String>,
        is_told: bool,
    ) -> News {
        let incident = &self.incident;
        let mut found = self.search(since, self.end, BTreeSet::new()).await;
        let mut raised_by = None;
        let mut is_quiet = false;
        if found.findings.found > 0 {
            find_changes(self.round.account.logs, &mut found, self.until).await;
        } else {
            let (start, end) = (incident.start, incident.change.changed_at);
            let raised = self.search(start, end, BTreeSet::new()).await;
            let is_known = raised.is_complete() && raised.findings.matched() > 0;
            is_quiet = is_known && raised.findings.found == 0 && !is_told;
            raised_by = Some(raised.findings);
        }
        let mut sum = None;
        if let Some(metric) = &incident.change.metric {
            let counting = total(
                self.round.account.cloudwatch,
                metric,
                incident.start,
                self.round.tick.at,
            );
            let until = self.until.within(TOTAL_TIME);
            let counted = until.answer("cloudwatch:GetMetricStatistics", &metric.name, counting);
            match counted.await {
                Ok(total) => sum = Some(total),
                Err(fault) => {
                    warn!(%fault, "what the metric counted could not be looked up");
                    found.problems.push(fault.to_string());
                }
            }
        }
        News {
            what: What::Reminder,
            found,
            raised_by,
            total: sum,
            held_back,
            reach,
            untold,
            is_quiet,
            is_remembered: true,
        }
    }

    /// Searches the log, and sets aside what was told and what is not mailed.
    async fn search(
        &self,
        start: Timestamp,
        end: Timestamp,
        told: BTreeSet<String>,
    ) -> SearchResult {
        let nothing = self.deployment.nothing_found(self.round.tick.at);
        let findings = nothing.setting_aside(told);
        let window = Window {
            start,
            end: end.max(start),
        };
        if end <= start {
            return SearchResult::before(window, findings);
        }
        let logs = self.round.account.logs;
        let (change, deployment) = (&self.incident.change, &self.deployment);
        let until = self.until.keeping(REPORT_TIME);
        let mut found = find_in(logs, change, deployment, window, findings, until).await;
        let mail_from = self.deployment.quiet.mail_from;
        found.findings.keep(|_, severity| severity >= mail_from);
        found
    }

    /// The mail, unless nothing in it is to be mailed.
    async fn message(&self, news: &News) -> Option<Message> {
        let (round, incident) = (self.round, &self.incident);
        let destination = round.destination;
        let settings = settings_problems(destination, &self.deployment, round.tick.at);
        let report = Report::of(&Evidence {
            change: &incident.change,
            window: news.found.window,
            widened: false,
            searches: &news.found.searches,
            findings: &news.found.findings,
            problems: &news.found.problems,
            settings: &settings,
            mail_from: self.deployment.quiet.mail_from,
            subscriptions: subscriptions(round.account.sns, destination.topic_arn, self.until)
                .await,
            follow_up: Some(FollowUpEvidence {
                at: round.tick.at,
                alert_id: &self.alert_id(news.what),
                is_reminder: news.what == What::Reminder,
                raised_by: news.raised_by.as_ref(),
                total: news.total,
                held_back: news.held_back,
                missing_data: &incident.missing_data,
                is_quiet: news.is_quiet,
                is_remembered: news.is_remembered,
                has_default: round.tick.properties.default_value.is_some(),
            }),
            history: None,
            guide: destination.guide,
            zone: destination.zone,
        });
        let is_mailed = report.unmailed.is_none();
        is_mailed.then(|| Message::new(report, destination.https))
    }

    /// The same however often the tick is delivered.
    fn alert_id(&self, what: What) -> String {
        let change = &self.incident.change;
        let alarm = change.arn.as_deref().unwrap_or(&change.name);
        let (began, tick) = (
            change.changed_at.as_second(),
            self.round.tick.at.as_second(),
        );
        digest(&format!("{alarm}\n{began}\n{tick}\n{what:?}"))
    }

    /// What the mail tells.
    fn entry(&self, news: &News, message: &Message, told_until: Option<Timestamp>) -> Entry {
        let mut marks = marks(&news.found.findings);
        marks.truncate(message.named);
        let is_all = news.found.findings.ungrouped == 0
            && news.untold.iter().all(|mark| marks.contains(mark));
        let start = told_until.unwrap_or(self.incident.start);
        Entry {
            at: self.round.tick.at,
            what: news.what,
            until: if is_all { news.reach } else { start },
            marks,
            made: 0,
        }
    }

    async fn remembered(&self, memory: &Memory<'_>) -> Result<Vec<Entry>, Fault> {
        let asking = memory.since(self.incident.change.changed_at);
        let until = self.until.within(MEMORY_TIME);
        until
            .answer("logs:DescribeLogStreams", self.round.log_group, asking)
            .await
    }

    async fn note(&self, memory: &Memory<'_>, entry: &Entry) -> Result<(), Fault> {
        let until = self.round.deadline.keeping(PUBLISH_TIME);
        let until = until.within(MEMORY_TIME);
        until
            .answer(
                "logs:CreateLogStream",
                self.round.log_group,
                memory.note(entry),
            )
            .await
    }

    /// Notes that a reminder was due of which nothing is to be mailed. What was read is read again:
    /// denials that are below `MailFrom` one by one may become a burst.
    async fn note_quiet(&self, memory: &Memory<'_>, news: &News, until: Option<Timestamp>) {
        let findings = &news.found.findings;
        info!(
            ignored = findings.ignored(),
            below_mail_from = findings.aside,
            "did not mail a reminder"
        );
        let entry = Entry {
            at: self.round.tick.at,
            what: What::Quiet,
            until: until.unwrap_or(self.incident.start),
            marks: Vec::new(),
            made: 0,
        };
        if let Err(fault) = self.note(memory, &entry).await {
            warn!(%fault, "the next tick will look again for what to remind of");
        }
    }

    /// Notes that nothing new was logged up to then, so that the next ticks need not read that
    /// again.
    async fn note_nothing(&self, memory: &Memory<'_>, until: Timestamp) {
        let entry = Entry {
            at: self.round.tick.at,
            what: What::Nothing,
            until,
            marks: Vec::new(),
            made: 0,
        };
        if let Err(fault) = self.note(memory, &entry).await {
            warn!(%fault, "how far the log was read could not be noted");
        }
    }

    async fn publish(&self, news: &News, message: &Message) -> Result<Published, Fault> {
        let round = self.round;
        let topic_arn = round.destination.topic_arn;
        publish(round.account.sns, topic_arn, message, round.deadline).await?;
        Ok(Published {
            alert_id: self.alert_id(news.what),
            state: self.incident.change.new_state.to_string(),
            severity: message.severity.to_string(),
            events_found: news.found.findings.found,
            events_ignored: news.found.findings.ignored(),
            lookups_failed: news.found.problems.len() + news.found.out_of_time(),
        })
    }
}

/// The marks of all kinds that were found.
fn marks(findings: &Findings) -> Vec<String> {
    let groups = findings.groups().into_iter();
    groups.map(|(group, _)| group.mark()).collect()
}

/// Up to when the log need not be read again, in whole seconds.
fn reach(found: &SearchResult) -> Timestamp {
    let again = if found.is_complete() {
        LATEST.saturating_sub(SEARCHABLE_AFTER)
    } else {
        // The events of one moment may be on both sides of where the time ran out.
        SignedDuration::from_secs(1)
    };
    let reach = found.reach.checked_sub(again).unwrap_or(found.reach);
    Timestamp::from_second(reach.as_second()).unwrap_or(reach)
}
