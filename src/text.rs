//! Makes text that others chose safe for a mail and for a shell, and cuts text.
//!
//! User agents, error messages, session names, aliases and encryption contexts come from whoever
//! made the call, and an alert carries them to people who trust it. Whatever comes from an event
//! passes through [`harmless`] before it is shown. One pass makes it safe, and a second pass
//! changes nothing.

use std::borrow::Cow;

/// Marks where text was cut.
const CUT: char = '…';

/// The longest word that AWS accepts in a command: a filter pattern of 1,024 characters.
const MAX_WORD: usize = 1_024;

/// Text on one line, at most `max` characters long, with nothing in it that acts.
///
/// Control characters and those that reverse or hide text are dropped, and white space becomes a
/// single space, so that a caller cannot add lines. Addresses are broken (`http[:]//`,
/// `evil[.]com`, `[\]\host`), because mail programs turn them into links. Only the last four
/// characters of an access key remain.
#[must_use]
pub fn harmless(text: &str, max: usize) -> String {
    // Whatever follows would be cut anyway, unless the text is full of characters that are dropped.
    let enough = first_chars(text, max.saturating_mul(8).saturating_add(64));
    let plain = if enough.contains(is_hidden) {
        Cow::Owned(enough.replace(is_hidden, ""))
    } else {
        Cow::Borrowed(enough)
    };
    let mut harmless = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !harmless.is_empty() {
            harmless.push(' ');
        }
        let word = masked(word);
        if is_aws_service(&word) {
            harmless.push_str(&word);
        } else {
            harmless.push_str(&unlinked(&word));
        }
    }
    let shown = cut(&harmless, max);
    if shown == harmless {
        return shown;
    }
    // A service's name that was cut is a different name.
    let (before, last) = shown.split_at(shown.rfind(' ').unwrap_or(0));
    cut(&format!("{before}{}", unlinked(last)), max)
}

/// The beginning of a text, at most `max` characters.
#[must_use]
pub fn first_chars(text: &str, max: usize) -> &str {
    // No character is shorter than a byte.
    if text.len() <= max {
        return text;
    }
    let end = text.char_indices().nth(max);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The beginning of a text, at most `max` bytes, up to the end of a character.
#[must_use]
pub fn first_bytes(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// The beginning of a text, at most `max` characters including the mark where it was cut.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if first_chars(text, max).len() == text.len() {
        return text.to_owned();
    }
    format!("{}{CUT}", first_chars(text, max.saturating_sub(1)))
}

/// A name that the alarm's owner chose, for a program to compare: without hidden characters and at
/// most `max` characters long, but otherwise as it is, so that `my.log.group` stays `my.log.group`.
#[must_use]
pub fn name(text: &str, max: usize) -> String {
    let is_visible = |character: &char| !(character.is_control() || is_hidden(*character));
    text.chars().filter(is_visible).take(max).collect()
}

/// Text in printable ASCII: every other character becomes `?`.
#[must_use]
pub fn ascii(text: &str) -> String {
    let plain = |character: char| match character {
        ' '..='~' => character,
        CUT => '~',
        _ => '?',
    };
    text.chars().map(plain).collect()
}

/// One word of a shell command, quoted if necessary. Whatever would end the line is dropped, and so
/// is the end of a word that is longer than any that AWS accepts.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_in_line = |character: &char| {
        *character == ' ' || !(character.is_whitespace() || is_hidden(*character))
    };
    let text: String = text.chars().filter(is_in_line).take(MAX_WORD).collect();
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_bare) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// An access key's id with all but its last four characters hidden.
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

/// Whether a character is invisible, changes how others look, or is not a character at all.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control() && !character.is_whitespace();
    }
    let acts = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    // Unicode's non-characters: 32 in a row, and the last two of each plane.
    let is_not_one = matches!(character, '\u{fdd0}'..='\u{fdef}')
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff);
    acts || is_not_one || (character.is_control() && !character.is_whitespace())
}

/// Hides all but the last four characters of every access key's id in a word, also where other
/// characters are glued to it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn masked(word: &str) -> Cow<'_, str> {
    const PREFIXES: [&str; 4] = ["AKIA", "ASIA", "ABIA", "ACCA"];
    const MIN_LENGTH: usize = 16;
    // Few words have one, and looking whether they do is much cheaper than looking where.
    if word.len() < MIN_LENGTH || !PREFIXES.iter().any(|prefix| word.contains(prefix)) {
        return word.into();
    }
    let mut masked = String::new();
    let mut rest = word;
    while let Some(start) = PREFIXES.iter().filter_map(|prefix| rest.find(prefix)).min() {
        let (before, found) = rest.split_at(start);
        let in_key = |character: char| character.is_ascii_uppercase() || character.is_ascii_digit();
        let end = found
            .find(|character| !in_key(character))
            .unwrap_or(found.len());
        let (run, after) = found.split_at(end);
        masked.push_str(before);
        if run.len() >= MIN_LENGTH {
            masked.push_str("****");
            masked.push_str(run.get(run.len().saturating_sub(4)..).unwrap_or_default());
        } else {
            masked.push_str(run);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked.into()
}

/// Whether a word is the name of an AWS service. Nobody else can have such a name, so it may become
/// a link.
fn is_aws_service(word: &str) -> bool {
    let is_label = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn"];
    let mut names = suffixes
        .iter()
        .filter_map(|suffix| word.strip_suffix(suffix));
    names.any(is_label)
}

/// Breaks what a mail program would turn into a link.
fn unlinked(word: &str) -> Cow<'_, str> {
    if !word.contains(['.', ':', '\\']) {
        return word.into();
    }
    let mut unlinked = String::with_capacity(word.len());
    let mut before = None;
    let mut rest = word.chars();
    while let Some(character) = rest.next() {
        let next = rest.as_str();
        match character {
            ':' if next.starts_with("//") => unlinked.push_str("[:]"),
            ':' if !next.is_empty() && ends_in_scheme(&unlinked) => unlinked.push_str("[:]"),
            '.' if joins(before, next) => unlinked.push_str("[.]"),
            '\\' if next.starts_with('\\') => unlinked.push_str("[\\]"),
            other => unlinked.push(other),
        }
        before = Some(character);
    }
    unlinked.into()
}

/// Whether a word ends in a scheme after which mail programs make a link even without `//`.
fn ends_in_scheme(word: &str) -> bool {
    const SCHEMES: [&str; 9] = [
        "callto", "file", "mailto", "news", "onenote", "outlook", "sip", "sms", "tel",
    ];
    let mut words = word.rsplit(|character: char| !character.is_ascii_alphanumeric());
    let last = words.next().unwrap_or_default();
    SCHEMES
        .iter()
        .any(|scheme| last.eq_ignore_ascii_case(scheme))
}

/// Whether a full stop joins two parts of a name, as in `evil.com` and not at the end of a
/// sentence.
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
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::RngSeed;

    use super::*;

    /// What texts are put together from to find two passes that differ.
    const PIECES: [&str; 20] = [
        "AKIA",
        "IOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPLE",
        "x",
        "Z",
        "é",
        " ",
        "\u{200b}",
        "\n",
        ".",
        ":",
        "/",
        "\\",
        "[",
        "]",
        "http",
        "file",
        "com",
        "…",
        "config.amazonaws.com",
    ];

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
        let none = "a\u{fdd0}b\u{fdef}c\u{fffe}d\u{ffff}e\u{1fffe}f\u{10ffff}g";
        check_harmless(none, "abcdefg");
        check_harmless("\u{fdcf}\u{fdf0}\u{fffd}", "\u{fdcf}\u{fdf0}\u{fffd}");
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
        check_harmless(r"\\host\share", r"[\]\host\share");
        check_harmless(r"(\\\host\share)", r"([\][\]\host\share)");
        check_harmless(
            r"file:\\host file:c:/x FILE:x",
            r"file[:][\]\host file[:]c:/x FILE[:]x",
        );
        check_harmless("mailto:bob tel:+49", "mailto[:]bob tel[:]+49");
    }

    #[test]
    fn the_name_of_a_service_that_was_cut_is_no_link() {
        let text = "config.amazonaws.com and more";
        assert_eq!(harmless(text, 20), "config[.]amazonaws[…");
        assert_eq!(harmless(text, 21), "config[.]amazonaws[.…");
        assert_eq!(harmless("config.amazonaws.com", 20), "config.amazonaws.com");
    }

    #[test]
    fn what_is_no_address_stays_as_it_is() {
        check_harmless("config.amazonaws.com", "config.amazonaws.com");
        check_harmless(
            "aws-cli/2.15.30 Python/3.11.8. End.",
            "aws-cli/2.15.30 Python/3.11.8. End.",
        );
        check_harmless(r"No such file: c:\x a//b", r"No such file: c:\x a//b");
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
    fn access_keys_are_masked_whatever_is_glued_to_them() {
        check_harmless("xxAKIAIOSFODNN7EXAMPLEyy", "xx****MPLEyy");
        check_harmless("1ASIAIOSFODNN7EXAMPLE", "1****MPLE");
        check_harmless("XABIAIOSFODNN7EXAMPLEX", "X****PLEX");
        check_harmless("_ACCAIOSFODNN7EXAMPLE_AKIA", "_****MPLE_AKIA");
        check_harmless(
            "AKIAIOSFODNN7EXAMPLEé ASIAIOSFODNN7EXAMPLE",
            "****MPLEé ****MPLE",
        );
        let twice = "aAKIAIOSFODNN7EXAMPLEbASIAIOSFODNN7EXAMPLEc";
        check_harmless(twice, "a****MPLEb****MPLEc");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(12),
            cases: 2_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_second_pass_changes_nothing(
            words in vec(select(&PIECES[..]), 0..24),
            max in 0_usize..60,
        ) {
            let once = harmless(&words.concat(), max);
            prop_assert_eq!(harmless(&once, max), once.clone());
            prop_assert!(once.chars().count() <= max.max(1));
            prop_assert!(!once.contains("://") && !once.contains(r"\\"));
            prop_assert!(!once.contains("AKIAIOSFODNN7EX"), "{}", once);
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(harmless(&"ä".repeat(1_000), 10), "äääääääää…");
        assert_eq!(harmless("exactly 10", 10), "exactly 10");
        assert_eq!(harmless("x", 0), "…");
        assert_eq!(cut("äöü", 2), "ä…");
    }

    #[test]
    fn a_beginning_ends_where_a_character_ends() {
        assert_eq!(first_chars("äöü", 2), "äö");
        assert_eq!(first_chars("äöü", 3), "äöü");
        assert_eq!(first_bytes("äöü", 3), "ä");
        assert_eq!(first_bytes("äöü", 6), "äöü");
        assert_eq!(first_bytes("🔒", 3), "");
    }

    #[test]
    fn a_name_for_a_program_keeps_its_dots_and_loses_what_is_hidden() {
        assert_eq!(name("my.log\u{202e}.gro\nup", 12), "my.log.group");
        assert_eq!(name("abc", 2), "ab");
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
