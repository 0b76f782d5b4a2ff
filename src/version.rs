//! Which version this is. The number in `Cargo.toml` is the only one; everything else follows it:
//! `--version`, the first line of the log, the JSON object, the user agent of calls to AWS, and the
//! released template.

/// The number.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The program with its version, as `--version` and the JSON object name it.
pub const PROGRAM: &str = concat!("kms-alarm ", env!("CARGO_PKG_VERSION"));

/// The same as AWS takes it in a user agent, where a name has no space.
pub const APP_NAME: &str = concat!("kms-alarm-", env!("CARGO_PKG_VERSION"));
