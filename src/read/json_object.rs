//! A JSON object of which no value is parsed, and values in it by name or by JSON pointer (RFC 6901).
//!
//! Every value is a slice of the bytes that the object was read from, however deep it stands.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::fields::listed;

/// The fields of an object in their order, duplicates included, values unparsed.
pub(super) struct Object<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

/// The fields of an object in their order, duplicates included: names, and values as they are spelt. None if it is no
/// object.
pub(crate) fn fields(object: &str) -> Option<Vec<(String, String)>> {
    let Object(fields) = serde_json::from_str(object).ok()?;
    Some(fields.into_iter().map(|(name, value)| (name.into_owned(), value.get().to_owned())).collect())
}

impl<'a> Object<'a> {
    /// The named field, else the first of the usual ones; of duplicates the last, as JSON parsers do. A name that
    /// begins with `/` is a pointer.
    pub(super) fn find(&self, name: Option<&str>, usual: &[&str]) -> Option<&'a RawValue> {
        match name {
            Some(pointer) if pointer.starts_with('/') => self.follow(pointer).ok(),
            Some(name) => self.last(name),
            None => usual.iter().find_map(|name| self.last(name)),
        }
    }

    /// As [`Object::find`], as text: strings decoded, numbers in their digits, anything else not.
    pub(super) fn string(&self, name: Option<&str>, usual: &[&str]) -> Option<String> {
        let raw = self.find(name, usual)?.get();
        match raw.as_bytes().first()? {
            b'"' => {
                let inside = raw.as_bytes().get(1..raw.len() - 1)?;
                let (text, _) = super::json_string::decode(inside);
                Some(String::from_utf8_lossy(&text).into_owned()).filter(|s| !s.is_empty())
            }
            b'-' | b'0'..=b'9' => Some(raw.to_owned()),
            _ => None,
        }
    }

    /// What is there where `name` is not: the fields of the deepest object that a pointer reaches.
    pub(super) fn instead_of(&self, name: Option<&str>) -> String {
        match name.filter(|n| n.starts_with('/')).map(|pointer| self.follow(pointer)) {
            Some(Err(instead)) => instead,
            _ => format!("its fields are: {}", self.names()),
        }
    }

    fn last(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    fn names(&self) -> String {
        listed(self.0.iter().map(|(key, _)| &**key))
    }

    /// The value that `pointer`, which begins with `/`, points to; else what is there instead.
    fn follow(&self, pointer: &str) -> Result<&'a RawValue, String> {
        let mut reached = None;
        for (start, _) in pointer.match_indices('/') {
            let rest = &pointer[start + 1..];
            let token = rest.split('/').next().unwrap_or(rest).replace("~1", "/").replace("~0", "~");
            let next = match reached {
                None => self.last(&token).ok_or_else(|| format!("its fields are: {}", self.names())),
                Some(value) => step(value, &token, &pointer[..start]),
            };
            reached = Some(next?);
        }
        reached.ok_or_else(|| format!("its fields are: {}", self.names()))
    }
}

/// The value called `token` in `value`, which stands at `path`; else what is there instead.
fn step<'a>(value: &'a RawValue, token: &str, path: &str) -> Result<&'a RawValue, String> {
    let json = value.get();
    if json.starts_with('{') {
        let object: Object<'a> =
            serde_json::from_str(json).map_err(|_| format!("`{path}` cannot be read"))?;
        return object.last(token).ok_or_else(|| format!("the fields of `{path}` are: {}", object.names()));
    }
    if json.starts_with('[') {
        let elements: Vec<&'a RawValue> =
            serde_json::from_str(json).map_err(|_| format!("`{path}` cannot be read"))?;
        let leading_zero = token.len() > 1 && token.starts_with('0');
        let digits = !leading_zero && token.bytes().all(|b| b.is_ascii_digit());
        let index = token.parse::<usize>().ok().filter(|_| digits);
        return index.and_then(|i| elements.get(i).copied()).ok_or_else(|| match elements.len() {
            0 => format!("`{path}` is an empty list"),
            n => format!("`{path}` is a list, its elements are: 0 to {}", n - 1),
        });
    }
    Err(format!("`{path}` is neither an object nor a list"))
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    fields.push((key.0, map.next_value()?));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A key, borrowed where it has no escape.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
