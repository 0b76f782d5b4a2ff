//! What is said about each problem, and what to do about it.

use super::found::{Kind, Problem, Repair};
use super::place::Place;
use super::seen::{Change, Seen};
use crate::command::Command;
use crate::report::Moment;
use crate::shown::{Shown, shown};

/// How long a name may be in a sentence.
pub(super) const MAX_NAME: usize = 256;

/// One problem, in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// What is wrong, or was.
    pub(super) sentence: Shown,
    /// Since when, or from when to when.
    pub(super) time: Shown,
    /// Who made the change.
    pub(super) change: Option<Shown>,
    /// What was done about it.
    pub(super) repair: Option<Shown>,
    /// What is left to do.
    pub(super) to_do: Option<Shown>,
    /// The command for that.
    pub(super) command: Option<Command>,
    pub(super) is_left: bool,
    pub(super) is_repaired: bool,
}

impl Told {
    /// Whether people must do something.
    pub(super) fn needs_help(&self) -> bool {
        self.is_left || self.to_do.is_some()
    }
}

/// Puts a problem into words.
pub(super) fn told(seen: &Seen, place: &Place<'_>, has_ended: bool) -> Told {
    let problem = &seen.problem;
    let is_left = seen.is_left && !has_ended;
    let moment = |at| Moment::new(at, place.zone);
    let (first, last) = (moment(seen.first), moment(seen.last));
    let time = if is_left {
        shown!("Since {}.", first.full())
    } else {
        shown!("Seen {}.", Moment::range(&first, &last))
    };
    let left = !has_ended && (is_left || problem.kind == Kind::TopicGone);
    Told {
        sentence: sentence(problem, is_left),
        time,
        change: seen.change.as_ref().map(|change| said(change, place)),
        repair: repair(problem),
        to_do: to_do(problem).filter(|_| left),
        command: command(problem, place).filter(|_| left),
        is_left,
        is_repaired: problem.repair == Some(Repair::Done),
    }
}

fn sentence(problem: &Problem, is_left: bool) -> Shown {
    let object = Shown::outside(&problem.object, MAX_NAME);
    let details = problem
        .details
        .iter()
        .map(|detail| Shown::outside(detail, MAX_NAME));
    let details = Shown::joined(details, "; ");
    let is = if is_left { "is" } else { "was" };
    match problem.kind {
        Kind::FilterGone => shown!(
            "The metric filter {} {} gone: no KMS error {} counted.",
            object,
            is,
            is
        ),
        Kind::FilterChanged => shown!("The metric filter {} was changed: {}.", object, details),
        Kind::AlarmGone => shown!(
            "The alarm {} {} gone: no KMS error {} noticed.",
            object,
            is,
            is
        ),
        Kind::AlarmChanged => shown!("The alarm {} was changed: {}.", object, details),
        Kind::TopicGone => shown!(
            "The topic {} {} gone, and all its subscriptions with it.",
            object,
            is
        ),
        Kind::TopicChanged => shown!("The topic {} was changed: {}.", object, details),
        Kind::HealthAlarmGone => shown!(
            "The alarm {} {} gone, or was changed so that it tells nobody: if the watch stops, nobody is told.",
            object,
            is
        ),
        Kind::AlarmUnheard => shown!(
            "The topic {}, which the alarm notifies, {} gone or had no subscription: the function does not hear of the \
             alarm, and nobody gets the alerts.",
            object,
            is
        ),
        Kind::LogGroupGone => shown!(
            "The log group {} {} gone: no KMS error {} seen.",
            object,
            is,
            is
        ),
        Kind::LogGroupSilent if is_left => shown!(
            "Nothing has been written to the log group {} in the last hour: if KMS calls fail, nobody sees it.",
            object
        ),
        Kind::LogGroupSilent => {
            shown!(
                "Nothing had been written to the log group {} for an hour.",
                object
            )
        }
        Kind::NoKmsEvents if is_left => shown!(
            "The log group {} has received no KMS event in the last 24 hours: either nobody called KMS, or the trail \
             leaves KMS out.",
            object
        ),
        Kind::NoKmsEvents => {
            shown!(
                "The log group {} had received no KMS event for 24 hours.",
                object
            )
        }
        Kind::NobodySubscribed if is_left => shown!(
            "No subscription to the topic {} is confirmed: nobody gets the alerts.",
            object
        ),
        Kind::NobodySubscribed => {
            shown!("No subscription to the topic {} was confirmed.", object)
        }
        Kind::AddressesGone => shown!(
            "Not every address in Emails {} subscribed to {}: {} left, or never confirmed.",
            is,
            object,
            details
        ),
        Kind::QueueNotEmpty if is_left => shown!(
            "The queue {} is not empty: {} that could not be delivered.",
            object,
            details
        ),
        // SQS reports nothing of a queue that nobody has used for hours.
        Kind::QueueNotEmpty => shown!(
            "The queue {} had {} that could not be delivered. SQS stops reporting some hours after the last use, so make \
             sure that it is empty.",
            object,
            details
        ),
    }
}

pub(super) fn said(change: &Change, place: &Place<'_>) -> Shown {
    let was = match change.operation.as_str() {
        "DeleteMetricFilter" | "DeleteAlarms" | "DeleteTopic" | "DeleteLogGroup" => "Deleted",
        "PutMetricFilter" | "PutMetricAlarm" | "SetTopicAttributes" | "AddPermission"
        | "RemovePermission" => "Changed",
        "DisableRule" => "The rule was disabled",
        "DeleteRule" => "The rule was deleted",
        "RemoveTargets" => "The function was taken off the rule",
        "DisableAlarmActions" => "Turned off",
        "Unsubscribe" => "A subscription was ended",
        // Whether it is this log group's is not known.
        "StopLogging" => "This may be why: a trail was stopped",
        "DeleteTrail" => "This may be why: a trail was deleted",
        "UpdateTrail" => "This may be why: a trail was changed",
        "PutEventSelectors" => "This may be why: what a trail records was changed",
        _ => "Done",
    };
    shown!(
        "{} by {} with {} at {}.",
        was,
        Shown::outside(&change.by, MAX_NAME),
        Shown::outside(&change.operation, MAX_NAME),
        Moment::new(change.at, place.zone).full()
    )
}

fn repair(problem: &Problem) -> Option<Shown> {
    Some(match problem.repair.as_ref()? {
        Repair::Done => match problem.kind {
            Kind::FilterGone | Kind::AlarmGone | Kind::TopicGone => {
                shown!("The function made it again.")
            }
            _ => shown!("The function repaired it."),
        },
        Repair::Failed(why) => shown!(
            "The function tried to repair it and could not: {}.",
            Shown::outside(why.trim_end_matches('.'), 500)
        ),
    })
}

/// What people must do, or nothing when the function has done it all.
fn to_do(problem: &Problem) -> Option<Shown> {
    let is_repaired = problem.repair == Some(Repair::Done);
    Some(match problem.kind {
        Kind::TopicGone if is_repaired => shown!(
            "Every address in Emails was asked to confirm again and gets nothing before it does. Other \
             subscriptions must be made again by hand."
        ),
        _ if is_repaired => return None,
        Kind::FilterGone
        | Kind::FilterChanged
        | Kind::AlarmGone
        | Kind::AlarmChanged
        | Kind::TopicGone
        | Kind::TopicChanged => {
            shown!("The next tick tries again. Remove what stands in its way.")
        }
        Kind::AlarmUnheard => shown!(
            "Subscribe the function to it again. If the topic is gone, delete the stack and deploy it again."
        ),
        Kind::HealthAlarmGone => shown!(
            "If it is there, set its actions and its threshold again. If it is gone, deploy with WatchMinutes 0 and then with its old \
             value: that makes it again."
        ),
        Kind::LogGroupGone => shown!(
            "Make CloudTrail deliver to a log group of that name, or deploy with another LogGroupName."
        ),
        Kind::LogGroupSilent => {
            shown!("See whether the trail still logs, and still delivers to this log group.")
        }
        Kind::NoKmsEvents => shown!(
            "Call KMS once and wait 15 minutes. If that event does not arrive, include KMS in the trail's event selectors."
        ),
        Kind::NobodySubscribed => {
            shown!("Confirm the mail that SNS sent, or subscribe an address:")
        }
        Kind::AddressesGone => shown!(
            "If somebody left on purpose, remove the address from Emails. If not, subscribe it again:"
        ),
        Kind::QueueNotEmpty => shown!(
            "Read what waits, send it to the function again, and delete it from the queue. The steps are in docs/operations.md."
        ),
    })
}

fn command(problem: &Problem, place: &Place<'_>) -> Option<Command> {
    // A name that is not shown as it is belongs in no command.
    if *Shown::outside(&problem.object, MAX_NAME) != problem.object {
        return None;
    }
    let command = match problem.kind {
        Kind::LogGroupGone | Kind::LogGroupSilent => Command::new("aws cloudtrail describe-trails"),
        Kind::HealthAlarmGone => Command::new("aws cloudwatch enable-alarm-actions")
            .quoted("--alarm-names", &problem.object),
        Kind::AlarmUnheard => Command::new("aws sns subscribe")
            .quoted("--topic-arn", &problem.object)
            .words("--protocol lambda")
            .quoted("--notification-endpoint", place.function_arn),
        Kind::NoKmsEvents => Command::new("aws kms list-keys --limit 1"),
        Kind::NobodySubscribed | Kind::AddressesGone => Command::new("aws sns subscribe")
            .quoted("--topic-arn", &problem.object)
            .words("--protocol email --notification-endpoint ADDRESS"),
        Kind::QueueNotEmpty => Command::new("aws sqs receive-message").output_of(
            "--queue-url",
            &with_region(
                Command::new("aws sqs get-queue-url")
                    .quoted("--queue-name", &problem.object)
                    .words("--query QueueUrl --output text"),
                place,
            ),
        ),
        _ => return None,
    };
    Some(with_region(command, place))
}

/// The same, in the Region of the alarm.
pub(super) fn with_region(command: Command, place: &Place<'_>) -> Command {
    match &place.region {
        Some(region) => command.option("--region", region),
        None => command,
    }
}
