//! Moments and spans, as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment in the reader's zone and in UTC; once only when they are the same.
pub(super) fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    let there = moment.to_zoned_datetime(zone.clone());
    let utc = moment.to_zoned_datetime(TimeZone::UTC);
    if there.offset().is_zero() {
        return utc.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    }
    let same_day = there.date() == utc.date();
    let utc = utc.strftime(if same_day {
        "%H:%M:%S UTC"
    } else {
        "%Y-%m-%d %H:%M:%S UTC"
    });
    format!("{} ({utc})", there.strftime("%Y-%m-%d %H:%M:%S %Z"))
}

/// A moment of one day in UTC, for a line that has no room.
pub(super) fn short(moment: Timestamp) -> String {
    moment
        .to_zoned_datetime(TimeZone::UTC)
        .strftime("%H:%MZ")
        .to_string()
}

/// How long it is from one moment to the next, in the two largest units.
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second().saturating_sub(from.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let pair = |large: i64, unit: &str, small: i64, part: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {part}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => pair(minutes, "min", seconds % 60, "s"),
        3_600..86_400 => pair(hours, "h", minutes % 60, "min"),
        _ => pair(days, "d", hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_is_told_in_both_clocks() {
        let sydney = TimeZone::get("Australia/Sydney").unwrap();
        assert_eq!(
            moment(at("2026-11-23T09:47:20Z"), &sydney),
            "2026-11-23 20:47:20 AEDT (09:47:20 UTC)"
        );
        assert_eq!(
            moment(at("2026-11-23T19:47:20Z"), &sydney),
            "2026-11-24 06:47:20 AEDT (2026-11-23 19:47:20 UTC)"
        );
        assert_eq!(
            moment(at("2026-11-23T09:47:20.9Z"), &TimeZone::UTC),
            "2026-11-23 09:47:20 UTC"
        );
    }

    #[test]
    fn the_ends_of_time_have_a_text() {
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(!moment(end, &TimeZone::get("Asia/Tokyo").unwrap()).is_empty());
        }
        assert_eq!(span(Timestamp::MAX, Timestamp::MIN), "0 s");
        assert!(span(Timestamp::MIN, Timestamp::MAX).ends_with('h'));
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        let start = at("2026-11-23T00:00:00Z");
        let cases = [
            ("2026-11-23T00:00:00Z", "0 s"),
            ("2026-11-23T00:00:54Z", "54 s"),
            ("2026-11-23T00:04:00Z", "4 min"),
            ("2026-11-23T00:04:12Z", "4 min 12 s"),
            ("2026-11-23T02:05:59Z", "2 h 5 min"),
            ("2026-11-26T04:05:59Z", "3 d 4 h"),
        ];
        for (end, expected) in cases {
            assert_eq!(span(start, at(end)), expected);
        }
    }
}
