//! The share of a core that Lambda gives a function for its memory, enforced by a control group.
//!
//! What must hold: a process starts outside the group and enters it after its init, because Lambda
//! runs the init at full speed. Only root can create control groups. Without one nothing is
//! limited, and the report says so.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
//! <https://docs.kernel.org/scheduler/sched-bwc.html>

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The memory of the function, as in the template, and of one that gets a whole core.
const MEMORY: u32 = 128;
const MEMORY_OF_A_CORE: u32 = 1_769;

/// The period over which Lambda grants the share.
pub(crate) const PERIOD: Duration = Duration::from_millis(20);

/// A group of processes that get the share together.
pub(crate) struct Quota {
    folder: PathBuf,
}

impl Quota {
    /// Creates the group, under either version of control groups.
    pub(crate) fn make() -> Result<Self> {
        let name = format!("kms-alarm-bench-{}", std::process::id());
        let first = Path::new("/sys/fs/cgroup/cpu");
        if first.join("cpu.cfs_quota_us").exists() {
            let quota = Self::folder(first.join(name))?;
            quota.write("cpu.cfs_period_us", &PERIOD.as_micros().to_string())?;
            quota.write("cpu.cfs_quota_us", &share().as_micros().to_string())?;
            return Ok(quota);
        }
        let root = Path::new("/sys/fs/cgroup");
        // This succeeds even if it is already on.
        let switch = root.join("cgroup.subtree_control");
        fs::write(&switch, "+cpu").with_context(|| format!("writing {}", switch.display()))?;
        let quota = Self::folder(root.join(name))?;
        let limit = format!("{} {}", share().as_micros(), PERIOD.as_micros());
        quota.write("cpu.max", &limit)?;
        Ok(quota)
    }

    fn folder(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Puts a process with all its threads under the share.
    pub(crate) fn enter(&self, process: u32) -> Result<()> {
        self.write("cgroup.procs", &process.to_string())
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join(file);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }
}

impl Drop for Quota {
    /// A group can be removed once its last process is gone, which takes a moment.
    fn drop(&mut self) {
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        eprintln!("{} could not be removed", self.folder.display());
    }
}

/// The function's part of each period.
fn share() -> Duration {
    PERIOD * MEMORY / MEMORY_OF_A_CORE
}

/// The share in words.
pub(crate) fn described() -> String {
    format!(
        "{MEMORY} MB: {} µs of CPU in each {} ms",
        share().as_micros(),
        PERIOD.as_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_128_mb_gets_a_fourteenth_of_a_core() {
        assert_eq!(share().as_micros(), 1_447);
        assert_eq!(described(), "128 MB: 1447 µs of CPU in each 20 ms");
    }
}
