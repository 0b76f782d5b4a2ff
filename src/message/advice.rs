//! The advice for a group of failed calls.

use crate::findings::{Group, Nature};
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
        vpc_endpoint: group.vpc_endpoints().newest().next().map(String::as_str),
        message: newest.message.as_deref(),
    };
    let advice = kms_error::advice(&group.key().code, group.count(), &context);
    let advice = Advice {
        severity: group.severity(),
        ..advice
    };
    match group.key().nature {
        Nature::Incident | Nature::DryRun => advice,
        Nature::Own => Advice {
            meaning: format!(
                "The function that sends these alerts ran into this, most likely while it published one to an encrypted \
                 topic; each such failure can raise the alarm again. {}",
                advice.meaning
            )
            .into(),
            first_step: if kms_error::is_denial(&group.key().code) {
                "Let the function's role use the topic's key (kms:Decrypt and kms:GenerateDataKey*), or encrypt the \
                 topic with a key that is not watched."
                    .into()
            } else {
                advice.first_step
            },
            ..advice
        },
        Nature::Probe => Advice {
            meaning: "AWS Config records Lambda functions and tries to read their variables; where these are encrypted \
                      with a key of yours, and it may not use that, it records the function without them. Nothing of \
                      yours fails."
                .into(),
            first_step: "Nothing. To hear no more of it, let this role use the key, if you want it to."
                .into(),
            remedy: None,
            ..advice
        },
    }
}
