//! Certificates for the stand-ins: a chain like that of an AWS endpoint, made anew for each run.
//!
//! What must hold: it costs a client what AWS's costs (RSA keys of 2,048 bits, a leaf and one
//! intermediate sent), and each subject still loads the certificates it loads on AWS. So each bundle
//! is the subject's own with the test's root added to it, never the root alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256,
};
use rsa::pkcs8::EncodePrivateKey as _;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// What the stand-ins show, and the files by which clients trust it.
pub(crate) struct Certificates {
    /// For the stand-ins: TLS 1.3 and HTTP/1.1 only.
    pub(crate) server: Arc<ServerConfig>,
    root_pem: String,
    folder: TempDir,
}

impl Certificates {
    pub(crate) fn make() -> Result<Self> {
        let (root_key, intermediate_key, leaf_key) = (key()?, key()?, key()?);
        let root = authority("Bench Root CA", BasicConstraints::Unconstrained)?;
        let root_certificate = root.self_signed(&root_key)?;
        let root = Issuer::new(root, root_key);
        let intermediate = authority("Bench RSA 2048", BasicConstraints::Constrained(0))?;
        let intermediate_certificate = intermediate.signed_by(&intermediate_key, &root)?;
        let intermediate = Issuer::new(intermediate, intermediate_key);
        let leaf_certificate = leaf()?.signed_by(&leaf_key, &intermediate)?;

        let chain = vec![
            leaf_certificate.der().clone(),
            intermediate_certificate.der().clone(),
        ];
        Ok(Self {
            server: Arc::new(server(chain, &leaf_key)?),
            root_pem: root_certificate.pem(),
            folder: tempfile::tempdir()?,
        })
    }

    /// A file with these certificates and the test's root, for one subject.
    pub(crate) fn bundle(&self, name: &str, certificates: &[String]) -> Result<PathBuf> {
        let mut text = certificates.join("\n");
        text.push('\n');
        text.push_str(&self.root_pem);
        let path = self.folder.path().join(format!("{name}.pem"));
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }
}

/// The certificates that the function holds in itself: every PEM file under a folder.
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

/// ring signs with RSA keys but makes none.
fn key() -> Result<KeyPair> {
    let key = rsa::PrivateKey::new(&mut rand::rng(), 2048)?.to_pkcs8_der()?;
    let der = PrivatePkcs8KeyDer::from(key.as_bytes());
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(
        &der,
        &PKCS_RSA_SHA256,
    )?)
}

fn authority(name: &str, constraints: BasicConstraints) -> Result<CertificateParams> {
    let mut params = named(name, Vec::new())?;
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf() -> Result<CertificateParams> {
    let mut params = named("localhost", vec!["127.0.0.1".into(), "localhost".into()])?;
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn named(name: &str, subject_alt_names: Vec<String>) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(subject_alt_names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
