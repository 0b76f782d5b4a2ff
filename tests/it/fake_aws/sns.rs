//! SNS.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stand_ins::protocol::{escaped, xml};

use super::call::{Answer, Body, Call, Error};
use super::world::{ACCOUNT, REGION, Topic, World};

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
        "SetTopicAttributes" => {
            let name = call.text("AttributeName").unwrap_or_default().to_owned();
            let value = call.text("AttributeValue").unwrap_or_default().to_owned();
            let attributes = &mut topic(world, call, "TopicArn")?.attributes;
            attributes.remove(&name);
            if !value.is_empty() {
                attributes.insert(name, value);
            }
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
            topic(world, call, "TopicArn")?
                .subscriptions
                .entry(address)
                .or_insert_with(|| "PendingConfirmation".to_owned());
            "<SubscriptionArn>pending confirmation</SubscriptionArn>".to_owned()
        }
        "Unsubscribe" => {
            let arn = call.text("SubscriptionArn").unwrap_or_default();
            for topic in world.topics.values_mut() {
                topic.subscriptions.retain(|_, known| known != arn);
            }
            String::new()
        }
        "Publish" => "<MessageId>m</MessageId>".to_owned(),
        other => return Err(Error::new(400, "InvalidAction", other)),
    };
    Ok(Body::Written(xml(&call.operation, &result).into()))
}

/// Makes a topic. The same again is the same topic, but the same name with other tags or attributes
/// is an error.
fn create(world: &mut World, call: &Call) -> Result<String, Error> {
    let name = call.text("Name").unwrap_or_default();
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}");
    let attributes = (1..)
        .map_while(|n| {
            let text = |part: &str| call.text(&format!("Attributes.entry.{n}.{part}"));
            Some((text("key")?.to_owned(), text("value")?.to_owned()))
        })
        .collect();
    let wanted = Topic {
        attributes,
        tags: tags(call),
        ..Topic::default()
    };
    if let Some(topic) = world.topics.get(&arn)
        && (topic.tags != wanted.tags || topic.attributes != wanted.attributes)
    {
        return Err(Error::new(
            400,
            "InvalidParameter",
            "Invalid parameter: Tags Reason: Topic already exists with different tags",
        ));
    }
    world.topics.entry(arn.clone()).or_insert(wanted);
    Ok(format!("<TopicArn>{arn}</TopicArn>"))
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
