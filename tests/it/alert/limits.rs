//! Searches that end early, and say so.

use std::time::Duration;

use serde_json::{Value, json};

use super::{event, mail, page, provisioned, published, searches};
use crate::fake_aws::{FakeAws, How};
use crate::invoke::{invoke, invoke_within, sample};

/// How each filter was searched, as programs are told.
fn searches_said(aws: &FakeAws) -> Value {
    let published = published(aws);
    let body: Value = serde_json::from_str(published["Message"].as_str().unwrap()).unwrap();
    let report: Value = serde_json::from_str(body["default"].as_str().unwrap()).unwrap();
    report["searches"].clone()
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_while_there_is_time() {
    let page: &[&str] = &["decrypt-disabled"];
    let mut pages = vec![page; 150];
    pages[3] = &[];
    let aws = provisioned(&pages).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let whole = searches_said(&aws);
    assert_eq!(whole[0]["pages"], 150, "{whole}");
    assert_eq!(whole[0]["progress"], "complete", "{whole}");

    let aws = provisioned(&pages).await;
    aws.fail("logs:FilterLogEvents", How::Slow(1), 999);
    // Of the minute, 17 s are kept for the publish, and 5 s to find out who disabled the key.
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let part = mail(&published(&aws)).replace('\n', " ");
    assert!(
        part.contains("only in part (38 pages), because time ran out"),
        "{part}"
    );
    assert!(part.contains("At least 1 call failed"), "{part}");
    assert!(!part.contains("could not be looked up"), "{part}");
    assert_eq!(searches(&aws).len(), 38, "none was begun in vain");
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_search_says_so() {
    for (left, said) in [
        (20, "only in part (1 page), because time ran out"),
        (60, "only in part (1 page), because it then failed"),
    ] {
        let aws = provisioned(&[&["decrypt-disabled"], &["decrypt-access-denied"]]).await;
        aws.fail_after("logs:FilterLogEvents", 1, How::Hang, 99);
        let left = Duration::from_secs(left);
        invoke_within(&aws, sample("sns-alarm"), left)
            .await
            .unwrap();
        let mail = mail(&published(&aws)).replace('\n', " ");
        assert!(mail.contains(said), "{mail}");
        assert!(mail.contains("DisabledException"), "{mail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wider_window_is_searched_if_there_is_time() {
    let aws = provisioned(&[&[]]).await;
    aws.fail("logs:FilterLogEvents", How::Slow(5), 99);
    // Half of the time is for searches: one ends after five seconds, a second one does not.
    invoke_within(&aws, sample("sns-alarm"), Duration::from_secs(16))
        .await
        .unwrap();
    assert_eq!(searches(&aws).len(), 2);
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("searched only in part"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn a_storm_in_one_log_group_leaves_time_for_another() {
    let aws = provisioned(&vec![&["decrypt-disabled"] as &[&str]; 150]).await;
    {
        let world = &mut aws.state().world;
        let mut group = world.log_groups["pattern1-logging-loggroup"].clone();
        for filter in group.filters.values_mut() {
            filter["logGroupName"] = json!("second");
        }
        let denied = page([event("decrypt-access-denied")]);
        group.pages = [denied].into_iter().collect();
        world.log_groups.insert("second".to_owned(), group);
    }
    aws.fail("logs:FilterLogEvents", How::Slow(1), 999);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(
        mail.contains("only in part (19 pages), because time ran out"),
        "{mail}"
    );
    let second = searches_said(&aws)[1].clone();
    assert_eq!(
        (&second["pages"], &second["progress"]),
        (&json!(1), &json!("complete"))
    );
    assert!(mail.contains("AccessDenied"), "{mail}");
}
