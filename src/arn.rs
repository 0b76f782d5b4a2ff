//! Amazon Resource Names: taking them apart, comparing them with bare names, composing them.
//!
//! People and APIs name the same key by its ARN in one place and by its id in another, so what both
//! have in common is worked out here, and nowhere else is an ARN split by hand.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// The service's namespace, such as `kms`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits; empty where AWS leaves it out.
    pub account: &'a str,
    /// Everything after the account, such as `key/1234abcd-…`; it may hold colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart. Only the Region and the account may be empty.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let arn = Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let required = [arn.partition, arn.service, arn.resource];
        required.iter().all(|part| !part.is_empty()).then_some(arn)
    }

    /// The last part of the resource: a role's name without its path, a key's id, an instance's id.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let mut parts = self.resource.rsplit([':', '/']);
        parts.next().unwrap_or(self.resource)
    }

    /// Whether it names a KMS key, not an alias.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.service == "kms" && self.resource.starts_with("key/")
    }
}

/// The resource of an ARN; a bare name is its own resource.
#[must_use]
pub fn resource(name: &str) -> &str {
    Arn::parse(name).map_or(name, |arn| arn.resource)
}

/// What the ARN and the bare id of a key have in common: the id, or `alias/…`.
#[must_use]
pub fn key_id(name: &str) -> &str {
    let resource = resource(name);
    resource.strip_prefix("key/").unwrap_or(resource)
}

/// All that the ARN of a regional resource needs besides the service and the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// For example `ap-southeast-2`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Scope {
    /// The scope of the Lambda function that has this ARN.
    #[must_use]
    pub fn of_function(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn).filter(|arn| arn.service == "lambda")?;
        let is_regional = !arn.region.is_empty() && !arn.account.is_empty();
        is_regional.then(|| Self {
            partition: arn.partition.to_owned(),
            region: arn.region.to_owned(),
            account: arn.account.to_owned(),
        })
    }

    /// The ARN of a topic.
    #[must_use]
    pub fn topic_arn(&self, topic: &str) -> String {
        self.arn("sns", topic)
    }

    /// The ARN of a CloudWatch alarm.
    #[must_use]
    pub fn alarm_arn(&self, alarm: &str) -> String {
        self.arn("cloudwatch", &format!("alarm:{alarm}"))
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let Self {
            partition,
            region,
            account,
        } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_may_hold_colons() {
        let arn = Arn::parse("arn:aws:lambda:eu-west-1:111122223333:function:orders:live").unwrap();
        assert_eq!((arn.partition, arn.service), ("aws", "lambda"));
        assert_eq!((arn.region, arn.account), ("eu-west-1", "111122223333"));
        assert_eq!(arn.resource, "function:orders:live");
        assert_eq!(arn.name(), "live");
    }

    #[test]
    fn a_global_resource_has_no_region_and_a_bucket_no_account() {
        let role = Arn::parse("arn:aws:iam::111122223333:role/ops/admin").unwrap();
        assert_eq!((role.region, role.name()), ("", "admin"));
        let bucket = Arn::parse("arn:aws:s3:::bucket").unwrap();
        assert_eq!((bucket.account, bucket.name()), ("", "bucket"));
    }

    #[test]
    fn other_text_is_not_an_arn() {
        for text in [
            "",
            "key/k",
            "arn",
            "arn:aws:kms:r:1",
            "arn:aws:kms:r:1:",
            "arn::kms:r:1:key/k",
            "arn:aws::r:1:key/k",
            "ARN:aws:kms:r:1:key/k",
            "x arn:aws:kms:r:1:key/k",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_is_told_from_an_alias_and_from_other_services() {
        let cases = [
            ("arn:aws:kms:r:1:key/k", true),
            ("arn:aws:kms:r:1:alias/key/k", false),
            ("arn:aws:other:r:1:key/k", false),
        ];
        for (text, expected) in cases {
            assert_eq!(Arn::parse(text).unwrap().is_key(), expected, "{text}");
        }
    }

    #[test]
    fn an_arn_and_a_bare_id_have_the_id_in_common() {
        for name in ["arn:aws:kms:r:1:key/1234", "key/1234", "1234"] {
            assert_eq!(key_id(name), "1234", "{name}");
        }
        for name in ["arn:aws:kms:r:1:alias/a:b/c", "alias/a:b/c"] {
            assert_eq!(key_id(name), "alias/a:b/c", "{name}");
        }
    }

    #[test]
    fn arns_are_composed_in_the_functions_own_partition() {
        let scope = Scope::of_function(
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:pattern1-alarm:live",
        )
        .unwrap();
        assert_eq!(
            scope.topic_arn("a-topic"),
            "arn:aws-cn:sns:cn-north-1:111122223333:a-topic"
        );
        assert_eq!(
            scope.alarm_arn("an-alarm"),
            "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:an-alarm"
        );
    }

    #[test]
    fn only_a_functions_arn_gives_a_scope() {
        for arn in [
            "",
            "function",
            "arn:aws:sns:r:1:t",
            "arn:aws:lambda::1:function:f",
            "arn:aws:lambda:r::function:f",
        ] {
            assert_eq!(Scope::of_function(arn), None, "{arn}");
        }
    }
}
