//! The topic that people subscribe to: who may publish to it, its key, its tags and its e-mail
//! subscriptions.

use std::cell::RefCell;

use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::types::Tag;
use serde_json::{Map, Value, json};
use tracing::{info, warn};

use super::ownership::Ownership;
use crate::arn::Scope;
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::Owner;
use crate::properties::{PartialProperties, Properties};

/// A topic of our name, which may be absent.
pub(super) struct Found {
    pub(super) ownership: Ownership,
    /// Its settings, if it exists.
    pub(super) settings: Option<Settings>,
}

/// The settings of a topic that are changed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    policy: String,
    key: Option<String>,
    /// How many subscriptions get what is published.
    pub(super) confirmed: Option<u64>,
}

impl Settings {
    /// The key that encrypts the topic.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// As attributes. An empty key turns encryption off.
    pub(super) fn attributes(&self) -> [(&'static str, &str); 2] {
        let key = self.key.as_deref().unwrap_or_default();
        [("Policy", &self.policy), ("KmsMasterKeyId", key)]
    }
}

/// Our statements: they let CloudWatch publish for two named alarms of this account, and nobody
/// without TLS. IAM decides about this account's own roles.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
fn statements(scope: &Scope, names: &Names) -> [Value; 2] {
    let topic_arn = scope.topic_arn(&names.topic);
    [
        json!({
            "Sid": "KmsAlarmOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account},
                "ArnEquals": {"aws:SourceArn": [
                    scope.alarm_arn(&names.alarm),
                    scope.alarm_arn(&names.undelivered),
                ]},
            },
        }),
        json!({
            "Sid": "KmsAlarmOnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }),
    ]
}

/// The policy of a new topic. It replaces SNS's default one, so it allows nothing else.
fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An existing policy with our statements in place of those with the same names. All others stay:
/// other people may rely on them. The same text when it has our statements already.
fn merged_policy(existing: &str, statements: &[Value]) -> Result<String, serde_json::Error> {
    let mut policy: Map<String, Value> = serde_json::from_str(existing)?;
    let is_ours = |statement: &Value| {
        let sid = statement.get("Sid");
        statements.iter().any(|ours| ours.get("Sid") == sid)
    };
    let before = match policy.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        single => Vec::from_iter(single),
    };
    if statements.iter().all(|ours| before.contains(ours)) {
        return Ok(existing.to_owned());
    }
    let others = before.into_iter().filter(|statement| !is_ours(statement));
    let merged: Value = statements.iter().cloned().chain(others).collect();
    policy.insert("Statement".to_owned(), merged);
    Ok(Value::Object(policy).to_string())
}

/// Looks for the topic: who owns it, and its settings. Its tags may still be listed when it is
/// already gone.
pub(super) async fn find(sns: &Sns, arn: &str, owner: &Owner) -> Result<Found, Fault> {
    let ownership = ownership(sns, arn, owner).await?;
    let settings = match ownership {
        Ownership::Absent => None,
        _ => settings(sns, arn).await?,
    };
    Ok(Found {
        ownership: match settings {
            Some(_) => ownership,
            None => Ownership::Absent,
        },
        settings,
    })
}

pub(super) async fn settings(sns: &Sns, arn: &str) -> Result<Option<Settings>, Fault> {
    let answer = sns.get_topic_attributes().topic_arn(arn).send().await;
    match answer.map_err(|error| Fault::new("sns:GetTopicAttributes", arn, &error)) {
        Ok(answer) => {
            let mut attributes = answer.attributes.unwrap_or_default();
            Ok(Some(Settings {
                policy: attributes
                    .remove("Policy")
                    .unwrap_or_else(|| "{}".to_owned()),
                key: attributes
                    .remove("KmsMasterKeyId")
                    .filter(|key| !key.is_empty()),
                confirmed: attributes
                    .get("SubscriptionsConfirmed")
                    .and_then(|count| count.parse().ok()),
            }))
        }
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Who owns the topic.
pub(super) async fn ownership(sns: &Sns, arn: &str, owner: &Owner) -> Result<Ownership, Fault> {
    let listed = sns.list_tags_for_resource().resource_arn(arn).send().await;
    match listed.map_err(|error| Fault::new("sns:ListTagsForResource", arn, &error)) {
        Ok(listed) => {
            let tags = listed.tags().iter().map(|tag| (tag.key(), tag.value()));
            Ok(Ownership::new(owner, tags))
        }
        Err(fault) if fault.is_not_found() => Ok(Ownership::Absent),
        Err(fault) => Err(fault),
    }
}

/// Makes the topic with these tags. It fails when a topic with other tags has appeared in the
/// meantime, so nobody else's is taken over.
pub(super) async fn create(
    sns: &Sns,
    scope: &Scope,
    names: &Names,
    properties: &Properties,
    with_tags: &[(&str, &str)],
) -> Result<(), Fault> {
    const ACTION: &str = "sns:CreateTopic";
    let arn = scope.topic_arn(&names.topic);
    let mut request = sns
        .create_topic()
        .name(&names.topic)
        .attributes("Policy", policy(&statements(scope, names)).to_string())
        .set_tags(Some(tags(ACTION, &arn, with_tags)?));
    if let Some(key) = &properties.topic_kms_key_id {
        request = request.attributes("KmsMasterKeyId", key);
    }
    let created = request.send().await;
    created.map_err(|error| Fault::new(ACTION, &arn, &error))?;
    Ok(())
}

/// The settings that an existing topic is to get: our statements beside everybody else's, and the
/// key that the properties name. Without one its key stays, unless the old properties gave it.
pub(super) fn wanted(
    scope: &Scope,
    names: &Names,
    properties: &Properties,
    old: &PartialProperties,
    found: &Settings,
) -> Result<Settings, Fault> {
    let arn = scope.topic_arn(&names.topic);
    let policy = merged_policy(&found.policy, &statements(scope, names))
        .map_err(|error| Fault::local("sns:GetTopicAttributes", arn, error))?;
    let kept = || {
        let kept = found.key.clone();
        kept.filter(|key| old.topic_kms_key_id.as_ref() != Some(key))
    };
    Ok(Settings {
        policy,
        key: properties.topic_kms_key_id.clone().or_else(kept),
        confirmed: found.confirmed,
    })
}

/// Changes one attribute of an existing topic.
pub(super) async fn set(sns: &Sns, arn: &str, name: &str, value: &str) -> Result<(), Fault> {
    sns.set_topic_attributes()
        .topic_arn(arn)
        .attribute_name(name)
        .attribute_value(value)
        .send()
        .await
        .map_err(|error| Fault::new("sns:SetTopicAttributes", arn, &error))?;
    Ok(())
}

/// Tags the topic. This fails when a Delete has removed the topic in the meantime.
pub(super) async fn tag(sns: &Sns, arn: &str, added: &[(&str, &str)]) -> Result<(), Fault> {
    const ACTION: &str = "sns:TagResource";
    sns.tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags(ACTION, arn, added)?))
        .send()
        .await
        .map_err(|error| Fault::new(ACTION, arn, &error))?;
    Ok(())
}

/// Takes tags off the topic.
pub(super) async fn untag(sns: &Sns, arn: &str, keys: &[&str]) -> Result<(), Fault> {
    sns.untag_resource()
        .resource_arn(arn)
        .set_tag_keys(Some(keys.iter().map(|key| (*key).to_owned()).collect()))
        .send()
        .await
        .map_err(|error| Fault::new("sns:UntagResource", arn, &error))?;
    Ok(())
}

fn tags(action: &'static str, arn: &str, tags: &[(&str, &str)]) -> Result<Vec<Tag>, Fault> {
    let built = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    built
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::local(action, arn, error))
}

/// One e-mail subscription.
struct Subscription {
    address: String,
    state: State,
}

/// Where a subscription stands. SNS shows it in place of the ARN.
enum State {
    /// It has this ARN.
    Confirmed(String),
    /// The address was asked to confirm it.
    Pending,
    /// It was ended, and is still listed.
    Deleted,
}

async fn subscriptions(sns: &Sns, topic_arn: &str) -> Result<Vec<Subscription>, Fault> {
    let mut pages = sns
        .list_subscriptions_by_topic()
        .topic_arn(topic_arn)
        .into_paginator()
        .items()
        .send();
    let mut subscriptions = Vec::new();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| Fault::new("sns:ListSubscriptionsByTopic", topic_arn, &error))?;
        if found.protocol() == Some("email") {
            let arn = found.subscription_arn.unwrap_or_default();
            subscriptions.push(Subscription {
                address: found.endpoint.unwrap_or_default(),
                state: match arn.as_str() {
                    "Deleted" => State::Deleted,
                    text if text.starts_with("arn:") => State::Confirmed(arn),
                    _ => State::Pending,
                },
            });
        }
    }
    Ok(subscriptions)
}

/// For each address whether it has confirmed, or nothing when it is not subscribed.
pub(super) async fn confirmed(
    sns: &Sns,
    topic_arn: &str,
    addresses: &[String],
) -> Result<Vec<Option<bool>>, Fault> {
    let listed = subscriptions(sns, topic_arn).await?;
    let confirmed = addresses.iter().map(|address| {
        let states = listed.iter().filter(|found| found.address == *address);
        let states = states.filter_map(|found| match found.state {
            State::Confirmed(_) => Some(true),
            State::Pending => Some(false),
            State::Deleted => None,
        });
        states.max()
    });
    Ok(confirmed.collect())
}

/// Subscribes each address that is neither subscribed nor pending, because a second request would
/// send another confirmation mail, and notes it.
pub(super) async fn subscribe(
    sns: &Sns,
    topic_arn: &str,
    addresses: &[String],
    subscribed: &RefCell<Vec<String>>,
) -> Result<(), Fault> {
    if addresses.is_empty() {
        return Ok(());
    }
    let listed = subscriptions(sns, topic_arn).await?;
    let mut again = 0;
    for address in addresses {
        let mut states = listed
            .iter()
            .filter(|found| found.address == *address)
            .map(|found| &found.state);
        let was_listed = states.clone().next().is_some();
        if states.any(|state| !matches!(state, State::Deleted)) {
            continue;
        }
        again += usize::from(was_listed);
        sns.subscribe()
            .topic_arn(topic_arn)
            .protocol("email")
            .endpoint(address)
            .send()
            .await
            .map_err(|error| Fault::new("sns:Subscribe", topic_arn, &error))?;
        subscribed.borrow_mut().push(address.clone());
    }
    if again > 0 {
        warn!(
            addresses = again,
            "addresses that were unsubscribed get no mail until they confirm again"
        );
    }
    Ok(())
}

/// Unsubscribes addresses that the properties no longer name. A pending subscription cannot be
/// ended; SNS drops it after two days. Addresses that no properties named stay.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html>
pub(super) async fn unsubscribe(
    sns: &Sns,
    topic_arn: &str,
    before: &[String],
    now: &[String],
) -> Result<(), Fault> {
    let removed: Vec<&String> = before.iter().filter(|old| !now.contains(old)).collect();
    if removed.is_empty() {
        return Ok(());
    }
    let mut pending = 0;
    for subscription in subscriptions(sns, topic_arn).await? {
        if !removed.contains(&&subscription.address) {
            continue;
        }
        let arn = match subscription.state {
            State::Confirmed(arn) => arn,
            State::Pending => {
                pending += 1;
                continue;
            }
            State::Deleted => continue,
        };
        let ended = sns.unsubscribe().subscription_arn(arn).send().await;
        match ended.map_err(|error| Fault::new("sns:Unsubscribe", topic_arn, &error)) {
            Err(fault) if !fault.is_not_found() => return Err(fault),
            _ => {}
        }
    }
    if pending > 0 {
        info!(
            pending,
            "removed addresses that never confirmed: SNS drops them within 48 hours"
        );
    }
    Ok(())
}

/// Removes the topic, and its subscriptions with it. One that is already gone counts as removed.
///
/// <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>
pub(super) async fn remove(sns: &Sns, arn: &str) -> Result<(), Fault> {
    let removed = sns.delete_topic().topic_arn(arn).send().await;
    match removed.map_err(|error| Fault::new("sns:DeleteTopic", arn, &error)) {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_others_stay_in_a_policy() {
        let ours = json!({"Sid": "KmsAlarmOfThisAccount", "Effect": "Allow"});
        let merged = |existing: Value| {
            let merged = merged_policy(&existing.to_string(), std::slice::from_ref(&ours)).unwrap();
            serde_json::from_str::<Value>(&merged).unwrap()
        };
        let theirs = json!({"Sid": "Theirs", "Effect": "Deny"});
        let unnamed = json!({"Effect": "Allow"});
        let outdated = json!({"Sid": "KmsAlarmOfThisAccount", "Effect": "Deny"});
        assert_eq!(
            merged(json!({"Id": "a", "Statement": [theirs, outdated, unnamed]})),
            json!({"Id": "a", "Statement": [ours, theirs, unnamed]})
        );
        assert_eq!(
            merged(json!({"Statement": theirs})),
            json!({"Statement": [ours, theirs]})
        );
        assert_eq!(merged(json!({})), json!({"Statement": [ours]}));
    }

    #[test]
    fn a_policy_that_has_our_statements_stays_as_it_is_written() {
        let existing = r#"{ "Statement": [{"Sid": "Ours"}] }"#;
        let merged = merged_policy(existing, &[json!({"Sid": "Ours"})]).unwrap();
        assert_eq!(merged, existing);
    }
}
