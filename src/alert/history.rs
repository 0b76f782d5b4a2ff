//! What the alarm did before.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, HistoryItemType, ScanBy};
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
    let mut transitions = history.alarm_history_items().iter().peekable();
    let state_of = |item: &AlarmHistoryItem| {
        let data = item.history_data().unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        let state = data.pointer("/newState/stateValue").and_then(Value::as_str);
        state.map(str::to_owned)
    };
    // The newest is this change itself, once it stands in the history; the one before it must be
    // the alarm, or it is not this alarm's beginning.
    transitions.next_if(|item| state_of(item).as_deref() == Some("OK"));
    let alarmed = transitions.next_if(|item| state_of(item).as_deref() == Some("ALARM"));
    Ok(alarmed
        .and_then(AlarmHistoryItem::timestamp)
        .and_then(|time| time.to_millis().ok())
        .and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}
