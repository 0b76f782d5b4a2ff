use super::*;

fn alarm(region: &str, name: &str) -> Option<String> {
    text(super::alarm(region, name))
}

fn log_events(region: &str, log_group: &str, pattern: &str, window: Window) -> Option<String> {
    text(super::log_events(region, log_group, pattern, window))
}

fn insights(region: &str, log_group: &str, pattern: &str, window: Window) -> Option<String> {
    text(super::insights(region, log_group, pattern, window))
}

fn cloudtrail_event(region: &str, id: &str) -> Option<String> {
    text(super::cloudtrail_event(region, id))
}

fn key(name: &str) -> Option<String> {
    text(key_page(&Key::new(name)?))
}

fn text(address: Option<Address>) -> Option<String> {
    address.map(|address| address.to_string())
}

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn an_alarm_with_any_name_is_found() {
    let page =
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/";
    for (name, encoded) in [
        ("pattern1-logging-alarm", "pattern1-logging-alarm"),
        ("a/b c", "a$2Fb$20c"),
        ("5$ %ü", "5$24$20$25$C3$BC"),
    ] {
        assert_eq!(
            alarm("eu-west-1", name).unwrap(),
            format!("{page}{encoded}")
        );
    }
}

#[test]
fn log_events_have_the_exact_window_and_pattern() {
    let window = Window {
        start: "2026-11-23T09:46:00Z".parse().unwrap(),
        end: "2026-11-23T09:49:00Z".parse().unwrap(),
    };
    let link = log_events(
        "ap-southeast-2",
        "/aws/trail",
        r#"{ $.errorCode = "*" }"#,
        window,
    )
    .unwrap();
    assert_eq!(
        link,
        "https://ap-southeast-2.console.aws.amazon.com/cloudwatch/home?region=ap-southeast-2\
         #logsV2:log-groups/log-group/$252Faws$252Ftrail/log-events$3FfilterPattern$3D\
         $257B$2520$2524.errorCode$2520$253D$2520$2522$252A$2522$2520$257D\
         $26start$3D1795427160000$26end$3D1795427340000"
    );
}

#[test]
fn a_link_that_would_be_too_long_goes_without_the_pattern() {
    let window = Window {
        start: "2026-11-23T09:46:00Z".parse().unwrap(),
        end: "2026-11-23T09:49:00Z".parse().unwrap(),
    };
    let link = log_events("ap-southeast-2", "trail", &"\"".repeat(1_024), window).unwrap();
    assert!(
        link.ends_with("/trail/log-events$3Fstart$3D1795427160000$26end$3D1795427340000"),
        "{link}"
    );
    assert_eq!(alarm("ap-southeast-2", &"%".repeat(4_096)), None);
}

#[test]
fn a_key_opens_in_its_own_region() {
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{ID}");
    let page = "https://us-east-1.console.aws.amazon.com/kms/home?region=us-east-1#/kms/keys/";
    assert_eq!(key(&arn).unwrap(), format!("{page}{ID}"));
}

#[test]
fn a_name_that_is_not_aws_own_gives_no_link() {
    assert_eq!(key("alias/orders"), None);
    assert_eq!(key("arn:aws:kms:evil.com/x:1:key/abc"), None);
    assert_eq!(key("arn:aws:kms:us-east-1:1:key/a b"), None);
    assert_eq!(cloudtrail_event("us-east-1", "a/../b"), None);
    assert_eq!(alarm("evil.com/#", "a"), None);
}

fn window() -> Window {
    Window {
        start: "2026-11-23T09:46:00Z".parse().unwrap(),
        end: "2026-11-23T09:49:00Z".parse().unwrap(),
    }
}

/// What the console reads behind the `#`: it puts `%` for `$` and decodes twice.
fn decoded(address: &str) -> String {
    let fragment = address.split_once('#').unwrap().1.replace('$', "%");
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    decode(&decode(&fragment))
}

#[test]
fn logs_insights_has_the_exact_window_and_the_patterns_conditions() {
    let link = insights(
        "ap-southeast-2",
        "/aws/trail",
        r#"{ $.errorCode = "*" }"#,
        window(),
    )
    .unwrap();
    let start = "https://ap-southeast-2.console.aws.amazon.com/cloudwatch/home?region=ap-southeast-2\
                 #logsV2:logs-insights$3FqueryDetail$3D~$2528end~$25272026-11-23T09$252A3a49$252A3a00.000Z";
    assert!(link.starts_with(start), "{link}");
    assert_eq!(
        decoded(&link),
        "logsV2:logs-insights?queryDetail=~(end~'2026-11-23T09*3a49*3a00.000Z~start~'2026-11-23T09*3a46*3a00.000Z\
         ~timeType~'ABSOLUTE~tz~'UTC~editorString~'filter*20ispresent*28errorCode*29*20*7c*20fields*20eventTime*2c\
         *20errorCode*2c*20eventName*2c*20userIdentity.arn*2c*20errorMessage*20*7c*20sort*20*40timestamp*20desc\
         ~source~(~'*2faws*2ftrail))"
    );
    assert_eq!(
        insights("ap-southeast-2", "trail", "{ $.a > 1 }", window()),
        None
    );
}

#[test]
fn names_with_slashes_spaces_dollars_and_other_letters_survive() {
    for (name, starred) in [
        ("/a/b", "*2fa*2fb"),
        ("a b", "a*20b"),
        ("5$", "5*24"),
        ("~'()*", "*7e*27*28*29*2a"),
        ("Schlüssel", "Schl*fcssel"),
        ("鍵", "**9375"),
    ] {
        let pattern = format!("{{ $.a = \"{name}\" }}");
        let link = log_events("eu-west-1", name, "x", window()).unwrap();
        let read = decoded(&link);
        assert!(
            read.contains(&format!("/log-group/{name}/log-events?")),
            "{read}"
        );
        if !name.contains('*') {
            let read = decoded(&insights("eu-west-1", name, &pattern, window()).unwrap());
            assert!(read.ends_with(&format!("~source~(~'{starred}))")), "{read}");
            assert!(
                read.contains(&format!("a*20*3d*20*22{starred}*22")),
                "{read}"
            );
        }
        let read = decoded(&alarm("eu-west-1", name).unwrap());
        assert_eq!(read, format!("alarmsV2:alarm/{name}"));
    }
}

/// Every page of the console about something in this Region.
fn pages(region: &str) -> [Option<String>; 7] {
    let task = Workload::of("0f9de1c2b3a4958677685940a1b2c3d4", None, false);
    [
        alarm(region, "a"),
        text(dashboard(region, "a")),
        log_events(region, "g", "p", window()),
        insights(region, "g", "{ $.a = \"b\" }", window()),
        key(&format!("arn:aws-x:kms:{region}:111122223333:key/{ID}")),
        cloudtrail_event(region, ID),
        workload(region, task).map(|(_, address)| address.to_string()),
    ]
}

#[test]
fn every_page_is_that_of_the_partitions_console() {
    for (region, host) in [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        (
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
        (
            "eusc-de-east-1",
            "https://eusc-de-east-1.console.amazonaws-eusc.eu/",
        ),
    ] {
        for page in pages(region) {
            let page = page.unwrap();
            assert!(page.starts_with(host), "{page}");
        }
    }
}

#[test]
fn where_no_console_is_known_there_are_no_links() {
    for region in [
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
        "nz-north-1",
        "",
    ] {
        for page in pages(region) {
            assert_eq!(page, None, "{region}");
        }
    }
}

#[track_caller]
fn check_workload(session: &str, issued_to: Option<&str>, expected: Option<&str>) {
    let page = workload("eu-west-1", Workload::of(session, issued_to, false));
    let expected = expected.map(|rest| format!("https://eu-west-1.console.aws.amazon.com/{rest}"));
    assert_eq!(
        page.map(|(_, address)| address.to_string()),
        expected,
        "{session}"
    );
}

#[test]
fn a_workload_opens_where_its_place_is_known() {
    let task = "0f9de1c2b3a4958677685940a1b2c3d4";
    let arn = format!("arn:aws:ecs:eu-west-1:111122223333:task/shop/{task}");
    let page = format!("ecs/v2/clusters/shop/tasks/{task}/configuration?region=eu-west-1");
    check_workload(task, Some(&arn), Some(&page));
    check_workload(task, None, Some("ecs/v2/clusters?region=eu-west-1"));
    let instance = "i-0abcdef1234567890";
    let page = format!("ec2/home?region=eu-west-1#InstanceDetails:instanceId={instance}");
    check_workload(instance, None, Some(&page));
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:orders";
    check_workload(
        "orders",
        Some(function),
        Some("lambda/home?region=eu-west-1#/functions/orders"),
    );
    check_workload("AWSCodeBuild-1234", None, None);
    check_workload("eks-shop-orders-1234", None, None);
    check_workload("x", Some("arn:aws:lambda:r:1:function:a/../b"), None);
}
