//! Searches that end early, and say so.

use std::time::Duration;

use serde_json::json;

use super::{event, mail, provisioned, published, searches};
use crate::fake_aws::How;
use crate::invoke::{invoke, invoke_within, sample};

#[tokio::test(start_paused = true)]
async fn pages_are_read_as_long_as_there_is_time_for_another() {
    let page: &[&str] = &["decrypt-disabled"];
    let mut pages = vec![page; 150];
    pages[3] = &[];
    let aws = provisioned(&pages).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let whole = mail(&published(&aws)).replace('\n', " ");
    assert!(whole.contains("all of it (150 pages)"), "{whole}");

    let aws = provisioned(&pages).await;
    aws.fail("logs:FilterLogEvents", How::Slow(1), 999);
    // Of a minute, 17 s are the publish's, and 5 s are for looking up who disabled the key.
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let part = mail(&published(&aws)).replace('\n', " ");
    assert!(
        part.contains("only in part (38 pages), because time ran out"),
        "{part}"
    );
    assert!(part.contains("at least once"), "{part}");
    assert!(!part.contains("could not be looked up"), "{part}");
    assert_eq!(searches(&aws).len(), 38, "none was begun in vain");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_takes_too_long_or_fails_half_way_says_so() {
    for (left, said) in [
        (20, "only in part (1 page), because time ran out"),
        (60, "only in part (1 page), because it failed then"),
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
async fn a_wider_window_is_searched_only_while_there_is_time() {
    let aws = provisioned(&[&[]]).await;
    aws.fail("logs:FilterLogEvents", How::Slow(5), 99);
    // Half of this is for looking: one search ends after five seconds, a second one does not.
    invoke_within(&aws, sample("sns-alarm"), Duration::from_secs(16))
        .await
        .unwrap();
    assert_eq!(searches(&aws).len(), 2);
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("(15 min): only in part"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn a_storm_in_one_log_group_does_not_hide_the_error_in_another() {
    let aws = provisioned(&vec![&["decrypt-disabled"] as &[&str]; 150]).await;
    {
        let world = &mut aws.state().world;
        let mut group = world.log_groups["pattern1-logging-loggroup"].clone();
        for filter in group.filters.values_mut() {
            filter["logGroupName"] = json!("second");
        }
        let at = group.pages[0][0].0;
        group.pages = vec![vec![(at, event("decrypt-access-denied"))]];
        world.log_groups.insert("second".to_owned(), group);
    }
    aws.fail("logs:FilterLogEvents", How::Slow(1), 999);
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(
        mail.contains("only in part (19 pages), because time ran out"),
        "{mail}"
    );
    assert!(mail.contains("all of it (1 page)"), "{mail}");
    assert!(mail.contains("AccessDenied"), "{mail}");
}
