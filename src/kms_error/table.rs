//! What is known of KMS errors: one row for each kind, the first that matches wins.
//!
//! The codes and their meanings are those of
//! <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>, of each operation's own
//! list, of <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html> and of
//! <https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html>. The sentences are
//! ours. What stands in braces is filled in by `words.rs`. A phrase of a message has its verb, so that
//! `is not pending deletion` is not taken for its opposite.

use super::look::Look::{
    self, Aliases, Boundary, CallerIdentity, Calls, DescribeKey, Endpoint, Grants,
    IdentityPolicies, ImportParameters, KeyPolicy, KeyStores, Nothing, ResourceControlPolicy,
    ServiceControlPolicy, ServiceQuotas, SessionOpening,
};
use super::remedy::Remedy::{
    self, AllowInIdentityPolicy, AllowInKeyPolicy, CancelDeletion, ConnectKeyStore, EnableKey,
};
use super::severity::Severity::{self, Critical, High, Info, Low, Medium};
use super::when::When::{self, Always, Denied, Says};
use crate::error_message::Effect::{Explicit, Implicit};
use crate::error_message::Policy;

/// Everything about one kind of error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// CloudTrail's `errorCode`; one that ends in `*` stands for every code that begins so.
    pub(super) codes: &'static [&'static str],
    /// What the message must say.
    pub(super) when: When,
    /// How bad it is.
    pub(super) severity: Severity,
    /// What identifies it in a subject.
    pub(super) headline: &'static str,
    /// Why the call failed, to stand behind a colon.
    pub(super) cause: &'static str,
    /// Why it matters.
    pub(super) meaning: &'static str,
    /// The first thing to do.
    pub(super) first_step: &'static str,
    /// The command that shows more; it changes nothing.
    pub(super) look: Look,
    /// The command that puts it right, should the cause be confirmed.
    pub(super) remedy: Option<Remedy>,
    /// The operations of which one, on the same key or key store, may be why.
    pub(super) likely_changes: &'static [&'static str],
}

/// What a row has when it says nothing else.
const ROW: Row = Row {
    codes: &[],
    when: Always,
    severity: Medium,
    headline: "",
    cause: "",
    meaning: "",
    first_step: "",
    look: Nothing,
    remedy: None,
    likely_changes: &[],
};

const INVALID_STATE: &[&str] = &["KMSInvalidStateException", "KMSInvalidState"];
/// The codes whose message names the state of a key that cannot be used.
const UNUSABLE: &[&str] = &[
    "DisabledException",
    "KMSInvalidStateException",
    "KMSInvalidState",
];
/// Errors of a custom key store have their reason in the message, whatever the code.
const KEY_STORE: &[&str] = &[
    "KMSInvalidStateException",
    "KMSInvalidState",
    "CustomKeyStoreInvalidStateException",
    "KMSInternalException",
];
pub(super) const DENIED: &[&str] = &["AccessDenied*", "VpceAccessDenied"];

/// The rows, in the order in which they are tried.
pub(super) static ROWS: &[Row] = &[
    // Key states.
    Row {
        codes: INVALID_STATE,
        when: Says(&["is not pending deletion"]),
        severity: Low,
        headline: "{key} is not pending deletion",
        cause: "{key} is not pending deletion",
        meaning: "Somebody tried to cancel a deletion that is not scheduled. No data is at risk.",
        first_step: "See what state the key is in: a canceled deletion leaves it disabled.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: UNUSABLE,
        when: Says(&["is pending replica deletion"]),
        severity: Critical,
        headline: "{key} is pending deletion",
        cause: "{key} is pending replica deletion",
        meaning: "The key cannot be used now. Its waiting period begins when its last replica is deleted.",
        first_step: "{ask}. If not, cancel the deletion and enable the key; canceling alone leaves it disabled.",
        look: DescribeKey,
        remedy: Some(CancelDeletion),
        likely_changes: &["ScheduleKeyDeletion"],
    },
    Row {
        codes: UNUSABLE,
        when: Says(&["is pending deletion"]),
        severity: Critical,
        headline: "{key} is pending deletion",
        cause: "{key} is pending deletion",
        meaning: "The key cannot be used now, and when the waiting period ends it is deleted for good. After that, \
                  nothing encrypted under it can be decrypted, unless a related multi-Region key survives.",
        first_step: "{ask}. If not, cancel the deletion and enable the key; canceling alone leaves it disabled.",
        look: DescribeKey,
        remedy: Some(CancelDeletion),
        likely_changes: &["ScheduleKeyDeletion"],
    },
    Row {
        codes: UNUSABLE,
        when: Says(&["is disabled"]),
        severity: Critical,
        headline: "{key} is disabled",
        cause: "{key} is disabled",
        meaning: "Nothing encrypted under this key can be decrypted until it is enabled.",
        first_step: "{ask}. If not, enable the key again.",
        look: DescribeKey,
        remedy: Some(EnableKey),
        likely_changes: &["DisableKey", "CancelKeyDeletion"],
    },
    Row {
        codes: &["DisabledException"],
        severity: Critical,
        headline: "{key} cannot be used",
        cause: "{key} is disabled or pending deletion",
        meaning: "Nothing encrypted under this key can be decrypted until it is enabled.",
        first_step: "See which of the two it is, and find out who changed the key and why.",
        look: DescribeKey,
        likely_changes: &["DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"],
        ..ROW
    },
    Row {
        codes: INVALID_STATE,
        when: Says(&["is pending import"]),
        severity: Critical,
        headline: "{key} lacks key material",
        cause: "{key} has no key material, or not all of it",
        meaning: "The material has expired, was deleted, or was never imported. The key cannot be used until its \
                  material is imported. For data that is already encrypted, it has to be the same material.",
        first_step: "Get a new import token and public key, and import the key material: the same as before, if there \
                     was any.",
        look: ImportParameters,
        likely_changes: &["DeleteImportedKeyMaterial"],
        ..ROW
    },
    Row {
        codes: INVALID_STATE,
        when: Says(&["is creating", "is updating"]),
        headline: "{key} is being changed",
        cause: "{key} is being created, replicated, or moved to another primary Region",
        meaning: "This clears up on its own.",
        first_step: "Wait a minute, then check that the key is enabled.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: INVALID_STATE,
        when: Says(&["is unavailable"]),
        severity: Critical,
        headline: "{key} is unavailable",
        cause: "the custom key store of {key} is not connected",
        meaning: "None of the keys in this key store can be used until it is connected again.",
        first_step: "{ask}. If not, connect the key store again. If its state is FAILED, fix the connection error and \
                     disconnect it first.",
        look: KeyStores,
        remedy: Some(ConnectKeyStore),
        likely_changes: &["DisconnectCustomKeyStore"],
    },
    // What the messages about custom key stores say.
    Row {
        codes: KEY_STORE,
        when: Says(&["cannot communicate with your cloudhsm cluster"]),
        severity: High,
        headline: "{store} cannot be reached",
        cause: "KMS cannot communicate with the CloudHSM cluster of {store}",
        meaning: "Calls with every key in this key store may fail. The keys themselves are not the cause.",
        first_step: "If it persists, check the cluster's HSMs, security group and network.",
        look: KeyStores,
        likely_changes: &["UpdateCustomKeyStore"],
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["pkcs #11 session", "pkcs#11 session"]),
        headline: "{store} is busy",
        cause: "the CloudHSM cluster of {store} is too busy",
        meaning: "Your cluster has no session left for KMS. The same call may succeed now.",
        first_step: "Make callers back off, and add HSMs to the cluster if this persists.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&[
            "cannot communicate with the external key manager",
            "could not reach the external key manager",
        ]),
        severity: High,
        headline: "external key manager of {store} cannot be reached",
        cause: "the external key store proxy cannot reach the external key manager",
        meaning: "The proxy of {store} answered, but it cannot reach the key manager behind it. Calls with every key in \
                  this key store may fail.",
        first_step: "Ask the proxy's administrator to check its connection to the key manager.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["cannot communicate with the external key store proxy"]),
        severity: High,
        headline: "{store} cannot be reached",
        cause: "KMS cannot communicate with the external key store proxy",
        meaning: "Calls with every key in {store} may fail until the proxy can be reached.",
        first_step: "Check that the proxy is running, its network, and its endpoint in the key store's settings.",
        look: KeyStores,
        likely_changes: &["UpdateCustomKeyStore"],
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["did not respond in time", "in the time allotted"]),
        severity: High,
        headline: "proxy of {store} is too slow",
        cause: "the external key store proxy did not respond in time",
        meaning: "KMS waits 250 milliseconds for the proxy of {store}. Calls with every key in this key store may fail; \
                  the cause is the proxy, the network to it, or the key manager behind it.",
        first_step: "See whether callers retry and succeed. If it persists, have the proxy's administrator look at its \
                     latency.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["cannot establish a tls connection"]),
        severity: High,
        headline: "{store} has a TLS error",
        cause: "KMS cannot establish a TLS connection to the external key store proxy",
        meaning: "Calls with every key in {store} may fail until TLS to the proxy works. The usual cause is its \
                  certificate.",
        first_step: "Check the proxy's certificate: its expiry, its name and its chain.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["cannot interpret the response"]),
        severity: High,
        headline: "invalid response from proxy of {store}",
        cause: "KMS cannot interpret the response of the external key store proxy",
        meaning: "The proxy of {store} was reached, and its answer was not one that KMS understands.",
        first_step: "See whether callers retry and succeed. If it persists, report it to the proxy's vendor.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["unhealthy state"]),
        severity: High,
        headline: "proxy of {store} is unhealthy",
        cause: "the external key store proxy reports that it is unhealthy",
        meaning: "Calls with every key in {store} may fail until the proxy is healthy.",
        first_step: "Have the proxy's administrator look at its health.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&[
            "could not authenticate aws kms",
            "credentials failed to authenticate",
        ]),
        severity: High,
        headline: "{store} has a wrong credential",
        cause: "the external key store proxy did not accept the credential of {store}",
        meaning: "The proxy was reached. It rejects KMS until the proxy authentication credential is right.",
        first_step: "Compare the credential in the key store's settings with the proxy's, and update it.",
        look: KeyStores,
        likely_changes: &["UpdateCustomKeyStore"],
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["invalid uri path"]),
        severity: High,
        headline: "{store} has a wrong URI path",
        cause: "the URI path of the external key store proxy is wrong",
        meaning: "KMS reached the proxy, but the proxy does not recognize the path.",
        first_step: "Correct the URI path in the key store's settings.",
        look: KeyStores,
        likely_changes: &["UpdateCustomKeyStore"],
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&[
            "or additional authenticated data is corrupted",
            "or the encryption context, is corrupted",
        ]),
        severity: High,
        headline: "ciphertext rejected with {key}",
        cause: "the ciphertext or its encryption context is not valid",
        meaning: "The external key manager could not decrypt this data: it is damaged, its encryption context is not \
                  the one it was encrypted with, or the proxy changed it.",
        first_step: "Compare the encryption context with that of the encrypting call, then check how the data is \
                     stored. If many callers fail, look at the proxy.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["could not find the external key"]),
        severity: Critical,
        headline: "external key of {key} is missing",
        cause: "the external key manager has no such external key",
        meaning: "The proxy of {store} was reached, and the external key that {key} stands for is gone. Nothing \
                  encrypted under it can be decrypted until it is restored.",
        first_step: "Ask the external key manager's administrator to restore the external key under the same id.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["external key is not enabled"]),
        severity: Critical,
        headline: "external key of {key} is disabled",
        cause: "its external key is not enabled in the external key manager",
        meaning: "The proxy was reached and answered; only {key} is affected. Enabling or connecting anything in KMS \
                  does not help.",
        first_step: "Ask the external key manager's administrator whether this was intended. If not, enable the \
                     external key there.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["does not support the requested"]),
        severity: High,
        headline: "external key of {key} cannot do this",
        cause: "the external key or its proxy does not support this operation",
        meaning: "The proxy was reached and refused this kind of operation.",
        first_step: "Check the external key's usage in the external key manager.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["very high request rate"]),
        headline: "proxy of {store} is throttling",
        cause: "the external key store proxy received more requests than it allows",
        meaning: "This is the proxy's limit, not a KMS quota.",
        first_step: "Make callers back off, or have the proxy's administrator raise its limit.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: KEY_STORE,
        when: Says(&["denied access to the operation"]),
        severity: High,
        headline: "proxy of {store} denies access",
        cause: "the external key store proxy denied access",
        meaning: "The proxy enforces its own authorization, separate from KMS and IAM.",
        first_step: "Ask the proxy's administrator whether the caller and the external key are authorized there.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: INVALID_STATE,
        severity: High,
        headline: "{key} is in the wrong state",
        cause: "the state of {key} does not allow it",
        meaning: "This alert does not recognize the message. The key may be disabled, pending deletion or without key \
                  material, or its key store may not be connected.",
        first_step: "Look at the key's state.",
        look: DescribeKey,
        likely_changes: &[
            "DisableKey",
            "ScheduleKeyDeletion",
            "DeleteImportedKeyMaterial",
            "DisconnectCustomKeyStore",
        ],
        ..ROW
    },
    // Custom key stores, by their codes. No cryptographic operation returns these.
    Row {
        codes: &["CustomKeyStoreHasCMKsException"],
        severity: Low,
        headline: "{store} still has keys",
        cause: "{store} still contains KMS keys",
        meaning: "Somebody tried to delete the key store. It was not deleted, and nothing is unreachable.",
        first_step: "Ask the caller whether the key store is meant to be deleted.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CustomKeyStoreNameInUseException"],
        severity: Low,
        headline: "key store name is taken",
        cause: "another custom key store has this name",
        meaning: "A key store was not created or renamed. Existing ones are not affected.",
        first_step: "Choose another name.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CustomKeyStoreNotFoundException"],
        severity: Low,
        headline: "key store not found",
        cause: "there is no custom key store with this id or name",
        meaning: "The request names a key store that this account and Region do not have. No key is affected by it.",
        first_step: "Compare the id in the caller's settings with the key stores that exist.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CustomKeyStoreInvalidStateException"],
        headline: "{store} is in the wrong state",
        cause: "the connection state of {store} does not allow it",
        meaning: "Creating a key needs a connected key store; deleting a key store, and most changes, need it \
                  disconnected. One that has failed must be disconnected before it can be connected again.",
        first_step: "Look at the key store's connection state.",
        look: KeyStores,
        likely_changes: &["DisconnectCustomKeyStore"],
        ..ROW
    },
    Row {
        codes: &["CloudHsmClusterInUseException"],
        severity: Low,
        headline: "CloudHSM cluster is in use",
        cause: "the CloudHSM cluster already belongs to another key store",
        meaning: "A key store was not created. Existing ones are not affected.",
        first_step: "Choose another cluster.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &[
            "CloudHsmClusterNotFoundException",
            "CloudHsmClusterNotRelatedException",
        ],
        severity: Low,
        headline: "CloudHSM cluster not found or not related",
        cause: "the CloudHSM cluster does not exist, or shares no backup history with the present one",
        meaning: "A key store was not created or changed. Existing ones are not affected.",
        first_step: "Correct the cluster id in the request.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CloudHsmClusterNotActiveException"],
        headline: "CloudHSM cluster is not active",
        cause: "the CloudHSM cluster is not active",
        meaning: "The key store cannot be created, changed or connected until the cluster is initialized and active.",
        first_step: "Look at the cluster's state in CloudHSM.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CloudHsmClusterInvalidConfigurationException"],
        headline: "CloudHSM cluster is misconfigured",
        cause: "the configuration of the CloudHSM cluster does not meet the requirements",
        meaning: "KMS needs active HSMs in the right subnets and a security group that lets it in on ports 2223 to \
                  2225.",
        first_step: "Compare the cluster's HSMs, subnets and security group with the requirements.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["IncorrectTrustAnchorException"],
        severity: Low,
        headline: "wrong trust anchor certificate",
        cause: "the trust anchor certificate is not that of the CloudHSM cluster",
        meaning: "A key store was not created. Existing ones are not affected.",
        first_step: "Use the cluster's own customerCA.crt.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksKeyAlreadyInUseException"],
        severity: Low,
        headline: "external key is already in use",
        cause: "another KMS key of the key store already uses this external key",
        meaning: "A KMS key was not created. Nothing is unreachable.",
        first_step: "Correct the external key's id in the request.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksKeyInvalidConfigurationException"],
        severity: Low,
        headline: "external key is not suitable",
        cause: "the external key is not an enabled AES-256 key for encryption and decryption",
        meaning: "A KMS key was not created. Existing keys are not affected.",
        first_step: "Correct the external key in the external key manager, or name another.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksKeyNotFoundException"],
        severity: Low,
        headline: "external key not found",
        cause: "the external key manager has no external key with this id",
        meaning: "A KMS key was not created. Existing keys are not affected.",
        first_step: "Correct the external key's id in the request.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksProxyIncorrectAuthenticationCredentialException"],
        headline: "proxy credential is wrong",
        cause: "the external key store proxy did not accept the credential",
        meaning: "The proxy can be reached. The key store was not created or changed.",
        first_step: "Correct the proxy authentication credential.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksProxyUriUnreachableException"],
        severity: High,
        headline: "external key store proxy unreachable",
        cause: "KMS cannot reach the external key store proxy at this URI, or it reports no available key manager",
        meaning: "The key store was not created or changed. If it is in use with this URI, its keys may fail too.",
        first_step: "Check that the proxy is running, its network and its URI.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &[
            "XksProxyUriInUseException",
            "XksProxyUriEndpointInUseException",
            "XksProxyVpcEndpointServiceInUseException",
        ],
        severity: Low,
        headline: "proxy address is already in use",
        cause: "another key store already uses this proxy address",
        meaning: "A key store was not created or changed. Existing ones are not affected.",
        first_step: "Use another address, or the key store that has this one.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["XksProxyInvalidResponseException"],
        headline: "invalid response from the proxy",
        cause: "KMS cannot interpret the answer of the external key store proxy",
        meaning: "The proxy was reached. The key store was not created or changed.",
        first_step: "Try again; if it persists, report it to the proxy's vendor.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &[
            "XksProxyInvalidConfigurationException",
            "XksProxyVpcEndpointServiceInvalidConfigurationException",
            "XksProxyVpcEndpointServiceNotFoundException",
        ],
        headline: "proxy is misconfigured",
        cause: "the external key store proxy or its VPC endpoint service is not configured as KMS requires",
        meaning: "The key store was not created or changed.",
        first_step: "The error's message says which requirement is not met.",
        look: KeyStores,
        ..ROW
    },
    Row {
        codes: &["CustomKeyStore*", "CloudHsmCluster*", "Xks*"],
        headline: "custom key store error",
        cause: "the request about a custom key store was rejected",
        meaning: "The code is not one that this alert knows.",
        first_step: "Read the error's message, then look at the key stores.",
        look: KeyStores,
        ..ROW
    },
    // Names of keys.
    Row {
        codes: &["NotFoundException"],
        when: Says(&["invalid keyid"]),
        severity: High,
        headline: "key name is not valid",
        cause: "the name of the key is not one that KMS accepts",
        meaning: "KMS takes a key id, a key ARN, an alias that begins with alias/, or an alias ARN. The caller's \
                  settings are wrong, not the key.",
        first_step: "Find the caller's latest deployment and correct the key's name.",
        look: Aliases,
        ..ROW
    },
    Row {
        codes: &["NotFoundException"],
        when: Says(&["invalid arn"]),
        severity: High,
        headline: "key ARN is for another Region",
        cause: "the key's ARN is for a different Region from the one that was called",
        meaning: "The caller's Region and the key's differ. A key can only be used in its own Region.",
        first_step: "Correct the Region or the ARN in the caller's settings.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["NotFoundException"],
        when: Says(&["alias "]),
        severity: High,
        headline: "{alias} does not exist",
        cause: "{alias} does not exist",
        meaning: "This account and Region have no such alias: it was deleted, or the caller is configured for another \
                  account or Region.",
        first_step: "Compare the account and Region with the caller's settings, then look for the alias.",
        look: Aliases,
        likely_changes: &["DeleteAlias"],
        ..ROW
    },
    Row {
        codes: &["NotFoundException"],
        when: Says(&["does not exist"]),
        severity: High,
        headline: "{key} does not exist",
        cause: "{key} does not exist",
        meaning: "This account and Region have no such key: it was deleted, or the caller is configured for another \
                  account or Region. A deleted key cannot be restored.",
        first_step: "Compare the account and Region of the key with the caller's settings.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["NotFoundException"],
        headline: "{operation}: not found",
        cause: "what the request names was not found",
        meaning: "The message does not say that a key is gone: it may be an alias, a grant or a policy.",
        first_step: "Read the error's message, then look at the key.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["IncorrectKeyException"],
        severity: High,
        headline: "wrong key for the data",
        cause: "the data was encrypted under another key",
        meaning: "The key that the caller names is not the one that encrypted this data. An alias may point to another \
                  key now, or the data may come from another environment.",
        first_step: "Find out which key the alias or setting pointed to before. For a symmetric key, a call without \
                     KeyId uses the key that the ciphertext names.",
        look: Aliases,
        likely_changes: &["UpdateAlias", "DeleteAlias"],
        ..ROW
    },
    Row {
        codes: &["InvalidArnException"],
        severity: Low,
        headline: "an ARN is not valid",
        cause: "an ARN in the request is not valid",
        meaning: "A setting or a deployment has a mistake. The key is not the problem.",
        first_step: "Find the caller's latest deployment and correct the ARN.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["InvalidAliasNameException"],
        severity: Low,
        headline: "an alias name is not valid",
        cause: "the alias name is not valid",
        meaning: "An alias begins with alias/, has only letters, digits, hyphens, underscores and slashes, and may not \
                  begin with alias/aws/.",
        first_step: "Correct the name in the deployment that creates the alias.",
        look: Aliases,
        ..ROW
    },
    Row {
        codes: &["AlreadyExistsException"],
        severity: Low,
        headline: "alias or replica already exists",
        cause: "the alias or replica key already exists",
        meaning: "Nothing was changed. A deployment may have run twice.",
        first_step: "Nothing urgent: look at what the deployment wanted to create.",
        look: Aliases,
        ..ROW
    },
    // Data and requests.
    Row {
        codes: &["InvalidCiphertextException"],
        severity: High,
        headline: "ciphertext rejected with {key}",
        cause: "the ciphertext or its encryption context is not valid",
        meaning: "The data is damaged, is not a KMS ciphertext (often wrong Base64), or the encryption context differs \
                  from the one it was encrypted with. With an asymmetric key, it may be the wrong key or algorithm.",
        first_step: "Compare the encryption context with that of the encrypting call, then check how the data is \
                     stored. If many callers fail, look for a deployment that changed the context or the encoding.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["KMSInvalidSignatureException", "KMSInvalidMacException"],
        severity: High,
        headline: "signature or MAC does not match",
        cause: "the signature or MAC does not match the message",
        meaning: "The message or its signature was changed, or it was signed with another key, algorithm or message \
                  type (RAW or DIGEST).",
        first_step: "Ask the application's owner whether this is known. Failures from a single source may be tampering.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["InvalidKeyUsageException"],
        headline: "{key} is the wrong type of key",
        cause: "{key} cannot be used for this operation",
        meaning: "The key's usage or spec does not fit the operation or the algorithm, and neither can be changed: the \
                  caller names the wrong key or the wrong algorithm.",
        first_step: "Compare the key's usage and spec with what the caller wants to do.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["UnsupportedOperationException"],
        severity: Low,
        headline: "{operation} is not supported",
        cause: "{key} does not support this operation",
        meaning: "The operation does not exist for this kind of key. Imported key material, for example, has no \
                  automatic rotation.",
        first_step: "Look at the key's spec and origin, and change the call.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &[
            "ValidationException",
            "ValidationError",
            "InvalidParameterValue",
            "MissingParameter",
            "InvalidMarkerException",
            "InvalidAction",
        ],
        severity: Low,
        headline: "request is not valid",
        cause: "the request is not valid",
        meaning: "A parameter is missing, malformed or too long. It may come from a setting, a deployment or the data \
                  itself. The key is not the problem.",
        first_step: "Read the error's message, then compare it with the caller's settings and data.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["InvalidGrantIdException"],
        severity: Low,
        headline: "grant id is not valid",
        cause: "the grant id is not valid",
        meaning: "No grant on this key has this id. It may already have been retired or revoked.",
        first_step: "List the key's grants and correct the id. Do not create the grant again: the caller was listing or \
                     removing it.",
        look: Grants,
        ..ROW
    },
    Row {
        codes: &["InvalidGrantTokenException"],
        headline: "grant token is not valid",
        cause: "the grant token is not valid",
        meaning: "The grant that the caller relies on was retired or revoked, or its token is wrong.",
        first_step: "See whether the grant still exists. If it does, get its current token from whoever created it; if \
                     not, and it is still needed, have it created again.",
        look: Grants,
        likely_changes: &["RevokeGrant", "RetireGrant"],
        ..ROW
    },
    Row {
        codes: &["MalformedPolicyDocumentException"],
        when: Says(&["will not allow you to update the key policy"]),
        headline: "key policy would lock its author out",
        cause: "the new key policy would not let its author change it again",
        meaning: "KMS rejected the new key policy. Nothing was changed.",
        first_step: "In the new policy, allow kms:PutKeyPolicy to the principal that makes this call, or to the \
                     account.",
        look: KeyPolicy,
        ..ROW
    },
    Row {
        codes: &["MalformedPolicyDocumentException"],
        when: Says(&["invalid principal"]),
        headline: "key policy names an invalid principal",
        cause: "the new key policy names a principal that does not exist, or that KMS does not see yet",
        meaning: "KMS rejected the new key policy. Nothing was changed.",
        first_step: "Check that the principals exist. If one was just created, try again in a minute.",
        look: KeyPolicy,
        ..ROW
    },
    Row {
        codes: &["MalformedPolicyDocumentException"],
        headline: "key policy is not valid",
        cause: "the new key policy is not valid",
        meaning: "KMS rejected the new key policy. Nothing was changed.",
        first_step: "Correct the policy that the caller wants to set.",
        look: KeyPolicy,
        ..ROW
    },
    Row {
        codes: &["TagException"],
        severity: Low,
        headline: "a tag is not valid",
        cause: "a tag is not valid",
        meaning: "Nothing was changed.",
        first_step: "Correct the tags in the caller's deployment.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &["ConflictException"],
        severity: Low,
        headline: "a rotation of {key} is already due",
        cause: "a rotation of {key} is in progress or due within minutes",
        meaning: "The key is rotated anyway, so nothing is lost.",
        first_step: "Nothing urgent: try again in half an hour if it matters.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["ExpiredImportTokenException", "InvalidImportTokenException"],
        headline: "import token is not valid",
        cause: "the import token has expired or belongs to another key",
        meaning: "The key material was not imported.",
        first_step: "Get a new import token and public key, wrap the same key material again, and import it.",
        look: ImportParameters,
        ..ROW
    },
    Row {
        codes: &["IncorrectKeyMaterialException"],
        headline: "wrong key material",
        cause: "the key material has expired, is not valid, or is not what {key} expects",
        meaning: "The key material was not imported. To restore a key, import the same material again; new material \
                  needs ImportType NEW_KEY_MATERIAL.",
        first_step: "Find the material that was imported first, and import that.",
        look: DescribeKey,
        ..ROW
    },
    // Limits and KMS itself.
    Row {
        codes: &["ThrottlingException", "Throttling", "RequestLimitExceeded"],
        headline: "KMS is throttling",
        cause: "the requests exceed a KMS quota",
        meaning: "Most quotas are shared by everything in the account and Region, so other applications may fail too.",
        first_step: "Find the caller with the most requests. Cache data keys, use S3 Bucket Keys, back off, and only \
                     then ask for a higher quota.",
        look: ServiceQuotas,
        ..ROW
    },
    Row {
        codes: &["LimitExceededException"],
        headline: "a KMS quota is exhausted",
        cause: "a quota is used up, or a policy is too long",
        meaning: "KMS has a limit on keys, aliases, grants and the length of policies. This is not throttling.",
        first_step: "See which quota it is. Retire grants or remove aliases that are no longer needed, or request an \
                     increase. The length of a key policy cannot be raised. Do not delete keys to make room.",
        look: ServiceQuotas,
        ..ROW
    },
    Row {
        codes: &["KeyUnavailableException"],
        severity: High,
        headline: "{key} is temporarily unavailable",
        cause: "{key} is temporarily unavailable",
        meaning: "KMS cannot reach the key right now. The same call may succeed when it is repeated.",
        first_step: "See whether callers retry and succeed. If it persists, look at the key and at AWS Health.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["DependencyTimeoutException"],
        headline: "KMS timed out",
        cause: "KMS timed out",
        meaning: "The same call may succeed when it is repeated.",
        first_step: "See whether callers retry and succeed. If it persists, look at AWS Health.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &[
            "KMSInternalException",
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
        headline: "KMS had an internal error",
        cause: "KMS had an internal error",
        meaning: "The same call may succeed when it is repeated.",
        first_step: "See whether callers retry and succeed. If it persists, look at AWS Health, and open a support case \
                     with the request id below.",
        look: DescribeKey,
        ..ROW
    },
    Row {
        codes: &["DryRunOperation*"],
        severity: Info,
        headline: "dry run",
        cause: "it was a dry run, and the call would have succeeded",
        meaning: "With the DryRun parameter KMS only checks permissions. This error says that the caller has them; some \
                  AWS services ask this way routinely.",
        first_step: "Nothing: no call failed.",
        look: Calls,
        ..ROW
    },
    Row {
        codes: &[
            "ExpiredTokenException",
            "ExpiredToken",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "OptInRequired",
            "RequestExpired",
        ],
        headline: "caller's credentials are not valid",
        cause: "the caller's credentials are not valid",
        meaning: "They have expired or are wrong, the caller's clock is wrong, or its account is not signed up for KMS.",
        first_step: "Check where the caller gets its credentials from, and its clock. Run the command where the caller \
                     runs, not on your own machine.",
        look: CallerIdentity,
        ..ROW
    },
    // Denials, by the policy that the message names.
    Row {
        codes: DENIED,
        when: Denied(Policy::Identity, Implicit),
        headline: "{action} denied{on_key}",
        cause: "no identity-based policy allows {action}",
        meaning: "The policies attached to {who} do not allow {action}{on_key}. AWS names one kind of policy at a time, \
                  so another may deny the next call.",
        first_step: "If {who} is meant to do this, {allow}. If nobody recognizes the caller, treat it as a possible \
                     security incident.{elsewhere}",
        look: IdentityPolicies,
        remedy: Some(AllowInIdentityPolicy),
        likely_changes: &["RevokeGrant", "RetireGrant", "PutKeyPolicy"],
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Says(&[":aws:policy/awscompromisedkeyquarantine"]),
        severity: Critical,
        headline: "leaked access key of {who}",
        cause: "a policy that AWS attaches to leaked access keys denies {action}",
        meaning: "AWS attaches the policy{policy} when it finds an access key in public. Whoever has the key can make \
                  calls as {who}.",
        first_step: "Treat it as a security incident: deactivate the access key, look at what it did, and only then \
                     remove the policy.",
        look: IdentityPolicies,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Identity, Explicit),
        headline: "{action} denied{on_key}",
        cause: "an identity-based policy denies {action}",
        meaning: "An explicit deny in a policy{policy} attached to {who} overrides whatever allows it.",
        first_step: "Find out who added the Deny and why before you change it: it may be there because credentials \
                     leaked (AWSRevokeOlderSessions). If it is a mistake, correct or detach that policy.",
        look: IdentityPolicies,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Key, Implicit),
        headline: "{action} denied{on_key}",
        cause: "no resource-based policy allows {action}",
        meaning: "The key policy does not allow {who} to call {action}, and neither does a grant.",
        first_step: "If {who} is meant to do this, {allow_in_key_policy}. If nobody recognizes the caller, treat it as \
                     a possible security incident.{elsewhere}",
        look: KeyPolicy,
        remedy: Some(AllowInKeyPolicy),
        likely_changes: &["PutKeyPolicy", "RevokeGrant", "RetireGrant"],
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Key, Explicit),
        headline: "{action} denied{on_key}",
        cause: "the key policy denies {action}",
        meaning: "An explicit deny in the key policy overrides whatever allows it. Such statements often have \
                  conditions, for example on the VPC endpoint.",
        first_step: "If {who} is meant to do this, see which condition of the Deny statement it meets. If nobody \
                     recognizes the caller, treat it as a possible security incident.{elsewhere}",
        look: KeyPolicy,
        likely_changes: &["PutKeyPolicy"],
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::KeyOrMissing, Implicit),
        headline: "{action} denied{on_key}",
        cause: "{key} does not exist in this Region, or its key policy does not allow {action} or denies it",
        meaning: "The call fails until this is put right. AWS does not say which of these it is.",
        first_step: "See whether the key exists and whether its key policy denies the call. If {who} is meant to use \
                     it, {allow_in_key_policy}. If nobody recognizes the caller, treat it as a possible security \
                     incident.{elsewhere}",
        look: DescribeKey,
        likely_changes: &["PutKeyPolicy", "RevokeGrant", "RetireGrant"],
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Ciphertext, Implicit),
        headline: "{action} denied on the data's key",
        cause: "the key that encrypted the data does not exist here, or {who} may not use it",
        meaning: "AWS does not say which, and it does not name the key.",
        first_step: "Find out which key encrypted the data. If {who} is meant to use it, allow {action} in that key's \
                     policy; if the key is in another account, allow it in an identity-based policy too. An AWS managed \
                     key cannot be shared.",
        look: DescribeKey,
        likely_changes: &["PutKeyPolicy", "RevokeGrant", "RetireGrant"],
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::ServiceControl, Implicit),
        headline: "{action} denied{on_key}",
        cause: "no service control policy allows {action}",
        meaning: "The organization's service control policies limit what this account may do, whatever its own policies \
                  allow.",
        first_step: "If {who} is meant to do this, ask the organization's administrators to allow {action}.",
        look: ServiceControlPolicy,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::ServiceControl, Explicit),
        headline: "{action} denied{on_key}",
        cause: "a service control policy denies {action}",
        meaning: "An explicit deny in the organization's service control policy{policy} overrides whatever allows it.",
        first_step: "If {who} is meant to do this, ask the organization's administrators for an exception.",
        look: ServiceControlPolicy,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::ResourceControl, Implicit),
        headline: "{action} denied{on_key}",
        cause: "no resource control policy allows {action}",
        meaning: "The organization's resource control policies limit who may use this key, whatever its key policy \
                  allows.",
        first_step: "If {who} is meant to do this, ask the administrators of the key owner's organization to allow it.",
        look: ResourceControlPolicy,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::ResourceControl, Explicit),
        headline: "{action} denied{on_key}",
        cause: "a resource control policy denies {action}",
        meaning: "An explicit deny in the organization's resource control policy{policy} overrides whatever allows it.",
        first_step: "If {who} is meant to do this, ask the administrators of the key owner's organization for an \
                     exception.",
        look: ResourceControlPolicy,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Boundary, Implicit),
        headline: "{action} denied{on_key}",
        cause: "the permissions boundary does not allow {action}",
        meaning: "The permissions boundary of {who} limits what its policies can allow.",
        first_step: "If {who} is meant to do this, allow {action} in its permissions boundary.",
        look: Boundary,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Boundary, Explicit),
        headline: "{action} denied{on_key}",
        cause: "the permissions boundary denies {action}",
        meaning: "An explicit deny in the permissions boundary{policy} of {who} overrides whatever allows it.",
        first_step: "If {who} is meant to do this, add an exception to the permissions boundary.",
        look: Boundary,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Session, Implicit),
        headline: "{action} denied{on_key}",
        cause: "the session policy does not allow {action}",
        meaning: "Whoever assumed {who} passed a session policy that limits the session.",
        first_step: "If {who} is meant to do this, allow {action} in the session policy where the role is assumed.",
        look: SessionOpening,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Session, Explicit),
        headline: "{action} denied{on_key}",
        cause: "the session policy denies {action}",
        meaning: "Whoever assumed {who} passed a session policy{policy} with an explicit deny.",
        first_step: "If {who} is meant to do this, change the session policy where the role is assumed.",
        look: SessionOpening,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Endpoint, Implicit),
        headline: "{action} denied{on_key}",
        cause: "the VPC endpoint policy does not allow {action}",
        meaning: "The call came through {endpoint}, whose policy limits what may pass.",
        first_step: "If {who} is meant to do this, allow {action} in the VPC endpoint policy.",
        look: Endpoint,
        ..ROW
    },
    Row {
        codes: DENIED,
        when: Denied(Policy::Endpoint, Explicit),
        headline: "{action} denied{on_key}",
        cause: "the VPC endpoint policy denies it",
        meaning: "The call came through {endpoint}, whose policy did not let it pass.",
        first_step: "If {who} is meant to do this, change the VPC endpoint policy.",
        look: Endpoint,
        ..ROW
    },
    Row {
        codes: &["AccessDenied*", "VpceAccessDenied", "NotAuthorized"],
        headline: "{action} denied{on_key}",
        cause: "access was denied",
        meaning: "AWS does not say which policy denied it: it may be one of the caller's policies, the key policy, a \
                  VPC endpoint policy, or an organization policy.",
        first_step: "Check the call against the key policy and the policies of {who}. If nobody recognizes the caller, \
                     treat it as a possible security incident.{elsewhere}",
        look: KeyPolicy,
        likely_changes: &["PutKeyPolicy", "RevokeGrant", "RetireGrant"],
        ..ROW
    },
];

/// A code that was not known when this was written.
pub(super) static UNKNOWN: Row = Row {
    headline: "{operation} failed",
    cause: "KMS rejected it",
    meaning: "The code is not one that this alert knows. The error's message is below.",
    first_step: "Read the error's message, then look at the key.",
    look: DescribeKey,
    ..ROW
};
