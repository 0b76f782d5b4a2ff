//! CloudFormation and Lambda, as far as a custom resource sees them: what is sent after each answer,
//! how long an answer is awaited, and what is delivered more than once.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::cell::RefCell;
use std::ops::Add;
use std::rc::Rc;
use std::time::Duration;

use kms_alarm::owner::Owner;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep};

use super::history::{
    Asked, Course, Deploy, Fault, Hand, History, OPERATIONS, Step, Then, Twin, Weather,
};
use super::ledger::Ledger;
use crate::cloudformation::INVENTED_ID;
use crate::fake_aws::{Delivery, FakeAws, How, Lags};
use crate::invoke::{Ended, deliver, request, signed};

/// The template's `ServiceTimeout`.
const WAITS: Duration = Duration::from_mins(6);
/// How often CloudFormation's side looks for an answer.
const LOOK: Duration = Duration::from_millis(200);
/// What CloudFormation needs between two requests.
const PAUSE: Duration = Duration::from_secs(2);
/// After this many calls a run has announced itself.
const ANNOUNCED: usize = 4;
const SECOND: Duration = Duration::from_secs(1);

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    pub histories: usize,
    pub requests: usize,
    pub deliveries: usize,
    pub calls: usize,
    pub hands: usize,
}

impl Add for Tried {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            histories: self.histories + more.histories,
            requests: self.requests + more.requests,
            deliveries: self.deliveries + more.deliveries,
            calls: self.calls + more.calls,
            hands: self.hands + more.hands,
        }
    }
}

/// One delivery that has ended.
#[derive(Debug)]
struct Report {
    what: String,
    ended: Ended,
    answers: usize,
    calls: usize,
    request_id: String,
    succeeded: bool,
    /// It was made to die, or its answer was made to fail.
    is_excused: bool,
}

/// What CloudFormation learned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Succeeded(String),
    Failed(String),
    /// It gave up, or no answer came in time.
    Nothing,
}

/// One request's event, and when it was sent.
struct Sent {
    verdict: Verdict,
    at: Instant,
}

/// The stacks of one history.
pub struct Stacks {
    aws: FakeAws,
    ledger: Rc<RefCell<Ledger>>,
    weather: Weather,
    stack_id: String,
    /// How many there have been.
    number: usize,
    /// Everything that the stack has ever held.
    ever_held: Vec<Asked>,
    running: Vec<JoinHandle<Vec<Report>>>,
    /// The requests that CloudFormation no longer waits for, and that may adopt.
    given_up: Vec<String>,
    pub tried: Tried,
}

type Checked<T = ()> = Result<T, String>;

/// Lives through a history; says what did not hold.
pub async fn live(history: &History) -> (Tried, Checked) {
    let weather = history.weather;
    let ledger = Ledger::new(history.lab, weather.tags * SECOND);
    let aws = ledger.aws().clone();
    aws.enforce_tag_conditions("pattern1-alarm");
    aws.lag(Lags {
        tags: weather.tags * SECOND,
        listings: weather.listings * SECOND,
        conditions: weather.conditions * SECOND,
    });
    aws.state().streams.gone = weather.no_turns;
    let mut stacks = Stacks {
        aws,
        ledger: Rc::new(RefCell::new(ledger)),
        weather,
        stack_id: String::new(),
        number: 0,
        ever_held: Vec::new(),
        running: Vec::new(),
        given_up: Vec::new(),
        tried: Tried::default(),
    };
    let lived = stacks.live(&history.steps).await.map_err(|wrong| {
        let story = stacks.aws.state().story.join("\n");
        format!("{wrong}\n{story}\n")
    });
    stacks.tried.histories = 1;
    stacks.tried.hands = stacks.ledger.borrow().hands;
    (stacks.tried, lived)
}

impl Stacks {
    async fn live(&mut self, steps: &[Step]) -> Checked {
        for (number, step) in steps.iter().enumerate() {
            let at = |wrong| format!("step {number}: {wrong}");
            self.step(step).await.map_err(at)?;
            self.check_if_quiet().await.map_err(at)?;
        }
        let at = |wrong| format!("the end: {wrong}");
        if self.held() {
            self.delete(&Course::default()).await.map_err(at)?;
        }
        self.settle().await.map_err(at)?;
        self.ledger.borrow().check().map_err(at)
    }

    fn held(&self) -> bool {
        self.ledger.borrow().held.is_some()
    }

    async fn step(&mut self, step: &Step) -> Checked {
        match step {
            Step::Wait(seconds) => {
                sleep(*seconds * SECOND).await;
                Ok(())
            }
            Step::Hand(hand) => {
                if matches!(hand, Hand::TheirTopic | Hand::TheirAlarm) {
                    self.settle().await?;
                }
                self.aws.state().story.push(format!("by hand: {hand:?}"));
                self.ledger.borrow_mut().act(*hand, true);
                if matches!(hand, Hand::TheirTopic | Hand::TheirAlarm) {
                    // What does not show yet cannot be respected.
                    let Weather { tags, listings, .. } = self.weather;
                    sleep(tags.max(listings) * SECOND).await;
                }
                Ok(())
            }
            Step::Delete(course) if self.held() => self.delete(course).await,
            Step::Delete(_) => Ok(()),
            Step::Deploy(deploy) if self.held() => self.update(deploy).await,
            Step::Deploy(deploy) => self.create(deploy).await,
        }
    }

    async fn create(&mut self, deploy: &Deploy) -> Checked {
        // Whoever deletes a stack and makes it again waits for the role and the function first.
        sleep(60 * SECOND).await;
        self.number += 1;
        self.stack_id = format!(
            "arn:aws:cloudformation:ap-southeast-2:111122223333:stack/pattern1-alarm/\
             0a1b2c3d-1111-2222-3333-{:012}",
            self.number
        );
        self.ledger.borrow_mut().owner = Owner::of(&self.stack_id, "KmsAlarm").id;
        self.ever_held.clear();
        let Deploy {
            to, course, next, ..
        } = deploy;
        let (may, must) = self.expected(to, course);
        let sent = self.send("Create", None, to, None, course).await?;
        match sent.verdict {
            Verdict::Succeeded(id) => {
                if !may {
                    return Err("a Create that must be refused succeeded".to_owned());
                }
                self.hold(&id, to, sent.at);
                Ok(())
            }
            verdict if must => Err(format!("a Create that must succeed: {verdict:?}")),
            Verdict::Failed(id) => self.remove(&id, to, next).await,
            Verdict::Nothing => self.remove(INVENTED_ID, to, next).await,
        }
    }

    /// Whether a request to make this may succeed, and whether it must.
    fn expected(&self, to: &Asked, course: &Course) -> (bool, bool) {
        let ledger = self.ledger.borrow();
        let recently = |at: Instant| at.elapsed() < 60 * SECOND;
        let is_known = ledger.last_hand.is_none_or(|at| !recently(at)) && course.hand.is_none();
        let held = ledger.held.as_ref();
        let is_new = held
            .is_none_or(|held| held.asked.name() != to.name() || held.asked.group() != to.group());
        let obstacle = to.bad.is_some()
            || is_new && !to.adopt && ledger.has_foreign(to)
            || ledger.is_theirs(to)
            || !to.adopt && ledger.has_second_feed(to);
        let is_returned_to = self.ever_held.contains(to);
        let may = to.bad.is_none()
            && (!is_known
                || is_returned_to
                || !(ledger.is_theirs(to)
                    || held.is_none() && !to.adopt && ledger.has_second_feed(to)));
        let must = course.is_clean() && is_known && !obstacle && !(course.short && self.is_late());
        (may, must)
    }

    fn is_late(&self) -> bool {
        let Weather {
            tags,
            listings,
            conditions,
            ..
        } = self.weather;
        tags + listings + conditions > 0
    }

    fn hold(&mut self, id: &str, asked: &Asked, since: Instant) {
        self.ever_held.push(asked.clone());
        self.ledger.borrow_mut().hold(id, asked, since);
    }

    async fn update(&mut self, deploy: &Deploy) -> Checked {
        let Deploy {
            to,
            course,
            next,
            then,
        } = deploy;
        let before = self.ledger.borrow().held.clone().expect("a resource");
        if before.asked == *to {
            // CloudFormation sees no change.
            return Ok(());
        }
        let (may, must) = self.expected(to, course);
        let sent = self
            .send("Update", Some(&before.id), to, Some(&before.asked), course)
            .await?;
        let id = match sent.verdict {
            Verdict::Succeeded(id) => id,
            verdict if must => return Err(format!("an Update that must succeed: {verdict:?}")),
            verdict => {
                if let Verdict::Failed(id) = verdict
                    && id != before.id
                {
                    return Err(format!("a failed Update has another ID: {id}"));
                }
                return self.roll_back(&before.id, to, next).await;
            }
        };
        if !may {
            return Err("an Update that must be refused succeeded".to_owned());
        }
        if (id == before.id) != (to.name() == before.asked.name()) {
            return Err(format!("the ID after the Update: {id}"));
        }
        match (then, id == before.id) {
            (Then::Keep, true) => {
                self.hold(&id, to, sent.at);
                let is_alone = course.is_clean() && course.hand.is_none();
                self.check_who_left(&before.asked, to, is_alone)
            }
            (Then::Keep, false) => {
                self.hold(&id, to, sent.at);
                self.remove(&before.id, &before.asked, next).await
            }
            (_, true) => {
                // What it took over is ours now, and so it is after the rollback.
                self.hold(&id, to, sent.at);
                self.roll_back_to(&before.asked, &id, to, next).await
            }
            (Then::RollBackByUpdate, false) => {
                self.hold(&id, to, sent.at);
                self.roll_back_to(&before.asked, &id, to, next).await?;
                self.remove(&id, to, next).await
            }
            (Then::RollBackByDelete, false) => {
                self.hold(&id, to, sent.at);
                self.ledger.borrow_mut().held = Some(before);
                self.remove(&id, to, next).await
            }
        }
    }

    /// Addresses that are no longer asked for get no more mails, unless they have never confirmed.
    fn check_who_left(&self, before: &Asked, now: &Asked, is_alone: bool) -> Checked {
        let world = self.aws.world();
        let (before, kept) = (before.emails(), now.emails());
        let topic = world.topics.get(&now.topic_arn()).filter(|_| is_alone);
        let mut subscriptions = topic.into_iter().flat_map(|topic| &topic.subscriptions);
        let gone = |address: &str| before.contains(&address) && !kept.contains(&address);
        match subscriptions.find(|(address, arn)| gone(address) && arn.starts_with("arn:")) {
            Some((address, _)) if !self.ledger.borrow().is_theirs(now) => {
                Err(format!("{address} was removed and still gets mails"))
            }
            _ => Ok(()),
        }
    }

    /// The Update back to what is held, after one that failed.
    async fn roll_back(&mut self, id: &str, from: &Asked, course: &Course) -> Checked {
        let held = self.ledger.borrow().held.clone().expect("a resource");
        self.roll_back_to(&held.asked, id, from, course).await
    }

    /// The Update back to what held before.
    async fn roll_back_to(
        &mut self,
        to: &Asked,
        id: &str,
        from: &Asked,
        course: &Course,
    ) -> Checked {
        let mut courses = vec![course.clone()];
        if !course.is_clean() || course.short && self.is_late() {
            // The user has it tried again.
            courses.push(Course::default());
        }
        if self.weather.no_turns && self.ledger.borrow().is_theirs(to) {
            // Without turns nothing tells that this held before, so what carries another stack's
            // tag is refused. People take the tag off then.
            self.ledger.borrow_mut().take_their_tags_off(to);
        }
        for (number, course) in courses.iter().enumerate() {
            let sent = self
                .send("Update", Some(id), to, Some(from), course)
                .await?;
            match sent.verdict {
                Verdict::Succeeded(id) => {
                    self.hold(&id, to, sent.at);
                    return Ok(());
                }
                verdict if number + 1 == courses.len() => {
                    return Err(format!("a rollback must succeed: {verdict:?}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Deletes the stack.
    async fn delete(&mut self, course: &Course) -> Checked {
        let held = self.ledger.borrow_mut().held.take().expect("a resource");
        self.remove(&held.id, &held.asked, course).await
    }

    /// The Delete of one ID, and again when it fails.
    async fn remove(&mut self, id: &str, asked: &Asked, course: &Course) -> Checked {
        let mut courses = vec![Course {
            // Nobody can cancel a Delete.
            given_up: None,
            ..course.clone()
        }];
        if !course.is_clean() || course.short {
            courses.push(Course::default());
        }
        for (number, course) in courses.iter().enumerate() {
            let sent = self.send("Delete", Some(id), asked, None, course).await?;
            match sent.verdict {
                Verdict::Succeeded(_) => break,
                verdict if number + 1 == courses.len() => {
                    return Err(format!("a Delete must succeed: {verdict:?}"));
                }
                _ => {}
            }
        }
        self.ledger.borrow_mut().removed(asked);
        Ok(())
    }

    /// Sends one request and waits for its answer as long as CloudFormation does.
    async fn send(
        &mut self,
        request_type: &str,
        id: Option<&str>,
        to: &Asked,
        old: Option<&Asked>,
        course: &Course,
    ) -> Checked<Sent> {
        let course = if self.weather.no_turns {
            // Without turns nothing tells a run that a later request has come, or that it is the
            // second: two of them may do anything.
            course.alone()
        } else {
            course.clone()
        };
        self.tried.requests += 1;
        let request_id = format!("0f1e2d3c-1111-4222-8333-{:012}", self.tried.requests);
        let mut event = signed(request(request_type, &to.properties()), self.aws.now());
        event["RequestId"] = json!(request_id);
        event["StackId"] = json!(self.stack_id);
        if let Some(id) = id {
            event["PhysicalResourceId"] = json!(id);
        }
        if let Some(old) = old {
            let old = request("Create", &old.properties());
            event["OldResourceProperties"] = old["ResourceProperties"].clone();
        }
        {
            let mut ledger = self.ledger.borrow_mut();
            ledger.asks_for(to);
            // Nobody can put back what a run that died has changed.
            ledger.weak |= course.may_not_undo() && ledger.has_foreign(to);
        }
        if let Some((operation, seconds)) = course.denied {
            self.aws.deny_for(OPERATIONS[operation], seconds * SECOND);
        }
        let at = Instant::now();
        let number = self.tried.requests;
        self.aws.state().story.push(format!(
            "{number}: {request_type} {id:?} {to:?}, from {old:?}, {course:?}"
        ));
        let first = self.deliver(&event, &course, request_type);
        let given_up = course.given_up;
        let verdict = loop {
            sleep(LOOK).await;
            if let Some(answer) = self.answer(&request_id) {
                check_answer(&answer, &event)?;
                let id = answer["PhysicalResourceId"].as_str().unwrap_or_default();
                break if answer["Status"] == "SUCCESS" {
                    Verdict::Succeeded(id.to_owned())
                } else {
                    Verdict::Failed(id.to_owned())
                };
            }
            let has_called = |calls| first.calls().len() >= calls;
            if given_up.is_some_and(|given_up| has_called(given_up.call)) || at.elapsed() >= WAITS {
                self.given_up.push(request_id);
                break Verdict::Nothing;
            }
        };
        if let (Some(given_up), Verdict::Nothing) = (given_up, &verdict)
            && given_up.call < ANNOUNCED
            && self.weather.listings > 0
        {
            // Two runs of which neither has seen the other announced, because listings are late,
            // cannot wait for each other.
            let seconds = u32::try_from(given_up.seconds).expect("some seconds");
            sleep((course.waits + seconds + self.weather.listings) * SECOND).await;
        }
        let told = format!("{number}: {verdict:?}");
        self.aws.state().story.push(told);
        sleep(PAUSE).await;
        Ok(Sent { verdict, at })
    }

    /// The first answer to a request.
    fn answer(&self, request_id: &str) -> Option<Value> {
        let state = self.aws.state();
        let mut answers = state.answers.iter();
        let answer = answers.find(|answer| answer.contains(request_id))?;
        Some(serde_json::from_str(answer).expect("JSON"))
    }

    /// Lambda takes a request, and delivers it as the course says. Returns the first delivery.
    fn deliver(&mut self, event: &Value, course: &Course, request_type: &str) -> Delivery {
        let number = self.tried.requests;
        let first = Delivery::named(&format!("{number}"));
        let lambda = Lambda {
            aws: self.aws.clone(),
            ledger: self.ledger.clone(),
            event: event.clone(),
            course: course.clone(),
            what: format!("{number}, a {request_type}"),
            number,
        };
        let twin = course.twin;
        let (delivery, second) = (first.clone(), lambda.clone());
        self.running
            .push(spawn_local(async move { lambda.deliver(delivery).await }));
        if let Some(twin) = twin {
            let first = first.clone();
            self.running.push(spawn_local(async move {
                match twin {
                    Twin::AtCall(call) => {
                        // It may never make that many.
                        tokio::select! {
                            () = first.called(call) => {}
                            () = sleep(120 * SECOND) => {}
                        }
                    }
                    Twin::After(seconds) => sleep(seconds * SECOND).await,
                }
                let again = Delivery::named(&format!("{number} twice"));
                vec![second.once(&again, "the second delivery of", false).await]
            }));
        }
        first
    }

    /// When nothing runs, everything must hold.
    async fn check_if_quiet(&mut self) -> Checked {
        if self.running.iter().all(JoinHandle::is_finished) {
            self.settle().await?;
            self.ledger.borrow().check()?;
        }
        Ok(())
    }

    /// Waits for every delivery, and checks what became of it.
    async fn settle(&mut self) -> Checked {
        let mut wrong = Vec::new();
        for running in std::mem::take(&mut self.running) {
            for report in running.await.map_err(|panic| panic.to_string())? {
                self.tried.deliveries += 1;
                self.tried.calls += report.calls;
                // An adoption that completed although CloudFormation had given it up cannot be told
                // from one that it holds until the Delete comes, and then nobody knows how it was.
                let is_given_up = self.given_up.contains(&report.request_id);
                self.ledger.borrow_mut().weak |= report.succeeded && is_given_up;
                let is_answered = report.ended == Ended::Done && report.answers == 1;
                if !report.is_excused && !is_answered {
                    let Report {
                        what,
                        ended,
                        answers,
                        ..
                    } = report;
                    wrong.push(format!("{what} ended with {answers} answers: {ended:?}"));
                }
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("; "))
        }
    }
}

/// What must hold for every answer.
fn check_answer(answer: &Value, event: &Value) -> Checked {
    let size = answer.to_string().len();
    if size > 4096 {
        return Err(format!("an answer of {size} bytes"));
    }
    for id in ["StackId", "RequestId", "LogicalResourceId"] {
        if answer[id] != event[id] {
            return Err(format!("{id} is not echoed: {answer}"));
        }
    }
    let id = answer["PhysicalResourceId"].as_str().unwrap_or_default();
    if id.is_empty() || id.len() > 1024 {
        return Err(format!("the ID: {answer}"));
    }
    let is_delete = event["RequestType"] == "Delete";
    if is_delete && answer["PhysicalResourceId"] != event["PhysicalResourceId"] {
        return Err(format!("a Delete with another ID: {answer}"));
    }
    let attributes = answer["Data"].as_object().map_or(0, serde_json::Map::len);
    if answer["Status"] == "SUCCESS" && !is_delete && attributes != 9 {
        return Err(format!("{attributes} attributes: {answer}"));
    }
    let reason = answer["Reason"].as_str().unwrap_or_default();
    if answer["Status"] == "FAILED" && reason.is_empty() {
        return Err(format!("a failure without a reason: {answer}"));
    }
    Ok(())
}

/// Lambda's side of one request.
#[derive(Clone)]
struct Lambda {
    aws: FakeAws,
    ledger: Rc<RefCell<Ledger>>,
    event: Value,
    course: Course,
    what: String,
    number: usize,
}

impl Lambda {
    /// The first delivery, and as many more as Lambda makes after failures.
    async fn deliver(self, first: Delivery) -> Vec<Report> {
        let course = &self.course;
        sleep(course.waits * SECOND).await;
        if let Some(given_up) = course.given_up {
            // CloudFormation gives up while this call is being made.
            first.fail_at(given_up.call, How::Slow(given_up.seconds), false);
        }
        let is_lost = course.answer_lost.is_some();
        if let Some(fault) = course.fault {
            set(&first, fault);
        }
        let mut reports = vec![self.once(&first, "the first delivery of", is_lost).await];
        for retry in 1..=2 {
            let last = reports.last().expect("a delivery");
            if last.ended == Ended::Done {
                break;
            }
            sleep(retry * 60 * SECOND).await;
            let again = Delivery::named(&format!("{} again", self.number));
            if let (1, Some(fault)) = (retry, course.answer_lost.and_then(|lost| lost.retry)) {
                set(&again, fault);
            }
            reports.push(self.once(&again, "another attempt at", false).await);
        }
        reports
    }

    async fn once(&self, delivery: &Delivery, which: &str, is_lost: bool) -> Report {
        if is_lost {
            delivery.fail("PUT", How::Reset, 99);
        }
        let left = if self.course.short { 30 } else { 60 } * SECOND;
        let run = deliver(&self.aws, delivery, self.event.clone(), left);
        let hand = async {
            if let Some((calls, hand)) = self.course.hand {
                delivery.called(calls).await;
                self.ledger.borrow_mut().act(hand, false);
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = run => ended,
            () = hand => unreachable!("it waits for ever"),
        };
        Report {
            what: format!("{which} {}", self.what),
            answers: delivery.answers().len(),
            calls: delivery.calls().len(),
            request_id: self.event["RequestId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            succeeded: delivery.succeeded(),
            is_excused: delivery.is_dead() || delivery.was_kept_from_answering(),
            ended,
        }
    }
}

fn set(delivery: &Delivery, Fault { call, how, lasting }: Fault) {
    let is_final = matches!(how, How::Dies { .. });
    delivery.fail_at(call, how, lasting && !is_final);
}
