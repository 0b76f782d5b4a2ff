//! How numbers are written in sentences.

use crate::alarm::Counted;
use crate::shown::{Shown, shown};

/// `10`, or `at least 10`.
pub(super) fn number(counted: Counted) -> Shown {
    if counted.at_least {
        shown!("at least {}", counted.count)
    } else {
        shown!("{}", counted.count)
    }
}

/// The ending of a noun that is counted.
pub(super) const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
