//! Searches that end early, and say so.

use std::time::Duration;

use super::{mail, provisioned, published, searches};
use crate::fake_aws::How;
use crate::invoke::{invoke, invoke_within, sample};

#[tokio::test(start_paused = true)]
async fn a_search_that_finds_too_much_ends_and_says_so() {
    let page: &[&str] = &["decrypt-disabled"];
    let empty: &[&str] = &[];
    let mut pages = vec![page; 150];
    pages[3] = empty;
    let aws = provisioned(&pages).await;
    invoke(&aws, sample("sns-alarm")).await.unwrap();
    assert_eq!(searches(&aws).len(), 101, "empty pages do not count");
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(
        mail.contains("only in part (101 pages), because there was too much"),
        "{mail}"
    );
    assert!(mail.contains("at least once"), "{mail}");
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
    invoke_within(&aws, sample("sns-alarm"), Duration::from_secs(12))
        .await
        .unwrap();
    assert_eq!(searches(&aws).len(), 2);
    let mail = mail(&published(&aws)).replace('\n', " ");
    assert!(mail.contains("(15 min): only in part"), "{mail}");
}
