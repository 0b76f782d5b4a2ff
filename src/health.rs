//! What the watch finds, and how it is told.
//!
//! Each tick makes a [`Health`] and writes it as one line of the function's log: the metric for the
//! alarm `<Name>-health`, and the watch's memory. When that alarm changes, a [`Notice`] is made of the
//! lines. What must hold: a line holds no e-mail address; nobody is named whom the trail does not
//! prove; and what was repaired is told too.

mod found;
mod line;
mod notice;
mod place;
mod seen;
mod words;

pub use self::found::{Health, Kind, Problem, Repair, Unknown};
pub use self::line::Line;
pub use self::notice::{News, Notice};
pub use self::place::Place;
pub use self::seen::{Change, Seen, Silence, seen};

#[cfg(test)]
mod tests;
