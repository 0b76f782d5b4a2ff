//! The AWS clients, over one HTTP connector and one TLS stack that also carries
//! the answers to CloudFormation.

mod connector;
mod warm_up;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

pub use self::connector::connector;
pub use self::warm_up::warm_up;
use crate::environment::Environment;

/// Everything that can be called.
#[derive(Clone, Debug)]
pub struct Clients {
    /// CloudWatch Logs: both flows.
    pub logs: Logs,
    /// SNS: both flows.
    pub sns: Sns,
    /// For the answer to CloudFormation.
    pub connector: SharedHttpConnector,
    cloudwatch: SdkConfig,
}

impl Clients {
    /// CloudWatch: provisioning, and the history of an alarm that recovered. Made when it is asked for, because an
    /// alert does without, and making one takes a third of what all else before the first event does.
    #[must_use]
    pub fn cloudwatch(&self) -> CloudWatch {
        CloudWatch::new(&self.cloudwatch)
    }
}

/// Builds the clients from the environment alone: no profile files, no
/// metadata service, no other place to look for credentials than the variables
/// that Lambda sets.
#[must_use]
pub fn build(environment: &Environment, connector: SharedHttpConnector) -> Clients {
    let config = config(environment, connector.clone());
    let at = |endpoint_url: &Option<String>| {
        let mut config = config.to_builder();
        config.set_endpoint_url(endpoint_url.clone());
        config.build()
    };
    let endpoint_urls = &environment.endpoint_urls;
    Clients {
        logs: Logs::new(&at(&endpoint_urls.logs)),
        sns: Sns::new(&at(&endpoint_urls.sns)),
        connector,
        cloudwatch: at(&endpoint_urls.cloudwatch),
    }
}

fn config(environment: &Environment, connector: SharedHttpConnector) -> SdkConfig {
    // A hanging attempt is given up early enough for another one.
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(8))
        .build();
    let credentials = environment.credentials.as_ref().map(|credentials| {
        SharedCredentialsProvider::new(Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            credentials.session_token.clone(),
            None,
            "environment",
        ))
    });
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(environment.region.clone().map(Region::new))
        // The connector is made once and shared: the function is called for
        // every operation, and one made there would open its own connections.
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts)
        // An answer that stalls is ended by the attempt's own limit, too.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .sleep_impl(TokioSleep::new())
        .use_fips(environment.use_fips)
        .use_dual_stack(environment.use_dual_stack);
    config.set_credentials_provider(credentials);
    config.build()
}
