//! Which data a call was about, as far as its encryption context says so.
//!
//! AWS's own services put the names of their resources there, and these are shown. What
//! applications put there may be a customer's name, and a mailing list is a wider circle than a
//! trail's readers: of such a value only a short hash is kept, enough to tell whether two calls
//! were about the same thing.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Event;
use crate::text::begin;

/// Keys that AWS's services use, besides all that begin with `aws:`.
const DOCUMENTED: [&str; 5] = [
    "SecretARN",
    "SecretVersionId",
    "PARAMETER_ARN",
    "LambdaFunctionArn",
    "kinesisanalytics:arn",
];

/// How many pairs of a context are read, and how many characters of each.
const MOST_PAIRS: usize = 16;
const MOST_CHARACTERS: usize = 512;

/// One pair of an encryption context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Affected {
    /// The pair's key.
    pub key: String,
    /// The pair's value, or what may be shown of it.
    pub value: AffectedValue,
}

/// What is kept of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AffectedValue {
    /// A value that AWS documents.
    Shown(String),
    /// The short hash of any other.
    Hashed(String),
}

impl fmt::Display for AffectedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(value) => formatter.write_str(value),
            Self::Hashed(hash) => write!(formatter, "(hidden, sha256 {hash})"),
        }
    }
}

impl Event<'_> {
    /// The pairs of the encryption context, in the event's order.
    pub fn affected(&self) -> impl Iterator<Item = Affected> {
        let parameters = self.request_parameters.iter();
        let pairs = parameters.flat_map(|asked| {
            asked
                .encryption_context
                .iter()
                .chain(&asked.source_encryption_context)
        });
        pairs.take(MOST_PAIRS).map(|(key, value)| {
            let documented = key.starts_with("aws:") || DOCUMENTED.contains(&key.as_ref());
            let value = if documented {
                AffectedValue::Shown(kept(value))
            } else {
                let digest = Sha256::digest(value.as_bytes());
                let short = digest.first_chunk().copied().map_or(0, u32::from_be_bytes);
                AffectedValue::Hashed(format!("{short:08x}"))
            };
            Affected {
                key: kept(key),
                value,
            }
        })
    }
}

fn kept(text: &str) -> String {
    begin(text, MOST_CHARACTERS).to_owned()
}
