//! The alert as a custom notification of Amazon Q Developer in chat applications.
//!
//! It is told in few words, because a channel is read in passing; the mail has the rest. The chat's
//! own markup is taken out of whatever comes from an event: nobody is mentioned, nothing is a link.
//!
//! <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>

use serde_json::{Value, json};

use super::advice::advice_for;
use super::counts::counts;
use super::headline::{self, Situation};
use super::links::Links;
use super::{Alert, change};
use crate::findings::Group;
use crate::text::{cut, harmless};

/// Long enough for what is told, short enough for every chat; the addresses come on top, whole.
const LONGEST: usize = 2_000;

/// Writes the notification.
pub(super) fn notification(alert: &Alert<'_>, situation: Situation, subject: &str) -> Value {
    let groups = alert.findings.groups();
    let lead = groups
        .first()
        .copied()
        .filter(|_| situation == Situation::Errors);
    let links = Links::of(alert, 1);
    let advice = lead.map(advice_for);
    let paragraphs = [
        Some(headline::sentence(alert, situation)),
        lead.and_then(|lead| change::sentence(alert, lead)),
        advice.as_ref().map(|advice| advice.meaning.to_string()),
        Some(counts(alert))
            .filter(|_| !matches!(situation, Situation::Settled | Situation::TooLittleData)),
    ];
    let told: Vec<_> = paragraphs.into_iter().flatten().collect();
    let told = cut(&plain(&told.join("\n\n")), LONGEST);
    let addresses = links.alarm.into_iter().chain(links.log_events);
    let description: Vec<_> = std::iter::once(told).chain(addresses).collect();
    let steps = advice.map(|advice| {
        let commands = [Some(advice.command), advice.remedy];
        let commands = commands
            .into_iter()
            .flatten()
            .map(|command| format!("`{command}`"));
        [plain(&advice.first_step)]
            .into_iter()
            .chain(commands)
            .collect::<Vec<_>>()
    });
    let severity = headline::severity(alert, situation).to_string();
    let codes = groups
        .iter()
        .take(5)
        .map(|group| plain(&harmless(&group.key().code, 60)));
    json!({
        "version": "1.0",
        "source": "custom",
        "id": alert.change.alert_id(),
        "content": {
            "textType": "client-markdown",
            "title": plain(subject),
            "description": description.join("\n\n"),
            "nextSteps": steps.unwrap_or_default(),
            "keywords": std::iter::once(severity).chain(codes).collect::<Vec<_>>(),
        },
        "metadata": {
            "threadId": thread(alert),
            "summary": plain(subject),
            "eventType": situation.name(),
            "relatedResources": resources(alert, lead),
            "additionalContext": {
                "account": plain(&harmless(alert.change.account.as_deref().unwrap_or("unknown"), 40)),
                "region": plain(&harmless(alert.change.region.as_deref().unwrap_or("unknown"), 40)),
            },
        },
    })
}

/// The same for an alarm and its recovery, another one for the next time it goes off.
fn thread(alert: &Alert<'_>) -> String {
    let change = alert.change;
    let began = change
        .previous_changed_at
        .filter(|_| change.new_state == crate::alarm::StateValue::Ok)
        .unwrap_or(change.changed_at);
    plain(&harmless(
        &format!("{} {}", change.name, began.as_second()),
        255,
    ))
}

fn resources(alert: &Alert<'_>, lead: Option<&Group>) -> Vec<String> {
    let of_lead = lead.into_iter().flat_map(|lead| {
        let key = lead.key();
        [key.key.as_deref(), Some(key.role.as_str())]
    });
    let all = of_lead.chain([alert.change.arn.as_deref()]);
    all.flatten()
        .map(|name| plain(&harmless(name, 300)))
        .collect()
}

/// Text in which a chat finds no markup: mentions and links begin with `<`, code with a backtick.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '<' => '‹',
            '>' => '›',
            '&' => '+',
            '`' => '\'',
            other => other,
        })
        .collect()
}
