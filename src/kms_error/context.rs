//! What is known around failed calls.

use crate::identifier::Key;
use crate::shown::Shown;

/// What is known around failed calls that are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The key, by the best name that the events have for it.
    pub key: Option<&'a Key>,
    /// The alias by which the caller named the key.
    pub alias: Option<&'a Key>,
    /// How many different keys the calls were about.
    pub keys: usize,
    /// The Region the calls were made to.
    pub region: Option<&'a str>,
    /// The account in which the calls were made.
    pub account: Option<&'a str>,
    /// The alarm's account, where whoever reads of them is signed in.
    pub home: Option<&'a str>,
    /// The caller: a role's ARN, or whatever name the events have.
    pub caller: &'a str,
    /// The operation, such as `Decrypt`.
    pub operation: &'a str,
    /// The VPC endpoint the calls came through.
    pub vpc_endpoint: Option<&'a str>,
    /// The custom key store of the key.
    pub key_store: Option<&'a str>,
    /// The message of the newest error.
    pub message: Option<&'a str>,
    /// Who made the change that is the likely cause.
    pub changed_by: Option<&'a Shown>,
}
