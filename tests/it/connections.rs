//! The connections that the real `bootstrap` opens: when, through which proxy, and whom it trusts;
//! and what its clients do when one dies.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use kms_alarm::clients::{Clients, connector};
use serde_json::json;
use stand_ins::protocol::xml;
use stand_ins::proxy::Proxy;
use stand_ins::server::{Response, Server};
use stand_ins::test_ca::TestCa;
use tokio::net::TcpListener;

use crate::alert::provisioned;
use crate::bootstrap::Run;
use crate::fake_aws::{FakeAws, environment};
use crate::invoke::alarm_of_one;

/// A file with the authority's root.
fn bundle(ca: &TestCa) -> tempfile::NamedTempFile {
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(ca.root.as_bytes()).unwrap();
    bundle
}

#[tokio::test]
async fn an_alert_uses_the_connections_opened_ahead() {
    let ca = TestCa::new("Ours");
    let bundle = bundle(&ca);
    let aws = provisioned(&[&["decrypt-incorrect-key"]]).await;
    // About an average CloudWatch is asked nothing. Its connection is opened when it is needed, and
    // nobody waits for it.
    let mut alarm = alarm_of_one();
    let message = &mut alarm["Records"][0]["Sns"]["Message"];
    *message = message
        .as_str()
        .unwrap()
        .replace("\"SUM\"", "\"AVERAGE\"")
        .into();
    let ran = Run::new(&aws)
        .over_tls(&ca)
        .with("SSL_CERT_FILE", bundle.path().to_str().unwrap())
        .events(vec![alarm])
        .await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    let before = ran
        .requests
        .iter()
        .take_while(|request| *request != "GET /2018-06-01/runtime/invocation/next");
    assert_eq!(before.collect::<Vec<_>>(), ["GET /ping"; 2]);
    // One each to Lambda, CloudWatch Logs and SNS.
    assert_eq!(ran.connections, 3);
    assert_eq!(aws.state().published.len(), 1);
}

#[tokio::test]
async fn an_untrusted_endpoint_gets_no_request() {
    let (ours, theirs) = (TestCa::new("Ours"), TestCa::new("Theirs"));
    let bundle = bundle(&ours);
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let ran = Run::new(&aws)
        .over_tls(&theirs)
        .with("SSL_CERT_FILE", bundle.path().to_str().unwrap())
        .events(vec![alarm_of_one()])
        .await;
    let error = ran.outcomes[0].as_ref().unwrap_err()["errorMessage"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(error.contains("UnknownIssuer"), "{error}");
    assert!(aws.state().published.is_empty());
}

#[tokio::test]
async fn a_bundle_without_certificates_is_said_in_the_log() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let ran = Run::new(&FakeAws::with_log_group())
        .with("SSL_CERT_FILE", empty.path().to_str().unwrap())
        .events(vec![json!({"neither": 1})])
        .await;
    let warning = "no certificates were found in the bundle";
    assert!(ran.log.contains(warning), "{}", ran.log);
}

#[tokio::test]
async fn without_tls_no_connection_is_opened_ahead() {
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let ran = Run::new(&aws).events(vec![alarm_of_one()]).await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    assert_eq!(ran.requests[0], "GET /2018-06-01/runtime/invocation/next");
}

#[tokio::test]
async fn a_silent_endpoint_does_not_delay_the_first_event() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    let ran = Run::new(&FakeAws::with_log_group())
        .with("AWS_ENDPOINT_URL", &address)
        .events(vec![json!({"neither": 1})])
        .await;
    let error = ran.outcomes[0].as_ref().unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("unexpected event"), "{message}");
}

#[tokio::test]
async fn the_proxy_from_the_environment_is_used() {
    let ca = TestCa::new("Behind the proxy");
    let bundle = bundle(&ca);
    let mut proxy = Proxy::start(None).await.unwrap();
    let with_password = proxy.url.replace("http://", "http://user:secret@");
    let aws = provisioned(&[&["decrypt-disabled"]]).await;
    let ran = Run::new(&aws)
        .over_tls(&ca)
        .with("SSL_CERT_FILE", bundle.path().to_str().unwrap())
        .with("HTTPS_PROXY", &with_password)
        .events(vec![alarm_of_one()])
        .await;
    assert_eq!(ran.outcomes, [Ok(())], "{}", ran.log);
    assert_eq!(aws.state().published.len(), 1);
    let head = proxy.asked.recv().await.unwrap();
    assert!(head.starts_with("CONNECT 127.0.0.1:"), "{head}");
    assert!(
        head.contains("\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"),
        "{head}"
    );
}

/// An SNS on the network, which never answers the requests with these numbers, and counts the
/// others as published.
async fn sns(unanswered: &'static [usize]) -> (Server, Clients, Arc<AtomicUsize>) {
    let (asked, published) = (Arc::new(AtomicUsize::new(0)), Arc::default());
    let counted: Arc<AtomicUsize> = Arc::clone(&published);
    let respond = move |_| {
        let nth = asked.fetch_add(1, Relaxed) + 1;
        let counted = counted.clone();
        async move {
            if unanswered.contains(&nth) {
                pass(Duration::from_secs(8)).await;
                std::future::pending::<()>().await;
            }
            counted.fetch_add(1, Relaxed);
            Response::new(xml("Publish", "<MessageId>m</MessageId>").into())
        }
    };
    let server = Server::start(None, respond).await.unwrap();
    let mut environment = environment();
    environment.endpoint_urls.sns = Some(server.url.clone());
    let clients = Clients::new(&environment, connector(false).unwrap());
    (server, clients, published)
}

/// Only the clock goes on.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

async fn publish(clients: &Clients) {
    let publish = clients.sns.publish().topic_arn("topic").message("alert");
    // Like the function's own, but with a shorter pause before the next attempt.
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let shorter = aws_sdk_sns::Config::builder().retry_config(retry);
    let publish = publish.customize().config_override(shorter);
    publish.send().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_died_in_silence_costs_one_attempt() {
    let (server, clients, published) = sns(&[2]).await;
    publish(&clients).await;
    assert_eq!(server.connections(), 1);
    pass(Duration::from_secs(15)).await;
    publish(&clients).await;
    assert_eq!(server.connections(), 2);
    assert_eq!(published.load(Relaxed), 2);
}

#[tokio::test]
async fn a_connection_from_before_a_long_freeze_is_not_used() {
    let (server, clients, published) = sns(&[]).await;
    for (frozen, connections) in [(0, 1), (19, 1), (21, 2)] {
        pass(Duration::from_secs(frozen)).await;
        publish(&clients).await;
        assert_eq!(server.connections(), connections, "{frozen} s");
    }
    assert_eq!(published.load(Relaxed), 3);
}
