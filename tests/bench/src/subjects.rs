//! What is measured: the function, the same work in Python and in Node, and the floor.
//!
//! What must hold: each is started with the environment that Lambda sets and nothing else. It
//! trusts the stand-ins in addition to what it trusts on AWS.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use stand_ins::lambda;
use tempfile::TempDir;

use crate::aws::Endpoints;
use crate::bundles::{self, Bundles};

/// The kind of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Python,
    Node,
    Floor,
}

/// A program that is measured.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// The program and its arguments.
    pub(crate) command: Vec<PathBuf>,
    /// The variables by which it finds its certificates.
    pub(crate) certificates: Vec<(&'static str, PathBuf)>,
    /// Holds its files for the time of the run.
    _folder: Option<TempDir>,
}

/// Where the programs are.
pub(crate) struct Paths {
    /// The release build of the function.
    pub(crate) bootstrap: PathBuf,
    /// The Python of the virtual environment with the packages of `requirements-bench.txt`.
    pub(crate) python: PathBuf,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Floor => "floor",
        }
    }
}

impl Subject {
    /// Whether it does the work instead of only answering.
    pub(crate) fn works(&self) -> bool {
        self.kind != Kind::Floor
    }

    /// The function as Lambda unpacks it: a file that was written in one go. The kernel caches what
    /// a linker writes in smaller pieces, which is slower to start.
    pub(crate) fn ours(paths: &Paths, bundles: &Bundles) -> Result<Self> {
        ensure!(
            paths.bootstrap.exists(),
            "{} is missing: run `make build`",
            paths.bootstrap.display()
        );
        let compiled_in = bundles::compiled_in(&here().join("../../src/clients"))?;
        let bundle = bundles.bundle("ours", &compiled_in)?;
        let folder = tempfile::tempdir()?;
        let unpacked = folder.path().join("bootstrap");
        std::fs::copy(&paths.bootstrap, &unpacked)?;
        Ok(Self {
            kind: Kind::Ours,
            command: vec![unpacked],
            certificates: vec![("SSL_CERT_FILE", bundle)],
            _folder: Some(folder),
        })
    }

    pub(crate) fn python(paths: &Paths, bundles: &Bundles) -> Result<Self> {
        const WHERE: &str =
            "import botocore, os; print(os.path.dirname(botocore.__file__) + '/cacert.pem')";
        let own = printed(&paths.python, &["-c", WHERE])?;
        let own = std::fs::read_to_string(&own).with_context(|| format!("reading {own}"))?;
        let bundle = bundles.bundle("python", &[own])?;
        Ok(Self {
            kind: Kind::Python,
            command: vec![paths.python.clone(), here().join("peers/alert.py")],
            certificates: vec![("AWS_CA_BUNDLE", bundle.clone()), ("SSL_CERT_FILE", bundle)],
            _folder: None,
        })
    }

    /// None where Node is not installed.
    pub(crate) fn node(bundles: &Bundles) -> Result<Option<Self>> {
        let Some(node) = on_path("node") else {
            return Ok(None);
        };
        let bundle = here().join("peers/dist/alert.js");
        if !bundle.exists() {
            return Ok(None);
        }
        Ok(Some(Self {
            kind: Kind::Node,
            command: vec![node, bundle],
            certificates: vec![("NODE_EXTRA_CA_CERTS", bundles.bundle("node", &[])?)],
            _folder: None,
        }))
    }

    pub(crate) fn floor() -> Result<Self> {
        let floor = std::env::current_exe()?.with_file_name("floor");
        ensure!(floor.exists(), "{} is missing", floor.display());
        Ok(Self {
            kind: Kind::Floor,
            command: vec![floor],
            certificates: Vec::new(),
            _folder: None,
        })
    }

    /// The variables of one process.
    pub(crate) fn environment(
        &self,
        runtime_api: &str,
        aws: &Endpoints,
    ) -> Vec<(&'static str, String)> {
        let set_by_the_template = [
            (
                "TOPIC_ARN",
                "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic",
            ),
            (
                "ROLE_ARN",
                "arn:aws:iam::111122223333:role/pattern1-alarm-AlarmFunctionRole",
            ),
        ];
        let stand_ins = [
            ("AWS_ENDPOINT_URL", aws.s3.url.as_str()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &aws.logs.url),
            ("AWS_ENDPOINT_URL_SNS", &aws.sns.url),
            ("AWS_ENDPOINT_URL_CLOUDWATCH", &aws.cloudwatch.url),
        ];
        let variables = lambda::environment(runtime_api).into_iter();
        let variables = variables.chain(set_by_the_template).chain(stand_ins);
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        let certificates = self.certificates.iter();
        let certificates = certificates.map(|(name, path)| (*name, path.display().to_string()));
        variables.chain(certificates).collect()
    }
}

/// This crate's folder.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a program that is on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    candidates.find(|candidate| candidate.is_file())
}

/// What a program prints.
pub(crate) fn printed(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("starting {}", program.display()))?;
    ensure!(
        output.status.success(),
        "{} {}: {}",
        program.display(),
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
