//! Who made a call, in as few words as say it, whichever form the identity has.

use std::borrow::Cow;

use serde::Deserialize;

use super::Event;
use crate::lenient;

/// The caller, of which any field may be missing.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity<'a> {
    /// The form, such as `AssumedRole`, `IAMUser`, `AWSService`.
    #[serde(rename = "type", borrow, default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
    /// The caller's ARN; that of a role ends in its session's name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub arn: Option<Cow<'a, str>>,
    /// The caller's id; that of a role ends in its session's name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub principal_id: Option<Cow<'a, str>>,
    /// The caller's account.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub account_id: Option<Cow<'a, str>>,
    /// The IAM user's name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_name: Option<Cow<'a, str>>,
    /// The AWS service that made the call, perhaps on somebody's behalf.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub invoked_by: Option<Cow<'a, str>>,
    /// The access key's id, which no alert shows in full.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub access_key_id: Option<Cow<'a, str>>,
    /// The session of a role.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub session_context: Option<SessionContext<'a>>,
    /// The resource that the credentials were given to.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub in_scope_of: Option<InScopeOf<'a>>,
    /// The person of IAM Identity Center for whom the call was made.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub on_behalf_of: Option<OnBehalfOf<'a>>,
}

/// The resource that the credentials were given to; AWS writes it, no caller can.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InScopeOf<'a> {
    /// Its ARN, such as that of a Lambda function.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub credentials_issued_to: Option<Cow<'a, str>>,
}

/// A person of IAM Identity Center.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnBehalfOf<'a> {
    /// The person's id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_id: Option<Cow<'a, str>>,
}

/// The session of a role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext<'a> {
    /// The role; the root user's sessions have none.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub session_issuer: Option<SessionIssuer<'a>>,
}

/// The role that a session was made from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionIssuer<'a> {
    /// The role's ARN.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub arn: Option<Cow<'a, str>>,
    /// The role's name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_name: Option<Cow<'a, str>>,
}

/// Who made a call: the lasting identity and, apart from it, the passing session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal<'e> {
    /// The role's ARN if there is one, else the best name that the event has.
    pub name: &'e str,
    /// The session's name; tasks and instances come and go.
    pub session: Option<&'e str>,
    /// The AWS service that made the call on its behalf.
    pub invoked_by: Option<&'e str>,
    /// The ARN of the resource that the credentials were given to.
    pub issued_to: Option<&'e str>,
}

impl Event<'_> {
    /// Who made the call.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        let Some(identity) = &self.user_identity else {
            return Principal {
                name: "an unknown caller",
                session: None,
                invoked_by: None,
                issued_to: None,
            };
        };
        let issuer = identity
            .session_context
            .as_ref()
            .and_then(|context| context.session_issuer.as_ref());
        let role = issuer
            .and_then(|issuer| present(issuer.arn.as_ref()).or(present(issuer.user_name.as_ref())));
        let arn = present(identity.arn.as_ref());
        let (role_of_arn, session_of_arn) = arn.and_then(assumed_role).unzip();
        let session_of_id = present(identity.principal_id.as_ref())
            .and_then(|id| id.split_once(':'))
            .map(|(_, session)| session);
        let invoked_by = present(identity.invoked_by.as_ref());
        let fallbacks = [
            role,
            role_of_arn,
            arn,
            present(identity.user_name.as_ref()),
            identity
                .on_behalf_of
                .as_ref()
                .and_then(|person| present(person.user_id.as_ref())),
            invoked_by,
            present(identity.account_id.as_ref()),
            present(identity.kind.as_ref()),
        ];
        let name = fallbacks
            .into_iter()
            .flatten()
            .next()
            .unwrap_or("an unknown caller");
        Principal {
            name,
            session: session_of_arn
                .or(session_of_id.filter(|_| role.is_some()))
                .filter(|session| !session.is_empty()),
            invoked_by: invoked_by.filter(|service| *service != name),
            issued_to: identity
                .in_scope_of
                .as_ref()
                .and_then(|scope| present(scope.credentials_issued_to.as_ref())),
        }
    }
}

/// Splits `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` into the role's name and the session's.
fn assumed_role(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":assumed-role/")?.1.rsplit_once('/')
}

fn present<'e>(text: Option<&'e Cow<'_, str>>) -> Option<&'e str> {
    text.map(AsRef::as_ref).filter(|text| !text.is_empty())
}
