//! The different values that a field had in a group's events, to be shown.

use std::fmt;

use serde::Serialize;

use crate::findings;
use crate::shown::{Safe, Shown};

/// The newest values, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Values {
    /// The newest three, newest first.
    pub newest: Vec<Shown>,
    /// How many different ones there were; a thousand stands for more.
    pub count: usize,
}

impl Values {
    pub(super) fn new<T: PartialEq>(
        found: &findings::Values<T>,
        show: impl Fn(&T) -> Shown,
    ) -> Self {
        Self {
            newest: found.newest().map(show).collect(),
            count: found.count(),
        }
    }

    /// Texts of at most this many characters.
    pub(super) fn texts(found: &findings::Values<String>, max: usize) -> Self {
        Self::new(found, |text| Shown::outside(text, max))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }
}

impl fmt::Display for Values {
    /// `a, b, +2 more`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.newest.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        match self.count.saturating_sub(self.newest.len()) {
            0 => Ok(()),
            more => write!(f, ", +{more} more"),
        }
    }
}

impl Safe for Values {}
