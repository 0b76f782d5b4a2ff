//! The sections around the groups: what to do, what was counted, what is missing, where to look.

use crate::cloudtrail::Kind;
use crate::message::advice::advice_for;
use crate::message::change;
use crate::message::counts::{counts, is_cut, searched};
use crate::message::headline::Situation;
use crate::message::links::Links;
use crate::message::page::Page;
use crate::message::time::moment;
use crate::message::{Alert, Extent, SENTENCE};
use crate::text::{harmless, shell_word};

/// What it means and what to do first, for the worst group.
pub(super) fn advice(page: &mut Page, alert: &Alert<'_>) {
    let groups = alert.findings.groups();
    let Some(lead) = groups.first() else { return };
    let advice = advice_for(lead);
    page.line("WHAT IT MEANS");
    page.paragraph(&advice.meaning);
    page.line("WHAT TO DO FIRST");
    page.paragraph(&advice.first_step);
    page.line(&advice.command);
    page.gap();
    if let Some(remedy) = advice.remedy {
        page.prose("And if that is what is wrong:");
        page.gap();
        page.line(&remedy);
        page.gap();
    }
}

/// How to find the ECS task, when its cluster is not in the event.
pub(super) fn task(page: &mut Page, alert: &Alert<'_>) {
    let groups = alert.findings.groups();
    let Some(lead) = groups.first() else { return };
    let task = lead
        .sessions()
        .newest()
        .next()
        .map(|session| lead.workload(session));
    let Some(task) = task.filter(|task| task.kind == Kind::EcsTask && task.cluster.is_none())
    else {
        return;
    };
    let (id, region) = (shell_word(task.id), region(lead.newest().region.as_ref()));
    page.line("TO FIND THE TASK");
    page.gap();
    page.line(&format!(
        "for cluster in $(aws ecs list-clusters --query 'clusterArns[]' --output text --region {region}); do aws ecs \
         describe-tasks --cluster $cluster --tasks {id} --query 'tasks[].[taskArn,group,lastStatus,stoppedReason]' \
         --output text --region {region}; done"
    ));
    page.gap();
}

fn region(region: Option<&String>) -> String {
    region.map_or_else(|| "REGION".to_owned(), |region| shell_word(region))
}

/// Who changed the key, if that is known of the worst group.
pub(super) fn key_change(page: &mut Page, alert: &Alert<'_>) {
    let groups = alert.findings.groups();
    if let Some(change) = groups
        .first()
        .and_then(|lead| change::sentence(alert, lead))
    {
        page.paragraph(&change);
    }
}

/// What the alarm counted beside what was found, and how complete that is.
pub(super) fn reconciliation(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    page.line("COUNTED AND FOUND");
    page.prose(&counts(alert));
    searches(page, alert, extent);
}

/// What was searched and how far each search came, where nothing was counted.
pub(super) fn what_was_searched(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    if alert.searches.is_empty() {
        return;
    }
    page.line("SEARCHED");
    searches(page, alert, extent);
}

fn searches(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    for search in alert.searches.iter().take(extent.searches) {
        page.prose(&searched(alert, search));
    }
    if alert.widened {
        page.prose("Nothing was found at first, so the window was made wider.");
    }
    page.gap();
}

/// What went wrong on the way.
pub(super) fn problems(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    if alert.problems.is_empty() {
        return;
    }
    page.line("WHAT IS MISSING HERE");
    for problem in alert.problems.iter().take(extent.problems) {
        page.prose(&harmless(problem, SENTENCE));
    }
    page.gap();
}

/// Why nothing was found, as far as that is known.
pub(super) fn why_nothing(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    if !alert.problems.is_empty() {
        return problems(page, alert, extent);
    }
    page.line("WHY NOTHING WAS FOUND");
    page.paragraph(if alert.change.metric.is_none() {
        "The alarm has no metric of its own, so no metric filter leads to its events."
    } else if alert.searches.is_empty() {
        "No metric filter feeds the alarm's metric any more, so there is no log group to search."
    } else if is_cut(alert) {
        "The search was ended before it was complete. The command below makes the whole of it."
    } else if alert.findings.unreadable() > 0 {
        "Log messages were found, but they are no CloudTrail events."
    } else {
        "The events may not be searchable yet: CloudTrail's logs can lag behind the metric. Or the metric filter was \
         changed since. Look again in a few minutes."
    });
}

/// Commands to look for oneself.
pub(super) fn by_hand(page: &mut Page, alert: &Alert<'_>, extent: Extent) {
    page.line("TO LOOK YOURSELF");
    page.gap();
    let region = region(alert.change.region.as_ref());
    for search in alert.searches.iter().take(extent.searches) {
        page.line(&format!(
            "aws logs filter-log-events --log-group-name {} --filter-pattern {} --start-time {} --end-time {} --region {region}",
            shell_word(&search.log_group),
            shell_word(&search.pattern),
            alert.window.start_millis(),
            alert.window.end_millis(),
        ));
        page.gap();
    }
    if !alert.searches.is_empty() {
        return;
    }
    let name = shell_word(&alert.change.name);
    page.line(&match &alert.change.metric {
        Some(metric) => format!(
            "aws logs describe-metric-filters --metric-namespace {} --metric-name {} --region {region}",
            shell_word(&metric.namespace),
            shell_word(&metric.name),
        ),
        None => format!("aws cloudwatch describe-alarm-history --alarm-name {name} --region {region}"),
    });
    page.gap();
}

/// Where to look in the console; each address on a line of its own.
pub(super) fn links(page: &mut Page, alert: &Alert<'_>, extent: Extent, situation: Situation) {
    let found = alert.findings.found() > 0;
    let links = Links::of(alert, extent.searches);
    let mut titled = Vec::new();
    titled.extend(links.alarm.map(|address| ("Alarm:", address)));
    titled.extend(links.dashboard.map(|address| ("Dashboard:", address)));
    if found || !matches!(situation, Situation::Settled | Situation::TooLittleData) {
        let log_events = links.log_events.into_iter();
        titled.extend(log_events.map(|address| ("Log events:", address)));
        let insights = links.insights.into_iter();
        titled.extend(insights.map(|address| ("Logs Insights:", address)));
    }
    if situation == Situation::Errors {
        titled.extend(links.key.map(|address| ("Key:", address)));
        titled.extend(links.event.map(|address| ("CloudTrail event:", address)));
        titled.extend(
            links
                .change
                .map(|address| ("CloudTrail event of the change:", address)),
        );
        titled.extend(links.workload);
    }
    if titled.is_empty() {
        return;
    }
    page.line("LINKS");
    for (title, address) in titled {
        page.line(title);
        page.line(&address);
    }
    page.gap();
}

/// The alarm itself, and the alert's id.
pub(super) fn alarm(page: &mut Page, alert: &Alert<'_>) {
    let change = alert.change;
    let new_state = harmless(&change.new_state.to_string(), 40);
    let states = match &change.old_state {
        Some(old_state) => format!("{} -> {new_state}", harmless(&old_state.to_string(), 40)),
        None => new_state,
    };
    page.line("THE ALARM");
    page.field("name", Some(harmless(&change.name, 255)));
    page.field(
        "about",
        change
            .description
            .as_deref()
            .map(|text| harmless(text, SENTENCE)),
    );
    page.field("state", Some(states));
    page.field("changed", Some(moment(change.changed_at, alert.zone)));
    page.field(
        "account",
        change
            .account
            .as_deref()
            .map(|account| harmless(account, 40)),
    );
    page.field(
        "Region",
        change.region.as_deref().map(|region| harmless(region, 40)),
    );
    page.field("reason", Some(harmless(&change.reason, 1_100)));
    page.field("alert id", Some(change.alert_id()));
}
