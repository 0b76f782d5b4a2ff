//! The state of a key, where one error code stands for many: the message has the word.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>

use super::Severity::{Critical, High, Medium};
use super::command::Command::{CancelDeletion, DescribeKey, ImportParameters, KeyStores};
use super::table::{Entry, entry_of};

pub(super) const DELETION: Entry = Entry {
    codes: &[],
    severity: Critical,
    cause: "the key is about to be deleted",
    meaning: "A key that waits for its deletion cannot be used, and once it is deleted nothing that was encrypted \
              under it can ever be read again.",
    first_step: "See on which day it is to be deleted and ask who wants it; cancelling keeps the key and leaves it \
                 disabled, so that it has to be enabled as well.",
    command: DescribeKey,
    remedy: Some(CancelDeletion),
};

/// What the message of an invalid state tells.
pub(super) fn invalid_state(message: &str) -> Entry {
    let message = message.to_ascii_lowercase();
    if message.contains("pending deletion") || message.contains("pending replica deletion") {
        DELETION
    } else if message.contains("pending import") {
        entry_of(
            &[],
            Critical,
            "the key's imported material is gone",
            "The imported key material expired or was deleted, and until the same material is imported again nothing \
             can be read.",
            "Get a new token and wrapping key and import the same material again.",
            ImportParameters,
        )
    } else if message.contains("creating") || message.contains("updating") {
        entry_of(
            &[],
            Medium,
            "the key is being changed",
            "The key is being made, replicated or moved to another primary Region; this passes by itself.",
            "Wait a minute, then see whether the key is enabled.",
            DescribeKey,
        )
    } else if message.contains("unavailable") || message.contains("key store") {
        Entry {
            severity: Critical,
            ..KEY_STORE
        }
    } else {
        entry_of(
            &[],
            Critical,
            "the key is in a state that forbids it",
            "The key waits for its deletion or for key material, or its key store is not connected; until then \
             nothing that was encrypted under it can be read.",
            "Look at the key's state; it tells which of these it is.",
            DescribeKey,
        )
    }
}

pub(super) const KEY_STORE: Entry = entry_of(
    &[],
    High,
    "the key's own key store cannot be used",
    "The key lives in CloudHSM or in an external key manager, and KMS cannot reach that; all keys in there are \
         concerned.",
    "See whether the key store is connected and what its connection error is, mend that, and connect it again.",
    KeyStores,
);
