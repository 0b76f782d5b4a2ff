//! What the figures were measured on and with. Without it, they cannot be compared with others.

use std::fs;

use anyhow::{Context as _, Result, bail};
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

/// The CPU time that was used up to one moment.
pub(crate) struct CpuTime {
    cores: Ticks,
    /// By the bench and what it started that has ended.
    own: u64,
}

/// What the cores did since the machine was started, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    idle: u64,
}

impl CpuTime {
    pub(crate) fn now() -> Result<Self> {
        Ok(Self {
            cores: all_ticks(&fs::read_to_string("/proc/stat")?)?,
            own: own_ticks(&fs::read_to_string("/proc/self/stat")?)?,
        })
    }

    /// How much of what the cores could have done between then and this moment was done for others.
    pub(crate) fn percent_of_others(&self, after: &Self) -> u64 {
        let busy = after.cores.busy.saturating_sub(self.cores.busy);
        let idle = after.cores.idle.saturating_sub(self.cores.idle);
        let own = after.own.saturating_sub(self.own);
        let all = (busy + idle).max(1);
        (busy.saturating_sub(own) * 100 + all / 2) / all
    }
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
///
/// <https://man7.org/linux/man-pages/man5/proc_stat.5.html>
fn all_ticks(stat: &str) -> Result<Ticks> {
    let line = stat.lines().next().unwrap_or_default();
    let numbers: Vec<u64> = line
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [user, nice, system, idle, waiting, irq, softirq, steal, ..] = numbers[..] else {
        bail!("/proc/stat begins with {line}");
    };
    Ok(Ticks {
        busy: user + nice + system + irq + softirq + steal,
        idle: idle + waiting,
    })
}

/// Of `/proc/self/stat`, what the process and its ended children used.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn own_ticks(stat: &str) -> Result<u64> {
    // The name is in parentheses and may hold spaces. The 12th to 15th words after it are utime, stime,
    // cutime and cstime.
    let (_, behind) = stat
        .rsplit_once(')')
        .context("/proc/self/stat without a name")?;
    let words = behind.split_whitespace().skip(11).take(4);
    words
        .map(|word| Ok(word.parse::<u64>()?))
        .sum::<Result<u64>>()
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
    fn what_others_use_is_what_the_bench_does_not() {
        let stat = "cpu  10 1 5 100 20 2 1 3 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        let ticks = all_ticks(stat).unwrap();
        assert_eq!((ticks.busy, ticks.idle), (22, 120));
        assert!(all_ticks("cpu 1 2").is_err());
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 50 6 700 80 20 0 4 0 9 0 1";
        assert_eq!(own_ticks(stat).unwrap(), 836);
        assert!(own_ticks("7").is_err());
        let at = |busy, idle, own| CpuTime {
            cores: Ticks { busy, idle },
            own,
        };
        assert_eq!(at(100, 50, 10).percent_of_others(&at(200, 150, 90)), 10);
        assert_eq!(at(100, 50, 10).percent_of_others(&at(200, 150, 190)), 0);
        assert_eq!(at(1, 1, 1).percent_of_others(&at(1, 1, 1)), 0);
    }

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
