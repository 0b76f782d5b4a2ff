//! Whether an invocation did its work, judged by what reached the stand-ins.

use anyhow::{Result, bail, ensure};
use hyper::body::Bytes;

use crate::events::ERROR_CODE;

/// What reached the stand-ins since the last check.
#[derive(Default)]
pub(super) struct Seen {
    /// How many failed calls were handed out.
    pub(super) events: usize,
    /// The forms of SNS's Publish.
    pub(super) published: Vec<Bytes>,
    /// What S3 got.
    pub(super) put: Vec<Bytes>,
    /// Requests that no stand-in understands.
    pub(super) unknown: Vec<String>,
}

impl Seen {
    /// There was one alert, which has the error and the number of all failed calls.
    pub(super) fn alerted(&self, failed_calls: usize) -> Result<()> {
        self.understood()?;
        let [form] = self.published.as_slice() else {
            bail!("{} alerts were published, not one", self.published.len());
        };
        ensure!(
            self.events == failed_calls,
            "{} of {failed_calls} events were read",
            self.events
        );
        let text = text(form);
        ensure!(
            states(&text, ERROR_CODE, failed_calls),
            "the alert does not report {failed_calls} x {ERROR_CODE}:\n{text}"
        );
        Ok(())
    }

    /// There was one answer to CloudFormation, and it was a success.
    pub(super) fn created(&self) -> Result<()> {
        self.understood()?;
        let [answer] = self.put.as_slice() else {
            bail!(
                "CloudFormation was answered {} times, not once",
                self.put.len()
            );
        };
        let answer = String::from_utf8_lossy(answer);
        ensure!(
            answer.contains("\"SUCCESS\""),
            "the Create failed: {answer}"
        );
        Ok(())
    }

    /// Nothing was written: what writes is unknown here.
    pub(super) fn ticked(&self) -> Result<()> {
        self.understood()?;
        ensure!(self.put.is_empty(), "something was put");
        Ok(())
    }

    fn understood(&self) -> Result<()> {
        ensure!(
            self.unknown.is_empty(),
            "the stand-ins do not know: {}",
            self.unknown.join(", ")
        );
        Ok(())
    }
}

/// The part of an alert that people read.
fn text(form: &[u8]) -> String {
    let fields = form_urlencoded::parse(form);
    let read = fields.filter(|(name, _)| name == "Subject" || name == "Message");
    read.map(|(_, value)| value.into_owned() + "\n").collect()
}

/// Whether a text says how often an error occurred: `10 x DisabledException`, with a `+` after the
/// number if there may be more.
fn states(text: &str, code: &str, count: usize) -> bool {
    [format!("{count} x {code}"), format!("{count}+ x {code}")]
        .iter()
        .any(|before| {
            let mut found = text.match_indices(before.as_str());
            found.any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_states_how_often_an_error_occurred() {
        let table = [
            ("alarm\n10 x E: Decrypt", true),
            (r"alarm\n10 x E, Decrypt [CRITICAL]", true),
            ("10+ x E, Decrypt", true),
            ("110 x E", false),
            ("100 x E", false),
            ("E, and 10 of something", false),
        ];
        for (text, expected) in table {
            assert_eq!(states(text, "E", 10), expected, "{text}");
        }
    }

    #[test]
    fn an_alert_with_another_count_is_an_error() {
        let seen = |events| Seen {
            events,
            published: vec![Bytes::from(
                "Subject=s&Message=10+x+DisabledException%2C+Decrypt",
            )],
            ..Seen::default()
        };
        assert!(seen(10).alerted(10).is_ok());
        assert!(seen(10).alerted(11).is_err());
        assert!(seen(11).alerted(11).is_err());
        assert!(Seen::default().alerted(0).is_err());
    }

    #[test]
    fn a_create_counts_only_when_it_succeeded() {
        let seen = |answer: &'static str| Seen {
            put: vec![Bytes::from(answer)],
            ..Seen::default()
        };
        assert!(seen(r#"{"Status": "SUCCESS"}"#).created().is_ok());
        assert!(seen(r#"{"Status": "FAILED"}"#).created().is_err());
        assert!(Seen::default().created().is_err());
    }
}
