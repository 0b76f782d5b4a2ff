//! The AWS clients. They share one HTTP connector, and so one TLS stack and one pool of
//! connections, with the answers to CloudFormation.

mod connector;
mod crypto;
mod http1;
mod lazy;
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
use aws_types::app_name::AppName;
use aws_types::region::Region;

pub use self::connector::connector;
pub use self::lazy::Lazy;
use self::lazy::lazy;
pub use self::warm_up::warm_up;
use crate::environment::Environment;
use crate::version;

/// Every client. Each is made on first use: making one takes a sixth of all that happens before the
/// first event, and an alert needs CloudWatch's only for what it can do without.
#[derive(Debug)]
pub struct Clients {
    /// CloudWatch Logs, for both flows.
    pub logs: Lazy<Logs>,
    /// CloudWatch, for provisioning, for how usual errors are, and for the history of an alarm that
    /// recovered.
    pub cloudwatch: Lazy<CloudWatch>,
    /// SNS, for both flows.
    pub sns: Lazy<Sns>,
    /// For the answer to CloudFormation.
    pub connector: SharedHttpConnector,
}

impl Clients {
    /// Makes the clients from the environment alone: no profile files, no metadata service, no
    /// source of credentials but the variables that Lambda sets.
    pub fn new(environment: &Environment, connector: SharedHttpConnector) -> Self {
        let config = config(environment, connector.clone());
        let endpoint_urls = &environment.endpoint_urls;
        Self {
            logs: client(&config, endpoint_urls.logs.as_ref(), Logs::new),
            cloudwatch: client(&config, endpoint_urls.cloudwatch.as_ref(), CloudWatch::new),
            sns: client(&config, endpoint_urls.sns.as_ref(), Sns::new),
            connector,
        }
    }
}

fn client<Client: 'static>(
    config: &SdkConfig,
    endpoint_url: Option<&String>,
    new: fn(&SdkConfig) -> Client,
) -> Lazy<Client> {
    let mut config = config.to_builder();
    config.set_endpoint_url(endpoint_url.cloned());
    lazy(move || new(&config.build()))
}

fn config(environment: &Environment, connector: SharedHttpConnector) -> SdkConfig {
    // An attempt that hangs ends early enough for another one.
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
        // The SDK calls this function for every operation; a connector made here would open
        // connections of its own.
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts)
        // Not needed: it waits for 20 s, and an attempt ends after 8 s.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .sleep_impl(TokioSleep::new())
        .use_fips(environment.use_fips)
        .use_dual_stack(environment.use_dual_stack);
    config.set_credentials_provider(credentials);
    // Seen in CloudTrail, as `app/kms-alarm-…` in the user agent.
    config.set_app_name(AppName::new(version::APP_NAME).ok());
    config.build()
}
