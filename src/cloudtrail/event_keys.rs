//! Which key a call was about, by the names that the event has for it.

use super::event::Event;
use crate::arn::{self, Arn};
use crate::error_message;

impl Event<'_> {
    /// The key that the call was about. The error's message knows it best, because KMS writes the
    /// name of what it looked for: a denied call often has it nowhere else, and a call about two keys
    /// failed on the one that the message names. Else the ARN among the resources, else what the
    /// caller named it by.
    pub fn key(&self) -> Option<&str> {
        let message = self.error_message.get().and_then(error_message::key);
        message.or_else(|| self.arns_of_keys().chain(self.asked_for()).next())
    }

    /// The key that is not this one, where the call has two: `ReEncrypt` names the source first.
    pub fn other_key(&self, key: &str) -> Option<&str> {
        let parameters = self.request_parameters.get();
        let asked = parameters.and_then(|asked| asked.destination_key_id.get());
        let mut named = self.arns_of_keys().chain(asked);
        // Mostly it is the same ARN, which then need not be split.
        named.find(|other| *other != key && arn::key_id(other) != arn::key_id(key))
    }

    /// What the caller named the key by.
    pub fn key_as_sent(&self) -> Option<&str> {
        self.asked_for().next()
    }

    /// The alias that the caller used for the key: `alias/…`.
    pub fn alias(&self) -> Option<&str> {
        let mut names = self.asked_for().map(arn::resource);
        names.find(|name| name.starts_with("alias/"))
    }

    /// The names of the key on which the call failed: what the event says of it, and what the caller
    /// sent. None where the call has two keys and the message does not say on which of them.
    pub fn failed_key(&self) -> impl Iterator<Item = &str> {
        let parameters = self.request_parameters.get();
        let second = parameters.and_then(|asked| asked.destination_key_id.get());
        let (key, sent) = match second {
            Some(_) => (self.error_message.get().and_then(error_message::key), None),
            None => (self.key(), self.key_as_sent()),
        };
        key.into_iter().chain(sent)
    }

    /// The account that owns this key, unless it is the one that received the event.
    pub fn other_account<'k>(&self, key: &'k str) -> Option<&'k str> {
        let here = self.recipient_account_id.get()?;
        let owner = Arn::parse(key)?.account;
        (!owner.is_empty() && owner != here).then_some(owner)
    }

    /// What the caller named the keys by.
    fn asked_for(&self) -> impl Iterator<Item = &str> {
        let parameters = self.request_parameters.get().into_iter();
        let ids = parameters.flat_map(|asked| {
            [
                &asked.key_id,
                &asked.source_key_id,
                &asked.destination_key_id,
            ]
        });
        ids.filter_map(|id| id.get())
    }

    /// The ARNs of the keys among the resources. Old events do not give a resource's type.
    fn arns_of_keys(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().filter_map(|resource| {
            let arn = resource.arn.get().or(resource.arn_prefix.get())?;
            let is_key = match resource.kind.get() {
                Some(kind) => kind == "AWS::KMS::Key",
                None => Arn::parse(arn).is_some_and(|arn| arn.is_key()),
            };
            is_key.then_some(arn)
        })
    }
}

#[cfg(test)]
mod tests;
