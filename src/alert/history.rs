//! What the alarm did before it recovered.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{HistoryItemType, ScanBy};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use serde_json::Value;

use crate::alarm::StateChange;
use crate::fault::Fault;

/// When the alarm went off, which SNS's message about the recovery does not say.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>
pub(crate) async fn alarmed_at(
    cloudwatch: &CloudWatch,
    change: &StateChange,
) -> Result<Option<Timestamp>, Fault> {
    // An empty page need not be the last.
    let mut items = cloudwatch
        .describe_alarm_history()
        .alarm_name(&change.name)
        .history_item_type(HistoryItemType::StateUpdate)
        .end_date(DateTime::from_millis(change.changed_at.as_millisecond()))
        .scan_by(ScanBy::TimestampDescending)
        .max_records(10)
        .into_paginator()
        .items()
        .send();
    // The newest item is this change itself, if the history has it yet. The one before it must be
    // the change to ALARM, or the beginning is not known.
    for entry in 0..2 {
        let Some(item) = items.next().await else {
            break;
        };
        let item = item
            .map_err(|error| Fault::new("cloudwatch:DescribeAlarmHistory", &change.name, &error))?;
        let data = item.history_data().unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        match data.pointer("/newState/stateValue").and_then(Value::as_str) {
            Some("ALARM") => {
                let millis = item.timestamp().and_then(|time| time.to_millis().ok());
                return Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()));
            }
            Some("OK") if entry == 0 => {}
            _ => break,
        }
    }
    Ok(None)
}
