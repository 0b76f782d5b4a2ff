//! Names that AWS would accept.
//!
//! Callers may send anything in the place of a key's, a role's or an operation's name. What is not of
//! the form that AWS gives such names stands in no command, no address and no first sentence: it has
//! no [`Identifier`] and no [`Key`].

use std::fmt;

use serde::Serialize;

use crate::arn::Arn;
use crate::shown::Safe;
use crate::text::harmless;

/// A name of characters that neither a shell nor a mail program reads as anything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

/// AWS's longest ARNs.
const MAX_LEN: usize = 2_048;

impl Identifier {
    fn new(text: &str, others: &[u8]) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
        let accepted = (1..=MAX_LEN).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && harmless(text, MAX_LEN) == text;
        accepted.then(|| Self(text.to_owned()))
    }

    /// A Region, an account, an operation, a policy's, event's or endpoint's id: letters, digits and
    /// hyphens.
    pub fn word(text: &str) -> Option<Self> {
        Self::new(text, b"-").filter(|word| word.0.len() <= 64)
    }

    /// A twelve-digit account id.
    pub fn account(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    /// An action such as `kms:Decrypt`.
    pub fn action(text: &str) -> Option<Self> {
        text.split_once(':')
            .filter(|(service, name)| !service.is_empty() && !name.is_empty())?;
        Self::new(text, b":").filter(|action| action.0.len() <= 128)
    }

    /// The name of an IAM role or user.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn iam_name(text: &str) -> Option<Self> {
        Self::new(text, b"+=,.@_-").filter(|name| name.0.len() <= 64)
    }

    /// The ARN of an IAM role, user or policy, or of an organization's policy.
    pub fn iam_arn(text: &str) -> Option<Self> {
        Arn::parse(text)?;
        Self::new(text, b":/+=,.@_-")
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Safe for Identifier {}

/// A KMS key by one of the names that KMS accepts: its id, its ARN, an alias or an alias's ARN.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// The name, if KMS would accept it.
    pub fn new(text: &str) -> Option<Self> {
        let resource = match Arn::parse(text) {
            Some(arn) => {
                let is_kms = arn.service == "kms"
                    && Identifier::word(arn.partition).is_some()
                    && Identifier::word(arn.region).is_some()
                    && Identifier::account(arn.account).is_some();
                if !is_kms {
                    return None;
                }
                arn.resource
            }
            None if text.starts_with("alias/") => text,
            None => return is_key_id(text).then(|| Self(text.to_owned())),
        };
        let accepted = match resource.strip_prefix("key/") {
            Some(id) => is_key_id(id),
            None => resource.strip_prefix("alias/").is_some_and(is_alias),
        };
        accepted.then(|| Self(text.to_owned()))
    }

    /// The key's id, or the alias with its `alias/`.
    pub fn id(&self) -> &str {
        let resource = self.arn().map_or(self.0.as_str(), |arn| arn.resource);
        resource.strip_prefix("key/").unwrap_or(resource)
    }

    /// Whether it names an alias rather than a key.
    pub fn is_alias(&self) -> bool {
        self.id().starts_with("alias/")
    }

    /// Whether it is the alias of an AWS managed key, which only AWS can change.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>
    pub fn is_aws_managed(&self) -> bool {
        self.id().starts_with("alias/aws/")
    }

    /// Its ARN, if that is the name it has here.
    pub fn arn(&self) -> Option<Arn<'_>> {
        Arn::parse(&self.0)
    }

    /// A short form for where there is little room: `alias/orders`, `1234abcd`.
    pub fn short(&self) -> &str {
        let id = self.id();
        if self.is_alias() {
            return id;
        }
        let len = if id.starts_with("mrk-") { 12 } else { 8 };
        id.get(..len).unwrap_or(id)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Safe for Key {}

/// A UUID, or the id of a multi-Region key: `mrk-` and 32 hexadecimal digits.
fn is_key_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(id) = text.strip_prefix("mrk-") {
        return id.len() == 32 && hex(id);
    }
    let lens = text.split('-').map(str::len);
    lens.eq([8, 4, 4, 4, 12]) && text.split('-').all(hex)
}

/// What may stand behind `alias/`.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>
fn is_alias(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    (1..=250).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn a_key_has_four_kinds_of_names() {
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{ID}");
        for (name, id, short) in [
            (ID, ID, "1234abcd"),
            (arn.as_str(), ID, "1234abcd"),
            ("alias/orders", "alias/orders", "alias/orders"),
            (
                "arn:aws-cn:kms:cn-north-1:111122223333:alias/orders",
                "alias/orders",
                "alias/orders",
            ),
            (
                "mrk-1234abcd12ab34cd56ef1234567890ab",
                "mrk-1234abcd12ab34cd56ef1234567890ab",
                "mrk-1234abcd",
            ),
        ] {
            let key = Key::new(name).unwrap();
            assert_eq!((key.id(), key.short()), (id, short), "{name}");
            assert_eq!(key.is_alias(), id.starts_with("alias/"), "{name}");
        }
        assert!(Key::new("alias/aws/s3").unwrap().is_aws_managed());
    }

    #[test]
    fn what_kms_would_refuse_is_no_key() {
        for name in [
            "",
            "orders",
            "aws/s3",
            "alias/",
            "alias/billing - solved by the on-call team",
            "alias/evil.example",
            "$(reboot)",
            "-x",
            "1234abcd-12ab-34cd-56ef-1234567890a",
            "arn:aws:kms:eu-west-1:111122223333:key/",
            "arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:key/x; reboot",
            "arn:aws:s3:::bucket",
            "arn:aws:kms:http://evil:111122223333:alias/x",
        ] {
            assert_eq!(Key::new(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_a_shell_or_a_mail_program_would_read_is_none() {
        assert!(Identifier::iam_name("app+1=2,3@_-").is_some());
        for name in ["", "a b", "a;b", "$(x)", "-x", "evil.example", "a\nb"] {
            assert_eq!(Identifier::iam_name(name), None, "{name}");
            assert_eq!(Identifier::word(name), None, "{name}");
        }
        assert!(Identifier::action("kms:Decrypt").is_some());
        for action in ["Decrypt", "kms:", ":x", "kms:$(x)"] {
            assert_eq!(Identifier::action(action), None, "{action}");
        }
        assert!(Identifier::iam_arn("arn:aws:iam::111122223333:role/service/app").is_some());
        assert_eq!(Identifier::iam_arn("role/app"), None);
        assert_eq!(Identifier::account("1234"), None);
    }
}
