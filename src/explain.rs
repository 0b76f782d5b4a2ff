//! The preview: from an alarm's event and `CloudTrail` events in files to the alert that would be
//! sent, built from the same nouns and without any call to AWS.
//!
//! Two things only the deployed function knows, and the preview says what stands in for them: which
//! events the metric filter counts (those of the roles, by the filter's own conditions), and the log
//! group. Every event that does not count is reported with the reason.

mod input;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::{self, Write as _};

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::alarm::StateChange;
use crate::cloudtrail::Event;
use crate::environment::Environment;
use crate::findings::{Findings, Progress, Search};
use crate::metric_filter::{self, Mismatch};
use crate::names::Names;
use crate::report::{Attribute, Evidence, Message, Report};
use crate::roles::Roles;
use crate::text::harmless;

/// How to use it.
pub const USAGE: &str = "\
This is an AWS Lambda function, and Lambda starts it. Run by hand, it shows the alert that it would
send, and sends nothing:

    bootstrap explain [--role ARNS] [--log-group NAME] ALARM-EVENT [CLOUDTRAIL-EVENTS]...
    bootstrap --version

ALARM-EVENT: a file with an alarm's state change, as SNS, the alarm's Lambda action or EventBridge
delivers it.

CLOUDTRAIL-EVENTS: files with CloudTrail events as JSON, in any of these forms:
  - one event, a list of events, or one event on each line
  - a trail's file from S3, after gunzip
  - what `aws logs filter-log-events` or `aws cloudtrail lookup-events` prints, also with
    --query 'events[].message' or --query 'Events[].CloudTrailEvent'
  - Logs Insights rows with @message: exported as JSON, or printed by `aws logs get-query-results`
  - the payload of a subscription filter, after base64 -d and gunzip
  - EventBridge's event \"AWS API Call via CloudTrail\"

--role: the roles whose errors count, as TaskRoleArn takes them: ARNs separated by commas, each exact
or with * at its end, or '*' for every caller. Default: the role with the most errors in these files.
--log-group: the log group to show as the one that was searched.

TIME_ZONE, HTTPS_FORMAT, OWNER, RUNBOOK_URL, MAIL_FROM and IGNORE in the environment are the
function's own settings.
";

/// What would be sent, and what stands in for what only the deployed function knows.
#[derive(Debug)]
pub struct Preview {
    notes: Vec<String>,
    message: Message,
}

/// Reads the arguments after the program's name, and the files that they name.
///
/// # Errors
///
/// An argument is unknown or incomplete, or a file does not hold what it should. The error names
/// it.
pub fn explain(arguments: &[String], environment: &Environment) -> Result<Preview> {
    let arguments = Arguments::read(arguments)?;
    let change = change(arguments.alarm)?;
    let (mut events, mut notes) = (Vec::new(), Vec::new());
    let mut ids = HashSet::new();
    for file in &arguments.events {
        let contents = input::events(&input::text(file)?).with_context(|| (*file).to_owned())?;
        notes.extend(contents.notes.iter().map(|note| format!("{file}: {note}")));
        // Within one file an event may be there twice because it was delivered twice. In a second
        // file it is a second copy.
        let (new, known): (Vec<_>, Vec<_>) = contents
            .events
            .into_iter()
            .partition(|event| id(event).is_none_or(|id| !ids.contains(&id)));
        if !known.is_empty() {
            notes.push(format!(
                "{file}: also in an earlier file, so not counted again: {}.",
                known.len()
            ));
        }
        ids.extend(new.iter().filter_map(|event| id(event)));
        events.extend(new);
    }
    let mut preview = preview(&arguments, &change, &events, environment);
    preview.notes.extend(notes);
    Ok(preview)
}

/// The event's own id.
fn id(event: &str) -> Option<String> {
    let event = Event::parse(event).ok()?;
    event.event_id.get().map(str::to_owned)
}

/// The parsed arguments.
struct Arguments<'a> {
    alarm: &'a str,
    events: Vec<&'a str>,
    roles: Option<Roles>,
    log_group: &'a str,
}

impl<'a> Arguments<'a> {
    fn read(arguments: &'a [String]) -> Result<Self> {
        let mut words = arguments.iter().map(String::as_str);
        if words.next() != Some("explain") {
            bail!("{USAGE}");
        }
        let (mut files, mut roles, mut log_group) = (Vec::new(), None, "pattern1-logging-loggroup");
        while let Some(word) = words.next() {
            match word {
                "--role" => roles = Some(roles_of(words.next())?),
                "--log-group" => log_group = words.next().context("--log-group needs a name")?,
                option if option.starts_with("--") => bail!("{option} is not known\n\n{USAGE}"),
                file => files.push(file),
            }
        }
        let mut files = files.into_iter();
        Ok(Self {
            alarm: files.next().with_context(|| USAGE.to_owned())?,
            events: files.collect(),
            roles,
            log_group,
        })
    }
}

/// The roles that an argument gives.
fn roles_of(argument: Option<&str>) -> Result<Roles> {
    let roles = Roles::read(argument);
    roles.map_err(|problems| match problems.first() {
        Some(problem) => anyhow!("--role: \"{}\": {}", problem.arn, problem.remedy),
        None => anyhow!("--role needs the ARN of a role"),
    })
}

/// The state change in a file, in any of its shapes.
fn change(file: &str) -> Result<StateChange> {
    let event: Value =
        serde_json::from_str(&input::text(file)?).with_context(|| format!("{file}: not JSON"))?;
    let message = match event.pointer("/Records/0/Sns/Message").unwrap_or(&event) {
        Value::String(message) => message.clone(),
        other => other.to_string(),
    };
    StateChange::from_lambda_action(&event, None)
        .or_else(|_| StateChange::from_event_bridge(&event, None))
        .or_else(|_| StateChange::from_sns_message(&message, None))
        .with_context(|| {
            format!(
                "{file}: expected an alarm's state change, such as events/sns-alarm.json. Name this \
                 file first, and the files with CloudTrail events after it"
            )
        })
}

fn preview(
    arguments: &Arguments<'_>,
    change: &StateChange,
    events: &[String],
    environment: &Environment,
) -> Preview {
    let sorted = Sorted::of(events, arguments.roles.as_ref());
    let quiet = &environment.quiet;
    let mut findings = Findings::default().ignoring(quiet.rules.at(change.changed_at));
    let looks = change.has_events_to_find();
    let mut searches = Vec::new();
    if looks {
        for event in &sorted.counted {
            findings.read_decisive(event);
        }
        // A change of the key is not an error, and may explain those that are.
        for event in events {
            findings.read_change(event);
        }
        findings.explain(Timestamp::MIN);
        let names = Names::of_alarm(&change.name);
        searches.push(Search {
            filter: names.map_or_else(|| "its metric filter".to_owned(), |names| names.filter),
            log_group: arguments.log_group.to_owned(),
            pattern: metric_filter::pattern(
                sorted.roles.as_ref().unwrap_or(&Roles::every_caller()),
            ),
            pages: 1,
            progress: Progress::Complete,
        });
    }
    let mut settings = environment.problems.clone();
    settings.extend(quiet.rules.notices(change.changed_at));
    let mut problems = Vec::new();
    if looks && sorted.counted.is_empty() && !events.is_empty() {
        problems.push("no event in these files is one that the metric filter counts".to_owned());
    }
    let report = Report::of(&Evidence {
        change,
        window: change.window(),
        widened: false,
        searches: &searches,
        findings: &findings,
        problems: &problems,
        settings: &settings,
        mail_from: quiet.mail_from,
        subscriptions: None,
        follow_up: None,
        history: None,
        guide: &environment.guide,
        zone: &environment.time_zone,
    });
    let mut notes = sorted.notes(events.len(), looks);
    notes.extend(
        report
            .unmailed
            .map(|why| format!("This alert would only be logged, not mailed: {why}.")),
    );
    let message = Message::new(report, environment.https_format);
    Preview { notes, message }
}

/// The events, by what the metric filter would make of them.
struct Sorted<'a> {
    roles: Option<Roles>,
    counted: Vec<&'a str>,
    uncounted: BTreeMap<&'static str, Uncounted>,
}

/// The events that do not count for one reason.
#[derive(Default)]
struct Uncounted {
    count: usize,
    /// The services, operations or callers.
    names: BTreeSet<String>,
}

impl<'a> Sorted<'a> {
    fn of(events: &'a [String], roles: Option<&Roles>) -> Self {
        let mut errors: Vec<(&str, Caller)> = Vec::new();
        let mut uncounted: BTreeMap<&'static str, Uncounted> = BTreeMap::new();
        let mut leave_out = |reason, name: &str| {
            let uncounted = uncounted.entry(reason).or_default();
            uncounted.count = uncounted.count.saturating_add(1);
            uncounted.names.insert(harmless(name, MAX_NAME_LEN));
        };
        for text in events {
            match caller_of(text) {
                Ok(caller) => errors.push((text, caller)),
                Err((reason, name)) => leave_out(reason, &name),
            }
        }
        let roles = roles.cloned().or_else(|| most_errors(&errors));
        let mut counted = Vec::new();
        for (text, caller) in errors {
            let issuer = caller.role.as_deref();
            if roles.as_ref().is_some_and(|roles| roles.count(issuer)) {
                counted.push(text);
                continue;
            }
            match issuer {
                Some(role) => leave_out(OTHER_ROLE, role),
                None => leave_out(NO_ROLE, &caller.name),
            }
        }
        Self {
            roles,
            counted,
            uncounted,
        }
    }

    fn notes(&self, read: usize, looks: bool) -> Vec<String> {
        let mut notes = vec!["A preview: nothing was sent, and AWS was not called.".to_owned()];
        if !looks {
            notes.push("The function looks for no events at this state change.".to_owned());
            return notes;
        }
        notes.push(match &self.roles {
            Some(roles) => format!(
                "Events read: {read}. Counted, as KMS errors of {roles}: {}.",
                self.counted.len()
            ),
            None => format!("Events read: {read}. Counted: 0."),
        });
        for (reason, Uncounted { count, names }) in &self.uncounted {
            let mut shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
            if names.len() > shown.len() {
                shown.push("…");
            }
            let names = shown.join(", ");
            notes.push(format!("Not counted: {count}, {reason}: {names}"));
        }
        notes.push(if self.counted.is_empty() {
            "Without a counted event, this is the alert for an alarm whose events cannot be found."
                .to_owned()
        } else {
            "Every counted event is taken to be in the time window that the function would search."
                .to_owned()
        });
        notes
    }
}

/// The longest role ARN is shorter.
const MAX_NAME_LEN: usize = 640;

const OTHER_ROLE: &str = "KMS errors of other roles; --role chooses one of them";
const NO_ROLE: &str = "KMS errors outside role sessions; only --role '*' counts them";

/// Who made a call that failed.
struct Caller {
    /// The ARN of the session's issuer, if there is a session with one.
    role: Option<String>,
    /// The best name that the event has.
    name: String,
}

/// The caller of a KMS error; or why the event is none, and the name that shows it.
fn caller_of(text: &str) -> Result<Caller, (&'static str, String)> {
    let event = Event::parse(text).map_err(|error| ("unreadable", error.to_string()))?;
    match metric_filter::issuer(&event) {
        Ok(issuer) => Ok(Caller {
            role: issuer.map(str::to_owned),
            name: event.principal().name.to_owned(),
        }),
        Err(Mismatch::AnotherService) => Err((
            "calls to other services",
            event.event_source.get().unwrap_or("unknown").to_owned(),
        )),
        Err(Mismatch::NoError) => Err((
            "KMS calls without an error",
            event.event_name.get().unwrap_or("unknown").to_owned(),
        )),
    }
}

/// The role with the most errors; among equals the first by name, so that the same files always give
/// the same preview.
fn most_errors(errors: &[(&str, Caller)]) -> Option<Roles> {
    let mut by_role: BTreeMap<&str, usize> = BTreeMap::new();
    for role in errors
        .iter()
        .filter_map(|(_, caller)| caller.role.as_deref())
    {
        *by_role.entry(role).or_default() += 1;
    }
    let roles = by_role.into_iter().rev();
    let roles = roles.filter_map(|(role, count)| Some((count, Roles::read([role]).ok()?)));
    roles
        .max_by_key(|(count, _)| *count)
        .map(|(_, roles)| roles)
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "# {note}")?;
        }
        let message = &self.message;
        let mut section = |title: &str, text: &str| {
            f.write_char('\n')?;
            writeln!(f, "# {title}")?;
            f.write_str(text)?;
            if text.ends_with('\n') {
                Ok(())
            } else {
                f.write_char('\n')
            }
        };
        section("Subject", &message.subject)?;
        let attributes = message.attributes();
        let attributes = attributes.map(|Attribute { name, value, .. }| format!("{name}: {value}"));
        section(
            "Message attributes, to filter subscriptions by",
            &attributes.join("\n"),
        )?;
        section("SMS", &message.sms)?;
        section("Mail", &message.mail)?;
        // On one line and last, so that `tail -n 1 | jq` reads it.
        if let Some(https) = &message.https {
            section("HTTPS, as HTTPS_FORMAT says", https)?;
        }
        section(
            "JSON for programs (HTTPS, SQS, Lambda, email-json)",
            &message.json,
        )
    }
}

#[cfg(test)]
mod tests;
