//! One process of a subject, from its start to its end.
//!
//! What must hold: a process that ends, hangs or answers with an error ends the measurement, with
//! what it wrote.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use hyper::body::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::aws::Endpoints;
use crate::runtime_api::RuntimeApi;
use crate::subjects::Subject;

/// Longer than anything that is measured takes, also in valgrind.
const HANGS: Duration = Duration::from_mins(10);

/// How much of what a process wrote is shown when it fails.
const LAST_LINES: usize = 20;

pub(crate) struct Process {
    child: Child,
    pid: u32,
    runtime: RuntimeApi,
    written: NamedTempFile,
    name: &'static str,
    /// How long it took until it asked for its first event.
    pub(crate) init: Duration,
}

impl Process {
    /// Starts a subject, under another program if one is given, and waits until it asks for its
    /// first event.
    pub(crate) async fn start(
        subject: &Subject,
        aws: &Endpoints,
        under: &[String],
    ) -> Result<Self> {
        let runtime = RuntimeApi::start().await?;
        let written = NamedTempFile::new()?;
        let output = written.reopen()?;
        let own = subject.command.iter().map(|part| part.as_os_str());
        let mut words = under.iter().map(AsRef::as_ref).chain(own);
        let program = words.next().context("no program")?;
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .envs(subject.environment(&runtime.address.to_string(), aws))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().context("starting a process")?;
        let pid = child.id().context("a process without an id")?;
        let mut process = Self {
            child,
            pid,
            runtime,
            written,
            name: subject.kind.name(),
            init: Duration::ZERO,
        };
        process.init = process.asked().await? - began;
        Ok(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.pid
    }

    /// Hands out an event; says how long the answer took. Returns when the process asks for the
    /// next one, so nothing of this one is left to do.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<Duration> {
        let took = unless_it_ends(&mut self.child, self.runtime.invoke(event)).await;
        let took = took.map_err(|error| self.failed(&error))?;
        self.asked().await?;
        Ok(took)
    }

    async fn asked(&mut self) -> Result<Instant> {
        let asked = unless_it_ends(&mut self.child, self.runtime.asked()).await;
        asked.map_err(|error| self.failed(&error))
    }

    /// A failure, with what the process wrote.
    pub(crate) fn failed(&self, error: &anyhow::Error) -> anyhow::Error {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        anyhow!("{}: {error:#}\nit wrote at the end:\n{end}", self.name)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let read =
            File::open(self.written.path()).and_then(|mut file| file.read_to_string(&mut text));
        match read {
            Ok(_) => text,
            Err(error) => error.to_string(),
        }
    }

    /// The CPU time that it has used, all its threads together.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.pid.try_into()?))?;
        Ok(clock_gettime(clock)?.into())
    }

    /// The most memory it ever had.
    ///
    /// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        peak_kib(&status).context("no VmHWM in /proc")
    }

    /// Ends it at once.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("ending a process")
    }

    /// Ends it as Lambda does, with a signal; returns what it wrote.
    pub(crate) async fn terminate(mut self) -> Result<String> {
        kill(Pid::from_raw(self.pid.try_into()?), Signal::SIGTERM)?;
        let ended = tokio::time::timeout(HANGS, self.child.wait()).await;
        ensure!(ended.is_ok(), "{} does not end", self.name);
        Ok(self.text())
    }
}

/// Waits for what the process does, and no longer than it lives.
async fn unless_it_ends<T>(child: &mut Child, act: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = act => done,
        _ = child.wait() => Err(anyhow!("ended")),
        () = tokio::time::sleep(HANGS) => Err(anyhow!("hangs")),
    }
}

fn peak_kib(status: &str) -> Option<u64> {
    let mark = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    mark.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_the_memory_is_read_from_the_status() {
        let status = "Name:\tx\nVmPeak:\t   9 kB\nVmHWM:\t    5508 kB\n";
        assert_eq!(peak_kib(status), Some(5508));
        assert_eq!(peak_kib("Name:\tx\n"), None);
    }
}
