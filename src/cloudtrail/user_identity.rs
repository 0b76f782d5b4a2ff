//! The element of an event that says who made the call.

use serde::Deserialize;

use crate::lenient::{Object, Text};

/// The caller.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserIdentity<'a> {
    /// The type of identity, such as `AssumedRole`, `IAMUser`, `AWSService`.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    /// The caller's ARN; that of a role's session ends in the session's name.
    pub arn: Text<'a>,
    /// The caller's id; that of a role's session ends in the session's name.
    pub principal_id: Text<'a>,
    /// The caller's account.
    pub account_id: Text<'a>,
    /// The IAM user's name.
    pub user_name: Text<'a>,
    /// The AWS service that made the call, perhaps on somebody's behalf.
    pub invoked_by: Text<'a>,
    /// The access key's id, which no alert shows in full.
    pub access_key_id: Text<'a>,
    /// The session, for temporary credentials.
    pub session_context: Object<SessionContext<'a>>,
    /// The resource to which the credentials were issued.
    pub in_scope_of: Object<InScopeOf<'a>>,
    /// The person of IAM Identity Center on whose behalf the call was made.
    pub on_behalf_of: Object<OnBehalfOf<'a>>,
}

/// The resource to which the credentials were issued. AWS writes this; callers cannot.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InScopeOf<'a> {
    /// Its ARN, such as that of a Lambda function.
    #[serde(borrow)]
    pub credentials_issued_to: Text<'a>,
}

/// A person of IAM Identity Center.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnBehalfOf<'a> {
    /// The person's id.
    #[serde(borrow)]
    pub user_id: Text<'a>,
}

/// The session of temporary credentials.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionContext<'a> {
    /// Who the session was issued to, in most cases a role; the root user's sessions have none.
    #[serde(borrow)]
    pub session_issuer: Object<SessionIssuer<'a>>,
}

/// Who a session was issued to: a role, or the user who federates others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionIssuer<'a> {
    /// Its ARN.
    #[serde(borrow)]
    pub arn: Text<'a>,
    /// Its name.
    pub user_name: Text<'a>,
}

impl<'a> UserIdentity<'a> {
    /// Who the caller's session was issued to.
    #[must_use]
    pub fn session_issuer(&self) -> Option<&SessionIssuer<'a>> {
        self.session_context.get()?.session_issuer.get()
    }
}
