//! JSON as it stands in a file: members in order, repeated ones kept, numbers as floats.
//!
//! For what people write: packs' areas and reports. What is signed holds integers only and goes
//! through [`statement`](crate::statement), which refuses more.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::text::shown;

/// A JSON value whose objects remember what was written twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`: nothing we read asks which.
    Bool,
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object, its members as they stand.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The first member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The items, if it is an array.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// What it is, for a message.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Calls `found` with the pointer (RFC 6901) of every member whose name stood before it in the
    /// same object.
    pub fn repeated_members(&self, found: &mut impl FnMut(String)) {
        self.repeated_below(&mut Vec::new(), found);
    }

    /// The path is written out only where something is found: most values are coordinates.
    fn repeated_below<'j>(&'j self, path: &mut Vec<Step<'j>>, found: &mut impl FnMut(String)) {
        match self {
            Self::Object(members) => {
                let mut names = BTreeSet::new();
                for (key, value) in members {
                    path.push(Step::Key(key));
                    value.repeated_below(path, found);
                    if !names.insert(key) {
                        found(pointer(path));
                    }
                    path.pop();
                }
            }
            Self::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    path.push(Step::Item(n));
                    item.repeated_below(path, found);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

/// A step from a value to one in it.
enum Step<'j> {
    Key(&'j str),
    Item(usize),
}

/// RFC 6901 §3, with keys as a message may show them.
fn pointer(path: &[Step<'_>]) -> String {
    path.iter().fold(String::new(), |pointer, step| match step {
        Step::Key(key) => {
            format!("{pointer}/{}", shown(key).replace('~', "~0").replace('/', "~1"))
        }
        Step::Item(n) => format!("{pointer}/{n}"),
    })
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = entries.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repeated_member_is_found_wherever_it_stands() {
        let text = r#"{"a": 1, "b": [1, {"c": 2, "c": 3}], "a/~": {"d": 1}, "a": [[0, 0]]}"#;
        let json: Json = serde_json::from_str(text).expect("it is JSON");
        let mut found = Vec::new();
        json.repeated_members(&mut |pointer| found.push(pointer));
        assert_eq!(found, ["/b/1/c", "/a"]);
        assert_eq!(json.get("a"), Some(&Json::Number(1.0)));
    }
}
