//! Which data a call was about, as far as its encryption context says so.
//!
//! AWS services put the names of their resources there, and these are shown. What an application
//! puts there may be a customer's name, and more people read a mailing list than a trail. Such a value
//! is never shown, not even as a hash, because short values can be found by trying them all.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::event::Event;
use crate::text::first_chars;

/// Keys that AWS services use, besides those that begin with `aws:`.
const DOCUMENTED: [&str; 5] = [
    "SecretARN",
    "SecretVersionId",
    "PARAMETER_ARN",
    "LambdaFunctionArn",
    "kinesisanalytics:arn",
];

/// How many pairs of a context are read.
const MAX_PAIRS: usize = 16;
/// How many characters of a key or a value are kept.
const MAX_CHARS: usize = 512;

/// One pair of an encryption context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Affected {
    /// The pair's key.
    pub key: String,
    value: Value,
}

/// A pair's value, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Value {
    /// A value that AWS documents.
    Documented(String),
    /// Enough of any other value to see whether two calls were about the same thing.
    Hidden(u64),
}

impl Affected {
    /// The value, if it may be shown.
    pub fn shown_value(&self) -> Option<&str> {
        match &self.value {
            Value::Documented(value) => Some(value),
            Value::Hidden(_) => None,
        }
    }
}

impl Event<'_> {
    /// The pairs of the encryption context, in the event's order.
    pub fn affected(&self) -> impl Iterator<Item = Affected> {
        let parameters = self.request_parameters.get().into_iter();
        let pairs = parameters.flat_map(|asked| {
            let source = asked.source_encryption_context.iter();
            asked.encryption_context.iter().chain(source)
        });
        pairs.take(MAX_PAIRS).map(|(key, value)| {
            let is_documented = key.starts_with("aws:") || DOCUMENTED.contains(&key);
            let value = if is_documented {
                Value::Documented(beginning(value))
            } else {
                let mut hasher = DefaultHasher::new();
                value.hash(&mut hasher);
                Value::Hidden(hasher.finish())
            };
            Affected {
                key: beginning(key),
                value,
            }
        })
    }
}

fn beginning(text: &str) -> String {
    first_chars(text, MAX_CHARS).to_owned()
}
