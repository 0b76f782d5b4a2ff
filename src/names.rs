//! The names of what this program makes, all derived from one base name, and
//! the ARNs they get in one account and region. Two resources with different
//! base names therefore never share an AWS object, which is what makes a
//! replacement safe: the old one can be removed without touching the new one.

/// The names derived from the base name (`Name`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The base name itself.
    pub base: String,
    /// The metric filter, `<Name>-metricfilter`.
    pub filter: String,
    /// The alarm, `<Name>-alarm`.
    pub alarm: String,
    /// The topic that people subscribe to, `<Name>-topic`.
    pub topic: String,
    /// The template's alarm on the dead-letter queue, `<Name>-undelivered`:
    /// not made here, but allowed to publish to the topic.
    pub undelivered: String,
    /// The template's dashboard, `<Name>-dashboard`: not made here, but linked
    /// to in alerts.
    pub dashboard: String,
}

impl Names {
    /// The names for a base name that is already known to be valid.
    #[must_use]
    pub fn of(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            filter: format!("{base}-metricfilter"),
            alarm: format!("{base}-alarm"),
            topic: format!("{base}-topic"),
            undelivered: format!("{base}-undelivered"),
            dashboard: format!("{base}-dashboard"),
        }
    }

    /// The names beside an alarm that is named as one of ours.
    #[must_use]
    pub fn of_alarm(alarm: &str) -> Option<Self> {
        alarm.strip_suffix("-alarm").map(Self::of)
    }
}

/// Where the function runs: all that an ARN needs besides a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// For example `ap-southeast-2`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Place {
    /// Reads partition, region and account from the ARN by which Lambda says
    /// the function was invoked
    /// (`arn:<partition>:lambda:<region>:<account>:function:…`).
    #[must_use]
    pub fn of_function(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let (Some("arn"), Some(partition), Some("lambda"), Some(region), Some(account)) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return None;
        };
        [partition, region, account]
            .iter()
            .all(|part| !part.is_empty())
            .then(|| Self {
                partition: partition.to_owned(),
                region: region.to_owned(),
                account: account.to_owned(),
            })
    }

    /// The ARN of a topic of this account in this region.
    #[must_use]
    pub fn topic_arn(&self, topic: &str) -> String {
        let Self {
            partition,
            region,
            account,
        } = self;
        format!("arn:{partition}:sns:{region}:{account}:{topic}")
    }

    /// The ARN of a CloudWatch alarm of this account in this region.
    #[must_use]
    pub fn alarm_arn(&self, alarm: &str) -> String {
        let Self {
            partition,
            region,
            account,
        } = self;
        format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_names_are_the_labs() {
        let names = Names::of("pattern1-logging");
        assert_eq!(names.filter, "pattern1-logging-metricfilter");
        assert_eq!(names.alarm, "pattern1-logging-alarm");
        assert_eq!(names.topic, "pattern1-logging-topic");
    }

    #[test]
    fn arns_are_in_the_functions_own_partition() {
        let place = Place::of_function(
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:pattern1-alarm:live",
        )
        .unwrap();
        assert_eq!(
            place.topic_arn("a-topic"),
            "arn:aws-cn:sns:cn-north-1:111122223333:a-topic"
        );
        assert_eq!(
            place.alarm_arn("an-alarm"),
            "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:an-alarm"
        );
    }

    #[test]
    fn what_is_no_function_arn_gives_no_place() {
        for arn in [
            "",
            "function",
            "arn:aws:sns:r:1:t",
            "arn:aws:lambda::1:function:f",
        ] {
            assert_eq!(Place::of_function(arn), None, "{arn}");
        }
    }
}
