//! The hosts at which S3 serves buckets.
//!
//! What must hold: a host is S3's only if it is one of S3's endpoints, alone or behind a bucket's
//! name. Other names under AWS's domains are other people's: APIs, load balancers, instances, and
//! S3's own websites, access points and object lambdas. None of them can have an endpoint's name, for
//! the labels beside the domain and the Region are AWS's.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/s3.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html> and the AWS SDKs' rules,
//! <https://github.com/boto/botocore/blob/develop/botocore/data/s3/2006-03-01/endpoint-rule-set-1.json>.

use crate::partition::{PARTITIONS, Partition, is_region};

/// Endpoints of a Region, before the Region and the partition's domain: this one, and the same over
/// IPv6 and with FIPS. Unlike other services S3 has them all under the partition's main domain.
const OF_A_REGION: [&str; 4] = ["s3.", "s3.dualstack.", "s3-fips.", "s3-fips.dualstack."];

/// The same with a dash, as they once were; CloudFormation still uses the first.
const OF_A_REGION_WITH_A_DASH: [&str; 2] = ["s3-", "s3-fips-"];

/// Endpoints without a Region. Only the partition `aws` has such.
const WITHOUT_A_REGION: [&str; 2] = ["s3.amazonaws.com", "s3-external-1.amazonaws.com"];

/// Endpoints of Transfer Acceleration, which take only a bucket without dots, before them. The SDKs
/// presign addresses there too.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html>
const ACCELERATED: [&str; 2] = [
    "s3-accelerate.amazonaws.com",
    "s3-accelerate.dualstack.amazonaws.com",
];

/// Whether S3 serves a bucket at this host, in lower case: in the address's path (path style) or in
/// the host (virtual-hosted style).
pub(super) fn serves(host: &str) -> bool {
    let is_before = |endpoint: &&str| host.strip_suffix(*endpoint).is_some_and(is_bucket_or_none);
    let is_accelerated = |endpoint: &&str| {
        host.strip_suffix(*endpoint)
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|bucket| is_bucket(bucket) && !bucket.contains('.'))
    };
    WITHOUT_A_REGION.iter().any(is_before)
        || ACCELERATED.iter().any(is_accelerated)
        || PARTITIONS
            .iter()
            .any(|partition| is_of_a_region(host, partition))
}

/// Whether the host is an endpoint of one of this partition's Regions, alone or behind a bucket.
fn is_of_a_region(host: &str, partition: &Partition) -> bool {
    let rest = host.strip_suffix(partition.domain);
    let Some(rest) = rest.and_then(|rest| rest.strip_suffix('.')) else {
        return false;
    };
    let region = |begin: &&str| {
        let (bucket, region) = rest.rsplit_once(*begin)?;
        is_bucket_or_none(bucket).then_some(region)
    };
    // Here `website-us-east-1` must not pass for a Region.
    let mut with_a_dash = OF_A_REGION_WITH_A_DASH.iter().filter_map(region);
    let mut with_a_dot = OF_A_REGION.iter().filter_map(region);
    with_a_dash.any(|region| Partition::of_region(region) == Some(partition))
        // A Region that is newer than the table must not cost a deployment.
        || with_a_dot.any(|region| match Partition::of_region(region) {
            Some(known) => known == partition,
            None => is_region(region),
        })
}

/// Whether this, before an endpoint, is nothing or a bucket's name and its dot.
fn is_bucket_or_none(text: &str) -> bool {
    text.is_empty() || text.strip_suffix('.').is_some_and(is_bucket)
}

/// Whether this can be a bucket's name in a host. How long one may be is S3's business.
fn is_bucket(name: &str) -> bool {
    name.split('.').all(|label| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_plain) && label.trim_matches('-') == label
    })
}

#[cfg(test)]
mod tests;
