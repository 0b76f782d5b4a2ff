//! Fields that may be missing, null or of another type than documented.
//!
//! Messages from other services are read for a few of their fields. A surprise in one of these must
//! cost that field and not the message, so every function here answers `None` where serde would
//! refuse. Text is borrowed from the message wherever it holds no escape sequence.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A name and what it stands for.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Reads text; numbers and booleans are written out, everything else is `None`.
///
/// # Errors
/// Only when the message itself is broken.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    deserializer.deserialize_any(Text)
}

/// Reads a number, also one that is written as text.
///
/// # Errors
/// Only when the message itself is broken.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = text(deserializer)?.and_then(|text| text.trim().parse().ok());
    Ok(number.filter(|number: &f64| number.is_finite()))
}

/// Reads an object, which is `None` when there is something else in its place.
///
/// # Errors
/// When the message itself is broken, or when the object refuses what it is given.
pub fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(Object(PhantomData))
}

/// Reads a list of objects; members that are none are left out.
///
/// # Errors
/// When the message itself is broken, or when an object refuses what it is given.
pub fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(Objects(PhantomData))
}

/// Reads an object whose values are text, in its own order; members with other values are left out.
///
/// # Errors
/// Only when the message itself is broken.
pub fn pairs<'de, D>(deserializer: D) -> Result<Vec<Pair<'de>>, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(Pairs)
}

/// Answers the default for everything that the visitor it stands in does not read.
macro_rules! otherwise_default {
    ($($scalar:ident: $type:ty),*) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("any JSON value")
        }

        $(fn $scalar<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    otherwise_default!();

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Option<T>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)
    }
}

/// Lets an object that may be something else stand in a list.
struct Member<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
    }
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Member(member)) = list.next_element()? {
            members.extend(member);
        }
        Ok(members)
    }
}

/// Borrows text of which serde would otherwise make a copy.
struct Word<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<Pair<'de>>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<Word<'de>, Word<'de>>()? {
            pairs.extend(key.0.zip(value.0));
        }
        Ok(pairs)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)
    }
}

fn skip_map<'de, A: MapAccess<'de>, T: Default>(mut map: A) -> Result<T, A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(T::default())
}

fn skip_list<'de, A: SeqAccess<'de>, T: Default>(mut list: A) -> Result<T, A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(T::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Sample<'a> {
        #[serde(borrow, default, deserialize_with = "text")]
        name: Option<Cow<'a, str>>,
        #[serde(default, deserialize_with = "number")]
        size: Option<f64>,
        #[serde(default, deserialize_with = "object")]
        inner: Option<Box<Sample<'a>>>,
        #[serde(default, deserialize_with = "objects")]
        list: Vec<Sample<'a>>,
        #[serde(borrow, default, deserialize_with = "pairs")]
        pairs: Vec<Pair<'a>>,
    }

    fn read(text: &str) -> Sample<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn text_is_borrowed_when_nothing_is_escaped() {
        assert!(matches!(
            read(r#"{"name":"plain"}"#).name,
            Some(Cow::Borrowed("plain"))
        ));
        assert_eq!(read(r#"{"name":"a\nb"}"#).name.as_deref(), Some("a\nb"));
    }

    #[test]
    fn a_surprise_costs_only_its_field() {
        for surprise in [
            "null",
            "7",
            "-7",
            "1.5",
            "true",
            "\"x\"",
            "[]",
            "[1,[2]]",
            "{}",
            r#"{"a":{"b":[1]}}"#,
        ] {
            let text = format!(
                r#"{{"inner":{surprise},"list":{surprise},"pairs":{surprise},"name":"kept"}}"#
            );
            assert_eq!(read(&text).name.as_deref(), Some("kept"), "{text}");
            let text =
                format!(r#"{{"name":{surprise},"size":{surprise},"inner":{{"name":"kept"}}}}"#);
            assert_eq!(
                read(&text).inner.unwrap().name.as_deref(),
                Some("kept"),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_are_read_from_text_too() {
        assert_eq!(read(r#"{"size":"60"}"#).size, Some(60.0));
        assert_eq!(read(r#"{"size":60}"#).size, Some(60.0));
        assert_eq!(read(r#"{"size":"NaN"}"#).size, None);
        assert_eq!(read(r#"{"size":"sixty"}"#).size, None);
    }

    #[test]
    fn members_of_another_kind_are_left_out() {
        assert_eq!(
            read(r#"{"list":[null,{"name":"a"},3,["x"],{"name":"b"}]}"#)
                .list
                .len(),
            2
        );
        assert_eq!(
            read(r#"{"pairs":{"a":"1","b":{"c":2},"d":null,"e":3}}"#)
                .pairs
                .len(),
            2
        );
    }
}
