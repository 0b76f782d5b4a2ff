//! How the objects of a resource differ from what was asked for. Only what decides whether the alarm
//! sees and is heard counts: an action or a policy statement that somebody added is no difference.

use std::fmt::Display;

use aws_sdk_cloudwatch::types::MetricAlarm;
use aws_sdk_cloudwatchlogs::types::MetricFilter;

use super::topic::{self, Settings};
use super::{alarm, filter};
use crate::arn::Scope;
use crate::fault::Fault;
use crate::names::Names;
use crate::properties::{PartialProperties, Properties};

/// How an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As it was asked for.
    AsAsked,
    /// There is none.
    Gone,
    /// It differs in these settings, each described as `Threshold is 100, not 1`.
    Differs(Vec<String>),
}

impl Condition {
    fn of(differences: Vec<String>) -> Self {
        if differences.is_empty() {
            Self::AsAsked
        } else {
            Self::Differs(differences)
        }
    }
}

/// The settings that differ so far.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + Display>(
        &mut self,
        setting: &str,
        is: Option<&T>,
        asked: Option<&T>,
    ) {
        let show = |value: Option<&T>| value.map_or("absent".to_owned(), ToString::to_string);
        if is != asked {
            let (is, asked) = (show(is), show(asked));
            self.0.push(format!("{setting} is {is}, not {asked}"));
        }
    }

    fn note(&mut self, is_different: bool, difference: &str) {
        if is_different {
            self.0.push(difference.to_owned());
        }
    }
}

/// How the metric filter is.
pub(super) fn of_filter(found: Option<&MetricFilter>, properties: &Properties) -> Condition {
    let Some(found) = found else {
        return Condition::Gone;
    };
    let mut differences = Differences::default();
    let pattern = crate::metric_filter::pattern(&properties.roles);
    differences.note(
        found.filter_pattern() != Some(&pattern),
        "the filter pattern is another",
    );
    if !filter::feeds_metric(found, &properties.metric) {
        differences.note(true, "it feeds another metric");
        return Condition::of(differences.0);
    }
    for transformation in found.metric_transformations() {
        differences.compare(
            "the metric value",
            Some(&transformation.metric_value()),
            Some(&"1"),
        );
        differences.compare(
            "the default value",
            transformation.default_value().as_ref(),
            properties.default_value.as_ref(),
        );
        differences.note(
            transformation
                .dimensions()
                .is_some_and(|all| !all.is_empty()),
            "its metric has dimensions, so the alarm does not see it",
        );
    }
    differences.note(
        found.apply_on_transformed_logs(),
        "it reads transformed events",
    );
    differences.note(
        found
            .field_selection_criteria()
            .is_some_and(|text| !text.is_empty()),
        "it selects events by their fields too",
    );
    differences.note(
        !found.emit_system_field_dimensions().is_empty(),
        "its metric has dimensions, so the alarm does not see it",
    );
    Condition::of(differences.0)
}

/// How the alarm is.
pub(super) fn of_alarm(
    found: Option<&MetricAlarm>,
    names: &Names,
    properties: &Properties,
    scope: &Scope,
) -> Condition {
    let Some(found) = found else {
        return Condition::Gone;
    };
    let topic_arn = scope.topic_arn(&names.topic);
    let asked = alarm::request(names, properties, &topic_arn);
    let mut differences = Differences::default();
    differences.note(
        found.actions_enabled() != Some(true),
        "its actions are turned off",
    );
    let is_fed = found.namespace() == Some(&properties.metric.namespace)
        && found.metric_name() == Some(&properties.metric.name)
        && found.metrics().is_empty()
        && found.dimensions().is_empty();
    differences.note(!is_fed, "it watches another metric");
    differences.compare(
        "Statistic",
        found.statistic(),
        asked.get_statistic().as_ref(),
    );
    differences.compare(
        "Period",
        found.period().as_ref(),
        asked.get_period().as_ref(),
    );
    let periods = asked.get_evaluation_periods().as_ref();
    let found_periods = found.evaluation_periods();
    differences.compare("EvaluationPeriods", found_periods.as_ref(), periods);
    let datapoints = found.datapoints_to_alarm().or(found_periods);
    differences.compare("DatapointsToAlarm", datapoints.as_ref(), periods);
    differences.compare(
        "Threshold",
        found.threshold().as_ref(),
        asked.get_threshold().as_ref(),
    );
    differences.compare(
        "ComparisonOperator",
        found.comparison_operator(),
        asked.get_comparison_operator().as_ref(),
    );
    differences.compare(
        "TreatMissingData",
        Some(&found.treat_missing_data().unwrap_or("missing")),
        asked.get_treat_missing_data().as_deref().as_ref(),
    );
    for (actions, asked, setting) in [
        (
            found.alarm_actions(),
            asked.get_alarm_actions(),
            "AlarmActions",
        ),
        (found.ok_actions(), asked.get_ok_actions(), "OKActions"),
    ] {
        let mut asked = asked.iter().flatten();
        differences.note(
            asked.any(|action| !actions.contains(action)),
            &format!("{setting} lacks a topic that it is to notify"),
        );
    }
    Condition::of(differences.0)
}

/// How the topic is. A key that nobody asked for stays: it may have come with an adopted topic.
///
/// # Errors
///
/// Its policy cannot be read.
pub(super) fn of_topic(
    found: Option<&Settings>,
    names: &Names,
    properties: &Properties,
    scope: &Scope,
) -> Result<Condition, Fault> {
    let Some(found) = found else {
        return Ok(Condition::Gone);
    };
    let old = PartialProperties::default();
    let asked = topic::wanted(scope, names, properties, &old, found)?;
    let [(_, policy), (_, key)] = found.attributes();
    let [(_, asked_policy), (_, asked_key)] = asked.attributes();
    let mut differences = Differences::default();
    differences.note(
        policy != asked_policy,
        "its policy lacks statements of this stack",
    );
    differences.note(
        key != asked_key,
        "it is encrypted with another key than TopicKmsKeyId",
    );
    Ok(Condition::of(differences.0))
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Statistic};
    use aws_sdk_cloudwatchlogs::types::MetricTransformation;
    use serde_json::json;

    use super::*;

    fn properties() -> Properties {
        Properties::read(&json!({
            "LogGroupName": "trail",
            "RoleArn": "arn:aws:iam::111122223333:role/app",
            "AlarmActions": ["arn:aws:sns:ap-southeast-2:111122223333:state"],
        }))
        .unwrap()
    }

    fn scope() -> Scope {
        let arn = "arn:aws:lambda:ap-southeast-2:111122223333:function:f";
        Scope::of_function(arn).unwrap()
    }

    fn names() -> Names {
        Names::of("pattern1-logging")
    }

    fn alarm() -> aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder {
        MetricAlarm::builder()
            .actions_enabled(true)
            .namespace("Pattern1Application/KMSSecurity")
            .metric_name("KMSSecurityError")
            .statistic(Statistic::Sum)
            .period(10)
            .evaluation_periods(1)
            .threshold(1.0)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .treat_missing_data("ignore")
            .alarm_actions("arn:aws:sns:ap-southeast-2:111122223333:state")
    }

    fn differs(differences: &[&str]) -> Condition {
        Condition::Differs(differences.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn each_setting_of_an_alarm_counts() {
        let of = |alarm: MetricAlarm| of_alarm(Some(&alarm), &names(), &properties(), &scope());
        assert_eq!(of(alarm().build()), Condition::AsAsked);
        assert_eq!(
            of(alarm().datapoints_to_alarm(1).build()),
            Condition::AsAsked
        );
        for (alarm, difference) in [
            (alarm().actions_enabled(false), "its actions are turned off"),
            (alarm().metric_name("Other"), "it watches another metric"),
            (
                alarm().dimensions(Dimension::builder().name("a").value("b").build()),
                "it watches another metric",
            ),
            (
                alarm().statistic(Statistic::Average),
                "Statistic is Average, not Sum",
            ),
            (alarm().period(3600), "Period is 3600, not 10"),
            (alarm().threshold(100.0), "Threshold is 100, not 1"),
            (
                alarm().comparison_operator(ComparisonOperator::LessThanThreshold),
                "ComparisonOperator is LessThanThreshold, not GreaterThanThreshold",
            ),
            (
                alarm().treat_missing_data("missing"),
                "TreatMissingData is missing, not ignore",
            ),
            (
                alarm().set_alarm_actions(None),
                "AlarmActions lacks a topic that it is to notify",
            ),
            (
                alarm().set_statistic(None).extended_statistic("p99"),
                "Statistic is absent, not Sum",
            ),
        ] {
            assert_eq!(of(alarm.build()), differs(&[difference]));
        }
        let slow = alarm().evaluation_periods(3).datapoints_to_alarm(2).build();
        assert_eq!(
            of(slow),
            differs(&[
                "EvaluationPeriods is 3, not 1",
                "DatapointsToAlarm is 2, not 1"
            ])
        );
        assert_eq!(
            of_alarm(None, &names(), &properties(), &scope()),
            Condition::Gone
        );
    }

    #[test]
    fn an_action_that_somebody_added_is_no_difference() {
        let alarm = alarm().alarm_actions("arn:aws:sns:ap-southeast-2:111122223333:theirs");
        assert_eq!(
            of_alarm(Some(&alarm.build()), &names(), &properties(), &scope()),
            Condition::AsAsked
        );
    }

    #[test]
    fn each_setting_of_a_filter_counts() {
        let transformation = || {
            MetricTransformation::builder()
                .metric_namespace("Pattern1Application/KMSSecurity")
                .metric_name("KMSSecurityError")
                .metric_value("1")
                .default_value(0.0)
        };
        let pattern = crate::metric_filter::pattern(&properties().roles);
        let filter = || {
            MetricFilter::builder()
                .filter_pattern(&pattern)
                .metric_transformations(transformation().build().unwrap())
        };
        let of = |filter: MetricFilter| of_filter(Some(&filter), &properties());
        assert_eq!(of(filter().build()), Condition::AsAsked);
        let transformed = |transformation: MetricTransformation| {
            filter().set_metric_transformations(Some(vec![transformation]))
        };
        for (filter, difference) in [
            (
                filter().filter_pattern("ERROR"),
                "the filter pattern is another",
            ),
            (
                transformed(transformation().metric_name("Other").build().unwrap()),
                "it feeds another metric",
            ),
            (
                transformed(transformation().metric_value("0").build().unwrap()),
                "the metric value is 0, not 1",
            ),
            (
                transformed(transformation().set_default_value(None).build().unwrap()),
                "the default value is absent, not 0",
            ),
            (
                transformed(transformation().dimensions("a", "$.b").build().unwrap()),
                "its metric has dimensions, so the alarm does not see it",
            ),
            (
                filter().apply_on_transformed_logs(true),
                "it reads transformed events",
            ),
            (
                filter().field_selection_criteria("@aws.region = \"x\""),
                "it selects events by their fields too",
            ),
            (
                filter().emit_system_field_dimensions("@aws.account"),
                "its metric has dimensions, so the alarm does not see it",
            ),
        ] {
            assert_eq!(of(filter.build()), differs(&[difference]));
        }
        assert_eq!(of_filter(None, &properties()), Condition::Gone);
    }
}
