//! Which key a call was about, by the names that the event has for it.

use super::Event;
use super::key_change::alias;

impl Event<'_> {
    /// The key that was called upon: its ARN when the event has it, else what the caller named it
    /// by.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        let parameters = self.request_parameters.as_ref();
        let asked = parameters.and_then(|asked| {
            let ids = [
                &asked.key_id,
                &asked.source_key_id,
                &asked.destination_key_id,
            ];
            ids.into_iter()
                .find_map(|id| id.as_deref().filter(|id| !id.is_empty()))
        });
        self.keys().chain(asked).find(|key| !key.is_empty())
    }

    /// The key to encrypt under again, where the call has two.
    #[must_use]
    pub fn destination_key(&self) -> Option<&str> {
        let parameters = self.request_parameters.as_ref();
        let asked = parameters.and_then(|asked| asked.destination_key_id.as_deref());
        let named = self.keys().nth(1).or(asked);
        named.filter(|key| !key.is_empty() && Some(*key) != self.key())
    }

    /// The alias that the caller used for the key: `alias/…`.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        let asked = self.request_parameters.as_ref()?;
        let ids = [
            &asked.key_id,
            &asked.source_key_id,
            &asked.destination_key_id,
        ];
        ids.into_iter().find_map(|id| alias(id.as_deref()?))
    }

    /// The ARNs of the keys among the resources. Old events do not give the resource's type.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let resources = self.resources.iter().filter_map(|resource| {
            let arn = resource.arn.as_deref().or(resource.arn_prefix.as_deref())?;
            match resource.kind.as_deref() {
                Some(kind) => kind == "AWS::KMS::Key",
                None => arn.contains(":kms:") && arn.contains(":key/"),
            }
            .then_some(arn)
        });
        resources.filter(|arn| !arn.is_empty())
    }

    /// The account that owns the key, when it is not the one in whose trail the event is.
    #[must_use]
    pub fn other_account(&self) -> Option<&str> {
        let here = self.recipient_account_id.as_deref()?;
        let owner = self.key()?.strip_prefix("arn:")?.split(':').nth(3)?;
        (!owner.is_empty() && owner != here).then_some(owner)
    }
}

#[cfg(test)]
mod tests;
