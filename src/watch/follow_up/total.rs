//! What the metric counted in the whole incident.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{Datapoint, Statistic};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::alarm::Metric;
use crate::fault::Fault;
use crate::report::Total;

/// How many datapoints one call gets.
const MAX_DATAPOINTS: i64 = 1_440;
/// The lengths of datapoints to choose from, the shortest first: CloudWatch keeps those of a minute
/// for 15 days, those of five minutes for 63.
const PERIODS: [i32; 4] = [60, 300, 3_600, 86_400];

/// The sum of the metric since then, from the beginning of the datapoint that holds it.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>
pub(super) async fn total(
    cloudwatch: &CloudWatch,
    metric: &Metric,
    start: Timestamp,
    end: Timestamp,
) -> Result<Total, Fault> {
    let (start, period) = span(start, end);
    let answer = cloudwatch
        .get_metric_statistics()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .start_time(DateTime::from_secs(start.as_second()))
        .end_time(DateTime::from_secs(end.as_second()))
        .period(period)
        .statistics(Statistic::Sum)
        .send()
        .await
        .map_err(|error| Fault::new("cloudwatch:GetMetricStatistics", &metric.name, &error))?;
    let sum: f64 = answer.datapoints().iter().filter_map(Datapoint::sum).sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of ones, and a number that is too large stops at the largest"
    )]
    let count = sum.round() as u64;
    Ok(Total {
        count,
        since: start,
    })
}

/// Where to begin, and the shortest datapoints of which one call gets all.
fn span(start: Timestamp, end: Timestamp) -> (Timestamp, i32) {
    let seconds = end.duration_since(start).as_secs();
    let fits = |period: &i32| seconds / i64::from(*period) < MAX_DATAPOINTS - 1;
    let period = PERIODS.into_iter().find(fits).unwrap_or(86_400);
    let into = start.as_second().rem_euclid(i64::from(period));
    let nanos = i64::from(start.subsec_nanosecond());
    let begin = start.checked_sub(SignedDuration::from_secs(into));
    let begin = begin.and_then(|begin| begin.checked_sub(SignedDuration::from_nanos(nanos)));
    (begin.unwrap_or(start), period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_gets_all_datapoints() {
        let end: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (hours, begin, period) in [
            (2, "2026-11-23T09:59:00Z", 60),
            (30, "2026-11-22T05:55:00Z", 300),
            (24 * 10, "2026-11-13T11:00:00Z", 3_600),
            (24 * 100, "2026-08-15T00:00:00Z", 86_400),
        ] {
            let start =
                end - SignedDuration::from_hours(hours) - SignedDuration::from_millis(1_200);
            let expected = (begin.parse().unwrap(), period);
            assert_eq!(span(start, end), expected, "{hours} h");
        }
    }
}
