//! Failed calls that are alike: who could not do what, why, and what to do.

use serde::Serialize;

use super::evidence::Evidence;
use super::links::GroupLinks;
use super::moment::Moment;
use super::number::plural;
use super::values::Values;
use crate::arn::Arn;
use crate::cloudtrail::{Affected, KeyChange, WorkloadKind};
use crate::command::Command;
use crate::error_message::{Denial, Effect, Policy};
use crate::findings::{self, Concern};
use crate::identifier::{Identifier, Key};
use crate::kms_error::{self, Advice, Context, Remedy, Severity};
use crate::shown::{Shown, shown};
use crate::text::masked_key;

/// How much of a name, an ARN or an id is shown.
const MAX_NAME: usize = 300;
/// How much of a code or an operation is shown.
const MAX_WORD: usize = 60;
/// Whoever reads a mail on a phone pastes no longer command; programs get it.
const MAX_COMMAND_LEN: usize = 400;
/// How much of an error's message is shown.
const MAX_MESSAGE: usize = 600;

/// Failed calls that are alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of one thing whether it is shown"
)]
pub struct Group {
    /// Whose concern they are.
    pub concern: Concern,
    /// The error's code.
    pub code: Shown,
    /// The operation.
    pub operation: Shown,
    /// How bad it is.
    pub severity: Severity,
    /// What identifies them in a subject: `key orders is disabled`.
    pub headline: Shown,
    /// The caller in a subject: the role's name.
    #[serde(skip)]
    pub caller_name: Shown,
    /// The Region and the account of the newest call, in a subject.
    #[serde(skip)]
    pub(super) place: [Option<Shown>; 2],
    /// Whether the mail needs the key's page and, unless the cause says it all, the message.
    #[serde(skip)]
    pub needs_key: bool,
    #[serde(skip)]
    needs_message: bool,
    #[serde(skip)]
    names_key: bool,
    /// Who could not do what, and why.
    pub sentence: Shown,
    /// How many calls, when, and by what.
    pub calls: Shown,
    /// Why they failed.
    pub cause: Shown,
    /// Why it matters.
    pub meaning: Shown,
    /// The first thing to do.
    pub first_step: Shown,
    /// A command that shows more and changes nothing.
    pub command: Option<Command>,
    /// A command that puts it right, should the cause be confirmed.
    pub remedy: Option<Remedy>,
    /// How many calls failed.
    pub count: u64,
    /// Whether there may be more.
    pub at_least: bool,
    /// The time of the first call.
    pub first: Option<Moment>,
    /// The time of the last call.
    pub last: Option<Moment>,
    /// The keys, by the best names that the events have for them.
    pub keys: Values,
    /// The aliases by which callers named them.
    pub aliases: Values,
    /// What the caller named the key by, if KMS would not accept that.
    pub key_as_sent: Option<Shown>,
    /// The other key, where the call has two.
    pub other_key: Option<Shown>,
    /// The account that owns the key, if it is another one.
    pub key_account: Option<Shown>,
    /// The role's ARN, or whatever name the caller has.
    pub caller: Shown,
    /// The sessions of the role.
    pub sessions: Values,
    /// What runs in the newest session.
    pub workload: Option<Workload>,
    /// The addresses the calls came from.
    pub sources: Values,
    /// The VPC endpoints they came through.
    pub vpc_endpoints: Values,
    /// The AWS services that called on the caller's behalf.
    pub services: Values,
    /// The data they were about.
    pub data: Values,
    /// The changes of the key that may be why, the likeliest first.
    pub changes: Vec<Change>,
    /// The newest event.
    pub newest: NewestEvent,
    /// Where to look in the console.
    pub links: GroupLinks,
}

/// What runs in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Workload {
    /// What it is, such as `ECS task`.
    pub kind: &'static str,
    /// Its id or name.
    pub id: Shown,
    /// The cluster of an ECS task, where the event has it.
    pub cluster: Option<Shown>,
    /// Whether AWS says so. If not, the session's name looks like it.
    pub known: bool,
}

/// A change of a key that may be why calls failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The operation.
    pub operation: Shown,
    /// Who made it.
    pub by: Shown,
    /// When.
    pub at: Moment,
    /// The event's id.
    pub event_id: Option<Shown>,
    /// The same in a sentence.
    pub sentence: Shown,
}

/// The fields of the newest event that are worth showing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewestEvent {
    /// When the call was made.
    pub time: Option<Moment>,
    /// The error's message.
    pub message: Option<Shown>,
    /// The event's id.
    pub event_id: Option<Shown>,
    /// The request's id.
    pub request_id: Option<Shown>,
    /// The Region the call was made to.
    pub region: Option<Shown>,
    /// The account in whose trail the event is.
    pub account: Option<Shown>,
    /// The session of the role.
    pub session: Option<Shown>,
    /// The caller's address.
    pub source: Option<Shown>,
    /// The program that called.
    pub user_agent: Option<Shown>,
    /// The end of the access key's id.
    pub access_key: Option<Shown>,
    /// The custom key store.
    pub key_store: Option<Shown>,
    /// The key's id in an external key manager.
    pub external_key: Option<Shown>,
    /// Why the event came late.
    pub delay: Option<Shown>,
}

impl Group {
    pub(super) fn new(
        found: &findings::Group,
        severity: Severity,
        at_least: bool,
        evidence: &Evidence<'_>,
    ) -> Self {
        let moment = |at| Moment::new(at, evidence.zone);
        let (first, last) = (found.first.map(moment), found.last.map(moment));
        let changes: Vec<_> = found
            .changes
            .iter()
            .map(|change| Change::new(change, first.as_ref(), evidence))
            .collect();
        let (key, alias) = (found.key(), found.alias());
        let newest = &found.newest;
        let changed_by = match changes.as_slice() {
            [only] => Some(&only.by),
            _ => None,
        };
        let context = Context {
            key: key.as_ref(),
            alias: alias.as_ref(),
            keys: found.keys.count(),
            region: newest
                .region
                .as_deref()
                .or(evidence.change.region.as_deref()),
            account: found.account().or(evidence.change.account.as_deref()),
            home: evidence.change.account.as_deref(),
            caller: &found.caller,
            operation: &found.operation,
            vpc_endpoint: found.vpc_endpoints.newest().next().map(String::as_str),
            key_store: newest.key_store.as_deref(),
            message: newest.message.as_deref(),
            changed_by,
        };
        let advice = advice(found, &context);
        let workload = found
            .sessions
            .newest()
            .next()
            .map(|session| Workload::new(found, session));
        let who = caller_name(&found.caller);
        let unaccepted = newest
            .key_as_sent
            .as_deref()
            .filter(|sent| Key::new(sent).is_none());
        let is_denial = kms_error::is_denial(&found.code);
        let says_which = |message: &str| Denial::read(message).policy != Policy::Unnamed;
        let is_told = is_denial && newest.message.as_deref().is_some_and(says_which);
        Self {
            concern: found.concern,
            code: Shown::outside(&found.code, MAX_WORD),
            operation: Shown::outside(&found.operation, MAX_WORD),
            severity,
            sentence: sentence(found, &who, &advice, &context),
            headline: advice.headline,
            needs_key: advice.names_key || is_denial,
            needs_message: !is_told,
            names_key: advice.names_key,
            caller_name: who,
            place: [context.region, context.account]
                .map(|name| name.map(|name| Shown::outside(name, 40))),
            calls: calls(
                found,
                at_least,
                first.as_ref().zip(last.as_ref()),
                &place(found, evidence),
            ),
            cause: advice.cause,
            meaning: advice.meaning,
            first_step: advice.first_step,
            command: advice.command,
            remedy: advice.remedy,
            count: found.count,
            at_least,
            keys: Values::new(&found.keys, |key| match Key::new(key) {
                Some(_) => Shown::outside(key, MAX_NAME),
                None => shown!("\"{}\"", Shown::outside(key, MAX_NAME)),
            }),
            aliases: Values::texts(&found.aliases, MAX_NAME),
            key_as_sent: unaccepted
                .filter(|sent| found.keys.newest().all(|key| key != sent))
                .map(|sent| Shown::outside(sent, MAX_NAME)),
            other_key: shown_name(newest.other_key.as_ref(), MAX_NAME),
            key_account: shown_name(newest.key_account.as_ref(), 40),
            caller: Shown::outside(&found.caller, MAX_NAME),
            sessions: Values::texts(&found.sessions, MAX_NAME),
            links: GroupLinks::new(found, key.as_ref(), evidence),
            sources: Values::texts(&found.sources, 100),
            vpc_endpoints: Values::texts(&found.vpc_endpoints, MAX_WORD),
            services: Values::texts(&found.services, 100),
            data: Values::new(&found.affected, data),
            newest: NewestEvent::new(newest, evidence),
            workload,
            first,
            last,
            changes,
        }
    }

    /// The number of calls, with a mark if there may be more.
    pub fn number(&self) -> Shown {
        shown!("{}{}", self.count, if self.at_least { "+" } else { "" })
    }

    /// The remedy, if it is short enough for a mail.
    pub fn short_remedy(&self) -> Option<&Remedy> {
        self.remedy
            .as_ref()
            .filter(|remedy| remedy.command.fits(MAX_COMMAND_LEN))
    }

    /// The error's message, unless the cause says all of it.
    pub fn message(&self) -> Option<&Shown> {
        self.newest.message.as_ref().filter(|_| self.needs_message)
    }

    /// What to say beside calls that are no incident of the application.
    pub fn label(&self) -> &'static str {
        match self.concern {
            Concern::Application => "",
            Concern::OwnFunction => ", the alarm's own function",
            Concern::Probe => ", harmless",
            Concern::DryRun => ", harmless dry run",
        }
    }

    /// The keys that the calls were about, in few words and unless the cause names them:
    /// `, key 1234abcd`.
    pub fn brief_keys(&self) -> Shown {
        if self.names_key {
            return Shown::default();
        }
        match (self.keys.count, self.keys.newest.first()) {
            (0, _) | (_, None) => Shown::default(),
            (1, Some(key)) => match Key::new(key) {
                Some(key) if key.is_alias() => shown!(", {}", Shown::outside(key.id(), 128)),
                Some(key) => shown!(", key {}", Shown::outside(key.short(), 16)),
                None => Shown::default(),
            },
            (count, _) => shown!(", {} keys", count),
        }
    }
}

/// The advice on a group, which is another one where nobody has to act.
fn advice(found: &findings::Group, context: &Context<'_>) -> Advice {
    let advice = found.reason.advice(context);
    match found.concern {
        Concern::Application | Concern::DryRun => advice,
        Concern::OwnFunction => {
            // What the role needs is known; no other policy can be put right in this way.
            let message = context.message.unwrap_or_default();
            let denial = Denial::read(message);
            let is_permission = denial.effect == Effect::Implicit
                && matches!(
                    denial.policy,
                    Policy::Identity | Policy::Key | Policy::KeyOrMissing | Policy::Unnamed
                );
            let (first_step, remedy) = if kms_error::is_denial(&found.code) && is_permission {
                let first_step = shown!(
                    "Allow the function's role kms:Decrypt and kms:GenerateDataKey* on the topic's key, or encrypt the \
                     topic with a key that is not watched."
                );
                (first_step, None)
            } else {
                (advice.first_step, advice.remedy)
            };
            Advice {
                meaning: shown!(
                    "The function that sends these alerts ran into this, most likely when it published to its \
                     encrypted topic. Each such failure can raise the alarm again. {}",
                    advice.meaning
                ),
                first_step,
                remedy,
                ..advice
            }
        }
        Concern::Probe => Advice {
            meaning: shown!(
                "AWS Config records Lambda functions and tries to read their environment variables. Where it may not \
                 use the key, it records the function without them. Nothing of yours is failing."
            ),
            first_step: shown!(
                "Nothing. To stop these notices, allow the role to use the key, if you want AWS Config to read the \
                 variables."
            ),
            command: None,
            remedy: None,
            ..advice
        },
    }
}

/// Who could not do what, and why.
fn sentence(found: &findings::Group, who: &Shown, advice: &Advice, context: &Context<'_>) -> Shown {
    let operation = match Identifier::word(&found.operation) {
        Some(operation) => shown!("{}", operation),
        None => shown!("make a call"),
    };
    let with_key = match (context.alias.or(context.key), context.keys) {
        _ if advice.names_key => Shown::default(),
        (_, 2..) => shown!(" with {} keys", context.keys),
        (Some(key), _) if key.is_alias() => shown!(" with key {}", Shown::outside(key.id(), 256)),
        (Some(key), _) => shown!(" with key {}", Shown::outside(key.short(), 16)),
        (None, _) => Shown::default(),
    };
    match found.concern {
        Concern::Application => {
            shown!(
                "{} could not {}{}: {}.",
                who,
                operation,
                with_key,
                advice.cause
            )
        }
        Concern::OwnFunction => shown!(
            "This is about the alarm itself, not the application: its own function could not {}{}: {}.",
            operation,
            with_key,
            advice.cause
        ),
        Concern::Probe => {
            let service = match found.services.newest().next() {
                Some(service) => Shown::outside(service, MAX_WORD),
                None => shown!("an AWS service"),
            };
            shown!(
                "No incident: {} tried to {}{} as {} and goes on without it: {}.",
                service,
                operation,
                with_key,
                who,
                advice.cause
            )
        }
        Concern::DryRun => shown!(
            "No incident: {} used a dry run to check whether it can call {}{}, and it can.",
            who,
            operation,
            with_key
        ),
    }
}

/// `5 calls failed from 20:46:31 to 20:46:33 AEDT (09:46 UTC), in 2 sessions, probably ECS tasks.`
fn calls(
    found: &findings::Group,
    at_least: bool,
    span: Option<(&Moment, &Moment)>,
    place: &Shown,
) -> Shown {
    let number = shown!("{}{}", if at_least { "At least " } else { "" }, found.count);
    let verb = if found.concern == Concern::DryRun {
        ""
    } else {
        " failed"
    };
    let when = match span {
        Some((first, last)) => shown!(" {}", Moment::range(first, last)),
        None => Shown::default(),
    };
    let service = match found.services.newest().next() {
        Some(service) if found.services.count() == 1 && found.concern == Concern::Application => {
            shown!(", through {}", Shown::outside(service, 100))
        }
        _ => Shown::default(),
    };
    let sessions = sessions(found);
    let calls = plural(found.count);
    shown!(
        "{} call{}{}{}{}{}{}.",
        number,
        calls,
        verb,
        when,
        place,
        service,
        sessions
    )
}

/// Where the calls were made, as far as that is not where the alarm is: `, in eu-west-1 of account
/// 444455556666`.
fn place(found: &findings::Group, evidence: &Evidence<'_>) -> Shown {
    let alarm = evidence.change;
    let account = found.account().and_then(Identifier::account);
    let account = account.filter(|account| {
        let home = alarm.account.as_deref();
        home.is_some_and(|home| home != account.as_ref())
    });
    let region = found.regions.newest().next();
    let region = region.and_then(|region| Identifier::word(region));
    let region = match (found.regions.count(), region) {
        (2.., _) => Some(shown!("{} Regions", found.regions.count())),
        (_, Some(region)) if alarm.region.as_deref() != Some(region.as_ref()) => {
            Some(shown!("{}", region))
        }
        _ => None,
    };
    match (region, account) {
        (Some(region), Some(account)) => shown!(", in {} of account {}", region, account),
        (Some(region), None) => shown!(", in {}", region),
        (None, Some(account)) => shown!(", in account {}", account),
        (None, None) => Shown::default(),
    }
}

/// `, in ECS task 8f3c2a1b…`, `, in 3 sessions, probably ECS tasks`.
fn sessions(found: &findings::Group) -> Shown {
    let mut workloads = found
        .sessions
        .newest()
        .map(|session| Workload::new(found, session));
    let Some(newest) = workloads.next() else {
        return Shown::default();
    };
    let alike = workloads.all(|other| (other.kind, other.known) == (newest.kind, newest.known));
    let count = found.sessions.count();
    // A person's session has the name that the person or their directory chose.
    let is_session = [WorkloadKind::Session, WorkloadKind::Person]
        .iter()
        .any(|kind| kind.noun() == newest.kind);
    match count {
        1 if is_session => shown!(", in a session named {}", newest.id.cut(64)),
        1 if newest.known => shown!(", in {} {}", newest.kind, newest.brief_id()),
        1 => shown!(", probably in {} {}", newest.kind, newest.brief_id()),
        _ if is_session || !alike => shown!(", in {} sessions", count),
        _ if newest.known => shown!(", in {} {}s", count, newest.kind),
        _ => shown!(", in {} sessions, probably {}s", count, newest.kind),
    }
}

/// A role by its name, anyone else by whatever name they have.
fn caller_name(caller: &str) -> Shown {
    let name = match Arn::parse(caller) {
        Some(arn) => arn.resource.rsplit('/').next().unwrap_or(arn.resource),
        None => caller,
    };
    Shown::outside(name, 128)
}

/// One pair of an encryption context.
fn data(affected: &Affected) -> Shown {
    let key = Shown::outside(&affected.key, 100);
    match affected.shown_value() {
        Some(value) => shown!("{} = {}", key, Shown::outside(value, MAX_NAME)),
        None => shown!("{} (value hidden)", key),
    }
}

fn shown_name(text: Option<&String>, max: usize) -> Option<Shown> {
    text.map(|text| Shown::outside(text, max))
}

impl Workload {
    fn new(found: &findings::Group, session: &str) -> Self {
        let workload = found.workload(session);
        Self {
            kind: workload.kind.noun(),
            id: Shown::outside(workload.id, MAX_NAME),
            cluster: workload
                .cluster
                .map(|cluster| Shown::outside(cluster, MAX_NAME)),
            known: workload.is_known,
        }
    }

    /// Task ids are long, and their beginning is enough to know one.
    fn brief_id(&self) -> Shown {
        if self.kind == WorkloadKind::EcsTask.noun() {
            self.id.cut(9)
        } else {
            self.id.cut(64)
        }
    }
}

impl Change {
    fn new(change: &KeyChange, first: Option<&Moment>, evidence: &Evidence<'_>) -> Self {
        let at = Moment::new(change.at, evidence.zone);
        let by = Shown::outside(&change.by, 200);
        let operation = Shown::outside(&change.operation, MAX_WORD);
        let did = match change.operation.as_str() {
            "DisableKey" => "disabled the key",
            "CancelKeyDeletion" => "canceled the key's deletion, which leaves it disabled,",
            "ScheduleKeyDeletion" => "scheduled the key for deletion",
            "PutKeyPolicy" => "changed the key policy",
            "RevokeGrant" => "revoked a grant on the key",
            "RetireGrant" => "retired a grant on the key",
            "DeleteAlias" => "deleted the alias",
            "UpdateAlias" => "pointed the alias to another key",
            "DisconnectCustomKeyStore" => "disconnected the key store",
            "UpdateCustomKeyStore" => "changed the key store",
            "DeleteImportedKeyMaterial" => "deleted the key's imported material",
            _ => "changed the key",
        };
        let when = match first {
            Some(first) => shown!(
                "{}, {} before the first failure",
                at.clock_beside(first),
                at.span_to(first)
            ),
            None => at.full(),
        };
        Self {
            sentence: shown!("{} {} at {}.", by, did, when),
            event_id: shown_name(change.event_id.as_ref(), 100),
            operation,
            by,
            at,
        }
    }
}

impl NewestEvent {
    fn new(newest: &findings::Newest, evidence: &Evidence<'_>) -> Self {
        let text = |text: &Option<String>, max| shown_name(text.as_ref(), max);
        Self {
            time: newest.time.map(|at| Moment::new(at, evidence.zone)),
            message: text(&newest.message, MAX_MESSAGE),
            event_id: text(&newest.event_id, 100),
            request_id: text(&newest.request_id, 100),
            region: text(&newest.region, 40),
            account: text(&newest.account, 40),
            session: text(&newest.session, MAX_NAME),
            source: text(&newest.source, 100),
            user_agent: text(&newest.user_agent, 120),
            access_key: newest.access_key.as_deref().map(masked),
            key_store: text(&newest.key_store, 100),
            external_key: text(&newest.external_key, 128),
            delay: text(&newest.delay, 100),
        }
    }
}

fn masked(access_key: &str) -> Shown {
    Shown::outside(&masked_key(access_key), 100)
}
