//! The advice for a group of failed calls.

use crate::findings::Group;
use crate::kms_error::{self, Advice, Context};

/// The advice for a group, with its own key, Region and role.
pub(super) fn advice_for(group: &Group) -> Advice {
    let newest = group.newest();
    let context = Context {
        key: group.key().key.as_deref(),
        region: newest.region.as_deref(),
        account: newest.account.as_deref(),
        role: Some(&group.key().role),
        operation: Some(&group.key().operation),
        message: newest.message.as_deref(),
    };
    kms_error::advice(&group.key().code, group.count(), &context)
}
