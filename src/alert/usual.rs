//! What the alarm's metric counted in the 14 days before, to say how usual this is.
//!
//! What must hold: this runs beside the search and ends two seconds after it began, and the alert goes
//! out without it.

use std::time::Duration;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{
    Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::alarm::{self, Datapoint, StateChange, StateValue};
use crate::clients::Lazy;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::report::History;

const ACTION: &str = "cloudwatch:GetMetricData";

/// The most time that this takes.
const MAX_TIME: Duration = Duration::from_secs(2);
/// A page holds 100,800 datapoints, and 336 are asked for.
const MAX_PAGES: usize = 4;

/// Which metric to ask for, and until when.
pub(super) struct Question {
    metric: alarm::Metric,
    end: Timestamp,
}

impl Question {
    /// What the metric counted before the events that made the alarm go off. Only an alarm on the sum
    /// of one metric counts.
    pub(super) fn about(change: &StateChange) -> Option<Self> {
        if change.new_state != StateValue::Alarm || !change.is_sum() {
            return None;
        }
        let start = change.window().start;
        // CloudWatch rounds down to the minute, as a metric filter counts.
        let seconds = SignedDuration::from_secs(start.as_second().rem_euclid(60));
        let whole = Timestamp::from_second(start.as_second()).ok()?;
        Some(Self {
            metric: change.metric.clone()?,
            end: whole.checked_sub(seconds).ok()?,
        })
    }
}

/// Asks, if there is a question.
pub(super) async fn history(
    cloudwatch: &Lazy<CloudWatch>,
    question: Option<Question>,
    until: Deadline,
) -> Option<Result<History, Fault>> {
    let question = question?;
    let asking = ask(cloudwatch, &question);
    let until = until.within(MAX_TIME);
    Some(until.answer(ACTION, &question.metric.name, asking).await)
}

/// The hours start and end where the time that was asked for does, not on the clock: so the last one
/// ends where the incident begins.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
/// <https://github.com/boto/boto3/issues/3457>
async fn ask(cloudwatch: &CloudWatch, question: &Question) -> Result<History, Fault> {
    let Question { metric, end } = question;
    let sums = MetricStat::builder()
        .metric(
            Metric::builder()
                .namespace(&metric.namespace)
                .metric_name(&metric.name)
                .build(),
        )
        .period(History::PERIOD)
        .stat("Sum")
        .build();
    let call = cloudwatch
        .get_metric_data()
        .metric_data_queries(
            MetricDataQuery::builder()
                .id("errors")
                .metric_stat(sums)
                .build(),
        )
        .start_time(DateTime::from_secs(History::start(*end).as_second()))
        .end_time(DateTime::from_secs(end.as_second()));
    let mut sums = Vec::new();
    let mut token = None;
    for _ in 0..MAX_PAGES {
        let answer = call.clone().set_next_token(token).send().await;
        let answer = answer.map_err(|error| Fault::new(ACTION, &metric.name, &error))?;
        sums.extend(answer.metric_data_results().iter().flat_map(datapoints));
        token = answer.next_token().map(str::to_owned);
        if token.is_none() {
            let last = answer.metric_data_results().last();
            return match last.and_then(MetricDataResult::status_code) {
                Some(StatusCode::Complete) => Ok(History::new(*end, sums)),
                status => {
                    let status = status.map_or("no result", StatusCode::as_str);
                    let incomplete = format!("the answer is not complete: {status}");
                    Err(Fault::local(ACTION, &metric.name, incomplete))
                }
            };
        }
    }
    Err(Fault::local(ACTION, &metric.name, "the answer has no end"))
}

fn datapoints(result: &MetricDataResult) -> impl Iterator<Item = Datapoint> {
    let sums = result.timestamps().iter().zip(result.values());
    sums.filter_map(|(start, value)| {
        let start = start.to_millis().ok()?;
        Some(Datapoint {
            start: Timestamp::from_millisecond(start).ok()?,
            value: *value,
        })
    })
}
