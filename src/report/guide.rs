//! What the owner of the application wrote down for whoever gets an alert: whom to ask, and what to
//! follow. It is the deployer's text, so it is shown as it is, on one line.

use std::fmt;

use serde::Serialize;

use crate::shown::{Safe, Shown};

/// How long an owner's name may be.
const MAX_OWNER: usize = 60;
/// How long a runbook's address may be.
const MAX_ADDRESS: usize = 300;

/// Whom to ask and what to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guide {
    /// Who owns the application, such as a team and its channel.
    pub owner: Option<Shown>,
    /// The runbook.
    pub runbook_url: Option<RunbookUrl>,
}

impl Guide {
    /// Takes an owner's name as it is, and an address only if it is one.
    pub fn new(owner: Option<&str>, runbook_url: Option<RunbookUrl>) -> Self {
        let owner = owner.map(|owner| Shown::name(owner, MAX_OWNER));
        Self {
            owner: owner.filter(|owner| !owner.trim().is_empty()),
            runbook_url,
        }
    }
}

/// The address of a runbook: over HTTPS, and of no character that ends an address in a mail, in JSON
/// or in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RunbookUrl(String);

impl RunbookUrl {
    /// The address, if it is one.
    pub fn new(text: &str) -> Option<Self> {
        let (host, _) = text
            .strip_prefix("https://")
            .map(|rest| rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())))?;
        let (name, port) = host.split_once(':').unwrap_or((host, "443"));
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.ends_with(|last: char| last.is_ascii_alphanumeric());
        let is_port =
            (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&()*+,;=%".contains(&byte);
        let accepted =
            is_name && is_port && text.len() <= MAX_ADDRESS && text.bytes().all(is_plain);
        accepted.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for RunbookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Safe for RunbookUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_an_https_address_and_nothing_else() {
        for address in [
            "https://wiki",
            "https://wiki.example.com:8443/kms?page=1&x=(2)#first",
            "https://example.com?a",
        ] {
            let runbook = RunbookUrl::new(address).map(|runbook| runbook.to_string());
            assert_eq!(runbook.as_deref(), Some(address));
        }
        let long = format!("https://wiki/{}", "a".repeat(288));
        for address in [
            "",
            "http://wiki/kms",
            "https://",
            "https:///kms",
            "https://-wiki/kms",
            "https://wiki./kms",
            "https://me@wiki/kms",
            "https://wiki:https/kms",
            "https://wiki/a b",
            "https://wiki/a|b",
            "https://wiki/<b>",
            "https://wiki/\"",
            "https://wiki/ä",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(RunbookUrl::new(address), None, "{address}");
        }
    }

    #[test]
    fn an_owner_is_shown_as_written_on_one_line() {
        let owner = |text| Guide::new(Some(text), None).owner;
        assert_eq!(
            owner("Team Orders, orders@example.com\n").as_deref(),
            Some("Team Orders, orders@example.com")
        );
        assert_eq!(owner("  "), None);
        assert_eq!(owner(&"x".repeat(200)).unwrap().len(), 60);
    }
}
