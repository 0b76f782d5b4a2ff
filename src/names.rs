//! The names of what this program makes, all derived from one base name.
//!
//! Two resources with different base names therefore never share an AWS object, and that makes a
//! replacement safe: the old one can be removed without touching the new one.

/// The names derived from the base name (`Name`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The metric filter, `<Name>-metricfilter`.
    pub filter: String,
    /// The alarm, `<Name>-alarm`.
    pub alarm: String,
    /// The topic that people subscribe to, `<Name>-topic`.
    pub topic: String,
    /// The template's alarm on the dead-letter queue, `<Name>-undelivered`: not made here, but
    /// allowed to publish to the topic.
    pub undelivered: String,
    /// The template's alarm on what the watch finds, `<Name>-health`: not made here, but answered.
    pub health: String,
    /// The template's dashboard, `<Name>-dashboard`: not made here, but linked to in alerts.
    pub dashboard: String,
}

impl Names {
    /// The names for a valid base name.
    #[must_use]
    pub fn of(base: &str) -> Self {
        Self {
            filter: format!("{base}-metricfilter"),
            alarm: format!("{base}-alarm"),
            topic: format!("{base}-topic"),
            undelivered: format!("{base}-undelivered"),
            health: format!("{base}-health"),
            dashboard: format!("{base}-dashboard"),
        }
    }

    /// The names that go with an alarm which is named like one of this program's.
    #[must_use]
    pub fn of_alarm(alarm: &str) -> Option<Self> {
        alarm.strip_suffix("-alarm").map(Self::of)
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
    fn an_alarms_name_leads_to_the_other_names() {
        let names = Names::of("pattern1-logging");
        assert_eq!(Names::of_alarm(&names.alarm), Some(names));
        assert_eq!(Names::of_alarm("pattern1-logging"), None);
    }
}
