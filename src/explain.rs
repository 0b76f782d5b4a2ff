//! The preview: from an alarm's event and `CloudTrail` events in files to the alert that would be
//! sent, by the same nouns and without any call to AWS.
//!
//! Nobody deploys or sends anything here. Two things only the deployed function knows are put in
//! their place and said: which events the metric filter counts (those of one role, by the same three
//! conditions), and the log group.

mod input;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::alarm::{StateChange, StateValue};
use crate::cloudtrail::Event;
use crate::environment::Environment;
use crate::findings::Findings;
use crate::message::{self, Alert, Message, Outcome, Search};
use crate::metric_filter;
use crate::names::Names;

/// How it is used.
pub const USAGE: &str = "\
This is an AWS Lambda function; Lambda starts it. By hand it shows what it would send, and sends nothing:

    bootstrap explain [--role ARN] [--log-group NAME] ALARM-EVENT [CLOUDTRAIL-EVENTS]...

ALARM-EVENT: a file with an alarm's state change, as SNS, the alarm's Lambda action or EventBridge delivers it.
CLOUDTRAIL-EVENTS: files with CloudTrail events: one, a list, one on each line, a file of a trail, or what
`aws logs filter-log-events` or `aws cloudtrail lookup-events` prints.
--role: whose errors count; without it, the role with the most errors in these files.
--log-group: the name to be shown as the one that was searched.
TIME_ZONE and HTTPS_FORMAT in the environment are the function's own settings.
";

/// What would be sent, and what stands in for what only the deployed function knows.
#[derive(Debug)]
pub struct Preview {
    notes: Vec<String>,
    message: Message,
}

/// Reads the arguments behind the program's name and the files they name.
///
/// # Errors
///
/// An argument that is not understood, or a file that cannot be read as what it should be; names it.
pub fn explain(arguments: &[String], environment: &Environment) -> Result<Preview> {
    let arguments = Arguments::read(arguments)?;
    let change = change(arguments.alarm)?;
    let mut events = Vec::new();
    for file in &arguments.events {
        let text = fs::read_to_string(file).with_context(|| (*file).to_owned())?;
        events.extend(input::events(&text).with_context(|| (*file).to_owned())?);
    }
    Ok(preview(&arguments, &change, &events, environment))
}

/// The arguments, told apart.
struct Arguments<'a> {
    alarm: &'a str,
    events: Vec<&'a str>,
    role: Option<&'a str>,
    log_group: &'a str,
}

impl<'a> Arguments<'a> {
    fn read(arguments: &'a [String]) -> Result<Self> {
        let mut words = arguments.iter().map(String::as_str);
        if words.next() != Some("explain") {
            bail!("{USAGE}");
        }
        let (mut files, mut role, mut log_group) = (Vec::new(), None, "pattern1-logging-loggroup");
        while let Some(word) = words.next() {
            match word {
                "--role" => role = Some(words.next().context("--role needs the ARN of a role")?),
                "--log-group" => log_group = words.next().context("--log-group needs a name")?,
                option if option.starts_with("--") => bail!("{option} is not known\n\n{USAGE}"),
                file => files.push(file),
            }
        }
        let mut files = files.into_iter();
        Ok(Self {
            alarm: files.next().with_context(|| USAGE.to_owned())?,
            events: files.collect(),
            role,
            log_group,
        })
    }
}

/// The state change that a file holds, in whichever of its shapes.
fn change(file: &str) -> Result<StateChange> {
    let text = fs::read_to_string(file).with_context(|| file.to_owned())?;
    let event: Value = serde_json::from_str(&text).with_context(|| file.to_owned())?;
    let message = match event.pointer("/Records/0/Sns/Message").unwrap_or(&event) {
        Value::String(message) => message.clone(),
        other => other.to_string(),
    };
    StateChange::from_lambda_action(&event)
        .or_else(|_| StateChange::from_event_bridge(&event))
        .or_else(|_| StateChange::from_sns_message(&message))
        .with_context(|| {
            format!(
                "{file}: expected an alarm's state change, such as events/sns-alarm.json; the \
                 CloudTrail events come after it"
            )
        })
}

fn preview(
    arguments: &Arguments<'_>,
    change: &StateChange,
    events: &[String],
    environment: &Environment,
) -> Preview {
    let sorted = Sorted::of(events, arguments.role);
    let mut findings = Findings::default();
    // What the flow does: a recovery of which the beginning is not known is told without a search.
    let looks = match change.new_state {
        StateValue::Alarm => true,
        _ => change.is_recovery() && change.previous_changed_at.is_some(),
    };
    let mut searches = Vec::new();
    if looks {
        for event in &sorted.counted {
            findings.read(event);
        }
        // Who changed the key may be among what is no error.
        for event in events {
            findings.read_change(event);
        }
        let names = Names::of_alarm(&change.name);
        searches.push(Search {
            filter: names.map_or_else(|| "its metric filter".to_owned(), |names| names.filter),
            log_group: arguments.log_group.to_owned(),
            pattern: metric_filter::pattern(sorted.role.as_deref().unwrap_or("ROLE")),
            pages: 1,
            outcome: Outcome::Complete,
        });
    }
    let message = message::compose(&Alert {
        change,
        window: change.window(),
        widened: false,
        searches: &searches,
        findings: &findings,
        problems: environment.time_zone_problem.as_slice(),
        zone: &environment.time_zone,
        https: environment.https_format,
    });
    Preview {
        notes: sorted.notes(events.len(), looks),
        message,
    }
}

/// The events, by what the metric filter would make of them.
struct Sorted<'a> {
    role: Option<String>,
    counted: Vec<&'a str>,
    of_other_roles: usize,
    no_kms_errors: usize,
}

impl<'a> Sorted<'a> {
    fn of(events: &'a [String], role: Option<&str>) -> Self {
        let mut by_role: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut no_kms_errors = 0_usize;
        for text in events {
            match kms_error_of(text) {
                Some(role) => by_role.entry(role).or_default().push(text),
                None => no_kms_errors = no_kms_errors.saturating_add(1),
            }
        }
        let errors = by_role.values().map(Vec::len).sum::<usize>();
        // Of several with as many errors the first by name, so that the same files give the same.
        let most = by_role
            .iter()
            .rev()
            .max_by_key(|(_, events)| events.len())
            .map(|(role, _)| role.clone());
        let role = role.map(str::to_owned).or(most);
        let counted = role
            .as_ref()
            .and_then(|role| by_role.remove(role))
            .unwrap_or_default();
        Self {
            role,
            of_other_roles: errors.saturating_sub(counted.len()),
            counted,
            no_kms_errors,
        }
    }

    fn notes(&self, read: usize, looks: bool) -> Vec<String> {
        let mut notes = vec!["A preview: nothing was sent, and nothing asked of AWS.".to_owned()];
        if !looks {
            notes.push("The function looks for no events at this state change.".to_owned());
            return notes;
        }
        notes.push(match &self.role {
            Some(role) => format!(
                "{read} events read. {} are KMS errors of {role} and count; {} are KMS errors of others, {} no KMS \
                 errors of a role.",
                self.counted.len(),
                self.of_other_roles,
                self.no_kms_errors
            ),
            None => format!("{read} events read; none is a KMS error of a role."),
        });
        notes.push("All are taken to lie in the window that the function would search.".to_owned());
        notes
    }
}

/// The role whose KMS error this is: the metric filter's conditions, without a role named.
fn kms_error_of(text: &str) -> Option<String> {
    let event = Event::parse(text).ok()?;
    let is_error = event
        .error_code
        .as_deref()
        .is_some_and(|code| !code.is_empty());
    let is_kms = event.event_source.as_deref() == Some("kms.amazonaws.com");
    let issuer = event
        .user_identity
        .as_ref()?
        .session_context
        .as_ref()?
        .session_issuer
        .as_ref()?;
    let role = issuer.arn.as_deref()?;
    (is_error && is_kms).then(|| role.to_owned())
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
        let attributes = format!("severity: {}\nalarm: {}", message.severity, message.alarm);
        section(
            "Message attributes, to filter subscriptions by",
            &attributes,
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
