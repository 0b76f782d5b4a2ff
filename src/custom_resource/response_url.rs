//! The `ResponseURL`: where an answer may be sent, and a credential. Anyone
//! who may invoke the function chooses it, so it is only followed to AWS.

use std::fmt;

use http::Uri;

/// The domains under which AWS serves S3, one for each partition.
const AWS_DOMAINS: [&str; 6] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "api.aws",
];

/// A presigned address that accepts one answer. Neither `Display` nor `Debug`
/// shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    /// Wraps the address as it came.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address, when it is one that an answer may be sent to: `https` to
    /// an AWS host on the standard port, or, while the SDK itself is pointed
    /// at a local AWS (`AWS_ENDPOINT_URL`), any path on that same host and port.
    ///
    /// # Errors
    ///
    /// [`Untrusted`], which says what is wrong without showing the address.
    pub fn trusted(&self, local_aws: Option<&str>) -> Result<&str, Untrusted> {
        let url: Uri = self.0.parse().map_err(|_| Untrusted("is not a URL"))?;
        let authority = url.authority().ok_or(Untrusted("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(Untrusted("holds user information"));
        }
        let local: Option<Uri> = local_aws.and_then(|endpoint| endpoint.parse().ok());
        if local.is_some_and(|local| local.authority() == Some(authority)) {
            return Ok(&self.0);
        }
        if url.scheme_str() != Some("https") {
            return Err(Untrusted("is not https"));
        }
        if authority.port_u16().is_some_and(|port| port != 443) {
            return Err(Untrusted("is not on the https port"));
        }
        let host = authority.host().to_ascii_lowercase();
        let aws = AWS_DOMAINS.iter().any(|domain| {
            host.strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
        });
        if aws {
            Ok(&self.0)
        } else {
            Err(Untrusted("is not an AWS host"))
        }
    }

    /// When the address was signed, which is when CloudFormation made the
    /// request: `X-Amz-Date` in the query.
    #[must_use]
    pub fn signed_at(&self) -> Option<jiff::Timestamp> {
        let date = self.parameter("X-Amz-Date")?;
        let date = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(date).ok()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.0.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(***)")
    }
}

/// Why an answer is not sent to an address: a half-sentence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untrusted(pub &'static str);

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ResponseURL {}; no answer is sent to it", self.0)
    }
}

impl std::error::Error for Untrusted {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_aws_over_https_is_trusted() {
        let table = [
            (
                "https://cloudformation-custom-resource-response-apsoutheast2.s3-ap-southeast-2.amazonaws.com/a?b",
                true,
            ),
            ("https://bucket.s3.cn-north-1.amazonaws.com.cn/a?b", true),
            ("https://bucket.s3.ap-southeast-2.amazonaws.com:443/a", true),
            ("https://BUCKET.S3.AMAZONAWS.COM/a", true),
            ("http://bucket.s3.amazonaws.com/a", false),
            ("https://bucket.s3.amazonaws.com:8443/a", false),
            ("https://user@bucket.s3.amazonaws.com/a", false),
            ("https://amazonaws.com.example.com/a", false),
            ("https://evilamazonaws.com/a", false),
            ("https://169.254.169.254/latest", false),
            ("https://127.0.0.1/a", false),
            ("http://127.0.0.1:4566/a", false),
            ("/a", false),
            ("", false),
        ];
        for (url, trusted) in table {
            assert_eq!(
                ResponseUrl::new(url).trusted(None).is_ok(),
                trusted,
                "{url}"
            );
        }
    }

    #[test]
    fn the_local_aws_is_trusted_over_http_on_its_own_host_and_port_only() {
        let local = Some("http://127.0.0.1:4566");
        assert!(
            ResponseUrl::new("http://127.0.0.1:4566/x?y=z")
                .trusted(local)
                .is_ok()
        );
        assert!(
            ResponseUrl::new("http://127.0.0.1:4567/x")
                .trusted(local)
                .is_err()
        );
        assert!(
            ResponseUrl::new("http://localhost:4566/x")
                .trusted(local)
                .is_err()
        );
        assert!(
            ResponseUrl::new("https://b.s3.amazonaws.com/x")
                .trusted(local)
                .is_ok()
        );
    }

    #[test]
    fn the_time_of_signing_is_read_from_the_query() {
        let url = ResponseUrl::new("https://b/x?X-Amz-Date=20261123T094720Z&X-Amz-Expires=7200");
        assert_eq!(
            url.signed_at(),
            Some("2026-11-23T09:47:20Z".parse().unwrap())
        );
        assert_eq!(
            ResponseUrl::new("https://b/x?X-Amz-Date=soon").signed_at(),
            None
        );
        assert_eq!(ResponseUrl::new("https://b/x").signed_at(), None);
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let url = ResponseUrl::new("https://bucket.s3.amazonaws.com/a?X-Amz-Signature=secret");
        assert_eq!(format!("{url:?}"), "ResponseUrl(***)");
    }
}
