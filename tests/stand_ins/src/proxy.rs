//! An HTTP proxy on a free port of 127.0.0.1, which lets everything through.

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::test_ca::TestCa;

/// Accepts connections until it is dropped.
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    /// What it is asked, each time up to the empty line.
    pub asked: mpsc::UnboundedReceiver<String>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Speaks TLS if there is an authority that vouches for it.
    pub async fn start(ca: Option<&TestCa>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let tls = ca.map(|ca| ca.acceptor.clone());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        let (sender, asked) = mpsc::unbounded_channel();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, tls) = (sender.clone(), tls.clone());
                // If it breaks, that is for the client to report.
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => tunnel(tls.accept(stream).await?, sender).await,
                        None => tunnel(stream, sender).await,
                    }
                });
            }
        });
        Ok(Self {
            url,
            asked,
            accepting,
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The head of a request, up to the empty line.
pub async fn head(client: &mut (impl AsyncRead + Unpin)) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

async fn tunnel(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    asked: mpsc::UnboundedSender<String>,
) -> Result<()> {
    let head = head(&mut client).await?;
    let destination = head.split(' ').nth(1).context("no destination")?.to_owned();
    let mut server = TcpStream::connect(&destination).await?;
    asked.send(head)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
