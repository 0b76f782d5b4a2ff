//! See `quiet` in tests/it/holds.rs.

#![no_main]

#[allow(dead_code)]
#[path = "../../tests/it/holds.rs"]
mod holds;

libfuzzer_sys::fuzz_target!(|data: &[u8]| holds::quiet(data));
