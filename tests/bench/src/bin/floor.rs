//! The least that a function can do: on one connection it asks for the next event and answers
//! `null`. What the other subjects take beyond this is their own.

use std::env;
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::TcpStream;

fn main() -> Result<()> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").map_err(Error::other)?;
    let mut stream = TcpStream::connect(&address)?;
    stream.set_nodelay(true)?;
    let next =
        format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let event = exchange(&mut stream, &next, &mut buffer)?;
        let id = header(&event, "lambda-runtime-aws-request-id").unwrap_or_default();
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {address}\r\n\
             Content-Length: 4\r\n\r\nnull"
        );
        exchange(&mut stream, &answer, &mut buffer)?;
    }
}

/// Sends a request, reads the whole answer, and returns its head.
fn exchange(stream: &mut TcpStream, request: &str, buffer: &mut Vec<u8>) -> Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut read = 0;
    loop {
        if read == buffer.len() {
            buffer.resize(read * 2, 0);
        }
        match stream.read(&mut buffer[read..])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
        let Some(end) = buffer[..read]
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
        else {
            continue;
        };
        let head = String::from_utf8_lossy(&buffer[..end]);
        let length = header(&head, "content-length").and_then(|length| length.parse().ok());
        if read >= end + 4 + length.unwrap_or(0) {
            return Ok(head.into_owned());
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}
