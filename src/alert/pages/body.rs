//! The body of a response to `FilterLogEvents`: its messages one after another, each with its time,
//! and the token of the next page.
//!
//! What must hold: a message is borrowed, or copied for a moment; copies never add up.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::lenient::{Number, Text};

/// Reads a response: passes each message to `each`, with its time in milliseconds, and returns the
/// next token.
///
/// # Errors
///
/// The response is broken; the messages before that place have been passed on.
pub(super) fn read(
    response: &[u8],
    each: impl FnMut(&str, Option<f64>),
) -> serde_json::Result<Option<String>> {
    let mut json = serde_json::Deserializer::from_slice(response);
    let next_token = Response(each).deserialize(&mut json)?;
    json.end()?;
    Ok(next_token)
}

/// The response's object, whose fields come in any order.
struct Response<F>(F);

impl<'de, F: FnMut(&str, Option<f64>)> DeserializeSeed<'de> for Response<F> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, Option<f64>)> Visitor<'de> for Response<F> {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of log events")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut next_token = None;
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::Events => map.next_value_seed(Events(&mut self.0))?,
                Field::NextToken => next_token = map.next_value()?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(next_token)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Events,
    NextToken,
    #[serde(other)]
    Other,
}

/// The list of events, which may be null; passes on their messages.
struct Events<'f, F>(&'f mut F);

impl<'de, F: FnMut(&str, Option<f64>)> DeserializeSeed<'de> for Events<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str, Option<f64>)> Visitor<'de> for Events<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of log events")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(event) = list.next_element::<LogEvent<'_>>()? {
            self.0(
                event.message.get().unwrap_or_default(),
                event.timestamp.get(),
            );
        }
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogEvent<'a> {
    #[serde(borrow)]
    message: Text<'a>,
    timestamp: Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(response: &str) -> (Vec<String>, Result<Option<String>, ()>) {
        let mut messages = Vec::new();
        let read = read(response.as_bytes(), |message, _| {
            messages.push(message.to_owned());
        });
        (messages, read.map_err(drop))
    }

    #[test]
    fn the_fields_come_in_any_order_and_others_do_not_matter() {
        let read = read_all(
            r#"{"nextToken":"t","searchedLogStreams":[{"x":[1]}],
                "events":[{"timestamp":1,"message":"a\"b\u00e9"},{"message":"c","eventId":"1"}]}"#,
        );
        let messages = vec!["a\"bé".to_owned(), "c".to_owned()];
        assert_eq!(read, (messages, Ok(Some("t".to_owned()))));
    }

    #[test]
    fn an_event_without_a_message_has_an_empty_one() {
        assert_eq!(read_all("{}"), (vec![], Ok(None)));
        let nothing = r#"{"events":null,"nextToken":null}"#;
        assert_eq!(read_all(nothing), (vec![], Ok(None)));
        let nameless = r#"{"events":[{"timestamp":1}]}"#;
        assert_eq!(read_all(nameless), (vec![String::new()], Ok(None)));
    }

    #[test]
    fn a_broken_response_is_an_error_after_what_could_be_read() {
        for broken in [
            r#"{"events":[{"message":"a"},{"mess"#,
            r#"{"events":[{"message":"a"}]} and more"#,
            r#"{"events":[{"message":"a"}],"nextToken":{}}"#,
        ] {
            assert_eq!(
                read_all(broken),
                (vec!["a".to_owned()], Err(())),
                "{broken}"
            );
        }
        assert_eq!(read_all(""), (vec![], Err(())));
        assert_eq!(read_all("[]"), (vec![], Err(())));
    }
}
