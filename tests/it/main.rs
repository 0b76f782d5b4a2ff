//! Everything that tests the program from outside its modules, in one binary because the SDK crates
//! take long to link.

#![allow(missing_docs, unreachable_pub)]
// Tests say what they expect by unwrapping it, in their helpers too.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod alert;
mod anything;
mod binary;
mod bootstrap;
mod cloudformation;
mod connections;
mod custom_resource;
mod fake_aws;
mod faults;
mod going_back;
mod health;
mod histories;
mod holds;
mod invoke;
mod layers;
mod life_cycle;
mod provision;
mod readme;
mod rules;
mod storm;
mod upgrades;
mod watch;
