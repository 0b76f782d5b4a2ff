//! What is said about each problem, and what to do about it.

use super::found::{Kind, Problem, Repair};
use super::notice::Place;
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
}

/// Puts a problem into words.
pub(super) fn told(seen: &Seen, place: &Place<'_>, has_ended: bool) -> Told {
    let problem = &seen.problem;
    let is_left = seen.is_left && !has_ended;
    let moment = |at| Moment::new(at, place.zone);
    let (first, last) = (moment(seen.first), moment(seen.last));
    let time = if is_left {
        shown!("since {}", first.full())
    } else {
        shown!("{}", Moment::range(&first, &last))
    };
    let left = is_left || matches!(problem.kind, Kind::TopicGone);
    Told {
        sentence: sentence(problem, is_left),
        time,
        change: seen.change.as_ref().map(|change| said(change, place)),
        repair: repair(problem),
        to_do: to_do(problem).filter(|_| left),
        command: command(problem, place).filter(|_| left),
        is_left,
    }
}

fn sentence(problem: &Problem, is_left: bool) -> Shown {
    let object = Shown::name(&problem.object, MAX_NAME);
    let details = problem
        .details
        .iter()
        .map(|detail| Shown::outside(detail, MAX_NAME));
    let details = Shown::joined(details, "; ");
    let is = if is_left { "is" } else { "was" };
    let has = if is_left { "has" } else { "had" };
    match problem.kind {
        Kind::FilterGone => shown!(
            "The metric filter {} {} gone: no KMS error {} counted.",
            object,
            is,
            is
        ),
        Kind::FilterChanged => shown!("The metric filter {} {} changed: {}.", object, is, details),
        Kind::AlarmGone => shown!(
            "The alarm {} {} gone: nothing tells of KMS errors.",
            object,
            is
        ),
        Kind::AlarmChanged => shown!("The alarm {} {} changed: {}.", object, is, details),
        Kind::TopicGone => shown!("The topic {} {} gone: nobody gets the alerts.", object, is),
        Kind::TopicChanged => shown!("The topic {} {} changed: {}.", object, is, details),
        Kind::HealthAlarmGone => shown!(
            "The alarm {} {} gone, or its actions are off: nobody would notice if the watch stopped.",
            object,
            is
        ),
        Kind::LogGroupGone => shown!(
            "The log group {} {} gone: no KMS error can be seen.",
            object,
            is
        ),
        Kind::LogGroupSilent => shown!(
            "Nothing {} been written to the log group {} within an hour: if KMS calls fail, nobody sees it.",
            has,
            object
        ),
        Kind::NoKmsEvents => shown!(
            "The log group {} {} got no event of KMS within 24 hours: either nobody called KMS, or the trail leaves KMS out.",
            object,
            has
        ),
        Kind::NobodySubscribed => shown!(
            "No subscription to the topic {} {} confirmed: nobody gets the alerts.",
            object,
            is
        ),
        Kind::AddressesGone => shown!(
            "Not every address in Emails {} subscribed to {} any more: {}.",
            is,
            object,
            details
        ),
        Kind::QueueNotEmpty => shown!(
            "In the queue {} {} what the function could not deliver: {}.",
            object,
            if is_left { "waits" } else { "waited" },
            details
        ),
    }
}

pub(super) fn said(change: &Change, place: &Place<'_>) -> Shown {
    let by = Shown::outside(&change.by, MAX_NAME);
    let at = Moment::new(change.at, place.zone).full();
    let did = match change.operation.as_str() {
        "DeleteMetricFilter" | "DeleteAlarms" | "DeleteTopic" | "DeleteLogGroup" => "deleted it",
        "PutMetricFilter" | "PutMetricAlarm" | "SetTopicAttributes" | "AddPermission"
        | "RemovePermission" => "changed it",
        "DisableRule" => "disabled the rule",
        "DeleteRule" => "deleted the rule",
        "RemoveTargets" => "took the function off the rule",
        "DisableAlarmActions" => "turned its actions off",
        "Unsubscribe" => "ended a subscription",
        "StopLogging" => "stopped a trail",
        "DeleteTrail" => "deleted a trail",
        "UpdateTrail" => "changed a trail",
        "PutEventSelectors" => "changed what a trail records",
        _ => {
            let operation = Shown::outside(&change.operation, MAX_NAME);
            return shown!("{} called {} at {}.", by, operation, at);
        }
    };
    shown!(
        "{} {} at {} ({}).",
        by,
        did,
        at,
        Shown::outside(&change.operation, MAX_NAME)
    )
}

fn repair(problem: &Problem) -> Option<Shown> {
    Some(match problem.repair.as_ref()? {
        Repair::Done => match problem.kind {
            Kind::FilterGone | Kind::AlarmGone | Kind::TopicGone => {
                shown!("The function made it again.")
            }
            _ => shown!("The function put it right."),
        },
        Repair::Failed(why) => shown!(
            "The function tried to put it right and could not: {}.",
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
            shown!(
                "The next tick tries again. Remove what keeps it from that, or deploy the stack again."
            )
        }
        Kind::HealthAlarmGone => shown!(
            "Delete the stack's alarm resource from the drift by deploying with WatchMinutes 0 and then with its old value."
        ),
        Kind::LogGroupGone => shown!(
            "Make CloudTrail deliver to a log group of that name, or deploy with another LogGroupName."
        ),
        Kind::LogGroupSilent => {
            shown!("Look whether the trail still logs and still delivers to this log group.")
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
    let command = match problem.kind {
        Kind::LogGroupGone | Kind::LogGroupSilent => Command::new("aws cloudtrail describe-trails"),
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
