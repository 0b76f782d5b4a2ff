//! One process of a subject, from its start to its end.
//!
//! What must hold: a process that ends, hangs or reports an error ends the measurement, and what it
//! wrote is shown.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use hyper::body::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use stand_ins::lambda::{self, RuntimeApi};
use stand_ins::server::Server;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::aws::Endpoints;
use crate::subjects::Subject;

/// How long an invocation may take, as in the template.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Longer than any measurement takes, even in valgrind.
const HANGS: Duration = Duration::from_mins(10);

/// How many lines of what a process wrote are shown when it fails.
const LAST_LINES: usize = 20;

pub(crate) struct Process {
    child: Child,
    pid: u32,
    runtime: RuntimeApi,
    _serving: Server,
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
        let (runtime, endpoint) = RuntimeApi::new(TIMEOUT);
        let serving = Server::start(None, move |request| endpoint.clone().respond(request)).await?;
        let written = NamedTempFile::new()?;
        let output = written.reopen()?;
        let own = subject.command.iter().map(|part| part.as_os_str());
        let mut words = under.iter().map(AsRef::as_ref).chain(own);
        let program = words.next().context("no program")?;
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .envs(subject.environment(&serving.address.to_string(), aws))
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
            _serving: serving,
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

    /// Hands out an event, and returns how long the answer took. By then the process has asked for
    /// the next event, so nothing of this one is left to do.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<Duration> {
        let invoke = async { self.runtime.invoke(event).await?.context("failed") };
        let took = unless_it_ends(&mut self.child, invoke).await;
        let took = took.map_err(|error| self.failed(&error))?;
        self.asked().await?;
        Ok(took)
    }

    async fn asked(&mut self) -> Result<Instant> {
        let asked = unless_it_ends(&mut self.child, self.runtime.asked()).await;
        asked.map_err(|error| self.failed(&error))
    }

    /// The error together with the last lines that the process wrote.
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

    /// The CPU time that all its threads have used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.pid.try_into()?))?;
        Ok(clock_gettime(clock)?.into())
    }

    /// The most memory that it ever had.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        lambda::peak_kib(self.pid).context("no VmHWM in /proc")
    }

    /// Ends it at once.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("ending a process")
    }

    /// Ends it as Lambda does, with a signal, and returns what it wrote.
    pub(crate) async fn terminate(mut self) -> Result<String> {
        kill(Pid::from_raw(self.pid.try_into()?), Signal::SIGTERM)?;
        let ended = tokio::time::timeout(HANGS, self.child.wait()).await;
        ensure!(ended.is_ok(), "{} does not end", self.name);
        Ok(self.text())
    }
}

/// Waits for an act of the process, but no longer than it lives.
async fn unless_it_ends<T>(child: &mut Child, act: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = act => done,
        _ = child.wait() => Err(anyhow!("ended")),
        () = tokio::time::sleep(HANGS) => Err(anyhow!("hangs")),
    }
}
