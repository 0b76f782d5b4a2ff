//! The mail about the watch: what is wrong or was, since when, who did it, what was repaired and what
//! is left to do. Its first screen is enough to act.

use askama::Template;
use serde_json::{Value, json};

use super::found::{Kind, Repair, Unknown};
use super::place::Place;
use super::seen::{Seen, Silence};
use super::words::{self, Told, told, with_region};
use crate::alarm::StateChange;
use crate::command::Command;
use crate::kms_error::Severity;
use crate::report::{
    Alarm, Dimension, Guide, HttpsFormat, Markup, Message, Moment, Texts, Trigger, compose_subject,
    notification, plain,
};
use crate::shown::{Shown, shown};
use crate::version;

/// How many problems and checks a mail tells.
const MAX_TOLD: usize = 12;

/// What kind of news it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The alarm on the watch went off.
    Began,
    /// While it lasts, another problem was found.
    More,
    /// It is over.
    Ended,
}

/// What a notice is made of.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// What kind of news it is.
    pub news: News,
    /// The change of the alarm on the watch.
    pub change: &'a StateChange,
    /// The same for a repeated delivery.
    pub alert_id: String,
    /// The problems.
    pub problems: &'a [Seen],
    /// What the last tick could not look at.
    pub unknown: &'a [Unknown],
    /// Which addresses have not confirmed yet, by their places in `Emails`.
    pub pending: &'a [String],
    /// Whether no tick came.
    pub silence: Option<&'a Silence>,
    /// What could not be found out for the notice itself.
    pub missing: &'a [String],
    /// Where all this is.
    pub place: Place<'a>,
    /// Whom to ask and what to follow.
    pub guide: &'a Guide,
}

#[derive(Template)]
#[template(path = "notice.txt", config = "src/health/askama.toml")]
struct Mail<'n> {
    summary: &'n Shown,
    problems: &'n [Told],
    more: Option<Shown>,
    step: Option<Shown>,
    commands: Vec<Command>,
    unknown: &'n [Shown],
    pending: Option<Shown>,
    missing: Vec<Shown>,
    alarm: &'n Alarm,
    guide: &'n Guide,
    alert_id: &'n str,
}

impl Notice<'_> {
    /// Writes every text.
    pub fn message(&self, https_format: HttpsFormat) -> Message {
        let alarm = Alarm::new(self.change, self.place.zone);
        let told: Vec<_> = self
            .problems
            .iter()
            .map(|seen| told(seen, &self.place, self.news == News::Ended))
            .collect();
        let unknown: Vec<_> = self.unknown.iter().take(MAX_TOLD).map(line).collect();
        let (shown, hidden) = told.split_at_checked(MAX_TOLD).unwrap_or((&told, &[]));
        let summary = self.summary(&told);
        let (step, commands) = self.first_step(&told);
        let mail = Mail {
            summary: &summary,
            problems: shown,
            more: (!hidden.is_empty()).then(|| shown!("{} more problems", hidden.len())),
            step,
            commands,
            unknown: &unknown,
            pending: self.pending(),
            missing: self
                .missing
                .iter()
                .map(|missing| Shown::outside(missing, 600))
                .collect(),
            alarm: &alarm,
            guide: self.guide,
            alert_id: &self.alert_id,
        };
        // Writing into a string does not fail.
        let mail = format!("{}\n", mail.render().unwrap_or_default().trim_end());
        let severity = self.severity(&told);
        let mark = match self.news {
            News::Ended => shown!("OK"),
            News::Began | News::More => shown!("{}", severity),
        };
        let headline = self.headline();
        let place = [&alarm.region, &alarm.account]
            .into_iter()
            .flatten()
            .cloned();
        let place = Shown::joined(place, " ");
        let state = match self.news {
            News::More => "ALARM",
            News::Began | News::Ended => &alarm.new_state,
        };
        let subject = format!("[KMS HEALTH {mark}] {headline}");
        // Half an account's id is another's.
        let places = [Some(&place), alarm.account.as_ref()].into_iter().flatten();
        let places = places.map(|place| format!(" [{place}]"));
        let texts = Texts {
            subject: compose_subject(https_format, state, &subject, places),
            sms: format!(
                "KMS HEALTH {mark} {}: {headline}, {place}",
                alarm.changed_at.brief()
            ),
            json: self.json(&alarm, &told, severity, &headline, &summary),
            https_format,
            https: match (https_format, https_format.markup()) {
                (_, Some(markup)) => Some(self.chat(&alarm, &told, &headline, &summary, markup)),
                (HttpsFormat::Alarm, None) => Some(self.for_pagers(&alarm, &told, &mark, &summary)),
                _ => None,
            },
            severity,
            alarm: alarm.name.clone(),
            mail,
        };
        Message::from_texts(texts)
    }

    fn pending(&self) -> Option<Shown> {
        let pending = self.pending.iter().take(MAX_TOLD);
        let pending = pending.map(|address| Shown::outside(address, 40));
        let pending = Shown::joined(pending, ", ");
        (!pending.is_empty()).then(|| shown!("Not confirmed yet: {} in Emails.", pending))
    }

    fn severity(&self, told: &[Told]) -> Severity {
        match self.news {
            News::Ended => Severity::Info,
            _ if self.silence.is_some() || told.iter().any(Told::needs_help) => Severity::High,
            _ if !told.is_empty() => Severity::Medium,
            _ => Severity::High,
        }
    }

    /// What identifies it, the same at the beginning and at the end.
    fn headline(&self) -> Shown {
        let what = match self.problems.first().map(|seen| seen.problem.kind) {
            _ if self.silence.is_some() => shown!("the watch has stopped"),
            Some(kind) => kind.brief(),
            None if !self.unknown.is_empty() => shown!("checks could not be made"),
            None => shown!("the watch"),
        };
        let name = Shown::outside(&self.change.name, 255);
        shown!("{} ({})", what, name).cut(62)
    }

    fn summary(&self, told: &[Told]) -> Shown {
        let left = told.iter().filter(|told| told.needs_help()).count();
        let moment = |at| Moment::new(at, self.place.zone);
        let last_tick = self.silence.map(|silence| silence.last_tick);
        match (self.news, last_tick) {
            (News::Ended, _) => {
                let changed_at = moment(self.change.changed_at);
                let after = self.change.previous_changed_at.map(|began| {
                    let lasted = moment(began).span_to(&changed_at);
                    shown!(", after {}", lasted)
                });
                let after = after.unwrap_or_default();
                return if self.unknown.is_empty() {
                    shown!("The watch finds nothing wrong any more{}.", after)
                } else {
                    shown!(
                        "The watch finds nothing wrong any more in what it can look at{}.",
                        after
                    )
                };
            }
            (_, Some(Some(last))) => {
                let last = moment(last).full();
                return shown!(
                    "The watch has stopped: its last tick came at {}. If something breaks the alarm on KMS errors now, \
                     nobody notices.",
                    last
                );
            }
            (_, Some(None)) => {
                return shown!(
                    "The watch has stopped: no tick came. If something breaks the alarm on KMS errors now, nobody notices."
                );
            }
            (_, None) => {}
        }
        let another = if self.news == News::More {
            "another"
        } else {
            "a"
        };
        let repaired = told.iter().filter(|told| told.is_repaired).count();
        match told.len() {
            0 if !self.unknown.is_empty() => {
                return shown!(
                    "The watch could not look at everything, twice in a row: it does not know whether the alarm on KMS \
                     errors works."
                );
            }
            0 if !self.missing.is_empty() => {
                return shown!(
                    "The watch found something that keeps the alarm on KMS errors from working, but its log, which says \
                     what, could not be read."
                );
            }
            0 => {
                return shown!(
                    "The alarm on the watch went off, but the last ticks found nothing wrong. Somebody may have set it by \
                     hand."
                );
            }
            1 => {
                return match left {
                    1 => shown!("The watch found {} problem that needs your help.", another),
                    _ if repaired == 1 => {
                        shown!("The watch found {} problem and repaired it.", another)
                    }
                    _ => shown!("The watch found {} problem, which is over.", another),
                };
            }
            _ => {}
        }
        let rest = match left {
            0 => shown!("None is left"),
            1 => shown!("One needs your help"),
            _ => shown!("{} need your help", left),
        };
        shown!(
            "The watch found {} problems and repaired {}. {}.",
            told.len(),
            repaired,
            rest
        )
    }

    /// What to do where no problem says it.
    fn first_step(&self, told: &[Told]) -> (Option<Shown>, Vec<Command>) {
        let log = || {
            let command = Command::new("aws logs tail")
                .text(self.place.log_group)
                .words("--since 1h");
            with_region(command, &self.place)
        };
        if self.news == News::Ended {
            (None, Vec::new())
        } else if let Some(silence) = self.silence {
            let who = silence
                .change
                .as_ref()
                .map(|change| words::said(change, &self.place));
            let look = shown!(
                "See whether the rule exists and is enabled, and read the function's log. Then enable the rule. If it is gone, \
                 deploy with WatchMinutes 0 and then with its old value."
            );
            let step = Shown::joined(who.into_iter().chain([look]), " ");
            let commands = match &silence.rule {
                Some(rule) => vec![
                    Command::new("aws events describe-rule").quoted("--name", rule),
                    Command::new("aws events enable-rule").quoted("--name", rule),
                ],
                None => vec![
                    Command::new("aws events list-rule-names-by-target")
                        .quoted("--target-arn", self.place.function_arn),
                ],
            };
            let commands = commands
                .into_iter()
                .map(|command| with_region(command, &self.place));
            (Some(step), commands.chain([log()]).collect())
        } else if told.is_empty() {
            let step = if self.unknown.is_empty() {
                shown!("Read what the last ticks found:")
            } else {
                shown!("See why the calls below fail:")
            };
            (Some(step), vec![log()])
        } else {
            (None, Vec::new())
        }
    }

    /// The object for programs: `docs/health.schema.json` describes it.
    fn json(
        &self,
        alarm: &Alarm,
        told: &[Told],
        severity: Severity,
        headline: &Shown,
        summary: &Shown,
    ) -> Value {
        let problems = self.problems.iter().zip(told).map(|(seen, told)| {
            let problem = &seen.problem;
            let details = problem
                .details
                .iter()
                .map(|detail| Shown::outside(detail, words::MAX_NAME));
            json!({
                "kind": problem.kind,
                "object": Shown::name(&problem.object, words::MAX_NAME),
                "details": details.collect::<Vec<_>>(),
                "first": seen.first,
                "last": seen.last,
                "left": told.is_left,
                "repaired": problem.repair.as_ref().map(|repair| *repair == Repair::Done),
                "change": seen.change.as_ref().map(|change| json!({
                    "operation": Shown::outside(&change.operation, words::MAX_NAME),
                    "by": Shown::outside(&change.by, words::MAX_NAME),
                    "at": change.at,
                })),
                "sentence": told.sentence,
                "toDo": told.to_do,
                "command": told.command,
            })
        });
        json!({
            "version": 1,
            "sentBy": version::PROGRAM,
            "alertId": self.alert_id,
            "situation": match self.news {
                News::Began => "healthAlarm",
                News::More => "healthMore",
                News::Ended => "healthOk",
            },
            "severity": severity,
            "headline": headline,
            "summary": summary,
            "owner": self.guide.owner,
            "runbookUrl": self.guide.runbook_url,
            "alarm": alarm,
            "stopped": self.silence.is_some(),
            "lastTick": self.silence.and_then(|silence| silence.last_tick),
            "health": problems.collect::<Vec<_>>(),
            "pending": self
                .pending
                .iter()
                .take(MAX_TOLD)
                .map(|address| Shown::outside(address, 40))
                .collect::<Vec<_>>(),
            "unknown": self.unknown.iter().map(line).collect::<Vec<_>>(),
            "problems": self
                .missing
                .iter()
                .map(|missing| Shown::outside(missing, 600))
                .collect::<Vec<_>>(),
        })
    }

    /// What pagers read: what is wrong and what to do, a line each.
    fn for_pagers(&self, alarm: &Alarm, told: &[Told], mark: &Shown, summary: &Shown) -> Value {
        let (step, commands) = self.first_step(told);
        let said = |text: &Shown| plain(text).to_string();
        let mut lines = vec![said(&shown!("{}: {}", mark, summary))];
        for told in told {
            lines.push(said(&told.sentence));
            let rest = [&told.change, &told.repair, &told.to_do];
            lines.extend(rest.into_iter().flatten().map(said));
            lines.extend(told.command.as_ref().map(ToString::to_string));
        }
        lines.extend(step.as_ref().map(said));
        lines.extend(commands.iter().map(ToString::to_string));
        let lasts = self.news == News::More;
        notification(alarm, &trigger(self.change), lasts, self.guide, lines)
    }

    /// <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>
    fn chat(
        &self,
        alarm: &Alarm,
        told: &[Told],
        headline: &Shown,
        summary: &Shown,
        markup: Markup,
    ) -> Value {
        let lines = told.iter().take(MAX_TOLD).flat_map(|told| {
            let parts = [
                Some(&told.sentence),
                told.change.as_ref(),
                told.repair.as_ref(),
            ];
            parts.into_iter().flatten().cloned().collect::<Vec<_>>()
        });
        let said = std::iter::once(summary.clone()).chain(lines);
        let said = plain(&Shown::joined(said, "\n\n").cut(2_000)).to_string();
        let owner = self.guide.owner.as_ref();
        let owner = owner.map(|owner| format!("Owner: {}", plain(owner)));
        let runbook = self.guide.runbook_url.as_ref();
        let runbook = runbook.map(|url| markup.link("Runbook", url));
        let description: Vec<_> = [Some(said), owner, runbook].into_iter().flatten().collect();
        let steps = told
            .iter()
            .take(MAX_TOLD)
            .filter_map(|told| told.to_do.clone());
        json!({
            "version": "1.0",
            "source": "custom",
            "id": self.alert_id,
            "content": {
                "textType": "client-markdown",
                "title": plain(headline),
                "description": description.join("\n\n"),
                "nextSteps": steps.map(|step| plain(&step)).collect::<Vec<_>>(),
            },
            "metadata": {
                "threadId": plain(&alarm.shown_name),
                "summary": plain(headline),
            },
        })
    }
}

/// What `<Name>-health` watches, as the template makes it. The watch tells of it too when no change
/// of the alarm says so.
fn trigger(change: &StateChange) -> Trigger {
    let name = change.name.strip_suffix("-health").unwrap_or(&change.name);
    Trigger {
        dimensions: vec![Dimension {
            name: shown!("Name"),
            value: Shown::name(name, 255),
        }],
        metric_name: Some(shown!("Problems")),
        namespace: Some(shown!("kms-alarm")),
        statistic: Some(shown!("MAXIMUM")),
        evaluation_periods: Some(1),
        comparison_operator: "GreaterThanOrEqualToThreshold",
        threshold: Some(1.0),
        ..Trigger::of(change)
    }
}

fn line(unknown: &Unknown) -> Shown {
    shown!(
        "{}: {}",
        Shown::outside(&unknown.what, 200),
        Shown::outside(&unknown.why, 400)
    )
}

impl Kind {
    /// In a subject.
    pub fn brief(self) -> Shown {
        match self {
            Self::FilterGone => shown!("metric filter deleted"),
            Self::FilterChanged => shown!("metric filter changed"),
            Self::AlarmGone => shown!("alarm deleted"),
            Self::AlarmChanged => shown!("alarm changed"),
            Self::TopicGone => shown!("topic deleted"),
            Self::TopicChanged => shown!("topic changed"),
            Self::HealthAlarmGone => shown!("health alarm tells nobody"),
            Self::AlarmUnheard => shown!("alarm is not heard"),
            Self::LogGroupGone => shown!("log group gone"),
            Self::LogGroupSilent => shown!("CloudTrail is silent"),
            Self::NoKmsEvents => shown!("no KMS events for a day"),
            Self::NobodySubscribed => shown!("nobody subscribed"),
            Self::AddressesGone => shown!("address not subscribed"),
            Self::QueueNotEmpty => shown!("undelivered messages wait"),
        }
    }
}
