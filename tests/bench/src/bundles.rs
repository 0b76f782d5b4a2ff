//! The certificates that the subjects trust.
//!
//! What must hold: a handshake costs a client what it costs on AWS (RSA keys of 2,048 bits), and
//! each subject still loads the certificates that it loads on AWS. So a bundle is the subject's own
//! with the test's root added, never the root alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use rsa::pkcs8::EncodePrivateKey as _;
use stand_ins::test_ca::TestCa;
use tempfile::TempDir;

/// The authority of the run, and the files by which the subjects trust it.
pub(crate) struct Bundles {
    pub(crate) ca: TestCa,
    folder: TempDir,
}

impl Bundles {
    pub(crate) fn make() -> Result<Self> {
        Ok(Self {
            ca: TestCa::with_keys("Bench", rsa_key)?,
            folder: tempfile::tempdir()?,
        })
    }

    /// A file with these certificates and the test's root, for one subject.
    pub(crate) fn bundle(&self, name: &str, certificates: &[String]) -> Result<PathBuf> {
        let mut text = certificates.join("\n");
        text.push('\n');
        text.push_str(&self.ca.root);
        let path = self.folder.path().join(format!("{name}.pem"));
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }
}

/// The certificates that are compiled into the function: every PEM file under a folder.
pub(crate) fn compiled_in(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(found);
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(compiled_in(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "pem") {
            found.push(fs::read_to_string(path)?);
        }
    }
    Ok(found)
}

fn rsa_key() -> Result<KeyPair> {
    let key = rsa::PrivateKey::new(&mut rand::rng(), 2048)?.to_pkcs8_der()?;
    let der = key.as_bytes().into();
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(
        &der,
        &PKCS_RSA_SHA256,
    )?)
}
