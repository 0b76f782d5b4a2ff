//! What is counted but not mailed, and what is mailed whatever the settings are.

use super::*;
use crate::approved::check_golden;
use crate::report::quiet::Unmailed;

/// A rule that ignores AWS Config's probes.
const RECORDER: &str = "by=config.amazonaws.com, operation=Decrypt, until=2027-01-31, \
                        why=config recorder";

/// A Lambda function's encrypted variables, which AWS Config tries to read.
fn probe() -> String {
    let mut event: Value = serde_json::from_str(DENIED).unwrap();
    event["userIdentity"]["invokedBy"] = "config.amazonaws.com".into();
    event.to_string()
}

#[track_caller]
fn check_unmailed(case: &Case, expected: Option<Unmailed>) {
    assert_eq!(case.report().unmailed, expected, "{}", case.message().mail);
}

/// The case, whose alarm counted as many errors as there are events.
fn counted(mut case: Case) -> Case {
    case.change.datapoints[0].value = case.events.into();
    case
}

#[test]
fn harmless_probes_are_not_mailed_unless_they_are_asked_for() {
    let mut case = counted(Case::alarm().events(&probe(), 7, None));
    check_unmailed(&case, Some(Unmailed::BelowMailFrom));
    case.mail_from = Severity::Info;
    check_unmailed(&case, None);
}

#[test]
fn an_alert_is_mailed_from_the_severity_on_that_is_asked_for() {
    let mut case = counted(Case::alarm().events(THROTTLED, 2, None));
    let severity = case.report().severity;
    for mail_from in Severity::ALL {
        case.mail_from = mail_from;
        let expected = (severity < mail_from).then_some(Unmailed::BelowMailFrom);
        check_unmailed(&case, expected);
    }
}

#[test]
fn ignored_calls_are_counted_and_not_mailed() {
    let case = counted(Case::alarm().ignoring(RECORDER).events(&probe(), 7, None));
    check_unmailed(&case, Some(Unmailed::Ignored));
    let report = case.report();
    assert_eq!(report.severity, Severity::Info);
    assert_eq!(
        &*report.counts.explanation,
        "The alarm counted 7, and 7 were ignored. Ignored by rule 1: 7 (config recorder, until \
         2027-01-31)."
    );
    assert_eq!((report.counts.found, report.counts.ignored), (0, 7));
}

#[test]
fn a_mail_is_about_the_calls_that_no_rule_matches() {
    let mut case = Case::alarm().ignoring(RECORDER);
    case = case.events(&probe(), 5, None).events(DISABLED, 2, None);
    check_golden("ignored-in-part", &counted(case).message());
}

#[test]
fn ignored_calls_are_mailed_while_others_are_missing() {
    let mut case = counted(Case::alarm().ignoring(RECORDER).events(&probe(), 5, None));
    case.change.datapoints[0].value = 7.0;
    check_unmailed(&case, None);
    assert_eq!(case.report().severity, Severity::High);
    check_golden("ignored-but-others", &case.message());
}

#[test]
fn a_rule_that_is_over_ignores_nothing_and_the_mail_says_so() {
    let over = "by=config.amazonaws.com, until=2026-11-22, why=config recorder; operation";
    let mut case = counted(Case::alarm().ignoring(over).events(&probe(), 7, None));
    case.mail_from = Severity::Info;
    check_unmailed(&case, None);
    check_golden("rules-that-ignore-nothing", &case.message());
}

#[test]
fn wrong_settings_alone_are_no_reason_for_a_mail() {
    let mut case = counted(Case::alarm().events(&probe(), 7, None));
    case.settings.push("a setting is wrong".to_owned());
    check_unmailed(&case, Some(Unmailed::BelowMailFrom));
}

#[test]
fn not_to_know_how_usual_errors_are_is_no_reason_for_a_mail() {
    let mut case = counted(Case::alarm().ignoring(RECORDER).events(&probe(), 7, None));
    case.history = Some(Err(Fault::local("cloudwatch:GetMetricData", "", "no")));
    check_unmailed(&case, Some(Unmailed::Ignored));
}

#[test]
fn a_failed_look_up_does_not_make_others_of_what_is_ignored() {
    let mut case = counted(Case::alarm().ignoring(RECORDER).events(&probe(), 7, None));
    case.problems.push("a look-up failed".to_owned());
    let report = case.report();
    assert_eq!((report.severity, report.unmailed), (Severity::Info, None));
    assert!(
        report
            .summary
            .contains("because of 7 KMS errors that you ignore")
    );
    assert!(!case.message().mail.contains("The others"));
}

#[test]
fn many_harmless_kinds_are_not_mailed_either() {
    let mut case = Case::alarm();
    for account in 0..60 {
        let mut event: Value = serde_json::from_str(&probe()).unwrap();
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = format!(
            "arn:aws:iam::{:012}:role/recorder",
            111_122_223_333_u64 + account
        )
        .into();
        case = case.events(&event.to_string(), 1, None);
    }
    let case = counted(case);
    assert!(case.findings.ungrouped > 0);
    check_unmailed(&case, Some(Unmailed::BelowMailFrom));
}

#[test]
fn what_is_missing_is_always_mailed() {
    let missing: [fn(&mut Case); 7] = [
        |case| case.searches[0].progress = Progress::OutOfTime,
        |case| case.searches.clear(),
        |case| case.problems.push("a look-up failed".to_owned()),
        |case| case.findings.read_decisive("no event"),
        |case| case.change.datapoints[0].value = 8.0,
        // Others of the window do not stand in for those that the alarm counted.
        |case| case.findings.decisive = 6,
        // An alarm of which it is not known what it counted.
        |case| case.change.statistic = None,
    ];
    for (rules, quiet) in [(RECORDER, Unmailed::Ignored), ("", Unmailed::BelowMailFrom)] {
        let case = || counted(Case::alarm().ignoring(rules).events(&probe(), 7, None));
        check_unmailed(&case(), Some(quiet));
        for (nth, lack) in missing.into_iter().enumerate() {
            let mut case = case();
            lack(&mut case);
            assert_eq!(case.report().unmailed, None, "{nth}");
        }
    }
}

#[test]
fn a_test_a_recovery_and_a_lack_of_data_are_always_mailed() {
    let mut by_hand = Case::alarm().ignoring(RECORDER).events(&probe(), 2, None);
    by_hand.change.reason = "Testing".to_owned();
    by_hand.change.datapoints.clear();
    let mut recovered = Case::of(include_str!("../../../events/sns-ok.json"));
    recovered = recovered.ignoring(RECORDER).events(&probe(), 2, None);
    let lacking = Case::of(include_str!("../../../events/sns-insufficient-data.json"));
    for (mut case, situation) in [
        (by_hand, Situation::Test),
        (recovered, Situation::Recovered),
        (lacking, Situation::InsufficientData),
        (Case::alarm(), Situation::NothingFound),
    ] {
        case.mail_from = Severity::Critical;
        let report = case.report();
        assert_eq!((report.situation, report.unmailed), (situation, None));
        assert!(
            !report
                .summary
                .contains("No KMS error was found in that time"),
            "{}",
            report.summary
        );
    }
}
