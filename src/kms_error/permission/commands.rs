//! The commands for a denial: one that shows the document, and one that adds what is missing, where
//! adding a permission is all there is to do. Whatever is filled in is a name that AWS would accept,
//! or a placeholder.

use serde_json::json;

use super::{Caller, Case};
use crate::kms_error::command::{Command, key_or_placeholder, plausible};
use crate::kms_error::denial::Policy;
use crate::text::shell_word;

impl Case<'_> {
    /// The command that shows the document.
    pub(super) fn command(&self) -> String {
        let region = self.region();
        match self.denial.policy {
            Policy::Key => Command::KeyPolicy.fill_in(self.context),
            Policy::KeyOrNone => Command::DescribeKey.fill_in(self.context),
            Policy::Ciphertext if self.context.key.is_some() => {
                Command::DescribeKey.fill_in(self.context)
            }
            Policy::Ciphertext => Command::Aliases.fill_in(self.context),
            Policy::Grant => Command::Grants.fill_in(self.context),
            Policy::ServiceControl => self.organisation("SERVICE_CONTROL_POLICY", self.account()),
            Policy::ResourceControl => self.organisation(
                "RESOURCE_CONTROL_POLICY",
                self.key_owner().unwrap_or_else(|| self.account()),
            ),
            Policy::Session => format!(
                "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRole \
                 --max-results 20 --region {region}"
            ),
            Policy::Endpoint => {
                let which = match plausible(self.context.vpc_endpoint, b"-") {
                    Some(endpoint) => format!("--vpc-endpoint-ids {endpoint}"),
                    None => {
                        format!("--filters Name=service-name,Values=com.amazonaws.{region}.kms")
                    }
                };
                format!(
                    "aws ec2 describe-vpc-endpoints {which} --query 'VpcEndpoints[].PolicyDocument' --output text \
                     --region {region}"
                )
            }
            Policy::Boundary => match self.caller {
                Caller::User(user) => {
                    format!("aws iam get-user --user-name {user} --query User.PermissionsBoundary")
                }
                _ => format!(
                    "aws iam get-role --role-name {} --query Role.PermissionsBoundary",
                    self.role()
                ),
            },
            Policy::Identity => {
                match (plausible(self.denial.policy_arn, b":/+=,.@_-"), self.caller) {
                    (Some(arn), _) => format!("aws iam get-policy --policy-arn {arn}"),
                    (None, Caller::User(user)) => format!(
                        "aws iam list-user-policies --user-name {user} && aws iam list-attached-user-policies --user-name {user}"
                    ),
                    (None, _) => {
                        let role = self.role();
                        format!(
                            "aws iam list-role-policies --role-name {role} && aws iam list-attached-role-policies --role-name {role}"
                        )
                    }
                }
            }
        }
    }

    /// The command that allows it, where adding a permission is all there is to do.
    pub(super) fn remedy(&self) -> Option<String> {
        let (key, region) = (key_or_placeholder(self.context.key), self.region());
        let name = self.action.trim_start_matches("kms:");
        match (self.denial.policy, self.denial.is_explicit) {
            (Policy::Identity, false) => {
                let statement =
                    json!({ "Effect": "Allow", "Action": self.action, "Resource": self.key_arn() });
                let document =
                    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
                let (kind, caller) = match self.caller {
                    Caller::User(user) => ("user", user),
                    _ => ("role", self.role()),
                };
                Some(format!(
                    "aws iam put-{kind}-policy --{kind}-name {caller} --policy-name allow-kms-{name} --policy-document {}",
                    shell_word(&document)
                ))
            }
            (Policy::Key, false) => {
                let statement = json!({ "Effect": "Allow", "Principal": { "AWS": self.principal() },
                    "Action": self.action, "Resource": "*" });
                let program = shell_word(&format!(".Statement += [{statement}]"));
                Some(format!(
                    "{} | jq {program} > key-policy.json && aws kms put-key-policy --key-id {key} --policy-name default \
                     --policy file://key-policy.json --region {region}",
                    Command::KeyPolicy.fill_in(self.context)
                ))
            }
            (Policy::Grant, _) => Some(format!(
                "aws kms create-grant --key-id {key} --grantee-principal {} --operations {name} --region {region}",
                self.principal()
            )),
            _ => None,
        }
    }

    fn organisation(&self, kind: &str, target: &str) -> String {
        let id = self
            .denial
            .policy_arn
            .and_then(|arn| arn.rsplit('/').next());
        match plausible(id, b"-").filter(|id| id.starts_with("p-")) {
            Some(id) => format!("aws organizations describe-policy --policy-id {id}"),
            None => format!(
                "aws organizations list-policies-for-target --target-id {target} --filter {kind}"
            ),
        }
    }

    fn role(&self) -> &str {
        match self.caller {
            Caller::Role(role) => role,
            _ => "ROLE_NAME",
        }
    }

    fn region(&self) -> &str {
        plausible(self.context.region, b"-").unwrap_or("REGION")
    }

    fn account(&self) -> &str {
        plausible(self.context.account, b"").unwrap_or("ACCOUNT_ID")
    }

    /// Who is to be allowed, as a policy names them.
    fn principal(&self) -> &str {
        plausible(self.context.role, b":/+=,.@_-")
            .filter(|arn| arn.starts_with("arn:"))
            .unwrap_or("ROLE_ARN")
    }

    /// The key as an IAM policy names it: by its ARN. An alias cannot stand there.
    fn key_arn(&self) -> String {
        let key = key_or_placeholder(self.context.key);
        if key.starts_with("arn:") && key.contains(":key/") {
            return key.to_owned();
        }
        let is_id = key.len() >= 32
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let partition = self.principal().split(':').nth(1).unwrap_or("aws");
        match (
            is_id,
            plausible(self.context.region, b"-"),
            plausible(self.context.account, b""),
        ) {
            (true, Some(region), Some(account)) => {
                format!("arn:{partition}:kms:{region}:{account}:key/{key}")
            }
            _ => "KEY_ARN".to_owned(),
        }
    }
}
