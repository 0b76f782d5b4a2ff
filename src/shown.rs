//! Text that people are shown.
//!
//! A [`Shown`] is made of this program's own words and of text that has gone through
//! [`text::harmless`]. Whatever an alert shows has this type, so that text from an event cannot
//! reach a reader by another way: [`shown!`] puts together only what is [`Safe`], and a bare
//! `String` is not.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::ops::Deref;

use serde::Serialize;

use crate::text;

/// One line of text that is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Shown(Cow<'static, str>);

impl Shown {
    /// Our own words.
    pub const fn ours(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Text from outside, made harmless and at most this many characters long.
    pub fn outside(text: &str, max: usize) -> Self {
        Self(Cow::Owned(text::harmless(text, max)))
    }

    /// A name that the owner of an AWS object chose, for programs to compare: nothing hidden in it,
    /// but otherwise as it is, so that `my.log.group` stays one.
    pub fn name(text: &str, max: usize) -> Self {
        Self(Cow::Owned(text::name(text, max)))
    }

    /// Only for [`shown!`], which checks the parts.
    pub(crate) fn compose(parts: fmt::Arguments<'_>) -> Self {
        Self(match parts.as_str() {
            Some(ours) => Cow::Borrowed(ours),
            None => Cow::Owned(parts.to_string()),
        })
    }

    /// At most this many characters of it, with a mark where it was cut.
    pub fn cut(&self, max: usize) -> Self {
        Self(Cow::Owned(text::cut(&self.0, max)))
    }

    /// These, with our own words between them.
    pub fn joined(parts: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let parts: Vec<_> = parts.into_iter().map(|part| part.0).collect();
        Self(Cow::Owned(parts.join(between)))
    }

    /// The same without these characters, which some readers take for markup.
    pub fn replacing(&self, replacement: impl Fn(char) -> char) -> Self {
        Self(Cow::Owned(self.0.chars().map(replacement).collect()))
    }
}

impl Deref for Shown {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What may stand in a [`Shown`] as it is.
pub trait Safe: Display {}

impl Safe for Shown {}
impl Safe for u64 {}
impl Safe for usize {}
/// Literals: what comes from outside is never `'static`.
impl Safe for &'static str {}
impl<T: Safe> Safe for &T {}

/// Lets only what is safe through.
pub const fn safe<T: Safe>(part: &T) -> &T {
    part
}

/// Puts together a [`Shown`], as `format!` does a `String`. The parts stand behind the template, each
/// of them [`Safe`]; the template can capture nothing, because it comes out of `concat!`.
macro_rules! shown {
    ($template:literal $(, $part:expr)* $(,)?) => {
        $crate::shown::Shown::compose(format_args!(
            concat!($template, ""),
            $($crate::shown::safe(&$part)),*
        ))
    };
}
pub(crate) use shown;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_made_harmless_once() {
        let name = Shown::outside("evil.example\nx", 100);
        assert_eq!(&*name, "evil[.]example x");
        assert_eq!(
            &*shown!("{} of {}: {}", 2_u64, "two", name),
            "2 of two: evil[.]example x"
        );
    }

    #[test]
    fn our_own_words_are_not_copied() {
        assert_eq!(shown!("as it is"), Shown::ours("as it is"));
        assert_eq!(&*Shown::joined([shown!("a"), shown!("b")], ", "), "a, b");
        assert_eq!(&*shown!("abcdef").cut(3), "ab…");
    }
}
