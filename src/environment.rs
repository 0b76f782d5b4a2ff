//! The environment, read once, by `main`, through a lookup, so that nothing else depends on it.
//!
//! Nothing here can fail. A missing or wrong setting must not keep the function from answering
//! CloudFormation or from sending an alert, so it is remembered and reported where it matters.

use jiff::tz::TimeZone;

use crate::kms_error::Severity;
use crate::quiet::{MAIL_FROM, Quiet, Rules};
use crate::report::{Guide, HttpsFormat, RunbookUrl};
use crate::roles::Roles;

/// The variables that the function reads.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `TOPIC_ARN`: where alerts go. Only alerts need it.
    pub topic_arn: Option<String>,
    /// `TIME_ZONE`: the time zone that alerts show beside UTC.
    pub time_zone: TimeZone,
    /// What is wrong with the settings, for the mails to say. Their defaults then hold.
    pub problems: Vec<String>,
    /// `HTTPS_FORMAT`: `chat` or `slack` when a chat channel gets alerts through Amazon Q Developer,
    /// `alarm` when a pager does; anything else means `json`.
    pub https_format: HttpsFormat,
    /// `OWNER` and `RUNBOOK_URL`: whom to ask about an alert, and what to follow.
    pub guide: Guide,
    /// `MAIL_FROM` and `IGNORE`: what is counted but not mailed.
    pub quiet: Quiet,
    /// `ROLE_ARN`: the function's own role. Its errors are not the application's.
    pub role_arn: Option<String>,
    /// `LOG_GROUP_NAME`: the log group that the alarm was deployed for, to search when the metric
    /// filters cannot be looked up.
    pub log_group_name: Option<String>,
    /// `TASK_ROLE_ARN`: the roles whose errors the alarm was deployed for.
    pub task_roles: Option<Roles>,
    /// `AWS_ENDPOINT_URL`: set only where a local AWS replaces AWS.
    pub endpoint_url: Option<String>,
    /// The endpoint of each service, where it is set.
    pub endpoint_urls: EndpointUrls,
    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` names the certificates to trust.
    pub own_bundle: bool,
    /// `AWS_REGION`, which Lambda sets.
    pub region: Option<String>,
    /// The role's credentials, which Lambda sets for the lifetime of the execution environment.
    pub credentials: Option<Credentials>,
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_fips: bool,
    /// See [`Environment::use_fips`].
    pub use_dual_stack: bool,
    /// `RUST_LOG`, otherwise the level from Lambda's own logging settings (`AWS_LAMBDA_LOG_LEVEL`).
    pub log: Option<String>,
}

/// The endpoints of services that are not AWS's own: `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` and the
/// like, otherwise `AWS_ENDPOINT_URL`.
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
    /// The ID of the secret.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// Only a role's credentials have one.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl Environment {
    /// Reads the variables. An empty one counts as absent.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let is_true =
            |name: &str| text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint_url = |service: &str| {
            text(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| text("AWS_ENDPOINT_URL"))
        };
        let (time_zone, time_zone_problem) = time_zone(text("TIME_ZONE").as_deref());
        let (mail_from, mail_from_problem) = mail_from(text("MAIL_FROM").as_deref());
        let (runbook_url, runbook_problem) = runbook_url(text("RUNBOOK_URL").as_deref());
        Self {
            topic_arn: text("TOPIC_ARN"),
            time_zone,
            problems: time_zone_problem
                .into_iter()
                .chain(mail_from_problem)
                .chain(runbook_problem)
                .collect(),
            https_format: HttpsFormat::of(text("HTTPS_FORMAT").as_deref()),
            guide: Guide::new(text("OWNER").as_deref(), runbook_url),
            quiet: Quiet {
                mail_from,
                rules: Rules::read(&text("IGNORE").unwrap_or_default()),
            },
            role_arn: text("ROLE_ARN"),
            log_group_name: text("LOG_GROUP_NAME"),
            task_roles: text("TASK_ROLE_ARN").and_then(|arns| Roles::read([&*arns]).ok()),
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
            use_fips: is_true("AWS_USE_FIPS_ENDPOINT"),
            use_dual_stack: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            log: text("RUST_LOG").or_else(|| text("AWS_LAMBDA_LOG_LEVEL")),
        }
    }
}

fn mail_from(name: Option<&str>) -> (Severity, Option<String>) {
    let Some(name) = name else {
        return (MAIL_FROM, None);
    };
    match Severity::named(name) {
        Some(severity) => (severity, None),
        None => (
            MAIL_FROM,
            Some(format!(
                "MAIL_FROM \"{name}\" is not INFO, LOW, MEDIUM, HIGH or CRITICAL; everything from {MAIL_FROM} up \
                 is mailed"
            )),
        ),
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
                "TIME_ZONE \"{name}\" is not an IANA time zone name such as Europe/Berlin; times are \
                 in UTC"
            )),
        ),
    }
}

fn runbook_url(url: Option<&str>) -> (Option<RunbookUrl>, Option<String>) {
    let address = url.and_then(RunbookUrl::new);
    let problem = url.filter(|_| address.is_none()).map(|url| {
        format!(
            "RUNBOOK_URL \"{url}\" is not an HTTPS address of at most 300 characters such as \
             https://wiki.example.com/kms; it is not shown"
        )
    });
    (address, problem)
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
    fn time_zones_need_no_files_of_the_system() {
        let environment = read(&[("TIME_ZONE", "Australia/Sydney")]);
        assert_eq!(environment.time_zone.iana_name(), Some("Australia/Sydney"));
        assert_eq!(environment.problems, Vec::<String>::new());
    }

    #[test]
    fn a_wrong_time_zone_is_reported_and_utc_is_used() {
        let environment = read(&[("TIME_ZONE", "Sydney")]);
        assert_eq!(environment.time_zone, TimeZone::UTC);
        assert!(environment.problems[0].contains("\"Sydney\""));
    }

    #[test]
    fn errors_from_low_on_are_mailed_unless_something_else_is_said() {
        assert_eq!(read(&[]).quiet, Quiet::default());
        let environment = read(&[
            ("MAIL_FROM", "HIGH"),
            ("IGNORE", "code=AccessDenied, until=2027-01-31, why=known"),
        ]);
        assert_eq!(environment.quiet.mail_from, Severity::High);
        assert_eq!(environment.quiet.rules.problems().count(), 0);
        assert_ne!(environment.quiet.rules, Rules::default());
    }

    #[test]
    fn what_cannot_be_read_keeps_nothing_quiet() {
        let environment = read(&[("MAIL_FROM", "none"), ("IGNORE", "everything")]);
        assert_eq!(environment.quiet.mail_from, Severity::Low);
        assert!(environment.problems[0].contains("\"none\""));
        assert_eq!(environment.quiet.rules.problems().count(), 1);
    }

    #[test]
    fn https_subscribers_get_json_unless_a_chat_or_a_pager_does() {
        for (setting, format) in [
            ("", HttpsFormat::Json),
            ("json", HttpsFormat::Json),
            ("teams", HttpsFormat::Json),
            ("slack", HttpsFormat::Slack),
            ("alarm", HttpsFormat::Alarm),
        ] {
            assert_eq!(read(&[("HTTPS_FORMAT", setting)]).https_format, format);
        }
        let chat = read(&[
            ("HTTPS_FORMAT", "chat"),
            ("ROLE_ARN", "arn:aws:iam::1:role/r"),
        ]);
        assert_eq!(chat.https_format, HttpsFormat::Chat);
        assert_eq!(chat.role_arn.as_deref(), Some("arn:aws:iam::1:role/r"));
    }

    #[test]
    fn a_runbook_that_is_no_https_address_is_left_out_and_reported() {
        let guide = |url| read(&[("OWNER", "Team Orders"), ("RUNBOOK_URL", url)]);
        let environment = guide("https://wiki.example.com/kms");
        let url = environment.guide.runbook_url.unwrap().to_string();
        assert_eq!(url, "https://wiki.example.com/kms");
        assert_eq!(environment.guide.owner.as_deref(), Some("Team Orders"));
        assert!(environment.problems.is_empty());
        let environment = guide("http://wiki.example.com/kms");
        assert_eq!(environment.guide.runbook_url, None);
        assert_eq!(environment.guide.owner.as_deref(), Some("Team Orders"));
        assert!(environment.problems[0].contains("RUNBOOK_URL"));
    }

    #[test]
    fn a_services_own_endpoint_takes_precedence() {
        let endpoints = read(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:2"),
        ])
        .endpoint_urls;
        assert_eq!(endpoints.logs.unwrap(), "http://127.0.0.1:1");
        assert_eq!(endpoints.sns.unwrap(), "http://127.0.0.1:2");
    }

    #[test]
    fn rust_log_takes_precedence_over_lambdas_own_level() {
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
