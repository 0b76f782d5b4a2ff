//! What the figures were measured on and with. Without it, they cannot be compared with others.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::subjects::{Paths, here, printed};

/// The compiler's version.
pub(crate) fn rustc() -> Result<String> {
    let version = printed("rustc".as_ref(), &["--version"])?;
    let number = version
        .split(' ')
        .nth(1)
        .context("rustc without a version")?;
    Ok(number.to_owned())
}

/// The machine and the versions, line by line.
pub(crate) fn described(paths: &Paths, has_node: bool) -> Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let lock = fs::read_to_string(here().join("../../Cargo.lock"))?;
    let mut lines = vec![
        format!(
            "- machine: {}, {cores} cores, Linux {}",
            value(&cpu, "model name").unwrap_or("an unknown CPU"),
            kernel.trim()
        ),
        format!(
            "- ours: rustc {}, aws-sdk-cloudwatchlogs {}, lambda_runtime {}",
            rustc()?,
            locked(&lock, "aws-sdk-cloudwatchlogs").unwrap_or("(not in Cargo.lock)"),
            locked(&lock, "lambda_runtime").unwrap_or("(not in Cargo.lock)"),
        ),
        format!("- Python: {}", python(paths)?),
    ];
    if has_node {
        let package = fs::read_to_string(here().join("peers/package.json"))?;
        let package: Value = serde_json::from_str(&package)?;
        let sdk = package["dependencies"]["@aws-sdk/client-cloudwatch-logs"].as_str();
        lines.push(format!(
            "- Node: {}, @aws-sdk/client-cloudwatch-logs {}",
            printed("node".as_ref(), &["--version"])?.trim_start_matches('v'),
            sdk.unwrap_or_default()
        ));
    } else {
        lines.push("- Node: not measured, for want of node and npm".to_owned());
    }
    Ok(lines)
}

/// The time, and how busy the machine is.
pub(crate) fn now() -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let date = printed("date".as_ref(), &["--utc", "+%Y-%m-%d %H:%M UTC"])?;
    Ok(format!("{date}, load average {}", load.join(" ")))
}

fn python(paths: &Paths) -> Result<String> {
    const VERSIONS: &str = "import platform; from importlib.metadata import version; \
         boto3, crhelper = map(version, ('boto3', 'crhelper')); \
         print(f'{platform.python_version()}, boto3 {boto3}, crhelper {crhelper}')";
    printed(&paths.python, &["-c", VERSIONS])
}

fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(found, _)| found.trim() == name)?;
    Some(value.trim())
}

/// The version of a crate in a Cargo.lock.
fn locked<'t>(lock: &'t str, name: &str) -> Option<&'t str> {
    let (_, behind) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    behind.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_the_cpu_are_read_from_text() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0\"\n";
        assert_eq!(locked(lock, "a"), Some("2.0"));
        assert_eq!(locked(lock, "c"), None);
        assert_eq!(
            value("vendor\t: V\nmodel name\t: A CPU\n", "model name"),
            Some("A CPU")
        );
    }
}
