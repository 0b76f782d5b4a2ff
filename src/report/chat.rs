//! The alert as a custom notification of Amazon Q Developer in chat applications.
//!
//! It is short, because a channel is read in passing; the mail has the rest.
//!
//! <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>

use serde_json::{Value, json};

use super::content::Report;
use super::markup::{Markup, plain};
use super::situation::Situation;
use crate::shown::Shown;

/// Long enough for what is said, short enough for every chat; the addresses come on top, whole.
const MAX_LEN: usize = 2_000;

/// Writes the notification.
pub(super) fn notification(report: &Report, subject: &str, markup: Markup) -> Value {
    let lead = report.lead().filter(|_| {
        matches!(
            report.situation,
            Situation::Errors | Situation::FollowUp | Situation::Reminder
        )
    });
    let alarm = &report.alarm;
    let paragraphs = [
        Some(&report.summary),
        lead.map(|lead| &lead.calls),
        lead.and_then(|lead| lead.changes.first())
            .map(|change| &change.sentence),
        report
            .follow_up
            .as_ref()
            .map(|told| &told.sentence)
            .filter(|sentence| !sentence.is_empty()),
        report.usual.as_ref().map(|usual| &usual.sentence),
        lead.map(|lead| &lead.meaning),
        (report.counts.counted.is_some() || lead.is_some()).then_some(&report.counts.explanation),
    ];
    let said = Shown::joined(paragraphs.into_iter().flatten().cloned(), "\n\n");
    let said = plain(&said).cut(MAX_LEN).to_string();
    let owner = report.guide.owner.as_ref();
    let owner = owner.map(|owner| format!("Owner: {}", plain(owner)));
    let links = [
        report
            .guide
            .runbook_url
            .as_ref()
            .map(|url| markup.link("Runbook", url)),
        report
            .links
            .alarm
            .as_ref()
            .map(|page| markup.link("Alarm", page)),
        report
            .links
            .dashboard
            .as_ref()
            .map(|page| markup.link("Dashboard", page)),
    ];
    let links: Vec<_> = links.into_iter().flatten().collect();
    let links = Some(links.join(" · ")).filter(|links| !links.is_empty());
    let description: Vec<_> = [Some(said), owner, links].into_iter().flatten().collect();
    let steps = lead.map(|lead| {
        let commands = [
            lead.command.as_ref(),
            lead.remedy.as_ref().map(|remedy| &remedy.command),
        ];
        let commands = commands
            .into_iter()
            .flatten()
            .map(|command| format!("`{command}`"));
        let step = plain(&lead.first_step).to_string();
        let page = lead.links.key.as_ref().filter(|_| lead.needs_key);
        let page = page.map(|page| markup.link("Key", page));
        [step]
            .into_iter()
            .chain(page)
            .chain(commands)
            .collect::<Vec<_>>()
    });
    let codes = report
        .groups
        .iter()
        .take(5)
        .map(|group| plain(&group.code).to_string());
    let keywords: Vec<_> = std::iter::once(report.severity.to_string())
        .chain(codes)
        .collect();
    let resources = lead
        .into_iter()
        .flat_map(|lead| lead.keys.newest.first().into_iter().chain([&lead.caller]));
    let resources: Vec<_> = resources.chain(&alarm.arn).map(plain).collect();
    let subject = plain(&Shown::name(subject, 100));
    let place = |part: &Option<Shown>| part.as_ref().map_or(Shown::ours("unknown"), plain);
    json!({
        "version": "1.0",
        "source": "custom",
        "id": report.alert_id,
        "content": {
            "textType": "client-markdown",
            "title": subject,
            "description": description.join("\n\n"),
            "nextSteps": steps.unwrap_or_default(),
            "keywords": keywords,
        },
        "metadata": {
            "threadId": thread(report),
            "summary": subject,
            "eventType": report.situation,
            "relatedResources": resources,
            "additionalContext": {
                "account": place(&alarm.account),
                "region": place(&alarm.region),
            },
        },
    })
}

/// The same for an alarm and its recovery, another one for the next time it goes off.
fn thread(report: &Report) -> Shown {
    let alarm = &report.alarm;
    let began = alarm
        .previous_changed_at
        .as_ref()
        .filter(|_| report.situation == Situation::Recovered)
        .unwrap_or(&alarm.changed_at);
    let thread = Shown::joined([alarm.shown_name.clone(), began.full()], " ");
    plain(&thread.cut(255))
}
