//! Commands of the AWS CLI, to be pasted into a shell.
//!
//! A command is made of our own words, of [`Identifier`]s and [`Key`]s, and of quoted text. What a
//! command needs and the events do not prove is not made up: then there is no command.

use std::fmt;

use serde::Serialize;

use crate::identifier::{Identifier, Key};
use crate::text::shell_word;

/// One line for a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Command(String);

impl Command {
    /// Begins with these words of ours, such as `aws kms describe-key`.
    pub fn new(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// Adds words of ours.
    pub fn words(mut self, words: &'static str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }

    /// Adds an option with a name that AWS would accept.
    pub fn option(self, option: &'static str, name: &impl Argument) -> Self {
        self.push(option, name.as_ref())
    }

    /// Adds an option with any text, quoted.
    pub fn quoted(self, option: &'static str, text: &str) -> Self {
        self.push(option, &shell_word(text))
    }

    /// Adds any text, quoted, without an option.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(&shell_word(text));
        self
    }

    /// Adds an option whose value is what another command prints.
    pub fn output_of(self, option: &'static str, other: &Self) -> Self {
        self.push(option, &format!("\"$({})\"", other.0))
    }

    fn push(mut self, option: &'static str, value: &str) -> Self {
        for word in [" ", option, " ", value] {
            self.0.push_str(word);
        }
        self
    }

    /// This command and, if it succeeds, the other.
    pub fn then(mut self, other: &Self) -> Self {
        self.0.push_str(" && ");
        self.0.push_str(&other.0);
        self
    }

    /// Whether it has at most this many characters.
    pub fn fits(&self, max: usize) -> bool {
        self.0.len() <= max
    }

    /// This command, whose output the other one reads.
    pub fn piped_to(mut self, other: &Self) -> Self {
        self.0.push_str(" | ");
        self.0.push_str(&other.0);
        self
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that may stand in a command as it is.
pub trait Argument: AsRef<str> {}

impl Argument for Identifier {}
impl Argument for Key {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_put_together_from_names_and_quoted_text() {
        let region = Identifier::word("eu-west-1").unwrap();
        let key = Key::new("alias/orders").unwrap();
        let arn = Command::new("aws kms describe-key")
            .option("--key-id", &key)
            .words("--query KeyMetadata.Arn --output text");
        let enable = Command::new("aws kms enable-key")
            .output_of("--key-id", &arn)
            .option("--region", &region);
        assert_eq!(
            enable.to_string(),
            "aws kms enable-key --key-id \"$(aws kms describe-key --key-id alias/orders --query \
             KeyMetadata.Arn --output text)\" --region eu-west-1"
        );
        let echo = Command::new("echo").quoted("-n", "it's $HOME");
        assert_eq!(
            echo.clone().then(&echo).to_string(),
            r"echo -n 'it'\''s $HOME' && echo -n 'it'\''s $HOME'"
        );
    }
}
