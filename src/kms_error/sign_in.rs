//! Where to sign in before the first step. A trail of a whole organization delivers the calls of all
//! its accounts, and a command that runs in the alarm's account then finds nothing, or the wrong key.

use super::look::Look;
use super::remedy::Remedy;
use super::table::Row;
use super::words::Known;
use crate::identifier::Identifier;

/// The account of the first step, if the calls were made in another account than the alarm's and the
/// advice does not name the account already. `fixes` says whether there is a command that puts it
/// right.
pub(super) fn account<'k>(row: &Row, known: &'k Known<'_>, fixes: bool) -> Option<&'k Identifier> {
    let (caller, home) = (known.account.as_ref()?, known.context.home?);
    if caller.as_ref() == home {
        return None;
    }
    let is_about_key = match row.look {
        _ if fixes => row.remedy != Some(Remedy::AllowInIdentityPolicy),
        // Nothing is run; or by the caller; or in the organization's management account.
        Look::Nothing
        | Look::CallerIdentity
        | Look::ServiceControlPolicy
        | Look::ResourceControlPolicy => return None,
        Look::DescribeKey
        | Look::KeyPolicy
        | Look::Grants
        | Look::KeyStores
        | Look::ImportParameters => true,
        Look::Aliases
        | Look::Calls
        | Look::ServiceQuotas
        | Look::IdentityPolicies
        | Look::Boundary
        | Look::SessionOpening
        | Look::Endpoint => false,
    };
    let owner = known.owner.as_ref().filter(|_| is_about_key);
    let is_named = owner.is_some() && (fixes || row.first_step.contains("{elsewhere}"));
    let account = owner.unwrap_or(caller);
    (!is_named && account.as_ref() != home).then_some(account)
}
