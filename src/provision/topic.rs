//! The topic that people subscribe to: who may publish to it, its key, its tags and its e-mail
//! subscriptions.

use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::types::Tag;
use serde_json::{Value, json};
use tracing::info;

use super::ownership::Ownership;
use crate::arn::Scope;
use crate::fault::Fault;
use crate::names::Names;
use crate::owner::{COMPLETE_TAG, Owner};
use crate::properties::Properties;

/// Lets CloudWatch publish for two named alarms of this account, and nobody without TLS. IAM
/// decides about this account's own roles. A policy replaces SNS's default one, so it allows
/// nothing else.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
fn policy(scope: &Scope, names: &Names) -> Value {
    let topic_arn = scope.topic_arn(&names.topic);
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AlarmsOfThisAccount",
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
            },
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    })
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

/// Makes the topic with its owner's tags, or changes an existing one to what the properties say;
/// returns its ARN. `CreateTopic` fails when a topic with other tags appeared in the meantime, so
/// nobody else's is taken over.
pub(super) async fn put(
    sns: &Sns,
    scope: &Scope,
    names: &Names,
    owner: &Owner,
    properties: &Properties,
    ownership: &Ownership,
) -> Result<String, Fault> {
    let arn = scope.topic_arn(&names.topic);
    let policy = policy(scope, names).to_string();
    let key = properties.topic_kms_key_id.clone();
    if *ownership == Ownership::Absent {
        let mut request = sns
            .create_topic()
            .name(&names.topic)
            .attributes("Policy", policy)
            .set_tags(Some(tags("sns:CreateTopic", &arn, &owner.tags())?));
        if let Some(key) = key {
            request = request.attributes("KmsMasterKeyId", key);
        }
        let created = request.send().await;
        created.map_err(|error| Fault::new("sns:CreateTopic", &arn, &error))?;
        return Ok(arn);
    }
    for (name, value) in [
        ("Policy", policy),
        // An empty key turns encryption off.
        ("KmsMasterKeyId", key.unwrap_or_default()),
    ] {
        sns.set_topic_attributes()
            .topic_arn(&arn)
            .attribute_name(name)
            .attribute_value(value)
            .send()
            .await
            .map_err(|error| Fault::new("sns:SetTopicAttributes", &arn, &error))?;
    }
    Ok(arn)
}

/// Tags the topic with its owner and as complete. This fails when a Delete has removed the topic in
/// the meantime.
pub(super) async fn mark(sns: &Sns, arn: &str, owner: &Owner) -> Result<(), Fault> {
    const ACTION: &str = "sns:TagResource";
    let [id, stack] = owner.tags();
    sns.tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags(
            ACTION,
            arn,
            &[id, stack, (COMPLETE_TAG, "true")],
        )?))
        .send()
        .await
        .map_err(|error| Fault::new(ACTION, arn, &error))?;
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
    /// `None` while it is pending: SNS then gives no ARN, or `PendingConfirmation` or `Deleted`
    /// instead.
    arn: Option<String>,
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
            subscriptions.push(Subscription {
                address: found.endpoint.unwrap_or_default(),
                arn: found.subscription_arn.filter(|arn| arn.starts_with("arn:")),
            });
        }
    }
    Ok(subscriptions)
}

/// Subscribes each address that is neither subscribed nor pending, because a second request would
/// send another confirmation mail.
pub(super) async fn subscribe(
    sns: &Sns,
    topic_arn: &str,
    addresses: &[String],
) -> Result<(), Fault> {
    if addresses.is_empty() {
        return Ok(());
    }
    let present = subscriptions(sns, topic_arn).await?;
    let is_present = |address: &String| present.iter().any(|s| s.address == *address);
    for address in addresses.iter().filter(|address| !is_present(address)) {
        sns.subscribe()
            .topic_arn(topic_arn)
            .protocol("email")
            .endpoint(address)
            .send()
            .await
            .map_err(|error| Fault::new("sns:Subscribe", topic_arn, &error))?;
    }
    Ok(())
}

/// Unsubscribes addresses that the properties no longer name. A pending subscription cannot be
/// ended; SNS drops it after two days. Subscriptions that people made themselves stay.
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
        let Some(arn) = subscription.arn else {
            pending += 1;
            continue;
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

/// Removes the topic, and its subscriptions with it, if it is ours.
pub(super) async fn remove(sns: &Sns, arn: &str, ownership: &Ownership) -> Result<(), Fault> {
    if !ownership.is_ours() {
        return Ok(());
    }
    let removed = sns.delete_topic().topic_arn(arn).send().await;
    removed.map_err(|error| Fault::new("sns:DeleteTopic", arn, &error))?;
    Ok(())
}
