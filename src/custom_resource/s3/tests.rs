use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// Endpoints of S3.
const ENDPOINTS: [&str; 27] = [
    "s3.us-east-1.amazonaws.com",
    "s3.ap-southeast-2.amazonaws.com",
    "s3.mx-central-1.amazonaws.com",
    "s3.dualstack.eu-west-1.amazonaws.com",
    "s3-fips.us-east-2.amazonaws.com",
    "s3-fips.dualstack.ca-central-1.amazonaws.com",
    "s3-ap-southeast-2.amazonaws.com",
    "s3-us-west-2.amazonaws.com",
    "s3.amazonaws.com",
    "s3-external-1.amazonaws.com",
    "s3.us-gov-west-1.amazonaws.com",
    "s3-us-gov-west-1.amazonaws.com",
    "s3-fips.us-gov-east-1.amazonaws.com",
    "s3-fips-us-gov-west-1.amazonaws.com",
    "s3.dualstack.us-gov-west-1.amazonaws.com",
    "s3.cn-north-1.amazonaws.com.cn",
    "s3.dualstack.cn-northwest-1.amazonaws.com.cn",
    "s3.eusc-de-east-1.amazonaws.eu",
    "s3.dualstack.eusc-de-east-1.amazonaws.eu",
    "s3.us-iso-east-1.c2s.ic.gov",
    "s3-fips.dualstack.us-iso-west-1.c2s.ic.gov",
    "s3.us-isob-east-1.sc2s.sgov.gov",
    "s3-fips.us-isob-east-1.sc2s.sgov.gov",
    "s3.eu-isoe-west-1.cloud.adc-e.uk",
    "s3.us-isof-south-1.csp.hci.ic.gov",
    // Regions that are newer than the table.
    "s3.nz-north-1.amazonaws.com",
    "s3.eusc-fr-west-1.amazonaws.eu",
];

const BUCKETS: [&str; 5] = [
    "cloudformation-custom-resource-response-apsoutheast2",
    "cloudformation-custom-resource-response-useast1",
    "cloudformation-waitcondition-us-east-1",
    "abc",
    "a.bucket.s3.with-dots.example.com",
];

#[test]
fn each_endpoint_serves_buckets_in_the_path_and_in_the_host() {
    for endpoint in ENDPOINTS {
        assert!(serves(endpoint), "{endpoint}");
        for bucket in BUCKETS {
            let host = format!("{bucket}.{endpoint}");
            assert!(serves(&host), "{host}");
        }
    }
}

#[test]
fn accelerated_endpoints_serve_buckets_without_dots_in_the_host() {
    for endpoint in ACCELERATED {
        assert!(!serves(endpoint), "{endpoint}");
        assert!(serves(&format!("a-bucket.{endpoint}")), "{endpoint}");
        assert!(!serves(&format!("a.bucket.{endpoint}")), "{endpoint}");
    }
}

#[test]
fn what_is_not_s3_itself_is_somebody_elses() {
    for host in [
        // Other services, most of them under a name that anyone can have.
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn",
        "s3-1234567890.us-east-1.elb.amazonaws.com",
        "s3-0123456789abcdef.elb.us-east-1.amazonaws.com",
        "dualstack.s3-1234567890.us-east-1.elb.amazonaws.com",
        "ec2-203-0-113-25.compute-1.amazonaws.com",
        "ec2-203-0-113-25.us-west-2.compute.amazonaws.com",
        "sqs.us-east-1.amazonaws.com",
        "queue.amazonaws.com",
        "sns.eu-west-1.amazonaws.com",
        "lambda.us-east-1.amazonaws.com",
        "abcdefghijklmnop.lambda-url.us-east-1.on.aws",
        "search-s3-abcdef.us-east-1.es.amazonaws.com",
        "s3.abcdef.0001.use1.cache.amazonaws.com",
        "s3.abcdefghijkl.us-east-1.rds.amazonaws.com",
        "s3.us-east-1.elasticbeanstalk.com",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "s3.cloudfront.net",
        "cognito-s3.auth.us-east-1.amazoncognito.com",
        // What S3 serves in other ways.
        "bucket.s3-website-us-east-1.amazonaws.com",
        "bucket.s3-website.eu-central-1.amazonaws.com",
        "bucket.s3-website.cn-north-1.amazonaws.com.cn",
        "ap-111122223333.s3-accesspoint.us-west-2.amazonaws.com",
        "ap-111122223333.s3-accesspoint.dualstack.us-west-2.amazonaws.com",
        "ap-111122223333.s3-accesspoint-fips.us-gov-west-1.amazonaws.com",
        "alias.accesspoint.s3-global.amazonaws.com",
        "ap-111122223333.s3-object-lambda.us-east-1.amazonaws.com",
        "s3-object-lambda.us-east-1.amazonaws.com",
        "ap-111122223333.op-01234567890123456.s3-outposts.us-east-1.amazonaws.com",
        "111122223333.s3-control.us-east-1.amazonaws.com",
        "s3-control.dualstack.us-east-1.amazonaws.com",
        "bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
        "s3express-control.us-east-1.amazonaws.com",
        "bucket.vpce-0123456789abcdef0-abcdefgh.s3.us-east-1.vpce.amazonaws.com",
        "s3.us-east-1.vpce.amazonaws.com",
        "s3tables.us-east-1.amazonaws.com",
        // S3 is not served under the domains for dual stack.
        "s3.us-east-1.api.aws",
        "bucket.s3.us-east-1.api.aws",
        "s3tables.us-east-1.api.aws",
        "bucket.s3.cn-north-1.api.amazonwebservices.com.cn",
        "bucket.s3.eusc-de-east-1.api.amazonwebservices.eu",
        // A Region of another partition, or something that is no Region.
        "bucket.s3.cn-north-1.amazonaws.com",
        "bucket.s3.us-east-1.amazonaws.com.cn",
        "bucket.s3.eu-west-1.amazonaws.eu",
        "bucket.s3.us-iso-east-1.amazonaws.com",
        "bucket.s3.amazonaws.com.cn",
        "bucket.s3.amazonaws.eu",
        "bucket.s3-external-1.amazonaws.com.cn",
        "bucket.s3.compute-1.amazonaws.com",
        "bucket.s3.us-east-1a.amazonaws.com",
        "bucket.s3.dualstack.amazonaws.com",
        "bucket.s3-nz-north-1.amazonaws.com",
        "bucket.s3.us-east-1.us-east-1.amazonaws.com",
        "bucket.dualstack.s3.dualstack.amazonaws.com",
        // What only looks like an endpoint.
        "amazonaws.com",
        "us-east-1.amazonaws.com",
        "s3amazonaws.com",
        "evil-s3.amazonaws.com",
        "evils3.us-east-1.amazonaws.com",
        "evils3-us-west-2.amazonaws.com",
        "bucket.evils3.us-east-1.amazonaws.com",
        "s3.us-east-1.amazonaws.com.evil.example",
        "s3.amazonaws.com.evil.example",
        "s3.us-east-1.evil-amazonaws.com",
        ".s3.amazonaws.com",
        "a..b.s3.amazonaws.com",
        "-bucket.s3.amazonaws.com",
        "bucket-.s3.us-east-1.amazonaws.com",
        "buc_ket.s3.us-east-1.amazonaws.com",
        "BUCKET.S3.AMAZONAWS.COM",
        "",
        ".",
        "s3",
        "s3.us-east-1",
    ] {
        assert!(!serves(host), "{host}");
    }
}

/// Every endpoint that can be made of the labels below, in full.
fn endpoints() -> Vec<String> {
    let regional = |region: &str, domain: &str| {
        [
            "s3.",
            "s3.dualstack.",
            "s3-fips.",
            "s3-fips.dualstack.",
            "s3-",
            "s3-fips-",
        ]
        .map(|begin| format!("{begin}{region}.{domain}"))
    };
    let mut all = vec![
        "s3.amazonaws.com".to_owned(),
        "s3-external-1.amazonaws.com".to_owned(),
    ];
    for (region, domain) in [
        ("us-east-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
    ] {
        all.extend(regional(region, domain));
    }
    all
}

/// Whether a host is an endpoint of the list, alone or behind labels that a bucket can have.
fn is_expected(host: &str) -> bool {
    let is_bucket = |name: &str| {
        let edges = |label: &str| !label.is_empty() && label.trim_matches('-') == label;
        name.split('.').all(edges)
    };
    let accelerated = ACCELERATED
        .iter()
        .filter_map(|endpoint| host.strip_suffix(endpoint)?.strip_suffix('.'));
    let mut buckets = accelerated.filter(|bucket| is_bucket(bucket) && !bucket.contains('.'));
    buckets.next().is_some()
        || endpoints().iter().any(|endpoint| {
            host == endpoint
                || host
                    .strip_suffix(&format!(".{endpoint}"))
                    .is_some_and(is_bucket)
        })
}

/// Labels of hosts of AWS, as a forger would put them together.
fn label() -> impl Strategy<Value = String> {
    let labels = vec![
        "s3",
        "s3-fips",
        "s3-us-east-1",
        "s3-fips-us-gov-west-1",
        "s3-external-1",
        "s3-website-us-east-1",
        "s3-accelerate",
        "s3-accesspoint",
        "dualstack",
        "us-east-1",
        "us-gov-west-1",
        "cn-north-1",
        "eusc-de-east-1",
        "execute-api",
        "elb",
        "compute",
        "vpce",
        "evil",
        "my-bucket",
        "",
        "-",
    ];
    prop::sample::select(labels).prop_map(str::to_owned)
}

fn domain() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "amazonaws.com",
        "amazonaws.com",
        "amazonaws.com.cn",
        "amazonaws.eu",
        "api.aws",
        "on.aws",
        "evil.example",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8_192,
        rng_seed: RngSeed::Fixed(20_261_128),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn only_an_endpoint_or_what_is_a_bucket_before_one_is_accepted(
        labels in prop::collection::vec(label(), 0..5),
        domain in domain(),
    ) {
        let mut parts = labels;
        parts.push(domain.to_owned());
        let host = parts.join(".");
        prop_assert_eq!(serves(&host), is_expected(&host), "{}", host);
    }

    #[test]
    fn any_bucket_before_any_endpoint_is_accepted(
        bucket in "[a-z0-9][a-z0-9-]{1,30}[a-z0-9](\\.[a-z0-9][a-z0-9-]{0,10}[a-z0-9]){0,2}",
        endpoint in prop::sample::select(endpoints()),
    ) {
        let host = format!("{bucket}.{endpoint}");
        prop_assert!(serves(&host), "{}", host);
    }

    #[test]
    fn anything_can_be_asked_about(host in any::<String>()) {
        prop_assert_eq!(serves(&host), is_expected(&host));
    }
}
