//! Who owns an AWS object.
//!
//! The topic and the alarm carry a tag that names their owner, one resource of a stack. Nothing
//! without that tag is ever overwritten or removed. The physical id, which CloudFormation keeps for
//! the resource, names the owner too, so that a resource is recognised after it was moved to
//! another stack.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The tag that holds [`Owner::id`].
pub const OWNER_TAG: &str = "kms-alarm:owner";
/// The tag that holds [`Owner::stack`], for people.
pub const STACK_TAG: &str = "kms-alarm:stack";

/// The tag that a topic gets last. Whatever carries it is complete, and the Delete of an earlier
/// attempt that failed does not remove it.
pub const COMPLETE_TAG: &str = "kms-alarm:complete";

/// A custom resource of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Twelve hexadecimal digits, the same in every request about the resource.
    pub id: String,
    /// The stack's name, as far as a tag can hold it.
    pub stack: String,
}

impl Owner {
    /// The owner, from the first request about the resource.
    #[must_use]
    pub fn of(stack_id: &str, logical_resource_id: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(stack_id);
        digest.update("\n");
        digest.update(logical_resource_id);
        let id = digest
            .finalize()
            .iter()
            .take(6)
            .fold(String::new(), |mut id, byte| {
                let _ = write!(id, "{byte:02x}");
                id
            });
        Self {
            id,
            stack: stack_name(stack_id),
        }
    }

    /// Both tags.
    #[must_use]
    pub fn tags(&self) -> [(&'static str, &str); 2] {
        [(OWNER_TAG, &self.id), (STACK_TAG, &self.stack)]
    }
}

/// `NAME` of `arn:aws:cloudformation:<region>:<account>:stack/NAME/<uuid>`, else the whole text, as
/// the value of a tag: at most 256 characters, and only those that AWS accepts.
///
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
fn stack_name(stack_id: &str) -> String {
    let name = stack_id.split('/').nth(1).unwrap_or(stack_id);
    let is_accepted = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let accepted = name.chars().map(|c| if is_accepted(c) { c } else { '_' });
    accepted.take(256).collect()
}

/// The id by which CloudFormation knows the resource: `kms-alarm/v1/<Name>/<owner>`, followed by
/// `/incomplete` when its Create failed. Only a new base name leads to a new id, and that to a
/// replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhysicalId {
    /// The base name, from which all names derive.
    pub name: String,
    /// [`Owner::id`].
    pub owner: String,
    /// Whether its Create completed. If so, the metric filter with its name belongs to the
    /// resource; a metric filter cannot carry a tag.
    pub complete: bool,
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "kms-alarm/v1/{}/{}", self.name, self.owner)?;
        if self.complete {
            Ok(())
        } else {
            formatter.write_str("/incomplete")
        }
    }
}

impl FromStr for PhysicalId {
    type Err = Foreign;

    fn from_str(id: &str) -> Result<Self, Foreign> {
        let mut parts = id.split('/');
        let (Some("kms-alarm"), Some("v1"), Some(name), Some(owner)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Foreign);
        };
        let complete = match (parts.next(), parts.next()) {
            (None, _) => true,
            (Some("incomplete"), None) => false,
            _ => return Err(Foreign),
        };
        Ok(Self {
            name: name.to_owned(),
            owner: owner.to_owned(),
            complete,
        })
    }
}

/// An id that this program did not make. CloudFormation invents one for a Create that was never
/// answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign;

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws:cloudformation:ap-southeast-2:111122223333:stack/pattern1-alarm/\
                         0a1b2c3d-1111-2222-3333-444455556666";

    #[test]
    fn an_owner_is_the_same_for_every_request_about_the_resource() {
        assert_eq!(Owner::of(STACK, "KmsAlarm"), Owner::of(STACK, "KmsAlarm"));
        assert_ne!(
            Owner::of(STACK, "KmsAlarm").id,
            Owner::of(STACK, "Other").id
        );
        assert_ne!(Owner::of("a", "b").id, Owner::of("a\nb", "").id);
        assert_eq!(Owner::of(STACK, "KmsAlarm").stack, "pattern1-alarm");
    }

    #[test]
    fn a_stack_id_of_any_form_gives_a_valid_tag() {
        assert_eq!(
            Owner::of("urn:pulumi:dev::x*y", "r").stack,
            "urn:pulumi:dev::x_y"
        );
        assert_eq!(Owner::of(&"é".repeat(300), "r").stack.chars().count(), 256);
    }

    #[test]
    fn a_physical_id_reads_back_as_it_was_written() {
        for complete in [true, false] {
            let id = PhysicalId {
                name: "pattern1-logging".to_owned(),
                owner: "0123456789ab".to_owned(),
                complete,
            };
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn ids_that_others_made_are_foreign() {
        for id in [
            "",
            "could-not-create",
            "pattern1-alarm-KmsAlarm-1ABC",
            "kms-alarm/v2/a/b",
            "kms-alarm/v1/a",
            "kms-alarm/v1/a/b/c",
            "kms-alarm/v1/a/b/incomplete/d",
        ] {
            assert_eq!(id.parse::<PhysicalId>(), Err(Foreign), "{id}");
        }
    }
}
