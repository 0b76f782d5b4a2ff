//! What the function knows about its own deployment.

use jiff::Timestamp;

use crate::cloudtrail::OwnIdentity;
use crate::findings::{Findings, Progress, Search};
use crate::metric_filter;
use crate::quiet::Quiet;
use crate::roles::Roles;

/// What the function knows about its own deployment.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// By which its own calls are recognised.
    pub own_identity: OwnIdentity,
    /// The search to make when no metric filter shows where to look.
    pub search: Option<Search>,
    /// What is not mailed.
    pub quiet: Quiet,
    /// The function's own log group, which remembers what was told; empty when it is not known.
    pub log_group: String,
}

impl Deployment {
    /// Nothing found yet, by the rules that hold at this time.
    pub(crate) fn nothing_found(&self, at: Timestamp) -> Findings {
        Findings::new(self.own_identity.clone()).ignoring(self.quiet.rules.at(at))
    }

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
