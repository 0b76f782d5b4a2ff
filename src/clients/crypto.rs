//! The cryptography of TLS: what AWS speaks.

use std::sync::Arc;

use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::{ClientConfig, ConfigBuilder, Error, WantsVerifier};

/// TLS without roots to trust.
pub(super) type Tls = ConfigBuilder<ClientConfig, WantsVerifier>;

/// TLS 1.3 and 1.2 with AES.
pub(super) fn tls() -> Result<Tls, Error> {
    let mut provider = default_provider();
    provider.cipher_suites = vec![
        cipher_suite::TLS13_AES_256_GCM_SHA384,
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ];
    ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions()
}
