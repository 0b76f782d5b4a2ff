//! Who was denied, by whether and where their permissions can be changed.

use crate::arn::Arn;
use crate::identifier::Identifier;
use crate::shown::{Shown, shown};

/// The caller, as IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A role of the account's own.
    Role(Identifier),
    /// A role of IAM Identity Center, which is changed in its permission set.
    ///
    /// <https://docs.aws.amazon.com/singlesignon/latest/userguide/troubleshooting.html>
    PermissionSet {
        role: Identifier,
        permission_set: Option<Identifier>,
    },
    /// A role that only an AWS service can change.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
    ServiceLinked(Identifier),
    /// An IAM user.
    User(Identifier),
    /// Anyone else, or a name that IAM would not accept.
    Unknown,
}

impl Caller {
    pub(super) fn new(caller: &str) -> Self {
        let resource = Arn::parse(caller).map_or("", |arn| arn.resource);
        let name = |kind: &str| {
            let path = resource.strip_prefix(kind)?;
            let name = Identifier::iam_name(path.rsplit('/').next()?)?;
            Some((path, name))
        };
        if let Some((_, user)) = name("user/") {
            return Self::User(user);
        }
        // Where the event has no issuer, the caller is the role's bare name.
        let role = name("role/").or_else(|| {
            let is_bare = Arn::parse(caller).is_none();
            let bare = Identifier::iam_name(caller).filter(|_| is_bare)?;
            Some(("", bare))
        });
        let Some((path, role)) = role else {
            return Self::Unknown;
        };
        let text = role.as_ref();
        if path.starts_with("aws-service-role/") || text.starts_with("AWSServiceRoleFor") {
            return Self::ServiceLinked(role);
        }
        if let Some(rest) = text.strip_prefix("AWSReservedSSO_") {
            let permission_set = rest.rsplit_once('_').map_or(rest, |(name, _)| name);
            let permission_set = Identifier::iam_name(permission_set);
            return Self::PermissionSet {
                permission_set,
                role,
            };
        }
        if Arn::parse(caller).is_none() {
            return Self::Unknown;
        }
        Self::Role(role)
    }

    /// `role order-api`.
    pub(super) fn shown(&self) -> Shown {
        match self {
            Self::Role(role) | Self::PermissionSet { role, .. } | Self::ServiceLinked(role) => {
                shown!("role {}", role)
            }
            Self::User(user) => shown!("user {}", user),
            Self::Unknown => shown!("the caller"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_who_may_change_it() {
        let word = |text| Identifier::iam_name(text).unwrap();
        let sso = "AWSReservedSSO_PowerUser_Access_0123456789abcdef";
        for (arn, caller) in [
            (
                "arn:aws:iam::111122223333:role/shop/order-api".to_owned(),
                Caller::Role(word("order-api")),
            ),
            (
                "arn:aws:iam::111122223333:user/alice".to_owned(),
                Caller::User(word("alice")),
            ),
            (
                format!("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/{sso}"),
                Caller::PermissionSet {
                    role: word(sso),
                    permission_set: Some(word("PowerUser_Access")),
                },
            ),
            (
                "arn:aws:iam::1:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
                    .to_owned(),
                Caller::ServiceLinked(word("AWSServiceRoleForConfig")),
            ),
            (
                "AWSServiceRoleForRDS".to_owned(),
                Caller::ServiceLinked(word("AWSServiceRoleForRDS")),
            ),
            ("s3.amazonaws.com".to_owned(), Caller::Unknown),
            ("order-api".to_owned(), Caller::Unknown),
            (
                "arn:aws:iam::111122223333:role/$(reboot)".to_owned(),
                Caller::Unknown,
            ),
        ] {
            assert_eq!(Caller::new(&arn), caller, "{arn}");
        }
    }
}
