//! What the function knows about its own deployment.

use crate::cloudtrail::OwnIdentity;
use crate::findings::{Progress, Search};
use crate::metric_filter;
use crate::roles::Roles;

/// What the function knows about its own deployment.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// By which its own calls are recognised.
    pub own_identity: OwnIdentity,
    /// The search to make when no metric filter shows where to look.
    pub search: Option<Search>,
    /// The function's own log group, which remembers what was told; empty when it is not known.
    pub log_group: String,
}

impl Deployment {
    /// The search of the log group that the alarm was deployed for, with the pattern for these roles.
    pub fn search(log_group: &str, roles: &Roles) -> Search {
        Search {
            filter: "this deployment".to_owned(),
            log_group: log_group.to_owned(),
            pattern: metric_filter::pattern(roles),
            pages: 0,
            progress: Progress::NotStarted,
        }
    }
}
