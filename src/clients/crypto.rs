//! The cryptography of TLS, as much of it as AWS and common proxies need.
//!
//! rustls hands out everything that ring can do as one value, from which the linker cannot take
//! anything away. Here are the same parts without `ChaCha20`, which is for processors without AES
//! instructions; Ed25519, with which no public authority signs (a company's own may, and is not
//! accepted); and private keys, because the function never shows a certificate of its own. That
//! makes the zipped package 65 KB smaller.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::ring::{ALL_KX_GROUPS, cipher_suite};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{ClientConfig, ConfigBuilder, Error, SignatureScheme, WantsVerifier};
use webpki::ring as algorithm;

/// TLS without roots to trust.
pub(super) type Tls = ConfigBuilder<ClientConfig, WantsVerifier>;

/// TLS 1.3 and 1.2.
pub(super) fn tls() -> Result<Tls, Error> {
    ClientConfig::builder_with_provider(Arc::new(provider())).with_safe_default_protocol_versions()
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        kx_groups: ALL_KX_GROUPS.to_vec(),
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Random,
        key_provider: &NoKeys,
    }
}

/// As in rustls, without Ed25519.
static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        algorithm::ECDSA_P256_SHA256,
        algorithm::ECDSA_P256_SHA384,
        algorithm::ECDSA_P384_SHA256,
        algorithm::ECDSA_P384_SHA384,
        algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        algorithm::RSA_PKCS1_2048_8192_SHA256,
        algorithm::RSA_PKCS1_2048_8192_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA512,
        algorithm::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    // TLS 1.2 does not tie a hash to a curve.
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[algorithm::ECDSA_P384_SHA384, algorithm::ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[algorithm::ECDSA_P256_SHA256, algorithm::ECDSA_P384_SHA256],
        ),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[algorithm::RSA_PKCS1_2048_8192_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[algorithm::RSA_PKCS1_2048_8192_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[algorithm::RSA_PKCS1_2048_8192_SHA256],
        ),
    ],
};

#[derive(Debug)]
struct Random;

impl SecureRandom for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new().fill(bytes).map_err(|_| GetRandomFailed)
    }
}

#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("there are no keys here".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use rustls::CipherSuite;
    use rustls::crypto::ring::default_provider;
    use rustls::pki_types::{SignatureVerificationAlgorithm, alg_id};

    use super::*;

    #[test]
    fn only_chacha20_and_ed25519_are_left_out() {
        let (ours, all) = (provider(), default_provider());
        let suites = |provider: &CryptoProvider| -> Vec<CipherSuite> {
            let suites = provider.cipher_suites.iter();
            suites.map(rustls::SupportedCipherSuite::suite).collect()
        };
        let mut expected = suites(&all);
        expected.retain(|suite| !format!("{suite:?}").contains("CHACHA20"));
        assert_eq!(suites(&ours), expected);

        let [ours, all] = [ours, all].map(|provider| provider.signature_verification_algorithms);
        let identifiers = |algorithms: &[&dyn SignatureVerificationAlgorithm]| -> Vec<_> {
            let algorithms = algorithms.iter();
            let identifiers = algorithms
                .map(|algorithm| (algorithm.public_key_alg_id(), algorithm.signature_alg_id()));
            identifiers.collect()
        };
        let schemes = |algorithms: &WebPkiSupportedAlgorithms| -> Vec<_> {
            let mapping = algorithms.mapping.iter();
            let schemes = mapping.map(|(scheme, algorithms)| (*scheme, identifiers(algorithms)));
            schemes.collect()
        };
        let mut expected = schemes(&all);
        expected.retain(|(scheme, _)| *scheme != SignatureScheme::ED25519);
        assert_eq!(schemes(&ours), expected);
        let mut expected = identifiers(all.all);
        expected.retain(|(public_key, _)| *public_key != alg_id::ED25519);
        assert_eq!(identifiers(ours.all), expected);
    }
}
