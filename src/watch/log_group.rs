//! Whether CloudTrail still writes to the log group, and still tells of KMS.
//!
//! In an account that uses KMS one search finds an event of the last hour, and that answers both.
//! Where it does not, a whole day is searched, but only once an hour: in a large log group that takes
//! long.

use jiff::{SignedDuration, Timestamp};

use super::round::Round;
use crate::fault::Fault;

const OF_KMS: &str = "{ $.eventSource = \"kms.amazonaws.com\" }";
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Where else events of KMS are looked for, the newest first: a busy log group has one near by.
const EARLIER: [[SignedDuration; 2]; 2] = [
    [SignedDuration::from_hours(6), HOUR],
    [
        SignedDuration::from_hours(24),
        SignedDuration::from_hours(6),
    ],
];

/// What the log group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    /// An event of KMS.
    OfKms,
    /// Nothing within an hour.
    None,
    /// Other events within an hour, and none of KMS within a day.
    Others,
    /// Other events within an hour, and none of KMS. Whether the day before had one is known to an earlier
    /// tick, or is still to be found out.
    OthersThisHour,
}

/// Looks at the last hour, and once an hour at the day before.
pub(super) async fn events(round: &Round<'_>) -> Result<Events, Fault> {
    let now = round.now;
    if has_event(round, OF_KMS, now - HOUR, now).await? {
        return Ok(Events::OfKms);
    }
    if !has_event(round, "", now - HOUR, now).await? {
        return Ok(Events::None);
    }
    let of_the_hour = round.tick.at.as_second().rem_euclid(HOUR.as_secs());
    if of_the_hour.unsigned_abs() < round.tick.every.as_secs() {
        return of_the_day(round).await;
    }
    Ok(Events::OthersThisHour)
}

/// Looks at the day before the last hour.
pub(super) async fn of_the_day(round: &Round<'_>) -> Result<Events, Fault> {
    let now = round.now;
    for [from, to] in EARLIER {
        if has_event(round, OF_KMS, now - from, now - to).await? {
            return Ok(Events::OfKms);
        }
    }
    Ok(Events::Others)
}

/// Whether an event matches in this time. A page without events need not be the last.
async fn has_event(
    round: &Round<'_>,
    pattern: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<bool, Fault> {
    let log_group = &round.tick.properties.log_group_name;
    let mut token = None;
    loop {
        let page = round
            .account
            .logs
            .filter_log_events()
            .log_group_name(log_group)
            .set_filter_pattern(Some(pattern.to_owned()).filter(|pattern| !pattern.is_empty()))
            .start_time(from.as_millisecond())
            .end_time(to.as_millisecond())
            .limit(1)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Fault::new("logs:FilterLogEvents", log_group, &error))?;
        if !page.events().is_empty() {
            return Ok(true);
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(false);
        }
    }
}
