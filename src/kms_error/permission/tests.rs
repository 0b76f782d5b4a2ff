use super::*;
use crate::kms_error;

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::111122223333:role/shop/order-api";

fn context(message: &str) -> Context<'_> {
    Context {
        key: Some(KEY),
        region: Some("ap-southeast-2"),
        account: Some("111122223333"),
        role: Some(ROLE),
        operation: Some("Decrypt"),
        vpc_endpoint: Some("vpce-0a1b2c3d4e5f67890"),
        message: Some(message),
    }
}

fn message(clause: &str) -> String {
    format!(
        "User: arn:aws:sts::111122223333:assumed-role/order-api/8f3c is not authorized to perform: kms:Decrypt on \
         resource: {KEY} {clause}"
    )
}

fn advice_on(clause: &str) -> Advice {
    let message = message(clause);
    kms_error::advice("AccessDenied", 1, &context(&message))
}

#[test]
fn an_iam_policy_that_lacks_it_is_told_with_the_command_that_adds_it() {
    let advice = advice_on("because no identity-based policy allows the kms:Decrypt action");
    assert_eq!(advice.cause, "none of its own IAM policies allows it");
    assert!(
        advice.first_step.contains(
            "If role order-api is meant to do this, allow it kms:Decrypt in one of its IAM policies"
        ),
        "{}",
        advice.first_step
    );
    assert_eq!(
        advice.command,
        "aws iam list-role-policies --role-name order-api && aws iam list-attached-role-policies --role-name order-api"
    );
    assert_eq!(
        advice.remedy.unwrap(),
        format!(
            "aws iam put-role-policy --role-name order-api --policy-name allow-kms-Decrypt --policy-document \
             '{{\"Statement\":[{{\"Action\":\"kms:Decrypt\",\"Effect\":\"Allow\",\"Resource\":\"{KEY}\"}}],\
             \"Version\":\"2012-10-17\"}}'"
        )
    );
}

#[test]
fn a_key_policy_that_lacks_it_is_told_with_the_command_that_adds_it() {
    let advice = advice_on("because no resource-based policy allows the kms:Decrypt action");
    assert_eq!(advice.cause, "the key's policy does not allow it");
    assert!(
        advice
            .command
            .starts_with(&format!("aws kms get-key-policy --key-id {KEY} "))
    );
    let remedy = advice.remedy.unwrap();
    let statement = format!(
        "jq '.Statement += [{{\"Action\":\"kms:Decrypt\",\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"{ROLE}\"}},\
         \"Resource\":\"*\"}}]' > key-policy.json && aws kms put-key-policy --key-id {KEY} "
    );
    assert!(remedy.contains(&statement), "{remedy}");
}

#[test]
fn a_deny_is_told_as_one_and_nothing_is_to_be_added() {
    let scp =
        "arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-examplepolicyid";
    let advice = advice_on(&format!(
        "with an explicit deny in a service control policy: {scp}"
    ));
    assert_eq!(advice.cause, "a service control policy denies it");
    assert!(
        advice
            .meaning
            .contains(" in the organisation's service control policy arn:"),
        "{}",
        advice.meaning
    );
    assert_eq!(
        advice.command,
        "aws organizations describe-policy --policy-id p-examplepolicyid"
    );
    assert_eq!(advice.remedy, None);
    let advice = advice_on(
        "with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/no-kms",
    );
    assert_eq!(
        advice.command,
        "aws iam get-policy --policy-arn arn:aws:iam::111122223333:policy/no-kms"
    );
}

#[test]
fn every_kind_of_policy_leads_to_its_own_document() {
    for (clause, document, command) in [
        (
            "because no service control policy allows",
            "service control policy",
            "--target-id 111122223333 --filter SERVICE_CONTROL_POLICY",
        ),
        (
            "with an explicit deny in a resource control policy",
            "resource control policy",
            "--filter RESOURCE_CONTROL_POLICY",
        ),
        (
            "because no permissions boundary allows",
            "its permissions boundary",
            "get-role --role-name order-api",
        ),
        (
            "with an explicit deny in a session policy",
            "the policy that its session is opened with",
            "AttributeValue=AssumeRole",
        ),
        (
            "because no VPC endpoint policy allows",
            "VPC endpoint vpce-0a1b2c3d4e5f67890",
            "--vpc-endpoint-ids vpce-0a1b2c3d4e5f67890",
        ),
        (
            "because no grant allows",
            "a grant on the key",
            "list-grants",
        ),
        (
            "because the resource does not exist in this Region, no",
            "the key's policy",
            "describe-key",
        ),
    ] {
        let advice = advice_on(clause);
        assert!(
            advice.first_step.contains(document),
            "{clause}: {}",
            advice.first_step
        );
        assert!(
            advice.command.contains(command),
            "{clause}: {}",
            advice.command
        );
        assert!(
            advice.meaning.ends_with('.') && advice.first_step.ends_with('.'),
            "{clause}"
        );
    }
}

#[test]
fn a_key_of_another_account_is_looked_for_there() {
    let message = message("because no resource-based policy allows the kms:Decrypt action");
    let context = Context {
        account: Some("444455556666"),
        ..context(&message)
    };
    let advice = kms_error::advice("AccessDenied", 1, &context);
    assert!(
        advice
            .first_step
            .ends_with(" The key is in account 111122223333: look there."),
        "{}",
        advice.first_step
    );
}

#[test]
fn a_user_is_given_a_users_policy_and_a_bare_id_becomes_an_arn() {
    let message = message("because no identity-based policy allows the kms:Decrypt action");
    let context = Context {
        role: Some("arn:aws:iam::111122223333:user/alice"),
        key: Some("1234abcd-12ab-34cd-56ef-1234567890ab"),
        ..context(&message)
    };
    let remedy = kms_error::advice("AccessDenied", 1, &context)
        .remedy
        .unwrap();
    assert!(
        remedy.starts_with("aws iam put-user-policy --user-name alice "),
        "{remedy}"
    );
    assert!(remedy.contains(KEY), "{remedy}");
}

#[test]
fn nothing_hostile_reaches_a_command() {
    for clause in [
        "because no identity-based policy allows",
        "because no resource-based policy allows",
        "with an explicit deny in a service control policy: arn:x/p-$(reboot)",
        "with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/;reboot",
        "because no VPC endpoint policy allows",
        "because no permissions boundary allows",
        "because no grant allows",
    ] {
        let message = format!("not authorized to perform: kms:$(reboot) on x {clause}");
        let hostile = Some("a'; reboot #/role/:role/$(reboot)");
        let context = Context {
            key: hostile,
            region: hostile,
            account: hostile,
            role: hostile,
            operation: hostile,
            vpc_endpoint: hostile,
            message: Some(&message),
        };
        let advice = kms_error::advice("AccessDenied", 1, &context);
        for command in [Some(advice.command), advice.remedy].into_iter().flatten() {
            assert!(!command.contains("reboot"), "{command}");
        }
    }
}

#[test]
fn a_role_whose_name_reads_like_an_address_gets_a_placeholder() {
    let message = message("because no identity-based policy allows the kms:Decrypt action");
    let context = Context {
        role: Some("arn:aws:iam::111122223333:role/evil.example"),
        ..context(&message)
    };
    let advice = kms_error::advice("AccessDenied", 1, &context);
    assert!(
        advice.command.contains("--role-name ROLE_NAME"),
        "{}",
        advice.command
    );
}
