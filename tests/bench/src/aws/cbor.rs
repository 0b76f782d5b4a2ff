//! JSON as the CBOR that CloudWatch writes: `{"$seconds": n}` is a timestamp.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use serde_json::Value;

/// The bytes.
pub(super) fn cbor(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0xf6],
        Value::Bool(value) => vec![0xf4 + u8::from(*value)],
        Value::Number(number) => {
            if let Some(whole) = number.as_u64() {
                [&[0x1b][..], &whole.to_be_bytes()].concat()
            } else {
                let number = number.as_f64().unwrap_or_default();
                [&[0xfb][..], &number.to_be_bytes()].concat()
            }
        }
        Value::String(text) => self::text(text),
        Value::Array(values) => {
            let values = values.iter().flat_map(cbor);
            [0x9f].into_iter().chain(values).chain([0xff]).collect()
        }
        Value::Object(fields) => {
            if let Some(seconds) = fields.get("$seconds") {
                return [vec![0xc1], cbor(seconds)].concat();
            }
            let fields = fields.iter();
            let fields = fields.flat_map(|(name, value)| [text(name), cbor(value)].concat());
            [0xbf].into_iter().chain(fields).chain([0xff]).collect()
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = text.len() as u64;
    [&[0x7b][..], &length.to_be_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_value_has_its_byte() {
        let firsts = [
            json!(null),
            json!(false),
            json!(true),
            json!(7),
            json!(0.5),
            json!("a"),
            json!([]),
            json!({}),
            json!({"$seconds": 7}),
        ]
        .map(|value| cbor(&value)[0]);
        assert_eq!(
            firsts,
            [0xf6, 0xf4, 0xf5, 0x1b, 0xfb, 0x7b, 0x9f, 0xbf, 0xc1]
        );
        let map = cbor(&json!({"a": [1]}));
        assert_eq!(map.len(), 1 + 10 + 1 + 9 + 1 + 1);
    }
}
