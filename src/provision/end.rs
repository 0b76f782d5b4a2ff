//! How a request ended.

/// How a request ended, as the next one must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was made as its properties say.
    Succeeded,
    /// Everything was removed.
    Removed,
    /// It failed, and everything is as it was before.
    Undone,
    /// It failed, and it may have left something.
    Left,
}

impl End {
    /// The word for it in a log stream's name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Removed => "removed",
            Self::Undone => "undone",
            Self::Left => "left",
        }
    }

    /// The end that a word stands for.
    pub(super) fn of(word: &str) -> Option<Self> {
        let ends = [Self::Succeeded, Self::Removed, Self::Undone, Self::Left];
        ends.into_iter().find(|end| end.word() == word)
    }

    /// Whether the request did what it asked.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Removed)
    }
}
