//! CBOR as JSON and back: a timestamp, which has a tag of its own in CBOR, becomes its seconds.

use ciborium::Value as Cbor;
use hyper::body::Bytes;
use serde_json::Value;

pub fn read(body: &[u8]) -> Value {
    fn untagged(value: Cbor) -> Cbor {
        match value {
            Cbor::Tag(_, inner) => *inner,
            Cbor::Map(fields) => Cbor::Map(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, untagged(value)))
                    .collect(),
            ),
            other => other,
        }
    }
    let value = ciborium::from_reader(body).expect("CBOR");
    untagged(value).deserialized().expect("JSON")
}

/// `{"$seconds": n}` is a timestamp.
pub fn written(value: &Value) -> Bytes {
    let mut bytes = Vec::new();
    ciborium::into_writer(&tagged(value), &mut bytes).expect("CBOR");
    bytes.into()
}

fn tagged(value: &Value) -> Cbor {
    match value {
        Value::Array(values) => Cbor::Array(values.iter().map(tagged).collect()),
        Value::Object(fields) => match fields.get("$seconds").and_then(Value::as_f64) {
            Some(seconds) => Cbor::Tag(1, Box::new(Cbor::Float(seconds))),
            None => Cbor::Map(
                fields
                    .iter()
                    .map(|(name, value)| (Cbor::Text(name.clone()), tagged(value)))
                    .collect(),
            ),
        },
        other => Cbor::serialized(other).expect("a scalar"),
    }
}
