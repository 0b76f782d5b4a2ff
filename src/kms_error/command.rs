//! Commands to paste, with the reader's own key, Region and role filled in.

use crate::text::{harmless, shell_word};

/// What is filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The key, by whatever name the event has for it.
    pub key: Option<&'a str>,
    /// The Region the call was made to.
    pub region: Option<&'a str>,
    /// The account the call was made in.
    pub account: Option<&'a str>,
    /// The role's ARN.
    pub role: Option<&'a str>,
    /// The operation, such as `Decrypt`.
    pub operation: Option<&'a str>,
    /// The VPC endpoint the call came through.
    pub vpc_endpoint: Option<&'a str>,
    /// The error's message, which sometimes tells more than its code.
    pub message: Option<&'a str>,
}

/// A command of the AWS CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The key's state, usage and origin.
    DescribeKey,
    /// Brings a disabled key back.
    EnableKey,
    /// Keeps a key from being deleted; it is disabled afterwards.
    CancelDeletion,
    /// Who may use the key.
    KeyPolicy,
    /// What has been granted on the key.
    Grants,
    /// Which aliases there are and where they point.
    Aliases,
    /// The custom key stores and why they are not connected.
    KeyStores,
    /// Who made this call lately.
    Calls,
    /// The quotas of KMS.
    Quotas,
    /// What is needed to import key material again.
    ImportParameters,
    /// Whose credentials are in use.
    Identity,
}

impl Command {
    /// The command's text, on one line.
    pub(super) fn fill_in(self, context: &Context<'_>) -> String {
        let key = key_or_placeholder(context.key);
        let region = plausible(context.region, b"-").unwrap_or("REGION");
        let kms = |rest: String| format!("aws kms {rest} --region {region}");
        let look_up = |attribute: &str, value: &str| {
            let value = shell_word(&format!("AttributeKey={attribute},AttributeValue={value}"));
            format!(
                "aws cloudtrail lookup-events --lookup-attributes {value} --max-results 20 --region {region}"
            )
        };
        match self {
            Self::DescribeKey => kms(format!("describe-key --key-id {key}")),
            Self::EnableKey => kms(format!("enable-key --key-id {key}")),
            Self::CancelDeletion => {
                let cancel = kms(format!("cancel-key-deletion --key-id {key}"));
                format!("{cancel} && {}", Self::EnableKey.fill_in(context))
            }
            Self::KeyPolicy => kms(format!(
                "get-key-policy --key-id {key} --policy-name default --query Policy --output text"
            )),
            Self::Grants => kms(format!("list-grants --key-id {key}")),
            Self::Aliases => kms("list-aliases --output table".to_owned()),
            Self::KeyStores => kms("describe-custom-key-stores".to_owned()),
            Self::Calls => look_up(
                "EventName",
                plausible(context.operation, b"").unwrap_or("OPERATION"),
            ),
            Self::Quotas => format!(
                "aws service-quotas list-service-quotas --service-code kms --region {region}"
            ),
            Self::ImportParameters => kms(format!(
                "get-parameters-for-import --key-id {key} --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096"
            )),
            Self::Identity => "aws sts get-caller-identity".to_owned(),
        }
    }
}

/// The key's name if KMS would accept it; callers may send anything in its place.
pub(super) fn key_or_placeholder(key: Option<&str>) -> &str {
    plausible(key, b":/_-").unwrap_or("KEY_ID")
}

/// A name of letters, digits and these others, which no shell reads as anything else and no mail
/// program takes for an address.
pub(super) fn plausible<'a>(name: Option<&'a str>, others: &[u8]) -> Option<&'a str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
    name.filter(|name| {
        (1..=2048).contains(&name.len())
            && name.bytes().all(allowed)
            && !name.starts_with('-')
            && harmless(name, 2048) == *name
    })
}
