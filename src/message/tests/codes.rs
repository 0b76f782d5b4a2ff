//! One mail for each error code, and for each policy that a denial may name.

use super::approved::{assert_approved, differing, mail};
use super::*;

const KEY: &str =
    "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The name of the text, the code, the operation and the message; KEY stands for the key.
const CODES: &[(&str, &str, &str, &str)] = &[
    (
        "DisabledException",
        "DisabledException",
        "Decrypt",
        "KEY is disabled.",
    ),
    (
        "DisabledException-pending-deletion",
        "DisabledException",
        "Decrypt",
        "KEY is pending deletion (or pending replica deletion).",
    ),
    (
        "KMSInvalidStateException-pending-deletion",
        "KMSInvalidStateException",
        "Decrypt",
        "KEY is pending deletion.",
    ),
    (
        "KMSInvalidStateException-pending-import",
        "KMSInvalidStateException",
        "Decrypt",
        "KEY is pending import.",
    ),
    (
        "KMSInvalidStateException-unavailable",
        "KMSInvalidStateException",
        "Decrypt",
        "KEY is unavailable.",
    ),
    (
        "KMSInvalidStateException-updating",
        "KMSInvalidStateException",
        "UpdatePrimaryRegion",
        "KEY is updating.",
    ),
    (
        "KMSInvalidStateException",
        "KMSInvalidStateException",
        "Decrypt",
        "",
    ),
    (
        "NotFoundException",
        "NotFoundException",
        "Encrypt",
        "Alias arn:aws:kms:ap-southeast-2:111122223333:alias/orders is not found.",
    ),
    (
        "IncorrectKeyException",
        "IncorrectKeyException",
        "Decrypt",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    ),
    (
        "InvalidCiphertextException",
        "InvalidCiphertextException",
        "Decrypt",
        "",
    ),
    (
        "KeyUnavailableException",
        "KeyUnavailableException",
        "Decrypt",
        "The request was rejected because the specified KMS key was not available.",
    ),
    (
        "DependencyTimeoutException",
        "DependencyTimeoutException",
        "GenerateDataKey",
        "The system timed out while trying to fulfill the request.",
    ),
    (
        "KMSInternalException",
        "KMSInternalException",
        "Decrypt",
        "An internal exception occurred.",
    ),
    (
        "ThrottlingException",
        "ThrottlingException",
        "GenerateDataKey",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    ),
    (
        "LimitExceededException",
        "LimitExceededException",
        "CreateGrant",
        "The request was rejected because a quota was exceeded.",
    ),
    (
        "InvalidKeyUsageException",
        "InvalidKeyUsageException",
        "GenerateDataKey",
        "KEY key usage is SIGN_VERIFY which is not valid for GenerateDataKey.",
    ),
    (
        "InvalidGrantTokenException",
        "InvalidGrantTokenException",
        "Decrypt",
        "The grant token is not valid.",
    ),
    (
        "InvalidGrantIdException",
        "InvalidGrantIdException",
        "RevokeGrant",
        "The grant ID is not valid.",
    ),
    (
        "UnsupportedOperationException",
        "UnsupportedOperationException",
        "EnableKeyRotation",
        "KEY origin is EXTERNAL which is not valid for this operation.",
    ),
    (
        "InvalidArnException",
        "InvalidArnException",
        "Decrypt",
        "Invalid arn",
    ),
    (
        "InvalidAliasNameException",
        "InvalidAliasNameException",
        "CreateAlias",
        "Alias must start with the prefix alias/",
    ),
    (
        "InvalidMarkerException",
        "InvalidMarkerException",
        "ListGrants",
        "Could not deserialize marker",
    ),
    (
        "ValidationException",
        "ValidationException",
        "Encrypt",
        "1 validation error detected: Value at 'keyId' failed to satisfy constraint",
    ),
    (
        "MalformedPolicyDocumentException",
        "MalformedPolicyDocumentException",
        "PutKeyPolicy",
        "Policy contains a statement with one or more invalid principals.",
    ),
    (
        "AlreadyExistsException",
        "AlreadyExistsException",
        "CreateAlias",
        "An alias with the name arn:aws:kms:ap-southeast-2:111122223333:alias/orders already exists",
    ),
    (
        "TagException",
        "TagException",
        "TagResource",
        "Duplicate tag keys",
    ),
    (
        "ConflictException",
        "ConflictException",
        "RotateKeyOnDemand",
        "A rotation is already in progress.",
    ),
    (
        "ExpiredImportTokenException",
        "ExpiredImportTokenException",
        "ImportKeyMaterial",
        "The import token is expired.",
    ),
    (
        "InvalidImportTokenException",
        "InvalidImportTokenException",
        "ImportKeyMaterial",
        "The import token is not valid.",
    ),
    (
        "IncorrectKeyMaterialException",
        "IncorrectKeyMaterialException",
        "ImportKeyMaterial",
        "The key material is not that which was imported before.",
    ),
    (
        "KMSInvalidSignatureException",
        "KMSInvalidSignatureException",
        "Verify",
        "",
    ),
    (
        "KMSInvalidMacException",
        "KMSInvalidMacException",
        "VerifyMac",
        "",
    ),
    (
        "CustomKeyStoreInvalidStateException",
        "CustomKeyStoreInvalidStateException",
        "Decrypt",
        "The custom key store is disconnected.",
    ),
    (
        "CustomKeyStoreNotFoundException",
        "CustomKeyStoreNotFoundException",
        "ConnectCustomKeyStore",
        "The custom key store was not found.",
    ),
    (
        "CloudHsmClusterNotActiveException",
        "CloudHsmClusterNotActiveException",
        "ConnectCustomKeyStore",
        "The CloudHSM cluster is not active.",
    ),
    (
        "XksProxyUriUnreachableException",
        "XksProxyUriUnreachableException",
        "ConnectCustomKeyStore",
        "The proxy could not be reached.",
    ),
    (
        "DryRunOperationException",
        "DryRunOperationException",
        "Decrypt",
        "The request would have succeeded, but the DryRun option is set.",
    ),
    (
        "ExpiredTokenException",
        "ExpiredTokenException",
        "Decrypt",
        "The security token included in the request is expired",
    ),
    (
        "InvalidClientTokenId",
        "InvalidClientTokenId",
        "Decrypt",
        "The security token included in the request is invalid.",
    ),
    (
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        "Decrypt",
        "Signature expired",
    ),
    (
        "a-code-that-is-new",
        "SomethingNewException",
        "Decrypt",
        "Something that nobody knew when this was written.",
    ),
    ("AccessDenied", "AccessDenied", "Decrypt", ""),
    (
        "AccessDenied-identity-based-policy",
        "AccessDenied",
        "Decrypt",
        "USER because no identity-based policy allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-identity-based-policy-denies",
        "AccessDenied",
        "Decrypt",
        "USER with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/no-kms",
    ),
    (
        "AccessDenied-key-policy",
        "AccessDenied",
        "Decrypt",
        "USER because no resource-based policy allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-key-policy-denies",
        "AccessDenied",
        "Decrypt",
        "USER with an explicit deny in a resource-based policy",
    ),
    (
        "AccessDenied-service-control-policy",
        "AccessDenied",
        "Decrypt",
        "USER because no service control policy allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-service-control-policy-denies",
        "AccessDenied",
        "Decrypt",
        "USER with an explicit deny in a service control policy: arn:aws:organizations::777788889999:policy/o-exampleorgid/service_control_policy/p-examplepolicyid",
    ),
    (
        "AccessDenied-resource-control-policy-denies",
        "AccessDenied",
        "Decrypt",
        "USER with an explicit deny in a resource control policy",
    ),
    (
        "AccessDenied-permissions-boundary",
        "AccessDenied",
        "Decrypt",
        "USER because no permissions boundary allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-session-policy",
        "AccessDenied",
        "Decrypt",
        "USER because no session policy allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-vpc-endpoint-policy",
        "AccessDenied",
        "Decrypt",
        "USER because no VPC endpoint policy allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-grant",
        "AccessDenied",
        "Decrypt",
        "USER because no grant allows the kms:Decrypt action",
    ),
    (
        "AccessDenied-key-or-policy",
        "AccessDenied",
        "Decrypt",
        "User: arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/0f9de1c2b3a4958677685940a1b2c3d4 is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
    ),
    (
        "AccessDenied-ciphertext",
        "AccessDenied",
        "Decrypt",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    ),
];

const USER: &str = "User: arn:aws:sts::111122223333:assumed-role/pattern1-app-Pattern1ECSTaskRole/0f9de1c2b3a4958677685940a1b2c3d4 \
                    is not authorized to perform: kms:Decrypt on resource: KEY";

/// The alert on one event with this code.
fn message(code: &str, operation: &str, text: &str) -> Message {
    let text = text.replace("USER", USER).replace("KEY", KEY);
    let mut event: Value = serde_json::from_str(DENIED).unwrap();
    event["errorCode"] = code.into();
    event["eventName"] = operation.into();
    event["errorMessage"] = if text.is_empty() {
        Value::Null
    } else {
        text.into()
    };
    let mut case = Case::alarm().events(&event.to_string(), 1, None);
    case.change.datapoints[0].value = 1.0;
    case.composed()
}

#[test]
fn each_code_has_a_mail_that_was_read_and_approved() {
    let differing: Vec<_> = CODES
        .iter()
        .filter_map(|(name, code, operation, text)| {
            let text = mail(&message(code, operation, text));
            differing(&format!("codes/{name}.txt"), &text)
        })
        .collect();
    assert_approved(&differing);
}

#[test]
fn each_mail_stands_for_a_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/codes");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.trim_end_matches(".new").trim_end_matches(".txt");
        assert!(
            CODES.iter().any(|(known, ..)| *known == name),
            "{file} is of no use any more"
        );
    }
}

#[test]
fn every_subject_begins_with_how_bad_it_is_and_the_code() {
    for (_, code, operation, text) in CODES {
        let message = message(code, operation, text);
        let start = format!("[KMS {}] ", message.severity);
        let rest = message.subject.strip_prefix(&start).unwrap();
        let rest = rest.strip_prefix("harmless dry run: ").unwrap_or(rest);
        assert!(rest.starts_with(code), "{}", message.subject);
    }
}
