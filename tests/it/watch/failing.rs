//! A tick with a failure of every call in every way: what is new is told by this tick, by Lambda's
//! next delivery of it, or by the next tick, and it is told once.

use std::io::Write as _;

use super::{Story, at, seconds};
use crate::fake_aws::How;

const WAYS: [How; 10] = [
    How::Throttled,
    How::Status(503),
    How::Denied,
    How::NotFound,
    How::Reset,
    How::ResetMidBody,
    How::StallMidBody,
    How::Hang,
    How::Lost,
    How::Malformed,
];

/// What a tick has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    Kinds,
    Reminder,
}

impl Telling {
    /// When the tick is due that has to tell it.
    fn minutes(self) -> i64 {
        match self {
            Self::Kinds => 10,
            Self::Reminder => 65,
        }
    }

    fn situation(self) -> &'static str {
        match self {
            Self::Kinds => "followUp",
            Self::Reminder => "reminder",
        }
    }
}

async fn story(telling: Telling) -> Story {
    let mut story = Story::new().await;
    story.fails("generate-data-key-throttled", "GenerateDataKey", at(2));
    story.alarms(at(3) + seconds(20)).await;
    let (sample, operation) = match telling {
        Telling::Kinds => ("decrypt-disabled", "Decrypt"),
        Telling::Reminder => ("generate-data-key-throttled", "GenerateDataKey"),
    };
    story.fails(sample, operation, at(8));
    story.told();
    story.aws.all_calls();
    story
}

/// Delivers the tick with a failure, again as long as it fails, and the next two.
async fn deliver(telling: Telling, fault: (usize, How, bool)) -> (Story, usize) {
    let story = story(telling).await;
    let (call, how, lasting) = fault;
    story.aws.fail_at(call, how, lasting);
    let minutes = telling.minutes();
    let mut deliveries = 1;
    let mut outcome = story.ticks(minutes).await;
    story.aws.heal();
    while outcome.is_err() && deliveries < 3 {
        outcome = story
            .tick(minutes, at(minutes) + seconds(60 * deliveries))
            .await;
        deliveries += 1;
    }
    assert_eq!(outcome, Ok(()));
    for later in [5, 10] {
        story.ticks(minutes + later).await.unwrap();
    }
    (story, usize::try_from(deliveries).unwrap())
}

#[tokio::test(start_paused = true)]
async fn any_failure_in_a_tick_leaves_its_news_told_once() {
    let mut count = 0;
    let mut twice = Vec::new();
    for telling in [Telling::Kinds, Telling::Reminder] {
        let whole = story(telling).await;
        whole.ticks(telling.minutes()).await.unwrap();
        let calls = whole.aws.all_calls();
        for (index, operation) in calls.iter().enumerate() {
            for how in WAYS {
                for lasting in [false, true] {
                    let fault = (index + 1, how, lasting);
                    let cell = format!("{telling:?}: {operation} {fault:?}");
                    let (story, _) = deliver(telling, fault).await;
                    let mut mails = story.mails();
                    mails.retain(|mail| mail.situation == telling.situation());
                    assert!(!mails.is_empty(), "{cell}: lost");
                    let ids: Vec<_> = mails.iter().map(|mail| mail.id.clone()).collect();
                    if mails.len() > 1 {
                        twice.push((operation.clone(), how, ids[0] == ids[1]));
                    }
                    count += 1;
                }
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "matrix: following up: {count} ticks with a failure, none lost, {} told twice",
        twice.len()
    );
    for (operation, how, is_same) in twice {
        // SNS may have taken what it did not answer. And where a record is refused, a mail too many
        // is better than none.
        let unanswered = operation == "sns:Publish" && matches!(how, How::Lost) && is_same;
        let unrecorded =
            operation == "logs:CreateLogStream" && matches!(how, How::Denied | How::NotFound);
        assert!(unanswered || unrecorded, "{operation} {how:?}");
    }
    assert!(count > 200, "{count}");
}

#[tokio::test(start_paused = true)]
async fn a_publish_that_fails_is_delivered_again() {
    let story = story(Telling::Kinds).await;
    story.aws.fail("sns:Publish", How::Status(503), 99);
    let error = story.ticks(10).await.unwrap_err();
    assert!(error.contains("sns:Publish on arn:aws:sns:"), "{error}");
    story.aws.heal();
    story.tick(10, at(12)).await.unwrap();
    let told = story.told();
    assert_eq!(told, [super::about("followUp", &["Decrypt"])]);
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_that_fails_too_loses_nothing() {
    for telling in [Telling::Kinds, Telling::Reminder] {
        let whole = story(telling).await;
        whole.ticks(telling.minutes()).await.unwrap();
        let calls = whole.aws.all_calls();
        // Whether there is an alarm to follow up is the watch's own question.
        let is_ours = |(_, call): &(usize, &String)| *call != "cloudwatch:DescribeAlarms";
        for (call, _) in (1..).zip(&calls).filter(is_ours) {
            for how in [How::Throttled, How::Denied, How::Hang] {
                let story = story(telling).await;
                let minutes = telling.minutes();
                story.aws.fail("sns:Publish", How::Status(503), 99);
                story.ticks(minutes).await.unwrap_err();
                story.aws.heal();
                story.aws.fail_at(call, how, true);
                let second = story.tick(minutes, at(minutes + 2)).await;
                story.aws.heal();
                if second.is_err() {
                    story.tick(minutes, at(minutes + 4)).await.unwrap();
                }
                story.ticks(minutes + 5).await.unwrap();
                let mut told = story.told();
                told.retain(|(situation, _)| situation == telling.situation());
                assert_eq!(told.len(), 1, "{telling:?}: call {call}: {how:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_goes_out_although_it_cannot_be_noted() {
    for how in WAYS {
        let mut story = Story::new().await;
        story.fails("generate-data-key-throttled", "GenerateDataKey", at(2));
        story.aws.fail("logs:CreateLogStream", how, 99);
        let began = tokio::time::Instant::now();
        story.alarms(at(3) + seconds(20)).await;
        let began = began.elapsed().as_secs();
        assert!(began <= 60 + 2, "{how:?}: {began} s");
        assert_eq!(
            story.told(),
            [super::about("errors", &["GenerateDataKey"])],
            "{how:?}"
        );
    }
}
