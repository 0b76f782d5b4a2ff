//! Who made a call, in words that include the type of identity.

use std::fmt;

use super::event::Event;
use crate::arn::Arn;
use crate::text::first_chars;

/// How many characters of a name are kept.
const MAX_CHARS: usize = 256;

/// Who made a call: `alice (IAM user)`.
pub(super) struct By<'e>(pub(super) &'e Event<'e>);

impl fmt::Display for By<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = self.0.principal();
        let identity = self.0.user_identity.get();
        let kind = identity.and_then(|identity| identity.kind.get());
        let name = Arn::parse(principal.name).map_or(principal.name, |arn| arn.name());
        let name = beginning(name);
        match (kind, principal.session.map(beginning)) {
            (Some("Root"), _) => write!(formatter, "the root user"),
            (Some("IAMUser"), _) => write!(formatter, "{name} (IAM user)"),
            (Some("AWSService"), _) => write!(formatter, "{name} (AWS service)"),
            (Some("IdentityCenterUser"), _) => write!(formatter, "{name} (Identity Center user)"),
            // A session's name is chosen by whoever opens it; the role is vouched for.
            (Some("FederatedUser"), Some(session)) => {
                write!(formatter, "{name} (federated as {session})")
            }
            (_, Some(session)) => write!(formatter, "role {name} (session named {session})"),
            _ => write!(formatter, "{name}"),
        }?;
        match principal.invoked_by {
            Some(service) => write!(formatter, " through {}", beginning(service)),
            None => Ok(()),
        }
    }
}

/// As much of a name as is kept.
pub(super) fn beginning(text: &str) -> String {
    first_chars(text, MAX_CHARS).to_owned()
}
