//! Moments and spans, as people read them: in the reader's time zone and in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::shown::{Shown, shown};

/// A moment, and the zone that it is shown in. Programs get it in UTC, as RFC 3339 has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    at: Timestamp,
    zone: TimeZone,
}

impl Moment {
    pub(crate) fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self {
            at,
            zone: zone.clone(),
        }
    }

    /// `2026-11-23 20:47:20 AEDT (09:47:20 UTC)`; once only when both are the same.
    pub fn full(&self) -> Shown {
        if self.is_utc() {
            return self.format(&TimeZone::UTC, "%Y-%m-%d %H:%M:%S UTC");
        }
        let utc = if self.is_same_day_in_utc() {
            "%H:%M:%S UTC"
        } else {
            "%Y-%m-%d %H:%M:%S UTC"
        };
        let utc = self.format(&TimeZone::UTC, utc);
        shown!(
            "{} ({})",
            self.format(&self.zone, "%Y-%m-%d %H:%M:%S %Z"),
            utc
        )
    }

    /// `20:47:20`, in the reader's zone.
    pub fn clock(&self) -> Shown {
        self.format(&self.zone, "%H:%M:%S")
    }

    /// The clock, and the date if it is not that of the other moment.
    pub(super) fn clock_beside(&self, other: &Self) -> Shown {
        if self.is_same_day(other) {
            self.clock()
        } else {
            self.format(&self.zone, "%Y-%m-%d %H:%M:%S")
        }
    }

    /// `09:47Z`, for a line that has no room.
    pub fn brief(&self) -> Shown {
        self.format(&TimeZone::UTC, "%H:%MZ")
    }

    /// `2026-11-23T09:47:20.123+0000`, as CloudWatch tells SNS of it.
    pub(super) fn cloudwatch(&self) -> Shown {
        self.format(&TimeZone::UTC, "%Y-%m-%dT%H:%M:%S%.3f+0000")
    }

    /// `from 20:46:31 to 20:47:11 AEDT (09:46 UTC)`, `at 09:46:31 UTC`.
    pub(crate) fn range(first: &Self, last: &Self) -> Shown {
        let zone = if first.is_utc() {
            shown!("UTC")
        } else {
            let utc = if first.is_same_day_in_utc() {
                "%H:%M UTC"
            } else {
                "%Y-%m-%d %H:%M UTC"
            };
            let utc = first.format(&TimeZone::UTC, utc);
            shown!("{} ({})", first.format(&first.zone, "%Z"), utc)
        };
        if first.at.as_second() == last.at.as_second() {
            shown!("at {} {}", first.clock(), zone)
        } else if first.is_same_day(last) {
            shown!("from {} to {} {}", first.clock(), last.clock(), zone)
        } else {
            let last = last.clock_beside(first);
            shown!(
                "from {} to {} {}",
                first.format(&first.zone, "%Y-%m-%d %H:%M:%S"),
                last,
                zone
            )
        }
    }

    /// How long it is from this moment to a later one, in the two largest units.
    pub(crate) fn span_to(&self, later: &Self) -> Shown {
        let seconds = later.at.as_second().saturating_sub(self.at.as_second());
        let seconds = u64::try_from(seconds).unwrap_or(0);
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        let pair = |large: u64, unit: &'static str, small: u64, part: &'static str| match small {
            0 => shown!("{} {}", large, unit),
            _ => shown!("{} {} {} {}", large, unit, small, part),
        };
        match seconds {
            0..60 => shown!("{} s", seconds),
            60..3_600 => pair(minutes, "min", seconds % 60, "s"),
            3_600..86_400 => pair(hours, "h", minutes % 60, "min"),
            _ => pair(days, "d", hours % 24, "h"),
        }
    }

    fn is_utc(&self) -> bool {
        self.at
            .to_zoned_datetime(self.zone.clone())
            .offset()
            .is_zero()
    }

    fn is_same_day(&self, other: &Self) -> bool {
        let day = |moment: &Self| moment.at.to_zoned_datetime(self.zone.clone()).date();
        day(self) == day(other)
    }

    fn is_same_day_in_utc(&self) -> bool {
        let day = |zone: TimeZone| self.at.to_zoned_datetime(zone).date();
        day(self.zone.clone()) == day(TimeZone::UTC)
    }

    fn format(&self, zone: &TimeZone, format: &'static str) -> Shown {
        let text = self
            .at
            .to_zoned_datetime(zone.clone())
            .strftime(format)
            .to_string();
        Shown::name(&text, 64)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Moment {
        Moment::new(text.parse().unwrap(), &TimeZone::UTC)
    }

    fn sydney(text: &str) -> Moment {
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        Moment::new(text.parse().unwrap(), &zone)
    }

    #[test]
    fn a_moment_is_shown_by_both_clocks() {
        for (moment, full) in [
            (
                sydney("2026-11-23T09:47:20Z"),
                "2026-11-23 20:47:20 AEDT (09:47:20 UTC)",
            ),
            (
                sydney("2026-11-23T19:47:20Z"),
                "2026-11-24 06:47:20 AEDT (2026-11-23 19:47:20 UTC)",
            ),
            (utc("2026-11-23T09:47:20.9Z"), "2026-11-23 09:47:20 UTC"),
        ] {
            assert_eq!(&*moment.full(), full);
        }
    }

    #[test]
    fn a_range_says_the_zone_and_the_day_once() {
        for (first, last, range) in [
            (
                sydney("2026-11-23T09:46:31Z"),
                sydney("2026-11-23T09:47:11Z"),
                "from 20:46:31 to 20:47:11 AEDT (09:46 UTC)",
            ),
            (
                utc("2026-11-23T09:46:31.2Z"),
                utc("2026-11-23T09:46:31.9Z"),
                "at 09:46:31 UTC",
            ),
            (
                utc("2026-11-23T23:59:59Z"),
                utc("2026-11-24T00:00:01Z"),
                "from 2026-11-23 23:59:59 to 2026-11-24 00:00:01 UTC",
            ),
        ] {
            assert_eq!(&*Moment::range(&first, &last), range);
        }
    }

    #[test]
    fn the_ends_of_time_have_a_text() {
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let [start, end] = [Timestamp::MIN, Timestamp::MAX].map(|at| Moment::new(at, &tokyo));
        for moment in [&start, &end] {
            assert!(!moment.full().is_empty() && !moment.brief().is_empty());
        }
        assert!(!Moment::range(&start, &end).is_empty());
        assert_eq!(&*end.span_to(&start), "0 s");
        assert!(start.span_to(&end).ends_with('h'));
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        let start = utc("2026-11-23T00:00:00Z");
        for (end, span) in [
            ("2026-11-23T00:00:00Z", "0 s"),
            ("2026-11-23T00:00:54Z", "54 s"),
            ("2026-11-23T00:04:00Z", "4 min"),
            ("2026-11-23T00:04:12Z", "4 min 12 s"),
            ("2026-11-23T02:05:59Z", "2 h 5 min"),
            ("2026-11-26T04:05:59Z", "3 d 4 h"),
        ] {
            assert_eq!(&*start.span_to(&utc(end)), span);
        }
    }
}
