//! What the alarm did before.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{HistoryItemType, ScanBy};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use serde_json::Value;

use crate::alarm::StateChange;
use crate::fault::Fault;

/// When the alarm went off before it recovered: SNS's message does not tell.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>
pub(super) async fn alarmed_at(
    cloudwatch: &CloudWatch,
    change: &StateChange,
) -> Result<Option<Timestamp>, Fault> {
    let history = cloudwatch
        .describe_alarm_history()
        .alarm_name(&change.name)
        .history_item_type(HistoryItemType::StateUpdate)
        .end_date(DateTime::from_millis(change.changed_at.as_millisecond()))
        .scan_by(ScanBy::TimestampDescending)
        .max_records(10)
        .send()
        .await
        .map_err(|error| Fault::of("cloudwatch:DescribeAlarmHistory", &change.name, &error))?;
    let alarmed = history.alarm_history_items().iter().find(|item| {
        let data = item.history_data().unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        data.pointer("/newState/stateValue").and_then(Value::as_str) == Some("ALARM")
    });
    Ok(alarmed
        .and_then(|item| item.timestamp())
        .and_then(|time| time.to_millis().ok())
        .and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}
