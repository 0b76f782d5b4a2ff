//! The error codes, one entry for each.
//!
//! The codes are those of <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>
//! and of each operation's own list. The sentences are ours.

use super::Severity::{self, Critical, High, Info, Low, Medium};
use super::command::Command::{
    self, Aliases, Calls, DescribeKey, EnableKey, Grants, Identity, ImportParameters, KeyPolicy,
    Quotas,
};
use super::key_state::{DELETION, KEY_STORE, invalid_state};

/// What is known of a code, before a key is filled in.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) codes: &'static [&'static str],
    pub(super) severity: Severity,
    pub(super) cause: &'static str,
    pub(super) meaning: &'static str,
    pub(super) first_step: &'static str,
    pub(super) command: Command,
    pub(super) remedy: Option<Command>,
}

/// The entry of a code; for the codes that stand for several states, the message tells which.
pub(super) fn entry(code: &str, message: &str) -> Entry {
    match code {
        code if super::is_denial(code) => DENIAL,
        "DisabledException" if message.contains("pending") => DELETION,
        "KMSInvalidStateException" | "KMSInvalidState" => invalid_state(message),
        code if in_key_store(code) => KEY_STORE,
        code => {
            let known = ENTRIES.iter().find(|entry| entry.codes.contains(&code));
            known.copied().unwrap_or(UNKNOWN)
        }
    }
}

/// The codes that stand for one thing each.
const ENTRIES: &[Entry] = &[
    Entry {
        remedy: Some(EnableKey),
        ..entry_of(
            &["DisabledException"],
            Critical,
            "the key is disabled",
            "As long as the key is disabled or waits for its deletion, nothing that was encrypted under it can \
                 be read by anybody.",
            "See whether the key is disabled or waits for its deletion, ask who did it and why, and enable it.",
            DescribeKey,
        )
    },
    entry_of(
        &["NotFoundException"],
        High,
        "there is no such key or alias",
        "The key or the alias does not exist in this account and Region: it was deleted or renamed, or the \
             caller is set up for another place.",
        "Compare the account and Region of the key with the caller's settings, then look for the alias.",
        Aliases,
    ),
    entry_of(
        &["IncorrectKeyException"],
        High,
        "the data was encrypted under another key",
        "The key that the caller names is not the one that encrypted this data; an alias may point to another \
             key now, or the data comes from another environment.",
        "Find out which key the alias or the setting names now and which one it named before; encrypt nothing \
             anew until that is known.",
        Aliases,
    ),
    entry_of(
        &["InvalidCiphertextException"],
        High,
        "the ciphertext or its encryption context does not fit",
        "The encrypted data is damaged or cut short, or the encryption context is not exactly that of the \
             call that encrypted it.",
        "Compare the encryption context with that of the encrypting call, then how the data is stored and \
             encoded; if it comes from many callers, suspect damage or tampering.",
        Calls,
    ),
    entry_of(
        &["KeyUnavailableException"],
        High,
        "the key is not available at the moment",
        "KMS cannot reach the key just now, which mostly passes by itself; a key in a custom key store needs \
             that store.",
        "See whether callers try again and succeed; if not, look at the key and its key store, and at AWS Health.",
        DescribeKey,
    ),
    entry_of(
        &["DependencyTimeoutException"],
        Medium,
        "KMS timed out",
        "Something that KMS itself depends on was too slow; the same call may succeed now.",
        "See whether callers try again and succeed; if it lasts, look at the key store and at AWS Health.",
        DescribeKey,
    ),
    entry_of(
        &[
            "KMSInternalException",
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
        Medium,
        "KMS had an error of its own",
        "The error is on the side of KMS, not of the caller; the same call may succeed now.",
        "See whether callers try again and succeed; if it lasts, open a support case with the request id below.",
        DescribeKey,
    ),
    entry_of(
        &["ThrottlingException", "Throttling", "RequestLimitExceeded"],
        Medium,
        "there are more calls than the quota allows",
        "The account makes more calls to KMS per second than its quota allows, and calls of other \
             applications fail with these.",
        "Find the caller with the most calls; keep data keys for a while, use S3 Bucket Keys, wait between \
             attempts, and only then ask for a higher quota.",
        Quotas,
    ),
    entry_of(
        &["LimitExceededException"],
        Medium,
        "a quota is used up",
        "There are as many keys, aliases or grants as the quota allows, or a policy or parameter is too long.",
        "See which quota it is, remove what nobody uses, or ask for more.",
        Quotas,
    ),
    entry_of(
        &["InvalidKeyUsageException"],
        Medium,
        "the key is not made for this operation",
        "Each key is for encryption, for signatures, for key agreement or for MACs, and this operation needs \
             another kind or another algorithm.",
        "Compare the key's usage and spec with what the caller wants; its settings name the wrong key.",
        DescribeKey,
    ),
    entry_of(
        &["InvalidGrantTokenException", "InvalidGrantIdException"],
        Medium,
        "the grant is not valid",
        "The grant that the caller relies on was retired or revoked, or its token is wrong.",
        "See which grants there are; whoever made the grant has to make it again.",
        Grants,
    ),
    entry_of(
        &["UnsupportedOperationException"],
        Low,
        "this key does not support the operation",
        "The operation is not there for this kind of key, as rotation is not for imported material.",
        "Look at the key's kind and origin and change the call.",
        DescribeKey,
    ),
    entry_of(
        &[
            "InvalidArnException",
            "InvalidAliasNameException",
            "InvalidMarkerException",
            "ValidationException",
            "ValidationError",
            "InvalidParameterValue",
            "MissingParameter",
        ],
        Low,
        "the request is not valid",
        "KMS cannot read the request; a setting or a deployment has a mistake, no key is at fault.",
        "Find the caller's latest deployment and compare the key's name in its settings with the error's message.",
        Calls,
    ),
    entry_of(
        &["MalformedPolicyDocumentException"],
        Medium,
        "the key policy is not valid",
        "Someone is changing a key's policy and the new one has a mistake, often a principal that does not exist.",
        "Ask the caller whether the change is meant, and look at the policy that is in force.",
        KeyPolicy,
    ),
    entry_of(
        &[
            "AlreadyExistsException",
            "TagException",
            "ConflictException",
        ],
        Low,
        "it exists already or is being changed",
        "An alias or tag is there already, or a change of the same kind is under way; mostly a deployment \
             that ran twice.",
        "Nothing urgent: look at what the deployment wanted to make.",
        Aliases,
    ),
    entry_of(
        &[
            "ExpiredImportTokenException",
            "InvalidImportTokenException",
            "IncorrectKeyMaterialException",
            "IncorrectTrustAnchorException",
        ],
        Medium,
        "the import of key material failed",
        "The token for the import is too old or belongs to another key, or the material is not that which \
             was imported before.",
        "Get a new token and wrapping key, wrap the same material again and import it.",
        ImportParameters,
    ),
    entry_of(
        &["KMSInvalidSignatureException", "KMSInvalidMacException"],
        High,
        "the signature or MAC does not fit the message",
        "What was to be verified was changed after it was signed, or it was signed with another key or algorithm.",
        "Ask the application's owner whether this is known; failures from one source alone may be tampering.",
        Calls,
    ),
    entry_of(
        &["DryRunOperationException"],
        Info,
        "it was a dry run, and it would have succeeded",
        "Somebody tested a permission with the DryRun parameter; this error is how KMS says that the call would \
             have succeeded.",
        "Nothing: no call failed. See who tests if it comes often.",
        Calls,
    ),
    entry_of(
        &[
            "ExpiredTokenException",
            "ExpiredToken",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "NotAuthorized",
            "OptInRequired",
            "RequestExpired",
        ],
        Medium,
        "the caller's credentials are not valid",
        "The credentials are expired, deleted or wrong, or the caller's clock is; KMS did not look at the key at all.",
        "Look at where the caller has its credentials from and at its clock.",
        Identity,
    ),
];

const DENIAL: Entry = entry_of(
    &[],
    Medium,
    "it is not allowed to",
    "A policy does not allow this call: the caller's own, the key's, one of the organisation, or that of \
             the VPC endpoint; the error's message says which.",
    "Read the end of the error's message, then compare the key's policy with the role; should nobody \
             know this caller, treat it as an attack.",
    KeyPolicy,
);

const UNKNOWN: Entry = entry_of(
    &[],
    Medium,
    "KMS refused it",
    "This error code is not one that this alert knows; the error's message below is all there is.",
    "Read the error's message, then look at the key.",
    DescribeKey,
);

pub(super) fn in_key_store(code: &str) -> bool {
    ["CustomKeyStore", "CloudHsmCluster", "Xks"]
        .iter()
        .any(|family| code.starts_with(family))
}

pub(super) const fn entry_of(
    codes: &'static [&'static str],
    severity: Severity,
    cause: &'static str,
    meaning: &'static str,
    first_step: &'static str,
    command: Command,
) -> Entry {
    Entry {
        codes,
        severity,
        cause,
        meaning,
        first_step,
        command,
        remedy: None,
    }
}
