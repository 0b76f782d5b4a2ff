//! Which roots are asked, against servers of two authorities.

#![allow(unreachable_pub)]

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

#[path = "../../../tests/it/authority.rs"]
mod authority;

use authority::Authority;

/// A server that answers every request with 200; its address.
async fn serving(authority: &Authority) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    let acceptor = authority.acceptor.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that trusts nobody hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 1024];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    address
}

async fn status(connector: &Fallback, address: &str) -> Result<u16, ConnectorError> {
    let mut request = HttpRequest::empty();
    request.set_uri(address).unwrap();
    let response = connector.call(request).await?;
    Ok(response.status().as_u16())
}

fn falling_back(few: &Authority, others: &Authority) -> Fallback {
    let [few, others] = [few, others]
        .map(|authority| TrustStore::empty().with_pem_certificate(authority.root.as_bytes()));
    Fallback::new(few, others, ProxyConfig::disabled())
}

#[tokio::test]
async fn a_certificate_that_the_compiled_in_roots_know_needs_no_others() {
    let (amazon, other) = (Authority::new("Amazon"), Authority::new("Other"));
    let connector = falling_back(&amazon, &other);
    assert_eq!(
        status(&connector, &serving(&amazon).await).await.unwrap(),
        200
    );
    assert!(LazyLock::get(&connector.others).is_none());
}

#[tokio::test]
async fn a_certificate_that_they_do_not_know_is_asked_of_the_others_from_then_on() {
    let (amazon, proxy) = (Authority::new("Amazon"), Authority::new("Proxy"));
    let connector = falling_back(&amazon, &proxy);
    let address = serving(&proxy).await;
    assert_eq!(status(&connector, &address).await.unwrap(), 200);
    assert!(LazyLock::get(&connector.others).is_some());
    assert_eq!(status(&connector, &address).await.unwrap(), 200);
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_refused() {
    let (amazon, proxy) = (Authority::new("Amazon"), Authority::new("Proxy"));
    let attacker = Authority::new("Amazon");
    let connector = falling_back(&amazon, &proxy);
    let refused = status(&connector, &serving(&attacker).await)
        .await
        .unwrap_err();
    assert!(is_about_the_certificate(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_question_of_roots() {
    let amazon = Authority::new("Amazon");
    let connector = falling_back(&amazon, &amazon);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(status(&connector, &address).await.is_err());
    assert!(LazyLock::get(&connector.others).is_none());
}

/// Amazon publishes the fingerprints: <https://www.amazontrust.com/repository/>.
#[test]
fn the_roots_are_amazons() {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

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
    let _ = connector(false);
}
