//! What goes over the wire, and what becomes of it when the other side fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::mpsc;
use std::thread;

use aws_smithy_types::byte_stream::ByteStream;
use rustls::server::Acceptor;
use stand_ins::proxy::head;
use stand_ins::server::{Response, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::crypto::tls;
use super::*;

fn http1(proxies: Matcher) -> Http1 {
    Http1::new(tls().unwrap(), RootCertStore::empty(), Arc::new(proxies))
}

fn direct() -> Http1 {
    http1(Matcher::builder().build())
}

async fn send(http1: &Http1, url: &str) -> Result<(), ConnectorError> {
    let mut request = HttpRequest::empty();
    request.set_uri(url).unwrap();
    let response = http1.call(request).await?;
    // Its connection is free only after that.
    let read = ByteStream::new(response.into_body());
    read.collect().await.unwrap();
    Ok(())
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// How a request fails whose connection is served like this.
async fn failure(serve: impl AsyncFnOnce(TcpStream)) -> ConnectorError {
    let (listener, address) = listen().await;
    let serving = async {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    };
    let http1 = direct();
    let url = format!("http://{address}/");
    let ((), sent) = tokio::join!(serving, send(&http1, &url));
    sent.unwrap_err()
}

#[tokio::test]
async fn only_http_1_1_is_offered() {
    let (listener, address) = listen().await;
    let offered = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut acceptor = Acceptor::default();
        loop {
            let mut read = [0; 4096];
            let length = stream.read(&mut read).await.unwrap();
            acceptor.read_tls(&mut &read[..length]).unwrap();
            if let Some(accepted) = acceptor.accept().unwrap() {
                let hello = accepted.client_hello();
                let protocols = hello.alpn().unwrap();
                return protocols.map(<[u8]>::to_vec).collect::<Vec<_>>();
            }
        }
    };
    let http1 = direct();
    let url = format!("https://{address}/");
    let (offered, failure) = tokio::join!(offered, send(&http1, &url));
    assert_eq!(offered, [b"http/1.1".to_vec()]);
    assert!(failure.unwrap_err().is_io());
}

#[tokio::test]
async fn a_proxy_gets_credentials_and_a_port() {
    let (listener, address) = listen().await;
    let proxies = Matcher::builder()
        .all(format!("http://user:secret@{address}"))
        .build();
    let http1 = http1(proxies);
    for (url, destination) in [
        ("https://sns.example/", "sns.example:443"),
        ("http://sns.example/", "sns.example:80"),
        ("http://sns.example:4566/", "sns.example:4566"),
    ] {
        let refuse = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = head(&mut stream).await.unwrap();
            let refusal = b"HTTP/1.1 403 Forbidden\r\n\r\n";
            stream.write_all(refusal).await.unwrap();
            head
        };
        let (head, failure) = tokio::join!(refuse, send(&http1, url));
        assert_eq!(
            head,
            format!(
                "CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n\
                 Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
            )
        );
        let failure = failure.unwrap_err();
        assert!(failure.is_io(), "{failure:?}");
        assert!(!format!("{failure:?}").contains("dXNlc"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_io_error() {
    let (listener, address) = listen().await;
    drop(listener);
    let failure = send(&direct(), &format!("http://{address}/")).await;
    assert!(failure.unwrap_err().is_io());
}

/// The clock jumps to the time limit because nothing else happens.
#[tokio::test(start_paused = true)]
async fn opening_a_connection_takes_three_seconds_at_most() {
    let (_listener, silent) = listen().await;
    let proxies = Matcher::builder().all(format!("http://{silent}")).build();
    for (http1, url) in [
        (direct(), format!("https://{silent}/")),
        (http1(proxies), "https://sns.example/".to_owned()),
    ] {
        let began = Instant::now();
        let failure = send(&http1, &url).await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), 3);
        assert!(failure.is_timeout(), "{failure:?}");
        let last = causes(&failure).last().unwrap();
        assert_eq!(last.to_string(), "no connection after 3 s");
    }
}

/// Whoever closes a connection without having read everything resets it.
#[tokio::test]
async fn a_connection_that_is_reset_after_the_request_is_an_io_error() {
    let failure = failure(async |mut stream| {
        stream.read_u8().await.unwrap();
    });
    let failure = failure.await;
    assert!(failure.is_io(), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_transient() {
    let failure = failure(async |mut stream| {
        head(&mut stream).await.unwrap();
    });
    let failure = failure.await;
    assert_eq!(failure.as_other(), Some(ErrorKind::TransientError));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_not_tried_again() {
    let failure = failure(async |mut stream| {
        head(&mut stream).await.unwrap();
        let greeting = b"220 mail.example ESMTP\r\n";
        stream.write_all(greeting).await.unwrap();
    });
    let failure = failure.await;
    assert!(failure.is_other(), "{failure:?}");
    assert_eq!(failure.as_other(), None);
}

/// As after a freeze: the other side has closed the connection, which nobody here has noticed when
/// the next request takes it.
#[tokio::test]
async fn a_request_that_could_not_be_sent_is_sent_on_another_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (close, may_close) = mpsc::channel();
    let (closed, has_closed) = mpsc::channel();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(&stream).lines();
            while !lines.next().unwrap().unwrap().is_empty() {}
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).unwrap();
            may_close.recv().unwrap();
            drop(stream);
            closed.send(()).unwrap();
        }
    });
    let http1 = direct();
    send(&http1, &url).await.unwrap();
    close.send(()).unwrap();
    // Nothing else runs meanwhile, just as in a function that is frozen.
    has_closed.recv().unwrap();
    // The runtime hears of it, but the next request comes first.
    tokio::task::yield_now().await;
    send(&http1, &url).await.unwrap();
    close.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn a_tunnel_is_told_the_port_where_it_would_take_that_of_tls() {
    for (to, with) in [
        ("http://sns.example/", "http://sns.example:80/"),
        ("http://[::1]/", "http://[::1]:80/"),
        ("http://[::1]:4566/", "http://[::1]:4566/"),
        ("https://sns.example/", "https://sns.example/"),
    ] {
        assert_eq!(with_port(to.parse().unwrap()), with, "{to}");
    }
}

#[tokio::test]
async fn a_connection_that_the_sdk_gives_up_is_not_used_again() {
    let server = Server::start(None, |_| async { Response::default() });
    let server = server.await.unwrap();
    let http1 = direct();
    send(&http1, &server.url).await.unwrap();
    let used = CaptureSmithyConnection::new();
    let mut request = HttpRequest::empty();
    request.set_uri(server.url.as_str()).unwrap();
    request.add_extension(used.clone());
    http1.call(request).await.unwrap();
    assert_eq!(server.connections(), 1);
    used.get().unwrap().poison();
    send(&http1, &server.url).await.unwrap();
    assert_eq!(server.connections(), 2);
}
