//! Whether anybody gets the alert.

use serde::Serialize;

/// How many subscriptions the topic has, of every kind: e-mail addresses and programs alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscriptions {
    /// Those that get what is published.
    pub confirmed: u64,
    /// Those that nobody has confirmed yet.
    pub pending: u64,
}
