use super::*;
use crate::identifier::Key;
use crate::shown::Shown;

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::111122223333:role/shop/order-api";

/// What is known in a test, with the key by this name.
struct Case {
    key: Option<Key>,
    alias: Option<Key>,
    keys: usize,
    account: &'static str,
    home: &'static str,
    caller: &'static str,
    operation: &'static str,
    changed_by: Option<Shown>,
    vpc_endpoint: &'static str,
    key_store: Option<&'static str>,
    region: &'static str,
}

impl Case {
    fn new() -> Self {
        Self {
            key: Key::new(KEY),
            alias: None,
            keys: 1,
            account: "111122223333",
            home: "111122223333",
            caller: ROLE,
            operation: "Decrypt",
            changed_by: None,
            vpc_endpoint: "vpce-0a1b2c3d4e5f67890",
            key_store: None,
            region: "ap-southeast-2",
        }
    }

    fn advice(&self, code: &str, message: &str) -> Advice {
        Reason::new(code, message).advice(&Context {
            key: self.key.as_ref(),
            alias: self.alias.as_ref(),
            keys: self.keys,
            region: Some(self.region),
            account: Some(self.account),
            home: Some(self.home),
            caller: self.caller,
            operation: self.operation,
            vpc_endpoint: Some(self.vpc_endpoint),
            key_store: self.key_store,
            message: Some(message),
            changed_by: self.changed_by.as_ref(),
        })
    }

    fn denied(&self, clause: &str) -> Advice {
        self.advice("AccessDenied", &denial(clause))
    }
}

fn denial(clause: &str) -> String {
    format!(
        "User: arn:aws:sts::111122223333:assumed-role/order-api/8f3c is not authorized to perform: \
         kms:Decrypt on resource: {KEY} {clause}"
    )
}

fn command(advice: &Advice) -> String {
    advice
        .command
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn remedy(advice: &Advice) -> String {
    let remedy = advice
        .remedy
        .as_ref()
        .map(|remedy| remedy.command.to_string());
    remedy.unwrap_or_default()
}

fn note(advice: &Advice) -> String {
    let remedy = advice
        .remedy
        .as_ref()
        .and_then(|remedy| remedy.note.as_ref());
    remedy.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn every_row_has_complete_sentences_and_known_words() {
    let case = Case::new();
    for row in table::ROWS.iter().chain([&table::UNKNOWN]) {
        let texts = [row.headline, row.cause, row.meaning, row.first_step];
        assert!(texts.iter().all(|text| !text.is_empty()), "{row:?}");
        let ends = |text: &str| text.ends_with('.') || text.ends_with("{elsewhere}");
        assert!(ends(row.meaning) && ends(row.first_step), "{row:?}");
        assert!(
            !row.cause.ends_with('.') && !row.headline.ends_with('.'),
            "{row:?}"
        );
        let code = row
            .codes
            .first()
            .map_or("New", |code| code.trim_end_matches('*'));
        let advice = case.advice(code, "");
        for text in [
            &advice.headline,
            &advice.cause,
            &advice.meaning,
            &advice.first_step,
        ] {
            assert!(!text.contains(['{', '}']), "{text}");
        }
        for text in texts {
            let names = text
                .split('{')
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap());
            for name in names {
                assert!(words::NAMES.contains(&name), "{name} in {text}");
            }
        }
    }
}

#[test]
fn every_row_can_be_reached() {
    for (index, row) in table::ROWS.iter().enumerate() {
        let code = row
            .codes
            .first()
            .map_or("SomethingNew", |code| code.trim_end_matches('*'));
        let message = match row.when {
            when::When::Always => String::new(),
            when::When::Says(phrases) => format!("{KEY} {}.", phrases[0]),
            when::When::Denied(policy, effect) => clause(policy, effect).to_owned(),
        };
        let reason = Reason::new(code, &message);
        assert!(
            std::ptr::eq(reason.0, row),
            "row {index}: {code} {message}: {:?}",
            reason.0
        );
    }
}

/// A message that names this kind of policy.
fn clause(
    policy: crate::error_message::Policy,
    effect: crate::error_message::Effect,
) -> &'static str {
    use crate::error_message::Effect::{Explicit, Implicit};
    use crate::error_message::Policy as P;
    match (policy, effect) {
        (P::Identity, Implicit) => "because no identity-based policy allows",
        (P::Identity, Explicit) => "an explicit deny in an identity-based policy",
        (P::Key, Implicit) => "because no resource-based policy allows",
        (P::Key, Explicit) => "an explicit deny in a resource-based policy",
        (P::ServiceControl, Implicit) => "because no service control policy allows",
        (P::ServiceControl, Explicit) => "an explicit deny in a service control policy",
        (P::ResourceControl, Implicit) => "because no resource control policy allows",
        (P::ResourceControl, Explicit) => "an explicit deny in a resource control policy",
        (P::Boundary, Implicit) => "because no permissions boundary allows",
        (P::Boundary, Explicit) => "an explicit deny in a permissions boundary",
        (P::Session, Implicit) => "because no session policy allows",
        (P::Session, Explicit) => "an explicit deny in a session policy",
        (P::Endpoint, Implicit) => "because no VPC endpoint policy allows",
        (P::Endpoint, Explicit) => "The request was denied due to a VPC endpoint policy",
        (P::KeyOrMissing, _) => "because the resource does not exist in this Region, no",
        (P::Ciphertext, _) => "The ciphertext refers to a key that does not exist",
        (P::Unnamed, _) => "",
    }
}

#[test]
fn every_known_code_has_its_severity() {
    for (code, severity) in [
        ("AccessDenied", Severity::Medium),
        ("AccessDeniedException", Severity::Medium),
        ("VpceAccessDenied", Severity::Medium),
        ("DisabledException", Severity::Critical),
        ("KMSInvalidStateException", Severity::High),
        ("NotFoundException", Severity::Medium),
        ("IncorrectKeyException", Severity::High),
        ("InvalidCiphertextException", Severity::High),
        ("KeyUnavailableException", Severity::High),
        ("DependencyTimeoutException", Severity::Medium),
        ("KMSInternalException", Severity::Medium),
        ("ThrottlingException", Severity::Medium),
        ("LimitExceededException", Severity::Medium),
        ("UnsupportedOperationException", Severity::Low),
        ("ValidationException", Severity::Low),
        ("KMSInvalidSignatureException", Severity::High),
        ("CustomKeyStoreHasCMKsException", Severity::Low),
        ("XksKeyAlreadyInUseException", Severity::Low),
        ("XksProxyUriUnreachableException", Severity::High),
        ("DryRunOperationException", Severity::Info),
        ("ExpiredTokenException", Severity::Medium),
        ("SomethingNewException", Severity::Medium),
        ("", Severity::Medium),
    ] {
        assert_eq!(Reason::new(code, "").severity(), severity, "{code}");
    }
}

#[test]
fn an_error_that_only_a_change_of_a_key_store_can_have_is_no_outage() {
    for (code, message, severity) in [
        (
            "XksKeyNotFoundException",
            "KMS rejected the request because it could not find the external key.",
            Severity::Low,
        ),
        (
            "XksProxyIncorrectAuthenticationCredentialException",
            "The proxy credentials failed to authenticate to the specified proxy.",
            Severity::Medium,
        ),
        (
            "XksProxyInvalidConfigurationException",
            "The request failed because of an invalid URI path.",
            Severity::Medium,
        ),
    ] {
        let reason = Reason::new(code, message);
        assert_eq!(reason.severity(), severity, "{code}");
        assert!(reason.likely_changes().is_empty(), "{code}");
    }
}

#[test]
fn a_grant_that_somebody_removes_is_not_to_be_created_again() {
    let advice = Case::new().advice("InvalidGrantIdException", "");
    assert!(
        advice.first_step.contains("Do not create the grant again"),
        "{}",
        advice.first_step
    );
}

#[test]
fn a_leaked_access_key_is_no_missing_permission() {
    let advice = Case::new().denied(
        "with an explicit deny in an identity-based policy: \
         arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
    );
    assert_eq!(&*advice.headline, "leaked access key of role order-api");
    assert_eq!(advice.remedy, None);
    let own = "with an explicit deny in an identity-based policy: \
               arn:aws:iam::111122223333:policy/AWSCompromisedKeyQuarantineV3";
    let advice = Case::new().denied(own);
    assert!(!advice.headline.contains("leaked"), "{}", advice.headline);
}

#[test]
fn an_action_that_stays_in_its_account_is_allowed_by_no_policy() {
    let case = Case {
        key: Key::new(
            "arn:aws:kms:ap-southeast-2:444455556666:key/0987dcba-09fe-87dc-65ba-ab0987654321",
        ),
        operation: "DisableKey",
        ..Case::new()
    };
    for clause in [
        "because no identity-based policy allows the kms:Decrypt action",
        "because no resource-based policy allows the kms:Decrypt action",
    ] {
        let message = denial(clause).replace("kms:Decrypt", "kms:DisableKey");
        let advice = case.advice("AccessDenied", &message);
        assert!(
            advice
                .first_step
                .contains("make the call from the account that owns the key"),
            "{}",
            advice.first_step
        );
        assert_eq!(advice.remedy, None, "{clause}");
    }
}

#[test]
fn what_was_not_found_is_a_key_only_if_the_message_says_so() {
    let advice = Case::new().advice("NotFoundException", "No such policy exists.");
    assert_eq!(&*advice.cause, "what the request names was not found");
    let advice = Case::new().advice("NotFoundException", &format!("Key '{KEY}' does not exist"));
    assert_eq!(&*advice.cause, "key 1234abcd does not exist");
}

#[track_caller]
fn check_cause(code: &str, message: &str, cause: &str) {
    let advice = Case::new().advice(code, message);
    assert_eq!(&*advice.cause, cause, "{code}: {message}");
}

#[test]
fn the_message_tells_the_state_when_the_code_does_not() {
    const NAME: &str = "key 1234abcd";
    let deletion = format!("{NAME} is pending deletion");
    let disabled = format!("{NAME} is disabled");
    let pending = format!("{KEY} is pending deletion (or pending replica deletion).");
    check_cause(
        "DisabledException",
        &format!("{KEY} is disabled."),
        &disabled,
    );
    check_cause(
        "KMSInvalidStateException",
        &format!("{KEY} is disabled."),
        &disabled,
    );
    check_cause("DisabledException", &pending, &deletion);
    check_cause("KMSInvalidStateException", &pending, &deletion);
    check_cause(
        "DisabledException",
        "",
        &format!("{NAME} is disabled or pending deletion"),
    );
    check_cause(
        "KMSInvalidStateException",
        "",
        &format!("the state of {NAME} does not allow it"),
    );
}

#[test]
fn a_negation_is_not_taken_for_its_opposite() {
    let not = format!("{KEY} is not pending deletion (or not pending replica deletion).");
    let advice = Case::new().advice("KMSInvalidStateException", &not);
    assert_eq!(
        Reason::new("KMSInvalidStateException", &not).severity(),
        Severity::Low
    );
    assert_eq!(advice.remedy, None, "nothing is to be enabled");
    for row in table::ROWS {
        let when::When::Says(phrases) = row.when else {
            continue;
        };
        for phrase in phrases {
            let negated = phrase.replacen("is ", "is not ", 1);
            let negated = negated.replacen("did not", "did", 1);
            if negated == *phrase || phrase.contains(" not ") {
                continue;
            }
            let code = row.codes[0].trim_end_matches('*');
            let reason = Reason::new(code, &format!("{KEY} {negated}."));
            assert!(!std::ptr::eq(reason.0, row), "{code}: {negated}");
        }
    }
}

#[test]
fn a_key_store_error_says_who_can_fix_it() {
    for (code, message, says) in [
        (
            "KMSInvalidStateException",
            "The external key store proxy rejected the request because the external key is not enabled in the \
             external key manager.",
            "enable the external key there",
        ),
        (
            "KMSInternalException",
            "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry",
            "proxy's administrator",
        ),
        (
            "KMSInvalidStateException",
            "KMS cannot communicate with your CloudHSM cluster",
            "security group",
        ),
        (
            "KMSInvalidStateException",
            "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, \
             is corrupted, missing, or otherwise invalid.",
            "encryption context",
        ),
    ] {
        let advice = Case::new().advice(code, message);
        assert!(advice.first_step.contains(says), "{}", advice.first_step);
        assert_eq!(advice.remedy, None);
    }
    let case = Case {
        key_store: Some("cks-1234567890abcdef0"),
        ..Case::new()
    };
    let advice = case.advice(
        "KMSInvalidStateException",
        &format!("{KEY} is unavailable."),
    );
    let store = "--custom-key-store-id cks-1234567890abcdef0 --region ap-southeast-2";
    assert_eq!(
        remedy(&advice),
        format!("aws kms connect-custom-key-store {store}")
    );
    assert_eq!(
        command(&advice),
        format!("aws kms describe-custom-key-stores {store}")
    );
}

#[test]
fn a_disabled_key_comes_with_both_commands() {
    let mut case = Case::new();
    let disabled = format!("{KEY} is disabled.");
    let advice = case.advice("DisabledException", &disabled);
    let key = format!("--key-id {KEY} --region ap-southeast-2");
    assert_eq!(command(&advice), format!("aws kms describe-key {key}"));
    assert_eq!(remedy(&advice), format!("aws kms enable-key {key}"));
    assert!(
        advice.first_step.starts_with("Find out who did this"),
        "{}",
        advice.first_step
    );
    case.changed_by = Some(Shown::ours("alice (IAM user)"));
    let advice = case.advice("DisabledException", &disabled);
    let asks = "Ask alice (IAM user) whether this was intended. If not, enable";
    assert!(advice.first_step.starts_with(asks), "{}", advice.first_step);
}

#[test]
fn a_command_that_takes_no_alias_finds_the_key_first() {
    let case = Case {
        key: Key::new("alias/orders"),
        ..Case::new()
    };
    let advice = case.advice("DisabledException", "the key is disabled.");
    let region = "--region ap-southeast-2";
    let describe = "aws kms describe-key --key-id alias/orders";
    assert_eq!(command(&advice), format!("{describe} {region}"));
    assert_eq!(
        remedy(&advice),
        format!(
            "aws kms enable-key --key-id \"$({describe} --query KeyMetadata.Arn --output text {region})\" {region}"
        )
    );
}

#[test]
fn a_key_that_is_not_known_is_in_no_command() {
    for keys in [0, 12] {
        let case = Case {
            key: None,
            keys,
            ..Case::new()
        };
        for clause in [
            "because no identity-based policy",
            "because no resource-based policy",
            "",
        ] {
            let message = "User: x is not authorized to perform: kms:Decrypt on this resource ";
            let advice = case.advice("AccessDenied", &format!("{message}{clause} allows it"));
            assert_eq!(advice.remedy, None, "{clause}");
            assert!(
                !command(&advice).contains("--key-id"),
                "{}",
                command(&advice)
            );
        }
        assert_eq!(
            case.advice("DisabledException", "x is disabled").command,
            None
        );
    }
}

#[test]
fn an_identity_based_policy_is_offered_with_the_key_and_the_action() {
    let advice =
        Case::new().denied("because no identity-based policy allows the kms:Decrypt action");
    assert_eq!(
        &*advice.cause,
        "no identity-based policy allows kms:Decrypt"
    );
    let step = "If role order-api is meant to do this, add kms:Decrypt to one of its identity-based policies.";
    assert!(advice.first_step.starts_with(step), "{}", advice.first_step);
    let name = "--role-name order-api";
    assert_eq!(
        command(&advice),
        format!("aws iam list-role-policies {name} && aws iam list-attached-role-policies {name}")
    );
    assert_eq!(
        remedy(&advice),
        format!(
            "aws iam put-role-policy {name} --policy-name allow-kms-Decrypt-1234abcd-12ab-34cd-56ef-1234567890ab \
             --policy-document '{{\"Statement\":[{{\"Action\":\"kms:Decrypt\",\"Effect\":\"Allow\",\"Resource\":\
             \"{KEY}\"}}],\"Version\":\"2012-10-17\"}}'"
        )
    );
    assert!(note(&advice).contains("inline policy with the same name"));
}

#[test]
fn the_policies_for_two_keys_have_two_names() {
    let other = "arn:aws:kms:ap-southeast-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
    let [one, other] = [KEY, other].map(|key| {
        let case = Case {
            key: Key::new(key),
            ..Case::new()
        };
        let remedy = remedy(&case.denied("because no identity-based policy allows it"));
        remedy
            .split("--policy-name ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    });
    assert_ne!(one, other);
}

#[test]
fn an_action_without_a_resource_is_allowed_on_all() {
    for (operation, action, words) in [
        ("CreateKey", "kms:TagResource", ""),
        ("CreateKey", "kms:CreateKey", "on resource: * "),
        ("ListAliases", "kms:ListAliases", ""),
        ("ConnectCustomKeyStore", "kms:ConnectCustomKeyStore", ""),
    ] {
        let case = Case {
            key: None,
            keys: 0,
            operation,
            ..Case::new()
        };
        let message = format!(
            "User: x is not authorized to perform: {action} {words}because no identity-based policy allows it"
        );
        let remedy = remedy(&case.advice("AccessDenied", &message));
        assert!(remedy.contains(r#""Resource":"*""#), "{action}: {remedy}");
        assert!(!remedy.contains("KEY"), "{remedy}");
    }
}

#[test]
fn an_alias_is_allowed_by_its_arn() {
    let alias = "arn:aws:kms:us-west-2:111122223333:alias/orders";
    let case = Case {
        key: Key::new(alias),
        operation: "CreateAlias",
        ..Case::new()
    };
    let message = format!(
        "User: x is not authorized to perform: kms:CreateAlias on resource: {alias} because no identity-based \
         policy allows the kms:CreateAlias action"
    );
    let remedy = remedy(&case.advice("AccessDenied", &message));
    assert!(
        remedy.contains(&format!(r#""Resource":"{alias}""#)),
        "{remedy}"
    );
}

#[test]
fn a_key_policy_is_offered_as_it_is_and_one_statement_more() {
    let advice =
        Case::new().denied("because no resource-based policy allows the kms:Decrypt action");
    assert_eq!(
        &*advice.cause,
        "no resource-based policy allows kms:Decrypt"
    );
    assert!(command(&advice).starts_with(&format!("aws kms get-key-policy --key-id {KEY} ")));
    let statement = format!(
        "jq -c '.Statement += [{{\"Action\":\"kms:Decrypt\",\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\
         \"{ROLE}\"}},\"Resource\":\"*\"}}]' > key-policy.json && aws kms put-key-policy --key-id {KEY} "
    );
    assert!(remedy(&advice).contains(&statement), "{}", remedy(&advice));
    assert!(
        note(&advice).contains("replaces the key policy"),
        "{}",
        note(&advice)
    );
}

#[test]
fn the_policy_of_an_aws_managed_key_is_never_to_be_changed() {
    let case = Case {
        alias: Key::new("alias/aws/s3"),
        ..Case::new()
    };
    let advice = case.denied("because no resource-based policy allows the kms:CreateGrant action");
    assert_eq!(advice.remedy, None);
    assert!(
        advice.first_step.contains("customer managed key"),
        "{}",
        advice.first_step
    );
    assert!(command(&advice).contains(KEY), "{}", command(&advice));
}

#[test]
fn a_role_that_only_aws_can_change_is_given_no_policy() {
    for (caller, says) in [
        (
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Power_0123456789abcdef",
            "permission set Power in IAM Identity Center",
        ),
        (
            "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            "in the key policy or with a grant",
        ),
    ] {
        let case = Case {
            caller,
            ..Case::new()
        };
        let advice = case.denied("because no identity-based policy allows the kms:Decrypt action");
        assert!(advice.first_step.contains(says), "{}", advice.first_step);
        assert_eq!(advice.remedy, None);
    }
}

#[test]
fn calls_in_another_account_say_where_to_sign_in() {
    let case = Case {
        home: "999988887777",
        ..Case::new()
    };
    let is_disabled = format!("{KEY} is disabled.");
    let disabled = case.advice("DisabledException", &is_disabled);
    assert!(
        disabled
            .first_step
            .starts_with("Sign in to account 111122223333. Find out who"),
        "{}",
        disabled.first_step
    );
    let denied = case.denied("because no identity-based policy allows the kms:Decrypt action");
    assert!(
        denied
            .first_step
            .starts_with("Sign in to account 111122223333. ")
    );
    // The key's owner is named by the remedy, and the alarm's own account needs no word.
    let of_another = Case {
        account: "444455556666",
        ..case
    };
    let disabled = of_another.advice("DisabledException", &is_disabled);
    assert!(
        !disabled.first_step.contains("Sign in"),
        "{}",
        disabled.first_step
    );
    assert!(note(&disabled).starts_with("Run it in account 111122223333."));
    let denied =
        of_another.denied("because no identity-based policy allows the kms:Decrypt action");
    assert!(
        denied
            .first_step
            .starts_with("Sign in to account 444455556666. ")
    );
    let at_home = Case::new().advice("DisabledException", &is_disabled);
    assert!(!at_home.first_step.contains("Sign in"));
}

#[test]
fn nobody_signs_in_where_nothing_is_run_or_the_organization_decides() {
    let case = Case {
        home: "999988887777",
        ..Case::new()
    };
    let denied = case.denied("with an explicit deny in a service control policy");
    assert!(
        !denied.first_step.contains("Sign in"),
        "{}",
        denied.first_step
    );
    let expired = case.advice("ExpiredTokenException", "");
    assert!(
        !expired.first_step.contains("Sign in"),
        "{}",
        expired.first_step
    );
}

#[test]
fn a_key_of_another_account_is_changed_there() {
    let case = Case {
        account: "444455556666",
        ..Case::new()
    };
    let advice = case.denied("because no resource-based policy allows the kms:Decrypt action");
    assert!(
        advice
            .first_step
            .ends_with("sign in there to see its key policy.")
    );
    assert!(
        note(&advice).starts_with("Run it in account 111122223333."),
        "{}",
        note(&advice)
    );
    let advice = case.denied("because no identity-based policy allows the kms:Decrypt action");
    assert!(
        advice
            .first_step
            .ends_with("its key policy must allow it too.")
    );
}

#[test]
fn a_deny_is_told_as_one_and_nothing_is_to_be_added() {
    let scp =
        "arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-examplepolicyid";
    let advice = Case::new().denied(&format!(
        "with an explicit deny in a service control policy: {scp}"
    ));
    assert_eq!(
        &*advice.cause,
        "a service control policy denies kms:Decrypt"
    );
    assert!(advice.meaning.contains(scp), "{}", advice.meaning);
    assert_eq!(
        command(&advice),
        "aws organizations describe-policy --policy-id p-examplepolicyid"
    );
    assert_eq!(advice.remedy, None);
    let arn = "arn:aws:iam::111122223333:policy/no-kms";
    let clause = format!("with an explicit deny in an identity-based policy: {arn}");
    let advice = Case::new().denied(&clause);
    assert_eq!(
        command(&advice),
        format!(
            "aws iam get-policy-version --policy-arn {arn} --version-id \"$(aws iam get-policy --policy-arn {arn} \
             --query Policy.DefaultVersionId --output text)\""
        )
    );
}

#[test]
fn every_kind_of_policy_leads_to_its_own_document() {
    for (clause, document, leads_to) in [
        (
            "because no service control policy allows",
            "organization's administrators",
            "--target-id 111122223333 --filter SERVICE_CONTROL_POLICY",
        ),
        (
            "with an explicit deny in a resource control policy",
            "administrators of the key owner's organization",
            "--filter RESOURCE_CONTROL_POLICY",
        ),
        (
            "because no permissions boundary allows",
            "its permissions boundary",
            "get-role --role-name order-api",
        ),
        (
            "with an explicit deny in a session policy",
            "the session policy where the role is assumed",
            "AttributeValue=AssumeRole",
        ),
        (
            "because no VPC endpoint policy allows",
            "the VPC endpoint policy",
            "--vpc-endpoint-ids vpce-0a1b2c3d4e5f67890",
        ),
        (
            "because the resource does not exist in this Region, no",
            "in the key policy",
            "describe-key",
        ),
        (
            "",
            "the key policy and the policies of role order-api",
            "get-key-policy",
        ),
    ] {
        let advice = Case::new().denied(clause);
        assert!(
            advice.first_step.contains(document),
            "{clause}: {}",
            advice.first_step
        );
        assert!(
            command(&advice).contains(leads_to),
            "{clause}: {}",
            command(&advice)
        );
    }
}

#[test]
fn a_user_is_given_a_users_policy_and_a_bare_id_becomes_an_arn() {
    let case = Case {
        caller: "arn:aws:iam::111122223333:user/alice",
        key: Key::new("1234abcd-12ab-34cd-56ef-1234567890ab"),
        ..Case::new()
    };
    let message = "User: x is not authorized to perform: kms:Decrypt because no identity-based policy allows it";
    let remedy = remedy(&case.advice("AccessDenied", message));
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
        "",
    ] {
        let hostile = "a'; reboot #/role/:role/$(reboot)";
        let case = Case {
            key: Key::new(hostile),
            account: hostile,
            home: hostile,
            caller: hostile,
            operation: hostile,
            vpc_endpoint: hostile,
            key_store: Some(hostile),
            ..Case::new()
        };
        let message = format!("x is not authorized to perform: kms:$(reboot) on x {clause}");
        let advice = case.advice("AccessDenied", &message);
        for text in [command(&advice), remedy(&advice)] {
            assert!(!text.contains("reboot"), "{text}");
        }
        let elsewhere = Case {
            region: hostile,
            ..Case::new()
        };
        let advice = elsewhere.advice("DisabledException", "x is disabled");
        assert!(
            !command(&advice).contains("reboot"),
            "the key's own Region serves"
        );
    }
}

#[test]
fn each_change_that_may_break_a_key_is_suspected_for_some_error() {
    let mut suspected: Vec<_> = table::ROWS
        .iter()
        .flat_map(|row| row.likely_changes)
        .collect();
    suspected.sort_unstable();
    suspected.dedup();
    assert_eq!(
        suspected,
        [
            &"CancelKeyDeletion",
            &"DeleteAlias",
            &"DeleteImportedKeyMaterial",
            &"DisableKey",
            &"DisconnectCustomKeyStore",
            &"PutKeyPolicy",
            &"RetireGrant",
            &"RevokeGrant",
            &"ScheduleKeyDeletion",
            &"UpdateAlias",
            &"UpdateCustomKeyStore",
        ]
    );
    for (code, message) in [
        ("ThrottlingException", ""),
        ("DryRunOperationException", ""),
        ("SomethingNewException", ""),
        (
            "AccessDenied",
            "with an explicit deny in a service control policy",
        ),
    ] {
        assert!(
            Reason::new(code, message).likely_changes().is_empty(),
            "{code}"
        );
    }
}
