//! Fields that may be missing, null or of another type than documented.
//!
//! Messages from other services are read for a few of their fields. A surprise in one of them must
//! cost that field and not the whole message, so a field has one of the types below, which read any
//! JSON value and hold nothing where serde would refuse it. Text is borrowed from the message
//! unless it is escaped there.
//!
//! A struct of such fields carries `#[serde(default)]`, because a field may be missing, and
//! `#[serde(borrow)]` at its first text: that lends the message to all of its fields.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Text; numbers and booleans are written out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text, unless it is empty.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

/// A finite number, also one that is written as text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Number(Option<f64>);

impl Number {
    /// The number.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        self.0
    }
}

/// A moment, whatever its offset looks like; spaces around it are tolerated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time(Option<Timestamp>);

impl Time {
    /// The moment.
    #[must_use]
    pub fn get(self) -> Option<Timestamp> {
        self.0
    }
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<T>(Option<T>);

impl<T> Object<T> {
    /// The object.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The object itself.
    #[must_use]
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list whose members are themselves of a type of this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// A list of objects; other members are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects<T>(Vec<T>);

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Objects<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// The members of an object whose values are text, in its own order; other members are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Pairs<'_> {
    /// Each key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Text<'de>>::new())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let number = text.get().and_then(|text| text.trim().parse().ok());
        Ok(Self(number.filter(|number: &f64| number.is_finite())))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(text.get().and_then(|text| text.trim().parse().ok())))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Self>::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Self>::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Objects<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = List::<Object<T>>::deserialize(deserializer)?;
        let objects = list.0.into_iter().filter_map(Object::into_inner);
        Ok(Self(objects.collect()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Pairs<'de>>::new())
    }
}

/// Reads a value of one of the types above from whatever JSON there is.
struct Reader<T>(PhantomData<T>);

impl<T> Reader<T> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

/// The methods of a visitor that answer what it does not read with the default.
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

impl<'de> Visitor<'de> for Reader<Text<'de>> {
    type Value = Text<'de>;

    otherwise_default!();

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(if value {
            "true"
        } else {
            "false"
        }))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<Object<T>> {
    type Value = Object<T>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let object = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Object(Some(object)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<List<T>> {
    type Value = List<T>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(List(members))
    }
}

impl<'de> Visitor<'de> for Reader<Pairs<'de>> {
    type Value = Pairs<'de>;

    otherwise_default!(visit_str: &str, visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<Text<'de>, Text<'de>>()? {
            pairs.extend(key.0.zip(value.0));
        }
        Ok(Pairs(pairs))
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

    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Sample<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        size: Number,
        at: Time,
        inner: Object<Box<Sample<'a>>>,
        objects: Objects<Sample<'a>>,
        list: List<Text<'a>>,
        pairs: Pairs<'a>,
    }

    fn read(text: &str) -> Sample<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn text_is_borrowed_when_nothing_is_escaped() {
        let plain = read(r#"{"name":"plain"}"#).name;
        assert!(matches!(plain.0, Some(Cow::Borrowed("plain"))));
        assert_eq!(read(r#"{"name":"a\nb"}"#).name.get(), Some("a\nb"));
        let pairs = read(r#"{"pairs":{"key":"value"}}"#).pairs;
        let borrowed = (Cow::Borrowed("key"), Cow::Borrowed("value"));
        assert!(matches!(pairs.0[0], (Cow::Borrowed(_), Cow::Borrowed(_))));
        assert_eq!(pairs.0, [borrowed]);
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
                r#"{{"inner":{surprise},"objects":{surprise},"list":{surprise},"pairs":{surprise},"name":"kept"}}"#
            );
            assert_eq!(read(&text).name.get(), Some("kept"), "{text}");
            let text = format!(
                r#"{{"name":{surprise},"size":{surprise},"at":{surprise},"inner":{{"name":"kept"}}}}"#
            );
            let inner = read(&text).inner.into_inner().unwrap();
            assert_eq!(inner.name.get(), Some("kept"), "{text}");
        }
    }

    #[test]
    fn empty_and_missing_text_is_none_and_other_scalars_are_written_out() {
        let cases = [
            (r#"{"name":""}"#, None),
            (r#"{"name":null}"#, None),
            ("{}", None),
            (r#"{"name":-7}"#, Some("-7")),
            (r#"{"name":1.5}"#, Some("1.5")),
            (r#"{"name":true}"#, Some("true")),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).name.get(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_from_text_too() {
        assert_eq!(read(r#"{"size":"60"}"#).size.get(), Some(60.0));
        assert_eq!(read(r#"{"size":60}"#).size.get(), Some(60.0));
        assert_eq!(read(r#"{"size":"NaN"}"#).size.get(), None);
        assert_eq!(read(r#"{"size":"sixty"}"#).size.get(), None);
    }

    #[test]
    fn times_are_read_with_any_offset() {
        let expected = "2026-11-23T09:48:20.123Z".parse().ok();
        for time in [
            "2026-11-23T09:48:20.123Z",
            "2026-11-23T09:48:20.123+0000",
            "2026-11-23T20:48:20.123+11:00",
            " 2026-11-23T09:48:20.123Z ",
        ] {
            let text = format!(r#"{{"at":"{time}"}}"#);
            assert_eq!(read(&text).at.get(), expected, "{time}");
        }
        assert_eq!(read(r#"{"at":"yesterday"}"#).at.get(), None);
    }

    #[test]
    fn members_of_another_type_are_left_out() {
        let objects = read(r#"{"objects":[null,{"name":"a"},3,["x"],{"name":"b"}]}"#).objects;
        let names: Vec<_> = objects.iter().map(|object| object.name.get()).collect();
        assert_eq!(names, [Some("a"), Some("b")]);
        let pairs = read(r#"{"pairs":{"a":"1","b":{"c":2},"d":null,"e":3,"f":""}}"#).pairs;
        let pairs: Vec<_> = pairs.iter().collect();
        assert_eq!(pairs, [("a", "1"), ("e", "3"), ("f", "")]);
    }

    #[test]
    fn a_list_keeps_the_place_of_a_member_of_another_type() {
        let list = read(r#"{"list":["a",{},3]}"#).list;
        let texts: Vec<_> = list.iter().map(Text::get).collect();
        assert_eq!(texts, [Some("a"), None, Some("3")]);
    }
}
