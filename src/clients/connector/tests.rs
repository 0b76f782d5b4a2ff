//! Which roots decide, with servers of two certificate authorities.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use stand_ins::proxy::Proxy;
use stand_ins::server::{Response, Server};
use stand_ins::test_ca::TestCa;
use tokio::net::TcpListener;

use super::*;

/// A server that answers every request with 200.
async fn serve(ca: &TestCa) -> Server {
    let respond = |_| async { Response::default() };
    Server::start(Some(ca), respond).await.unwrap()
}

async fn status(connector: &Fallback, address: &str) -> Result<u16, ConnectorError> {
    let mut request = HttpRequest::empty();
    request.set_uri(address).unwrap();
    let response = connector.call(request).await?;
    Ok(response.status().as_u16())
}

fn fallback(few: &TestCa, others: &TestCa) -> Fallback {
    behind(Matcher::builder().build(), few, others)
}

fn behind(proxies: Matcher, few: &TestCa, others: &TestCa) -> Fallback {
    let [few, others] = [few, others].map(|ca| roots(ca.root.as_bytes()));
    Fallback::new(tls().unwrap(), few, || others, Arc::new(proxies))
}

#[tokio::test]
async fn amazons_roots_suffice_for_amazons_certificates() {
    let (amazon, other) = (TestCa::new("Amazon"), TestCa::new("Other"));
    let connector = fallback(&amazon, &other);
    assert_eq!(
        status(&connector, &serve(&amazon).await.url).await.unwrap(),
        200
    );
    assert!(LazyLock::get(&connector.others).is_none());
}

#[tokio::test]
async fn another_certificate_switches_to_the_systems_roots() {
    let (amazon, proxy) = (TestCa::new("Amazon"), TestCa::new("Proxy"));
    let connector = fallback(&amazon, &proxy);
    let server = serve(&proxy).await;
    assert_eq!(status(&connector, &server.url).await.unwrap(), 200);
    assert!(LazyLock::get(&connector.others).is_some());
    assert_eq!(status(&connector, &server.url).await.unwrap(), 200);
}

/// Such a proxy signs the certificates of all servers itself. What leads to it may be TLS, too.
#[tokio::test]
async fn a_proxy_that_inspects_the_traffic_switches_to_the_systems_roots() {
    let (amazon, own) = (TestCa::new("Amazon"), TestCa::new("Proxy"));
    let server = serve(&own).await;
    for ca in [None, Some(&own)] {
        let mut proxy = Proxy::start(ca).await.unwrap();
        let proxies = Matcher::builder().all(proxy.url.clone()).build();
        let connector = behind(proxies, &amazon, &own);
        assert_eq!(status(&connector, &server.url).await.unwrap(), 200);
        assert!(LazyLock::get(&connector.others).is_some());
        let asked = proxy.asked.recv().await.unwrap();
        let destination = format!("CONNECT {} HTTP/1.1\r\n", server.address);
        assert!(asked.starts_with(&destination), "{asked}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_root_is_rejected() {
    let (amazon, proxy) = (TestCa::new("Amazon"), TestCa::new("Proxy"));
    let attacker = TestCa::new("Amazon");
    let connector = fallback(&amazon, &proxy);
    let rejected = status(&connector, &serve(&attacker).await.url)
        .await
        .unwrap_err();
    assert!(is_certificate_rejected(&rejected), "{rejected:?}");
}

#[tokio::test]
async fn an_unreachable_server_does_not_switch_roots() {
    let amazon = TestCa::new("Amazon");
    let connector = fallback(&amazon, &amazon);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(status(&connector, &address).await.is_err());
    assert!(LazyLock::get(&connector.others).is_none());
}

/// Amazon publishes the fingerprints: <https://www.amazontrust.com/repository/>.
#[test]
fn the_compiled_in_roots_are_amazons() {
    let fingerprints: Vec<String> = CertificateDer::pem_slice_iter(AMAZON_ROOTS)
        .map(|certificate| {
            let digest = Sha256::digest(certificate.unwrap());
            digest.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        })
        .collect();
    assert_eq!(
        fingerprints,
        [
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
            "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
            "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
            "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
            "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        ]
    );
    assert_eq!(roots(AMAZON_ROOTS).len(), 5);
    connector(false).unwrap();
}
