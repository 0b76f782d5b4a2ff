//! The `ResponseURL`: the address for the answer, and a credential. Anyone who may invoke the
//! function can choose it, so answers only go to S3. Which bucket is CloudFormation's own business:
//! AWS names its buckets for those who restrict a VPC endpoint, but promises nothing.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html>

use std::fmt;

use http::Uri;

use super::s3;

/// A presigned address that accepts one answer, on a trusted host. Neither `Display` nor `Debug`
/// shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    /// Accepts an address that an answer may be sent to: `https` to a host of S3 on the standard
    /// port, or, while `AWS_ENDPOINT_URL` points the SDK at a local AWS, any path on that host and
    /// port.
    ///
    /// # Errors
    ///
    /// [`Untrusted`], which says what is wrong without showing the address.
    pub fn new(address: String, local_aws: Option<&str>) -> Result<Self, Untrusted> {
        let url: Uri = address.parse().map_err(|_| Untrusted("is not a URL"))?;
        let authority = url.authority().ok_or(Untrusted("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(Untrusted("contains user information"));
        }
        let local: Option<Uri> = local_aws.and_then(|endpoint| endpoint.parse().ok());
        if local.is_some_and(|local| local.authority() == Some(authority)) {
            return Ok(Self(address));
        }
        if url.scheme_str() != Some("https") {
            return Err(Untrusted("is not https"));
        }
        if authority.port_u16().is_some_and(|port| port != 443) {
            return Err(Untrusted("is not on the https port"));
        }
        if s3::serves(&authority.host().to_ascii_lowercase()) {
            Ok(Self(address))
        } else {
            Err(Untrusted("is not a host of S3"))
        }
    }

    /// The address itself, for nothing but sending the answer.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// When CloudFormation made the request and signed the address: `X-Amz-Date` in the query.
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

/// Why no answer may be sent to an address: a predicate whose subject is the `ResponseURL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ResponseURL {0}; no answer is sent to it")]
pub struct Untrusted(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_s3_over_https_is_trusted() {
        let table = [
            (
                "https://cloudformation-custom-resource-response-apsoutheast2.s3-ap-southeast-2.amazonaws.com/a?b",
                true,
            ),
            (
                "https://s3.eu-south-1.amazonaws.com/cloudformation-custom-resource-response-eusouth1/a?b",
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
            ("https://api.execute-api.us-east-1.amazonaws.com/a", false),
            ("https://s3.amazonaws.com@evil.example/a", false),
            ("https://evil.example/s3.amazonaws.com", false),
            ("https://evil.example#.s3.amazonaws.com/", false),
            ("https://evil.example?.s3.amazonaws.com/", false),
            ("https://evil.example\\.s3.amazonaws.com/", false),
            ("https://bucket.s3.amazonaws.com./a", false),
            ("https://169.254.169.254/latest", false),
            ("https://127.0.0.1/a", false),
            ("http://127.0.0.1:4566/a", false),
            ("/a", false),
            ("", false),
        ];
        for (url, trusted) in table {
            let found = ResponseUrl::new(url.to_owned(), None);
            assert_eq!(found.is_ok(), trusted, "{url}");
        }
    }

    #[test]
    fn a_local_aws_is_trusted_on_its_own_host_and_port_only() {
        let trusted =
            |url: &str| ResponseUrl::new(url.to_owned(), Some("http://127.0.0.1:4566")).is_ok();
        assert!(trusted("http://127.0.0.1:4566/x?y=z"));
        assert!(!trusted("http://127.0.0.1:4567/x"));
        assert!(!trusted("http://localhost:4566/x"));
        assert!(trusted("https://b.s3.amazonaws.com/x"));
    }

    fn url(query: &str) -> ResponseUrl {
        ResponseUrl::new(format!("https://b.s3.amazonaws.com/x?{query}"), None).unwrap()
    }

    #[test]
    fn the_time_of_signing_is_read_from_the_query() {
        let signed = url("X-Amz-Date=20261123T094720Z&X-Amz-Expires=7200").signed_at();
        assert_eq!(signed, Some("2026-11-23T09:47:20Z".parse().unwrap()));
        assert_eq!(url("X-Amz-Date=soon").signed_at(), None);
        assert_eq!(url("").signed_at(), None);
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let url = url("X-Amz-Signature=secret");
        assert_eq!(format!("{url:?}"), "ResponseUrl(***)");
    }
}
