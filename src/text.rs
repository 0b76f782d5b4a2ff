//! Text that others chose, made fit for a mail and for a shell.
//!
//! User agents, error messages, session names, aliases and encryption contexts come from whoever
//! made the call, and an alert carries them to people who trust it. Whatever comes from an event
//! passes through [`harmless`] before it is shown. It takes no second pass to be safe, and a second
//! pass changes nothing.

use std::borrow::Cow;

/// Marks where text was cut.
const CUT: char = '…';

/// The longest that AWS allows is a filter pattern, 1,024 characters.
const LONGEST_WORD: usize = 1_024;

/// Text on one line, at most so many characters long, with nothing in it that acts.
///
/// Control characters and those that reverse or hide text are dropped and white space becomes a
/// single space, so that a caller cannot add lines of their own. Addresses are broken (`http[:]//`,
/// `evil[.]com`), because mail programs make links of them. Of access keys the last four characters
/// remain.
#[must_use]
pub fn harmless(text: &str, most: usize) -> String {
    // Longer text is cut anyway; what is broken or masked later only ever gets longer or stays
    // longer.
    let enough = begin(text, most.saturating_mul(8).saturating_add(64));
    let plain = if enough.contains(hidden) {
        Cow::Owned(enough.replace(hidden, ""))
    } else {
        Cow::Borrowed(enough)
    };
    let mut harmless = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !harmless.is_empty() {
            harmless.push(' ');
        }
        harmless.push_str(&unlinked(&masked(word)));
    }
    cut(&harmless, most)
}

/// At most so many characters of the text's beginning.
#[must_use]
pub fn begin(text: &str, most: usize) -> &str {
    // No character is shorter than a byte.
    if text.len() <= most {
        return text;
    }
    let end = text.char_indices().nth(most);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A name that the alarm's owner chose, for a program to compare: nothing hidden in it, cut, but
/// otherwise as it is, so that `my.log.group` stays one.
#[must_use]
pub fn name(text: &str, most: usize) -> String {
    text.chars()
        .filter(|character| !(character.is_control() || hidden(*character)))
        .take(most)
        .collect()
}

/// Cuts text to so many characters and marks the place.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if begin(text, most).len() == text.len() {
        return text.to_owned();
    }
    format!("{}{CUT}", begin(text, most.saturating_sub(1)))
}

/// Text in printable ASCII alone: every other character becomes `?`.
#[must_use]
pub fn ascii(text: &str) -> String {
    let plain = |character: char| {
        if character == ' ' || character.is_ascii_graphic() {
            character
        } else {
            '?'
        }
    };
    text.chars()
        .map(|character| {
            if character == CUT {
                '~'
            } else {
                plain(character)
            }
        })
        .collect()
}

/// One word of a shell command, quoted when it has to be; what would end the line is dropped, and so
/// is what is longer than anything that AWS gives a name.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let in_line =
        |character: &char| *character == ' ' || !(character.is_whitespace() || hidden(*character));
    let text: String = text.chars().filter(in_line).take(LONGEST_WORD).collect();
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    if !text.is_empty() && text.bytes().all(bare) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// An access key's id, of which the last four characters are enough to know it again.
#[must_use]
pub fn masked_key(id: &str) -> String {
    let last = id
        .char_indices()
        .rev()
        .nth(3)
        .and_then(|(at, _)| id.get(at..))
        .unwrap_or_default();
    format!("****{}", harmless(last, 4))
}

/// Characters that are not seen, or change how others are seen.
fn hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control() && !character.is_whitespace();
    }
    let acts = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    acts || (character.is_control() && !character.is_whitespace())
}

/// Hides all but the last four characters of every access key's id in a word.
fn masked(word: &str) -> Cow<'_, str> {
    const KINDS: [&str; 4] = ["AKIA", "ASIA", "ABIA", "ACCA"];
    if !KINDS.iter().any(|kind| word.contains(kind)) {
        return word.into();
    }
    let inside = |character: char| character.is_ascii_alphanumeric();
    let mut masked = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(
            rest.find(|character| !inside(character))
                .unwrap_or(rest.len()),
        );
        let is_key = run.len() >= 16 && KINDS.iter().any(|kind| run.starts_with(kind));
        match run.len().checked_sub(4).and_then(|at| run.get(at..)) {
            Some(last) if is_key => masked.extend(["****", last]),
            _ => masked.push_str(run),
        }
        let outside = after.find(inside).unwrap_or(after.len());
        let (between, next) = after.split_at(outside);
        masked.push_str(between);
        rest = next;
    }
    masked.into()
}

/// Breaks what a mail program would make a link of. Names of AWS's services stay whole: nobody else
/// can have them.
fn unlinked(word: &str) -> Cow<'_, str> {
    if !word.contains(['.', ':']) {
        return word.into();
    }
    let service = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn"];
    if suffixes
        .iter()
        .any(|suffix| word.strip_suffix(suffix).is_some_and(service))
    {
        return word.into();
    }
    let mut unlinked = String::with_capacity(word.len());
    let mut before = None;
    let mut rest = word.chars();
    while let Some(character) = rest.next() {
        let next = rest.as_str();
        match character {
            ':' if next.starts_with("//") => unlinked.push_str("[:]"),
            '.' if joins(before, next) => unlinked.push_str("[.]"),
            other => unlinked.push(other),
        }
        before = Some(character);
    }
    unlinked.into()
}

/// Whether a full stop joins two parts of a name, as `evil.com` does and the end of a sentence does
/// not.
fn joins(before: Option<char>, next: &str) -> bool {
    let mut next = next.chars();
    let letters = [next.next(), next.next()];
    before.is_some_and(char::is_alphanumeric)
        && letters
            .iter()
            .all(|letter| letter.is_some_and(|letter| letter.is_alphabetic() || letter == '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_a_program_keeps_its_dots_and_loses_what_is_hidden() {
        assert_eq!(name("my.log\u{202e}.gro\nup", 12), "my.log.group");
        assert_eq!(name("abc", 2), "ab");
    }

    #[track_caller]
    fn check_harmless(text: &str, expected: &str) {
        let once = harmless(text, 200);
        assert_eq!(once, expected);
        assert_eq!(
            harmless(&once, 200),
            expected,
            "a second pass must change nothing"
        );
    }

    #[test]
    fn a_caller_cannot_add_lines() {
        check_harmless(
            "first\r\nSecond: line\u{2028}third\u{85}x",
            "first Second: line third x",
        );
        check_harmless("bell\u{7}\u{1b}[31mred\0", "bell[31mred");
    }

    #[test]
    fn a_caller_cannot_reverse_or_hide_text() {
        check_harmless("abc\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}", "abcgpj[.]exe");
    }

    #[test]
    fn addresses_are_no_links() {
        check_harmless(
            "see https://evil.example/a?b=1 now",
            "see https[:]//evil[.]example/a?b=1 now",
        );
        check_harmless("www.evil.com", "www[.]evil[.]com");
        check_harmless("bob@evil.com", "bob@evil[.]com");
        check_harmless("evil.s3.amazonaws.com", "evil.s3[.]amazonaws[.]com");
        check_harmless("bücher.de пример.рф", "bücher[.]de пример[.]рф");
    }

    #[test]
    fn what_is_no_address_stays_as_it_is() {
        check_harmless("config.amazonaws.com", "config.amazonaws.com");
        check_harmless(
            "aws-cli/2.15.30 Python/3.11.8. End.",
            "aws-cli/2.15.30 Python/3.11.8. End.",
        );
        let arn =
            "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        check_harmless(arn, arn);
    }

    #[test]
    fn access_keys_are_masked() {
        check_harmless("key=AKIAIOSFODNN7EXAMPLE,x", "key=****MPLE,x");
        check_harmless("ASIAIOSFODNN7EXAMPLE", "****MPLE");
        check_harmless("AKIA is short", "AKIA is short");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(harmless(&"ä".repeat(1_000), 10), "äääääääää…");
        assert_eq!(harmless("exactly 10", 10), "exactly 10");
        assert_eq!(harmless("x", 0), "…");
    }

    #[test]
    fn a_shell_sees_one_word() {
        assert_eq!(shell_word("alias/orders"), "alias/orders");
        assert_eq!(shell_word("a b; rm -rf $HOME"), "'a b; rm -rf $HOME'");
        assert_eq!(shell_word("it's\n`id`"), r"'it'\''s`id`'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word(&"x".repeat(2_000)).len(), 1_024);
    }

    #[test]
    fn ascii_replaces_what_it_lacks() {
        assert_eq!(ascii("Schlüssel\t→ ok…"), "Schl?ssel?? ok~");
    }
}
