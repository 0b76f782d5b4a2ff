//! How a metric filter's log group was searched.

use serde::Serialize;

/// The search with one metric filter's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The filter's name.
    pub filter: String,
    /// The log group that it reads and that was searched.
    pub log_group: String,
    /// The filter's pattern.
    pub pattern: String,
    /// How many pages of results were read.
    pub pages: u64,
    /// How far the search got.
    pub progress: Progress,
}

impl Search {
    /// Whether all of the window was searched.
    pub fn is_complete(&self) -> bool {
        self.progress == Progress::Complete
    }

    /// Whether there was something to search, and all of it was searched.
    pub fn are_complete(searches: &[Self]) -> bool {
        !searches.is_empty() && searches.iter().all(Self::is_complete)
    }
}

/// How far a search got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// Nothing was searched yet.
    NotStarted,
    /// All of the window was searched.
    Complete,
    /// Time ran out.
    OutOfTime,
    /// It failed; the problems say why.
    Failed,
}
