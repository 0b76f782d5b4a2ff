//! What the process is told by its environment, read once by `main` through a
//! lookup, so that nothing else depends on it. Nothing here can fail: whatever
//! is missing or wrong must not keep the function from answering CloudFormation
//! or from sending an alert, so it is kept and said where it matters.

use jiff::tz::TimeZone;

use crate::message::HttpsFormat;

/// The variables the function reads.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `TOPIC_ARN`: where alerts go. Needed for alerts only.
    pub topic_arn: Option<String>,
    /// `TIME_ZONE`: the zone, beside UTC, in which alerts show times.
    pub time_zone: TimeZone,
    /// What is wrong with `TIME_ZONE`, if anything: alerts then show UTC.
    pub time_zone_problem: Option<String>,
    /// `HTTPS_FORMAT`: `chat` when a chat channel reads the topic through
    /// Amazon Q Developer; anything else is `json`.
    pub https_format: HttpsFormat,
    /// `ROLE_ARN`: the function's own role, whose errors are not the
    /// application's.
    pub role_arn: Option<String>,
    /// `AWS_ENDPOINT_URL`: set only where a local AWS stands in for AWS.
    pub endpoint_url: Option<String>,
    /// The same for each service.
    pub endpoint_urls: EndpointUrls,
    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` names the certificates to trust.
    pub own_bundle: bool,
    /// `AWS_REGION`, which Lambda sets.
    pub region: Option<String>,
    /// The role's credentials, which Lambda sets for the life of the sandbox.
    pub credentials: Option<Credentials>,
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_fips: bool,
    /// See [`Environment::use_fips`].
    pub use_dual_stack: bool,
    /// `RUST_LOG`, else the level chosen in Lambda's own logging settings
    /// (`AWS_LAMBDA_LOG_LEVEL`).
    pub log: Option<String>,
}

/// Where each service is, when it is not where AWS has it: `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` and its like, else
/// `AWS_ENDPOINT_URL`.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[derive(Clone, Debug, Default)]
pub struct EndpointUrls {
    /// CloudWatch.
    pub cloudwatch: Option<String>,
    /// CloudWatch Logs.
    pub logs: Option<String>,
    /// SNS.
    pub sns: Option<String>,
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
#[derive(Clone)]
pub struct Credentials {
    /// Names the secret.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// Present with a role's credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl Environment {
    /// Reads the variables; an empty one counts as absent.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let truth = |name: &str| text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint_url = |service: &str| {
            text(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| text("AWS_ENDPOINT_URL"))
        };
        let (time_zone, time_zone_problem) = time_zone(text("TIME_ZONE").as_deref());
        Self {
            topic_arn: text("TOPIC_ARN"),
            time_zone,
            time_zone_problem,
            https_format: match text("HTTPS_FORMAT").as_deref() {
                Some("chat") => HttpsFormat::Chat,
                _ => HttpsFormat::Json,
            },
            role_arn: text("ROLE_ARN"),
            endpoint_url: text("AWS_ENDPOINT_URL"),
            endpoint_urls: EndpointUrls {
                cloudwatch: endpoint_url("CLOUDWATCH"),
                logs: endpoint_url("CLOUDWATCH_LOGS"),
                sns: endpoint_url("SNS"),
            },
            own_bundle: text("SSL_CERT_FILE")
                .or_else(|| text("SSL_CERT_DIR"))
                .is_some(),
            region: text("AWS_REGION"),
            credentials: text("AWS_ACCESS_KEY_ID")
                .zip(text("AWS_SECRET_ACCESS_KEY"))
                .map(|(access_key_id, secret_access_key)| Credentials {
                    access_key_id,
                    secret_access_key,
                    session_token: text("AWS_SESSION_TOKEN"),
                }),
            use_fips: truth("AWS_USE_FIPS_ENDPOINT"),
            use_dual_stack: truth("AWS_USE_DUALSTACK_ENDPOINT"),
            log: text("RUST_LOG").or_else(|| text("AWS_LAMBDA_LOG_LEVEL")),
        }
    }
}

fn time_zone(name: Option<&str>) -> (TimeZone, Option<String>) {
    let Some(name) = name else {
        return (TimeZone::UTC, None);
    };
    match TimeZone::get(name) {
        Ok(zone) => (zone, None),
        Err(_) => (
            TimeZone::UTC,
            Some(format!(
                "TIME_ZONE \"{name}\" is not an IANA time zone name such as Europe/Berlin; times are in UTC"
            )),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            let mut known = variables.iter();
            known
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_environment_is_enough_to_start() {
        let environment = read(&[]);
        assert_eq!(environment.topic_arn, None);
        assert_eq!(environment.time_zone, TimeZone::UTC);
        assert!(environment.credentials.is_none());
    }

    #[test]
    fn a_time_zone_is_known_without_files_of_the_system() {
        let environment = read(&[("TIME_ZONE", "Australia/Sydney")]);
        assert_eq!(environment.time_zone.iana_name(), Some("Australia/Sydney"));
        assert_eq!(environment.time_zone_problem, None);
    }

    #[test]
    fn a_wrong_time_zone_is_said_and_utc_used() {
        let environment = read(&[("TIME_ZONE", "Sydney")]);
        assert_eq!(environment.time_zone, TimeZone::UTC);
        assert!(
            environment
                .time_zone_problem
                .unwrap()
                .contains("\"Sydney\"")
        );
    }

    #[test]
    fn https_subscribers_get_json_unless_a_chat_reads_the_topic() {
        assert_eq!(read(&[]).https_format, HttpsFormat::Json);
        let chat = read(&[
            ("HTTPS_FORMAT", "chat"),
            ("ROLE_ARN", "arn:aws:iam::1:role/r"),
        ]);
        assert_eq!(chat.https_format, HttpsFormat::Chat);
        assert_eq!(chat.role_arn.as_deref(), Some("arn:aws:iam::1:role/r"));
    }

    #[test]
    fn a_services_own_endpoint_goes_before_the_one_for_all() {
        let endpoints = read(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:2"),
        ])
        .endpoint_urls;
        assert_eq!(endpoints.logs.unwrap(), "http://127.0.0.1:1");
        assert_eq!(endpoints.sns.unwrap(), "http://127.0.0.1:2");
    }

    #[test]
    fn rust_log_goes_before_lambdas_own_level() {
        assert_eq!(
            read(&[("AWS_LAMBDA_LOG_LEVEL", "DEBUG")]).log.unwrap(),
            "DEBUG"
        );
        let both = [("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), ("RUST_LOG", "warn")];
        assert_eq!(read(&both).log.unwrap(), "warn");
    }

    #[test]
    fn debug_shows_no_credentials() {
        let environment = read(&[
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let shown = format!("{environment:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("AKID"),
            "{shown}"
        );
    }
}
