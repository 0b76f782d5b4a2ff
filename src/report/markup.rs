//! Text and links as a chat shows them.
//!
//! Amazon Q Developer hands text to the chat as it is, so a link is written in the chat's own way:
//! Microsoft Teams reads Markdown's, Slack its own. What comes from an event has no markup of either:
//! nobody is mentioned, and nothing is a link.
//!
//! <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>

use std::cell::Cell;
use std::fmt::Display;

use crate::shown::Shown;

/// How a chat writes links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// `[title](address)`. Where a chat does not read it, the address is still there to be opened.
    Markdown,
    /// `<address|title>`.
    ///
    /// <https://api.slack.com/reference/surfaces/formatting#links-in-retrieved-messages>
    Slack,
}

impl Markup {
    /// A link with a title of ours.
    pub fn link(self, title: &str, address: &impl Display) -> String {
        let address = address.to_string();
        match self {
            Self::Markdown => {
                let address = address.replace('(', "%28").replace(')', "%29");
                format!("[{title}]({address})")
            }
            Self::Slack => {
                let address = address.replace('&', "&amp;").replace('|', "%7C");
                format!("<{address}|{title}>")
            }
        }
    }
}

/// Text in which a chat finds no markup: mentions and links begin with `<`, code with a backtick, and
/// `](` makes a link of Markdown.
pub fn plain(text: &Shown) -> Shown {
    let before = Cell::new(' ');
    text.replacing(|character| {
        let before = before.replace(character);
        match character {
            '<' => '‹',
            '>' => '›',
            '&' => '+',
            '`' => '\'',
            '(' if before == ']' => '{',
            other => other,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_written_as_the_chat_reads_it() {
        let address = "https://wiki.example.com/kms_(prod)?a=1&b=2";
        assert_eq!(
            Markup::Markdown.link("Runbook", &address),
            "[Runbook](https://wiki.example.com/kms_%28prod%29?a=1&b=2)"
        );
        assert_eq!(
            Markup::Slack.link("Runbook", &address),
            "<https://wiki.example.com/kms_(prod)?a=1&amp;b=2|Runbook>"
        );
    }

    #[test]
    fn text_from_outside_makes_no_link_in_either_chat() {
        let text = Shown::name("<!here> <a|b> [x](y) a[.]b (c) `d` &amp;", 100);
        assert_eq!(&*plain(&text), "‹!here› ‹a|b› [x]{y) a[.]b (c) 'd' +amp;");
    }
}
