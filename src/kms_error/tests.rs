use super::*;

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Every code that is known to appear, with the severity it has to have.
const CODES: [(&str, Severity); 47] = [
    ("AccessDenied", Severity::Medium),
    ("AccessDeniedException", Severity::Medium),
    ("DisabledException", Severity::Critical),
    ("KMSInvalidStateException", Severity::Critical),
    ("NotFoundException", Severity::High),
    ("IncorrectKeyException", Severity::High),
    ("InvalidCiphertextException", Severity::High),
    ("KeyUnavailableException", Severity::High),
    ("DependencyTimeoutException", Severity::Medium),
    ("KMSInternalException", Severity::Medium),
    ("ThrottlingException", Severity::Medium),
    ("LimitExceededException", Severity::Medium),
    ("InvalidKeyUsageException", Severity::Medium),
    ("InvalidGrantTokenException", Severity::Medium),
    ("InvalidGrantIdException", Severity::Medium),
    ("UnsupportedOperationException", Severity::Low),
    ("InvalidArnException", Severity::Low),
    ("InvalidAliasNameException", Severity::Low),
    ("InvalidMarkerException", Severity::Low),
    ("ValidationException", Severity::Low),
    ("MalformedPolicyDocumentException", Severity::Medium),
    ("AlreadyExistsException", Severity::Low),
    ("TagException", Severity::Low),
    ("ConflictException", Severity::Low),
    ("ExpiredImportTokenException", Severity::Medium),
    ("InvalidImportTokenException", Severity::Medium),
    ("IncorrectKeyMaterialException", Severity::Medium),
    ("IncorrectTrustAnchorException", Severity::Medium),
    ("KMSInvalidSignatureException", Severity::High),
    ("KMSInvalidMacException", Severity::High),
    ("CustomKeyStoreInvalidStateException", Severity::High),
    ("CustomKeyStoreNotFoundException", Severity::High),
    ("CustomKeyStoreHasCMKsException", Severity::High),
    ("CustomKeyStoreNameInUseException", Severity::High),
    ("CloudHsmClusterNotActiveException", Severity::High),
    ("CloudHsmClusterNotFoundException", Severity::High),
    ("CloudHsmClusterInUseException", Severity::High),
    ("XksProxyUriUnreachableException", Severity::High),
    ("XksProxyInvalidResponseException", Severity::High),
    ("XksKeyNotFoundException", Severity::High),
    ("XksKeyAlreadyInUseException", Severity::High),
    ("DryRunOperationException", Severity::Info),
    ("ExpiredTokenException", Severity::Medium),
    ("InvalidClientTokenId", Severity::Medium),
    ("SignatureDoesNotMatch", Severity::Medium),
    ("SomethingNewException", Severity::Medium),
    ("", Severity::Medium),
];

fn context() -> Context<'static> {
    Context {
        key: Some(KEY),
        region: Some("ap-southeast-2"),
        operation: Some("Decrypt"),
        ..Context::default()
    }
}

#[test]
fn every_code_has_its_severity_and_complete_sentences() {
    for (code, severity) in CODES {
        let advice = advice(code, 1, &context());
        assert_eq!(advice.severity, severity, "{code}");
        assert!(
            advice.meaning.ends_with('.') && advice.first_step.ends_with('.'),
            "{code}"
        );
        assert!(
            !advice.cause.is_empty() && !advice.cause.ends_with('.'),
            "{code}"
        );
        assert!(
            advice.command.starts_with("aws "),
            "{code}: {}",
            advice.command
        );
        assert!(!advice.command.contains('\n'), "{code}: {}", advice.command);
    }
}

#[test]
fn all_codes_but_the_unknown_ones_have_an_entry_of_their_own() {
    let unknown = advice("SomethingNewException", 1, &context());
    for (code, _) in &CODES[..CODES.len() - 2] {
        assert_ne!(
            advice(code, 1, &context()).meaning,
            unknown.meaning,
            "{code}"
        );
    }
}

#[test]
fn a_burst_of_denials_is_worse_than_one() {
    assert_eq!(severity("AccessDenied", 9), Severity::Medium);
    assert_eq!(severity("AccessDenied", 10), Severity::High);
    assert_eq!(severity("ThrottlingException", 10_000), Severity::Medium);
}

#[track_caller]
fn check_message(code: &str, message: &str, cause: &str) {
    let context = Context {
        message: Some(message),
        ..context()
    };
    assert_eq!(advice(code, 1, &context).cause, cause);
}

#[test]
fn the_message_tells_the_state_when_the_code_does_not() {
    let deletion = "the key is about to be deleted";
    check_message(
        "DisabledException",
        &format!("{KEY} is disabled."),
        "the key is disabled",
    );
    check_message(
        "DisabledException",
        &format!("{KEY} is pending deletion (or pending replica deletion)."),
        deletion,
    );
    check_message(
        "KMSInvalidStateException",
        &format!("{KEY} is pending deletion."),
        deletion,
    );
    check_message(
        "KMSInvalidStateException",
        &format!("{KEY} is pending import."),
        "the key's imported material is gone",
    );
    check_message(
        "KMSInvalidStateException",
        &format!("{KEY} is creating."),
        "the key is being changed",
    );
    check_message(
        "KMSInvalidStateException",
        &format!("{KEY} is unavailable."),
        "the key's own key store cannot be used",
    );
    check_message(
        "KMSInvalidStateException",
        "",
        "the key is in a state that forbids it",
    );
}

#[test]
fn a_disabled_key_comes_with_both_commands() {
    let advice = advice("DisabledException", 1, &context());
    assert_eq!(
        advice.command,
        format!("aws kms describe-key --key-id {KEY} --region ap-southeast-2")
    );
    assert_eq!(
        advice.remedy,
        Some(format!(
            "aws kms enable-key --key-id {KEY} --region ap-southeast-2"
        ))
    );
}

#[test]
fn a_key_that_kms_would_refuse_never_reaches_a_command() {
    for key in [
        "$(reboot)",
        "a;b",
        "http://evil",
        "a b",
        "-x",
        "",
        "evil.com",
        "k\nreboot",
    ] {
        let context = Context {
            key: Some(key),
            region: Some("x; reboot"),
            ..Context::default()
        };
        let command = advice("DisabledException", 1, &context).command;
        assert_eq!(
            command, "aws kms describe-key --key-id KEY_ID --region REGION",
            "{key}"
        );
    }
    let alias = Context {
        key: Some("alias/orders_v2"),
        ..context()
    };
    assert!(
        advice("DisabledException", 1, &alias)
            .command
            .contains("--key-id alias/orders_v2 ")
    );
}

#[test]
fn each_change_that_may_break_a_key_is_suspected_for_some_code() {
    let mut suspected: Vec<_> = CODES
        .iter()
        .flat_map(|(code, _)| likely_changes(code))
        .collect();
    suspected.sort_unstable();
    suspected.dedup();
    assert_eq!(
        suspected,
        [
            &"DeleteAlias",
            &"DeleteImportedKeyMaterial",
            &"DisableKey",
            &"DisconnectCustomKeyStore",
            &"PutKeyPolicy",
            &"RetireGrant",
            &"RevokeGrant",
            &"ScheduleKeyDeletion",
            &"UpdateAlias",
        ]
    );
    for code in [
        "ThrottlingException",
        "DryRunOperationException",
        "SomethingNewException",
    ] {
        assert!(likely_changes(code).is_empty(), "{code}");
    }
}
