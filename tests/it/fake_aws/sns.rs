//! SNS.
//!
//! - `CreateTopic` with some of the tags and attributes that the topic of that name has returns
//!   that topic; with others it fails.
//!   <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
//! - `DeleteTopic` succeeds whether or not there is such a topic.
//!   <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>
//! - A topic without a policy has the default one: everything that the owner's account may do.
//!   <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
//! - A subscription that ended is listed as `Deleted` for some days; subscribing again asks for a
//!   confirmation again. One that is pending cannot be ended.
//!   <https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html>

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use stand_ins::protocol::{escaped, xml};

use super::call::{Answer, Body, Call, Error};
use super::world::{ACCOUNT, DELETED, PENDING, REGION, Topic, World};

pub fn perform(world: &mut World, call: &Call) -> Answer {
    let result = match call.operation.as_str() {
        "CreateTopic" => create(world, call)?,
        "DeleteTopic" => {
            world
                .topics
                .remove(call.text("TopicArn").unwrap_or_default());
            String::new()
        }
        "ListTagsForResource" => {
            let tags = &topic(world, call, "ResourceArn")?.tags;
            let members = tags.iter().fold(String::new(), |mut xml, (key, value)| {
                let (key, value) = (escaped(key), escaped(value));
                let _ = write!(
                    xml,
                    "<member><Key>{key}</Key><Value>{value}</Value></member>"
                );
                xml
            });
            format!("<Tags>{members}</Tags>")
        }
        "TagResource" => {
            let tags = tags(call);
            topic(world, call, "ResourceArn")?.tags.extend(tags);
            String::new()
        }
        "UntagResource" => {
            let field = |n| call.text(&format!("TagKeys.member.{n}"));
            let keys: Vec<&str> = (1..).map_while(field).collect();
            let tags = &mut topic(world, call, "ResourceArn")?.tags;
            tags.retain(|key, _| !keys.contains(&key.as_str()));
            String::new()
        }
        "GetTopicAttributes" => attributes(world, call)?,
        "SetTopicAttributes" => {
            let name = call.text("AttributeName").unwrap_or_default().to_owned();
            let value = call.text("AttributeValue").unwrap_or_default();
            let arn = call.text("TopicArn").unwrap_or_default();
            let value = attribute(arn, &name, value)?;
            let attributes = &mut topic(world, call, "TopicArn")?.attributes;
            match value {
                Some(value) => attributes.insert(name, value),
                None => attributes.remove(&name),
            };
            String::new()
        }
        "ListSubscriptionsByTopic" => {
            let topic = topic(world, call, "TopicArn")?;
            let members =
                topic
                    .subscriptions
                    .iter()
                    .fold(String::new(), |mut xml, (address, arn)| {
                        let _ = write!(
                            xml,
                            "<member><Protocol>email</Protocol><Endpoint>{}</Endpoint>\
                     <SubscriptionArn>{arn}</SubscriptionArn></member>",
                            escaped(address)
                        );
                        xml
                    });
            format!("<Subscriptions>{members}</Subscriptions>")
        }
        "Subscribe" => {
            let address = call.text("Endpoint").unwrap_or_default().to_owned();
            let subscriptions = &mut topic(world, call, "TopicArn")?.subscriptions;
            let arn = subscriptions.entry(address).or_default();
            if arn.is_empty() || arn == DELETED {
                PENDING.clone_into(arn);
            }
            "<SubscriptionArn>pending confirmation</SubscriptionArn>".to_owned()
        }
        "Unsubscribe" => unsubscribe(world, call)?,
        "Publish" => "<MessageId>m</MessageId>".to_owned(),
        other => return Err(Error::new(400, "InvalidAction", other)),
    };
    Ok(Body::Written(xml(&call.operation, &result).into()))
}

fn attributes(world: &mut World, call: &Call) -> Result<String, Error> {
    let arn = call.text("TopicArn").unwrap_or_default().to_owned();
    let topic = topic(world, call, "TopicArn")?;
    let mut attributes = topic.attributes.clone();
    let mut counts = BTreeMap::from(["Confirmed", "Pending", "Deleted"].map(|state| (state, 0)));
    for arn in topic.subscriptions.values() {
        let state = match arn.as_str() {
            PENDING => "Pending",
            DELETED => "Deleted",
            _ => "Confirmed",
        };
        *counts.entry(state).or_default() += 1;
    }
    attributes.extend(
        counts.iter().map(|(state, count): (_, &usize)| {
            (format!("Subscriptions{state}"), count.to_string())
        }),
    );
    let policy = attributes.entry("Policy".to_owned());
    policy.or_insert_with(|| default_policy(&arn).to_string());
    attributes.insert("TopicArn".to_owned(), arn);
    attributes.insert("Owner".to_owned(), ACCOUNT.to_owned());
    let entries = attributes
        .iter()
        .fold(String::new(), |mut xml, (key, value)| {
            let (key, value) = (escaped(key), escaped(value));
            let _ = write!(xml, "<entry><key>{key}</key><value>{value}</value></entry>");
            xml
        });
    Ok(format!("<Attributes>{entries}</Attributes>"))
}

fn unsubscribe(world: &mut World, call: &Call) -> Result<String, Error> {
    let arn = call.text("SubscriptionArn").unwrap_or_default();
    if !arn.starts_with("arn:") {
        return Err(invalid(
            "SubscriptionArn Reason: An ARN must have at least 6 elements",
        ));
    }
    let topics = world.topics.values_mut();
    let subscriptions = topics.flat_map(|topic| topic.subscriptions.values_mut());
    for known in subscriptions.filter(|known| *known == arn) {
        DELETED.clone_into(known);
    }
    Ok(String::new())
}

/// Makes a topic, or returns the one that has the same tags and attributes, and perhaps more.
fn create(world: &mut World, call: &Call) -> Result<String, Error> {
    let name = call.text("Name").unwrap_or_default();
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}");
    let given = (1..).map_while(|n| {
        let text = |part: &str| call.text(&format!("Attributes.entry.{n}.{part}"));
        Some((text("key")?, text("value")?))
    });
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        if let Some(value) = attribute(&arn, name, value)? {
            attributes.insert(name.to_owned(), value);
        }
    }
    let tags = tags(call);
    if let Some(topic) = world.topics.get(&arn) {
        let within = |given: &BTreeMap<String, String>, own: &BTreeMap<String, String>| {
            given.iter().all(|(key, value)| own.get(key) == Some(value))
        };
        let what = if !within(&tags, &topic.tags) {
            "Tags Reason: Topic already exists with different tags"
        } else if !within(&attributes, &topic.attributes) {
            "Attributes Reason: Topic already exists with different attributes"
        } else {
            return Ok(format!("<TopicArn>{arn}</TopicArn>"));
        };
        return Err(invalid(what));
    }
    let created = format!("<TopicArn>{arn}</TopicArn>");
    let topic = Topic {
        attributes,
        tags,
        ..Topic::default()
    };
    world.topics.insert(arn, topic);
    Ok(created)
}

/// An attribute as it is kept; nothing for one that is turned off, and for the default policy. A
/// policy is kept in one form, so that the same one is the same.
fn attribute(arn: &str, name: &str, value: &str) -> Result<Option<String>, Error> {
    if name != "Policy" {
        return Ok(Some(value.to_owned()).filter(|value| !value.is_empty()));
    }
    let policy: Value =
        serde_json::from_str(value).map_err(|_| invalid("Policy Error: invalid JSON"))?;
    Ok((policy != default_policy(arn)).then(|| policy.to_string()))
}

/// The policy of a topic that was made without one.
pub fn default_policy(arn: &str) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes",
                "SNS:SetTopicAttributes",
                "SNS:AddPermission",
                "SNS:RemovePermission",
                "SNS:DeleteTopic",
                "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic",
                "SNS:Publish",
            ],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
        }],
    })
}

fn invalid(what: &str) -> Error {
    Error::new(
        400,
        "InvalidParameter",
        format!("Invalid parameter: {what}"),
    )
}

fn tags(call: &Call) -> BTreeMap<String, String> {
    (1..)
        .map_while(|n| {
            let text = |part: &str| call.text(&format!("Tags.member.{n}.{part}"));
            Some((text("Key")?.to_owned(), text("Value")?.to_owned()))
        })
        .collect()
}

fn topic<'a>(world: &'a mut World, call: &Call, field: &str) -> Result<&'a mut Topic, Error> {
    let arn = call.text(field).unwrap_or_default();
    let (code, status) = match field {
        "ResourceArn" => ("ResourceNotFound", 404),
        _ => ("NotFound", 404),
    };
    let missing = || Error::new(status, code, format!("{arn} does not exist"));
    world.topics.get_mut(arn).ok_or_else(missing)
}
