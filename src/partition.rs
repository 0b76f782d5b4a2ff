//! The partitions of AWS: worlds apart, each with Regions, domains and a console of its own.
//!
//! What is not in the table is not guessed: a link to a console that does not exist is worse than
//! none.
//!
//! Ids, Regions and domains: the AWS SDKs' table,
//! <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>. Consoles:
//! <https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html>; for `aws-cn` and `aws-us-gov` the
//! links in <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html>;
//! for `aws-eusc` <https://docs.aws.eu/general/latest/gr/endpoints.html>. Those of the isolated
//! partitions are not published.

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs have it, such as `aws-cn`.
    pub id: &'static str,
    /// The domain of its services.
    pub domain: &'static str,
    /// The domain of its console, behind the Region. Absent where that is not published.
    pub console: Option<&'static str>,
    /// What its Regions' ids begin with, before the last two parts.
    regions: &'static [&'static str],
}

/// Every partition that the AWS SDKs know.
pub const PARTITIONS: [Partition; 8] = [
    Partition {
        id: "aws",
        domain: "amazonaws.com",
        console: Some("console.aws.amazon.com"),
        regions: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
    },
    Partition {
        id: "aws-cn",
        domain: "amazonaws.com.cn",
        console: Some("console.amazonaws.cn"),
        regions: &["cn"],
    },
    Partition {
        id: "aws-us-gov",
        domain: "amazonaws.com",
        console: Some("console.amazonaws-us-gov.com"),
        regions: &["us-gov"],
    },
    Partition {
        id: "aws-eusc",
        domain: "amazonaws.eu",
        console: Some("console.amazonaws-eusc.eu"),
        regions: &["eusc-de"],
    },
    Partition {
        id: "aws-iso",
        domain: "c2s.ic.gov",
        console: None,
        regions: &["us-iso"],
    },
    Partition {
        id: "aws-iso-b",
        domain: "sc2s.sgov.gov",
        console: None,
        regions: &["us-isob"],
    },
    Partition {
        id: "aws-iso-e",
        domain: "cloud.adc-e.uk",
        console: None,
        regions: &["eu-isoe"],
    },
    Partition {
        id: "aws-iso-f",
        domain: "csp.hci.ic.gov",
        console: None,
        regions: &["us-isof"],
    },
];

impl Partition {
    /// The partition that a Region is in, whether or not this Region exists yet.
    pub fn of_region(region: &str) -> Option<&'static Self> {
        let begin = beginning(region)?;
        PARTITIONS
            .iter()
            .find(|partition| partition.regions.contains(&begin))
    }
}

/// Whether this has the form of a Region's id, of whatever partition: `us-east-1`.
pub fn is_region(text: &str) -> bool {
    beginning(text).is_some_and(|begin| begin.split('-').all(is_letters))
}

/// A Region's id without its last two parts, which are a direction and a number.
fn beginning(region: &str) -> Option<&str> {
    let (begin, number) = region.rsplit_once('-')?;
    let (begin, direction) = begin.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_letters(direction)).then_some(begin)
}

fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_partition(region: &str, expected: Option<&str>) {
        let found = Partition::of_region(region).map(|partition| partition.id);
        assert_eq!(found, expected, "{region}");
    }

    #[test]
    fn each_partition_has_its_regions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-southeast-2", "aws"),
            ("af-south-1", "aws"),
            ("il-central-1", "aws"),
            ("mx-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-gov-east-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-west-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
        ] {
            check_partition(region, Some(partition));
            assert!(is_region(region), "{region}");
        }
    }

    #[test]
    fn a_region_that_does_not_exist_yet_is_in_the_partition_that_its_id_says() {
        check_partition("eu-middle-12", Some("aws"));
        check_partition("us-gov-north-3", Some("aws-us-gov"));
    }

    #[test]
    fn of_other_text_no_partition_is_known() {
        for text in [
            "",
            "-",
            "--",
            "us",
            "us-east",
            "us-east-",
            "us--1",
            "-east-1",
            "us-east-x",
            "us-east-1a",
            "US-EAST-1",
            "usx-east-1",
            "aws-global",
            "us-east-1.evil.example",
            "evil.example/us-east-1",
            "nz-north-1",
            "eusc-fr-west-1",
            "us-isog-west-1",
        ] {
            check_partition(text, None);
        }
    }

    #[test]
    fn the_form_of_a_region_is_known_without_its_partition() {
        for region in ["nz-north-1", "eusc-fr-west-1", "us-isog-west-1"] {
            assert!(is_region(region), "{region}");
        }
        for text in [
            "",
            "compute-1",
            "us-east",
            "s3-us-east-1",
            "a--b-1",
            "a.b-c-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn no_two_partitions_claim_a_region() {
        let mut all: Vec<_> = PARTITIONS.iter().flat_map(|found| found.regions).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
