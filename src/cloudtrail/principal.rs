//! Who made a call, in as few words as possible, whichever type of identity it was.

use super::event::Event;
use super::user_identity::UserIdentity;
use crate::arn::Arn;

/// Who made a call: the lasting identity and, apart from it, the passing session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal<'e> {
    /// The role's ARN if there is one, else the best name that the event has.
    pub name: &'e str,
    /// The session's name; tasks and instances come and go.
    pub session: Option<&'e str>,
    /// The AWS service that made the call on the principal's behalf.
    pub invoked_by: Option<&'e str>,
    /// The ARN of the resource to which the credentials were issued.
    pub issued_to: Option<&'e str>,
}

/// The name of a caller of whom the event says nothing.
const UNKNOWN: &str = "an unknown caller";

impl Event<'_> {
    /// The caller's own name: the role's ARN if there is one, else the caller's ARN or user name. None
    /// where the event has only something that stands for it, such as the identity's type.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        let identity = self.user_identity.get()?;
        let role = issuing_role(identity);
        let arn = identity.arn.get();
        let role_of_arn = || Some(assumed_role(arn?)?.0);
        role.or_else(role_of_arn)
            .or(arn)
            .or(identity.user_name.get())
    }

    /// Who made the call.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        let Some(identity) = self.user_identity.get() else {
            return Principal {
                name: UNKNOWN,
                session: None,
                invoked_by: None,
                issued_to: None,
            };
        };
        let role = issuing_role(identity);
        let arn = identity.arn.get();
        let session_of_arn = arn.and_then(assumed_role).map(|(_, session)| session);
        let session_of_id = || {
            let id = identity.principal_id.get()?;
            role.and(id.split_once(':')).map(|(_, session)| session)
        };
        let person = identity.on_behalf_of.get();
        let invoked_by = identity.invoked_by.get();
        let scope = identity.in_scope_of.get();
        let name = self
            .caller()
            .or(person.and_then(|person| person.user_id.get()))
            .or(invoked_by)
            .or(identity.account_id.get())
            .or(identity.kind.get())
            .unwrap_or(UNKNOWN);
        Principal {
            name,
            session: session_of_arn
                .or_else(session_of_id)
                .filter(|session| !session.is_empty()),
            invoked_by: invoked_by.filter(|service| *service != name),
            issued_to: scope.and_then(|scope| scope.credentials_issued_to.get()),
        }
    }
}

/// The role that issued the session: its ARN, or else its name.
fn issuing_role<'e>(identity: &'e UserIdentity<'_>) -> Option<&'e str> {
    let issuer = identity.session_issuer()?;
    issuer.arn.get().or(issuer.user_name.get())
}

/// Splits `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` into the role's name and the session's.
fn assumed_role(arn: &str) -> Option<(&str, &str)> {
    let resource = Arn::parse(arn)?.resource;
    resource.strip_prefix("assumed-role/")?.rsplit_once('/')
}
