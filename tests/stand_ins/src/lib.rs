//! Stand-ins for AWS and for Lambda on loopback. The integration tests and the bench share them, so
//! that what is measured is what is tested.
//!
//! From the bottom up: [`server`] accepts connections, with the certificates of [`test_ca`] where
//! they are to be TLS, and [`proxy`] lets them through. [`protocol`] reads and writes AWS's four
//! protocols, [`log_events`] answers `FilterLogEvents`, and [`lambda`] is the Runtime API with the
//! environment it comes in. What else AWS answers is up to the caller: the integration tests keep
//! state and fail calls on request, the bench has its answers ready.

pub mod lambda;
pub mod log_events;
pub mod protocol;
pub mod proxy;
pub mod server;
pub mod test_ca;
