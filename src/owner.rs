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
/// The tag that holds [`Owner::stack`], for people and for the conditions of the function's policy.
pub const STACK_TAG: &str = "kms-alarm:stack";
/// The tag that a topic gets last of all: everything is as this request asked. It holds the
/// request's [`digest`], so that the Delete after a failed Create can tell what that Create made
/// from what a later one completed.
pub const COMPLETE_TAG: &str = "kms-alarm:complete";
/// The tag that says what existed before it was adopted: some of `topic`, `filter` and `alarm`.
pub const ADOPTED_TAG: &str = "kms-alarm:adopted";

/// Twelve hexadecimal digits that stand for a text, the same every time.
#[must_use]
pub fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    let bytes = digest.iter().take(6);
    bytes.fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

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
        Self {
            id: digest(&format!("{stack_id}\n{logical_resource_id}")),
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
/// `/incomplete/<request>` when its Create failed. Only a new base name leads to a new id, and that
/// to a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhysicalId {
    /// The base name, from which all names derive.
    pub name: String,
    /// [`Owner::id`].
    pub owner: String,
    /// The [`digest`] of the Create that failed. Without it the Create completed, and the id proves
    /// that the topic, the alarm and the filter of these names are the resource's.
    pub failed_create: Option<String>,
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "kms-alarm/v1/{}/{}", self.name, self.owner)?;
        if let Some(request) = &self.failed_create {
            write!(formatter, "/incomplete/{request}")?;
        }
        Ok(())
    }
}

impl FromStr for PhysicalId {
    type Err = Foreign;

    fn from_str(id: &str) -> Result<Self, Foreign> {
        let parts: Vec<&str> = id.split('/').collect();
        let (name, owner, failed_create) = match parts[..] {
            ["kms-alarm", "v1", name, owner] => (name, owner, None),
            ["kms-alarm", "v1", name, owner, "incomplete", request] => {
                (name, owner, Some(request.to_owned()))
            }
            _ => return Err(Foreign),
        };
        Ok(Self {
            name: name.to_owned(),
            owner: owner.to_owned(),
            failed_create,
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
        for failed_create in [None, Some("ba9876543210".to_owned())] {
            let id = PhysicalId {
                name: "pattern1-logging".to_owned(),
                owner: "0123456789ab".to_owned(),
                failed_create,
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
            "kms-alarm/v1/a/b/incomplete",
            "kms-alarm/v1/a/b/incomplete/d/e",
        ] {
            assert_eq!(id.parse::<PhysicalId>(), Err(Foreign), "{id}");
        }
    }
}
