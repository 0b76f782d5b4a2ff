//! The AWS clients, over one HTTP connector and one TLS stack that also carries
//! the answers to CloudFormation.

mod connector;
mod warm_up;

use std::sync::LazyLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_sns::Client as Sns;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

pub use self::connector::connector;
pub use self::warm_up::warm_up;
use crate::environment::Environment;

/// Everything that can be called. Each client is made when it is first asked for: making one takes a fifth of all that
/// happens before the first event, and an alert does without CloudWatch's.
#[derive(Debug)]
pub struct Clients {
    logs: Late<Logs>,
    cloudwatch: Late<CloudWatch>,
    sns: Late<Sns>,
    /// For the answer to CloudFormation.
    pub connector: SharedHttpConnector,
}

/// Made when it is first used.
type Late<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

impl Clients {
    /// CloudWatch Logs: both flows.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// CloudWatch: provisioning, and the history of an alarm that recovered.
    #[must_use]
    pub fn cloudwatch(&self) -> &CloudWatch {
        &self.cloudwatch
    }

    /// SNS: both flows.
    #[must_use]
    pub fn sns(&self) -> &Sns {
        &self.sns
    }
}

/// Builds the clients from the environment alone: no profile files, no
/// metadata service, no other place to look for credentials than the variables
/// that Lambda sets.
#[must_use]
pub fn build(environment: &Environment, connector: SharedHttpConnector) -> Clients {
    let config = config(environment, connector.clone());
    let endpoint_urls = &environment.endpoint_urls;
    Clients {
        logs: late(&config, endpoint_urls.logs.as_ref(), Logs::new),
        cloudwatch: late(&config, endpoint_urls.cloudwatch.as_ref(), CloudWatch::new),
        sns: late(&config, endpoint_urls.sns.as_ref(), Sns::new),
        connector,
    }
}

fn late<Client: 'static>(
    config: &SdkConfig,
    endpoint_url: Option<&String>,
    new: fn(&SdkConfig) -> Client,
) -> Late<Client> {
    let mut config = config.to_builder();
    config.set_endpoint_url(endpoint_url.cloned());
    LazyLock::new(Box::new(move || new(&config.build())))
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
        .sleep_impl(TokioSleep::new())
        .use_fips(environment.use_fips)
        .use_dual_stack(environment.use_dual_stack);
    config.set_credentials_provider(credentials);
    config.build()
}
