//! A certificate authority for tests, and a server at 127.0.0.1 that it vouches for.
//!
//! The server sends what an AWS endpoint sends: its own certificate and one intermediate, over TLS
//! 1.3, with HTTP/1.1 only.

use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::version::TLS13;

/// The authority.
#[derive(Clone)]
pub struct TestCa {
    /// The root certificate as PEM, for those who are to trust it.
    pub root: String,
    /// The server's side of a handshake.
    pub(crate) acceptor: TlsAcceptor,
}

impl TestCa {
    /// With elliptic-curve keys, which are made in no time.
    pub fn new(name: &str) -> Self {
        Self::with_keys(name, || Ok(KeyPair::generate()?)).expect("ring makes such keys")
    }

    /// With keys of another kind.
    pub fn with_keys(name: &str, key: impl Fn() -> Result<KeyPair>) -> Result<Self> {
        let (root_key, intermediate_key, leaf_key) = (key()?, key()?, key()?);
        let root = authority(&format!("{name} Root"), BasicConstraints::Unconstrained)?;
        let pem = root.self_signed(&root_key)?.pem();
        let root = Issuer::new(root, root_key);
        let intermediate = authority(name, BasicConstraints::Constrained(0))?;
        let intermediate_certificate = intermediate.signed_by(&intermediate_key, &root)?;
        let intermediate = Issuer::new(intermediate, intermediate_key);
        let leaf_certificate = leaf()?.signed_by(&leaf_key, &intermediate)?;

        let chain = vec![
            leaf_certificate.der().clone(),
            intermediate_certificate.der().clone(),
        ];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            root: pem,
            acceptor: TlsAcceptor::from(Arc::new(server)),
        })
    }
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
