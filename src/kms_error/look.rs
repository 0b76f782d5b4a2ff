//! Commands that show more and change nothing.

use super::caller::Caller;
use super::words::Known;
use crate::command::Command;
use crate::identifier::{Identifier, Key};

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// There is nothing to look at.
    Nothing,
    /// The key's state, usage and origin.
    DescribeKey,
    /// The key policy.
    KeyPolicy,
    /// The grants on the key.
    Grants,
    /// The aliases and where they point.
    Aliases,
    /// The custom key stores and their connection errors.
    KeyStores,
    /// Who made this call lately.
    Calls,
    /// The quotas of KMS.
    ServiceQuotas,
    /// What is needed to import key material again.
    ImportParameters,
    /// Whose credentials are in use.
    CallerIdentity,
    /// The policies attached to the caller, or the one that the message names.
    IdentityPolicies,
    /// The caller's permissions boundary.
    Boundary,
    /// Who opened the session.
    SessionOpening,
    /// The VPC endpoint's policy.
    Endpoint,
    /// The organization's service control policies.
    ServiceControlPolicy,
    /// The organization's resource control policies.
    ResourceControlPolicy,
}

impl Look {
    /// The command, if all that it needs is known.
    pub(super) fn command(self, known: &Known<'_>) -> Option<Command> {
        let region = known.region.as_ref()?;
        Some(match self {
            Self::Nothing => return None,
            Self::DescribeKey => Command::new("aws kms describe-key")
                .option("--key-id", one_key(known)?)
                .option("--region", region),
            Self::KeyPolicy => key_policy(known)?,
            Self::Grants => {
                with_key_id(Command::new("aws kms list-grants"), known)?.option("--region", region)
            }
            Self::Aliases => {
                Command::new("aws kms list-aliases --output table").option("--region", region)
            }
            Self::KeyStores => {
                let command = Command::new("aws kms describe-custom-key-stores");
                let command = match &known.key_store {
                    Some(store) => command.option("--custom-key-store-id", store),
                    None => command,
                };
                command.option("--region", region)
            }
            Self::Calls => {
                let operation = known.operation.as_ref()?;
                lookup(
                    &format!("AttributeKey=EventName,AttributeValue={operation}"),
                    region,
                )
            }
            Self::SessionOpening => {
                lookup("AttributeKey=EventName,AttributeValue=AssumeRole", region)
            }
            Self::ServiceQuotas => {
                Command::new("aws service-quotas list-service-quotas --service-code kms")
                    .option("--region", region)
            }
            Self::ImportParameters => {
                let command = Command::new("aws kms get-parameters-for-import");
                with_key_id(command, known)?
                    .words("--wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096")
                    .option("--region", region)
            }
            Self::CallerIdentity => Command::new("aws sts get-caller-identity"),
            Self::IdentityPolicies => identity_policies(known)?,
            Self::Boundary => match &known.caller {
                Caller::User(user) => Command::new("aws iam get-user")
                    .option("--user-name", user)
                    .words("--query User.PermissionsBoundary"),
                Caller::Role(role) | Caller::PermissionSet { role, .. } => {
                    Command::new("aws iam get-role")
                        .option("--role-name", role)
                        .words("--query Role.PermissionsBoundary")
                }
                Caller::ServiceLinked(_) | Caller::Unknown => return None,
            },
            Self::Endpoint => Command::new("aws ec2 describe-vpc-endpoints")
                .option("--vpc-endpoint-ids", known.vpc_endpoint.as_ref()?)
                .words("--query 'VpcEndpoints[].PolicyDocument' --output text")
                .option("--region", region),
            Self::ServiceControlPolicy => organization(
                "--filter SERVICE_CONTROL_POLICY",
                known,
                known.account.as_ref(),
            )?,
            Self::ResourceControlPolicy => {
                let target = known.owner.as_ref().or(known.account.as_ref());
                organization("--filter RESOURCE_CONTROL_POLICY", known, target)?
            }
        })
    }
}

/// The one key that the calls are about.
pub(super) fn one_key<'k>(known: &Known<'k>) -> Option<&'k Key> {
    known.context.key.filter(|_| known.context.keys < 2)
}

/// Adds the key to a command whose operation takes no alias: `describe-key` finds the ARN first.
pub(super) fn with_key_id(command: Command, known: &Known<'_>) -> Option<Command> {
    let key = one_key(known)?;
    if !key.is_alias() {
        return Some(command.option("--key-id", key));
    }
    let arn = Command::new("aws kms describe-key")
        .option("--key-id", key)
        .words("--query KeyMetadata.Arn --output text")
        .option("--region", known.region.as_ref()?);
    Some(command.output_of("--key-id", &arn))
}

/// The command that prints the key policy.
pub(super) fn key_policy(known: &Known<'_>) -> Option<Command> {
    let command = with_key_id(Command::new("aws kms get-key-policy"), known)?;
    Some(
        command
            .words("--policy-name default --query Policy --output text")
            .option("--region", known.region.as_ref()?),
    )
}

fn lookup(attribute: &str, region: &Identifier) -> Command {
    Command::new("aws cloudtrail lookup-events")
        .quoted("--lookup-attributes", attribute)
        .words("--max-results 20")
        .option("--region", region)
}

fn identity_policies(known: &Known<'_>) -> Option<Command> {
    if let Some(arn) = &known.policy_arn {
        let version = Command::new("aws iam get-policy")
            .option("--policy-arn", arn)
            .words("--query Policy.DefaultVersionId --output text");
        return Some(
            Command::new("aws iam get-policy-version")
                .option("--policy-arn", arn)
                .output_of("--version-id", &version),
        );
    }
    Some(match &known.caller {
        Caller::User(user) => {
            let attached =
                Command::new("aws iam list-attached-user-policies").option("--user-name", user);
            Command::new("aws iam list-user-policies")
                .option("--user-name", user)
                .then(&attached)
        }
        Caller::Role(role) | Caller::PermissionSet { role, .. } | Caller::ServiceLinked(role) => {
            let attached =
                Command::new("aws iam list-attached-role-policies").option("--role-name", role);
            Command::new("aws iam list-role-policies")
                .option("--role-name", role)
                .then(&attached)
        }
        Caller::Unknown => return None,
    })
}

/// The organization's policy that the message names, else those of an account.
fn organization(
    filter: &'static str,
    known: &Known<'_>,
    account: Option<&Identifier>,
) -> Option<Command> {
    let named = known.policy_arn.as_ref();
    let id = named.and_then(|arn| arn.as_ref().rsplit('/').next());
    let id = id
        .filter(|id| id.starts_with("p-"))
        .and_then(Identifier::word);
    Some(match id {
        Some(id) => Command::new("aws organizations describe-policy").option("--policy-id", &id),
        None => Command::new("aws organizations list-policies-for-target")
            .option("--target-id", account?)
            .words(filter),
    })
}
