//! Several roles, accounts and Regions: where calls failed, and whom a message is for.

use super::*;
use crate::alarm::Datapoint;
use crate::approved::check_golden;

/// A failed call of this role, in its account and this Region.
fn call(role: &str, region: &str) -> String {
    let account = role.split(':').nth(4).unwrap();
    DISABLED
        .replace(
            "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole",
            role,
        )
        .replace("111122223333", account)
        .replace("ap-southeast-2", region)
}

/// An alarm that counted what is found.
fn case(calls: &[(&str, &str)]) -> Case {
    let mut case = Case::alarm();
    for (role, region) in calls {
        case = case.events(&call(role, region), 1, None);
    }
    let first = case.change.datapoints[0].start;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let value = calls.len() as f64;
    case.change.datapoints = vec![Datapoint {
        start: first,
        value,
    }];
    case
}

#[track_caller]
fn check_attributes(case: &Case, roles: &str, accounts: &str) {
    let [_, _, role, account] = case.message().attributes();
    assert_eq!((role.name, &*role.value), ("role", roles));
    assert_eq!((account.name, &*account.value), ("account", accounts));
    assert_eq!([role.data_type, account.data_type], ["String.Array"; 2]);
}

const APP: &str = "arn:aws:iam::111122223333:role/app";
const ORDERS: &str = "arn:aws:iam::444455556666:role/orders.api";
const HERE: &str = "ap-southeast-2";

#[test]
fn calls_in_another_account_and_region_say_where() {
    let calls = [(ORDERS, "eu-west-1"); 2];
    check_golden("another-account", &case(&calls).message());
}

#[test]
fn calls_in_several_regions_are_told_by_their_number() {
    let mut case = case(&[]);
    for region in [HERE, "eu-west-1"] {
        let call = DISABLED.replace(
            "awsRegion\": \"ap-southeast-2",
            &format!("awsRegion\": \"{region}"),
        );
        case = case.events(&call, 1, None);
    }
    let report = case.report();
    let calls = &report.groups[0].calls;
    assert!(calls.contains(", in 2 Regions, "), "{calls}");
}

#[test]
fn each_role_and_account_is_an_attribute() {
    let both = case(&[(APP, HERE), (ORDERS, HERE), (APP, HERE)]);
    check_attributes(
        &both,
        &format!("[\"{APP}\",\"{ORDERS}\"]"),
        "[\"111122223333\",\"444455556666\"]",
    );
}

#[test]
fn where_calls_may_be_missing_an_unknown_caller_is_named() {
    check_attributes(&Case::alarm(), "[\"unknown\"]", "[\"unknown\"]");
    let (roles, accounts) = (
        format!("[\"{APP}\",\"unknown\"]"),
        "[\"111122223333\",\"unknown\"]",
    );
    let mut fewer = case(&[(APP, HERE)]);
    fewer.change.datapoints[0].value = 2.0;
    check_attributes(&fewer, &roles, accounts);
    let mut incomplete = case(&[(APP, HERE)]);
    incomplete.searches[0].progress = Progress::OutOfTime;
    check_attributes(&incomplete, &roles, accounts);
}

#[test]
fn callers_who_are_too_many_for_the_attributes_are_unknown() {
    let role = |number| {
        format!(
            "arn:aws:iam::111122223333:role/{}{number:02}",
            "x".repeat(500)
        )
    };
    let roles: Vec<_> = (0..20).map(role).collect();
    let calls: Vec<_> = roles.iter().map(|role| (&**role, HERE)).collect();
    let callers = case(&calls).report().callers;
    assert_eq!(callers.roles.len(), 10, "{callers:?}");
    assert!(callers.roles.iter().any(|role| &**role == "unknown"));
}
