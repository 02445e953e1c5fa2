//! JSON values to and from what they say: the members of an object one by one, nothing left
//! unread, and every refusal with the pointer of its field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use spacetime::{Duration, Instant, Interval, Position};

use super::kind::Kind;
use super::refusal::Refusal;
use crate::canonical::Digest;
use crate::id::{AreaId, ClauseId, DeviceId, PartyId, PostId, SensorId};
use crate::protected::Protected;
use crate::statement_codes;
use crate::track::{Address, Callsign};

statement_codes! {
    MISSING_FIELD = "missing-field", "a required field is missing",
        "send the field; docs/record-format.md lists those that are required";
    UNKNOWN_FIELD = "unknown-field", "the field is not known",
        "leave it out, or read this with a version of the software that knows it";
    WRONG_TYPE = "wrong-type", "the field has another type",
        "send the type that docs/record-format.md gives for it";
    BAD_VALUE = "bad-value", "the field does not hold what it must",
        "write it in the form that docs/record-format.md gives";
}

/// What a statement or a body holds, as JSON. Private to this crate: what is protected gets
/// out only as a canonical body, which is sealed.
pub(crate) trait Field: Sized {
    /// As JSON. Null for a member that is left out.
    fn to_json(&self) -> Value;

    /// From JSON.
    ///
    /// # Errors
    /// When the value is not one of these.
    fn from_json(value: Value) -> Result<Self, Refusal>;

    /// What a member that is left out stands for.
    fn absent() -> Option<Self> {
        None
    }
}

/// The members of one object, taken one by one.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn of(value: Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(wrong_type("an object")),
        }
    }

    /// The member called `key`. Null is no way to leave a member out: one meaning, one form.
    pub(crate) fn take<T: Field>(&mut self, key: &'static str) -> Result<T, Refusal> {
        match self.0.remove(key) {
            Some(value) => T::from_json(value).map_err(|why| why.within(key)),
            None => T::absent().ok_or_else(|| Refusal::new(&MISSING_FIELD).within(key)),
        }
    }

    /// A member that is always written, as null when there is none.
    pub(crate) fn take_nullable<T: Field>(
        &mut self,
        key: &'static str,
    ) -> Result<Option<T>, Refusal> {
        match self.0.remove(key) {
            Some(Value::Null) => Ok(None),
            Some(value) => T::from_json(value).map(Some).map_err(|why| why.within(key)),
            None => Err(Refusal::new(&MISSING_FIELD).within(key)),
        }
    }

    /// The member as it stands.
    pub(crate) fn take_raw(&mut self, key: &'static str) -> Result<Value, Refusal> {
        self.0.remove(key).ok_or_else(|| Refusal::new(&MISSING_FIELD).within(key))
    }

    /// Refuses members that nobody took.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            // Not the key itself: what a stranger wrote there may be anything.
            Some(_) => Err(Refusal::new(&UNKNOWN_FIELD).detail(format!("{} such", self.0.len()))),
        }
    }
}

/// An object of what is not null: what is null is left out.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let there = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(there.map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(crate) fn wrong_type(wanted: &'static str) -> Refusal {
    Refusal::new(&WRONG_TYPE).detail(format!("{wanted} is wanted"))
}

pub(crate) fn bad_value(wanted: &'static str) -> Refusal {
    Refusal::new(&BAD_VALUE).detail(wanted)
}

/// The codec of a struct from the list of its fields. A field that is forgotten does not
/// compile: the struct is taken apart and put together whole. Fields after `without` are no
/// part of what is said; each stands with what it is read back as.
macro_rules! fields {
    ($name:ident { $($field:ident),* $(,)? } $(without { $($left:ident: $value:expr),* $(,)? })?) => {
        impl $crate::statement::fields::Field for $name {
            fn to_json(&self) -> serde_json::Value {
                let Self { $($field,)* $($($left: _,)*)? } = self;
                $crate::statement::fields::object([
                    $((stringify!($field), $crate::statement::fields::Field::to_json($field)),)*
                ])
            }

            fn from_json(value: serde_json::Value)
                -> Result<Self, $crate::statement::Refusal>
            {
                #[allow(unused_mut, reason = "some say nothing")]
                let mut members = $crate::statement::fields::Fields::of(value)?;
                let made = Self {
                    $($field: members.take(stringify!($field))?,)*
                    $($($left: $value,)*)?
                };
                members.finish()?;
                Ok(made)
            }
        }
    };
}
pub(crate) use fields;

/// The codec of closed sets of words.
macro_rules! word_fields {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::statement::fields::Field for $name {
            fn to_json(&self) -> serde_json::Value {
                self.as_str().into()
            }

            fn from_json(value: serde_json::Value)
                -> Result<Self, $crate::statement::Refusal>
            {
                let found = value.as_str().and_then(Self::parse);
                let wanted = "one of the words of docs/record-format.md";
                found.ok_or_else(|| $crate::statement::fields::bad_value(wanted))
            }
        }
    )*};
}
pub(crate) use word_fields;

/// The codec of an enum whose variants each hold one value: an object with one member.
macro_rules! one_of {
    ($name:ident { $($variant:ident = $key:literal),* $(,)? }) => {
        impl $crate::statement::fields::Field for $name {
            fn to_json(&self) -> serde_json::Value {
                let (key, value) = match self {
                    $(Self::$variant(held) => {
                        ($key, $crate::statement::fields::Field::to_json(held))
                    })*
                };
                serde_json::Value::Object(serde_json::Map::from_iter([(key.to_owned(), value)]))
            }

            fn from_json(value: serde_json::Value)
                -> Result<Self, $crate::statement::Refusal>
            {
                let (key, held) = $crate::statement::fields::only_member(value)?;
                match key.as_str() {
                    $($key => $crate::statement::fields::Field::from_json(held)
                        .map(Self::$variant)
                        .map_err(|why| why.within($key)),)*
                    _ => Err($crate::statement::fields::bad_value(
                        concat!("an object with one of" $(, " ", $key)*),
                    )),
                }
            }
        }
    };
}
pub(crate) use one_of;

/// The one member of an object.
pub(crate) fn only_member(value: Value) -> Result<(String, Value), Refusal> {
    let Value::Object(members) = value else { return Err(wrong_type("an object")) };
    let mut members = members.into_iter();
    match (members.next(), members.next()) {
        (Some(member), None) => Ok(member),
        _ => Err(bad_value("an object with one member")),
    }
}

impl<T: Field> Field for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        T::from_json(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Field> Field for Vec<T> {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let Value::Array(items) = value else { return Err(wrong_type("an array")) };
        let item = |(n, item)| T::from_json(item).map_err(|why| why.within(n));
        items.into_iter().enumerate().map(item).collect()
    }
}

/// Sorted, none twice.
impl<T: Field + Ord> Field for BTreeSet<T> {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let items = Vec::<T>::from_json(value)?;
        if items.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(bad_value("sorted, and none twice"));
        }
        Ok(items.into_iter().collect())
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    fn to_json(&self) -> Value {
        Value::Object(self.iter().map(|(key, item)| (key.clone(), item.to_json())).collect())
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let Value::Object(members) = value else { return Err(wrong_type("an object")) };
        let item = |(key, item)| Ok((key, T::from_json(item)?));
        members.into_iter().map(item).collect()
    }
}

impl<T: Field> Field for Box<T> {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        T::from_json(value).map(Self::new)
    }
}

impl<T: Field> Field for Protected<T> {
    fn to_json(&self) -> Value {
        self.expose().to_json()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        T::from_json(value).map(Self::new)
    }
}

/// An object whose members others look into.
impl Field for Map<String, Value> {
    fn to_json(&self) -> Value {
        Value::Object(self.clone())
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => Ok(members),
            _ => Err(wrong_type("an object")),
        }
    }
}

impl Field for String {
    fn to_json(&self) -> Value {
        self.clone().into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type("text")),
        }
    }
}

impl Field for bool {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        value.as_bool().ok_or_else(|| wrong_type("true or false"))
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Field for $type {
            fn to_json(&self) -> Value {
                (*self).into()
            }

            fn from_json(value: Value) -> Result<Self, Refusal> {
                let integer = value.as_i64().ok_or_else(|| wrong_type("an integer"))?;
                let fits = Self::try_from(integer);
                fits.map_err(|_| bad_value("an integer within the range of the field"))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i32, i64);

/// Types that are written as one text.
macro_rules! texts {
    ($($type:ty, $write:expr, $read:expr, $wanted:literal;)*) => {$(
        impl Field for $type {
            fn to_json(&self) -> Value {
                let write: fn(&Self) -> String = $write;
                write(self).into()
            }

            fn from_json(value: Value) -> Result<Self, Refusal> {
                let Value::String(text) = value else { return Err(wrong_type("text")) };
                let read: fn(&str) -> Option<Self> = $read;
                // One meaning, one form: what would be written back differently is refused.
                let made = read(&text).filter(|made| made.to_json() == text.as_str());
                made.ok_or_else(|| bad_value($wanted))
            }
        }
    )*};
}

texts! {
    Kind, Self::to_string, Self::parse, "the name of a kind";
    Digest, Self::to_string, Self::parse, "64 lower-case hexadecimal digits";
    PartyId, Self::to_string, Self::new, "the name of a party, as packs write it";
    AreaId, Self::to_string, Self::new, "the name of an area, as packs write it";
    ClauseId, Self::to_string, Self::new, "the name of a clause, as packs write it";
    DeviceId, Self::to_string, Self::new, "the name of a device, as packs write it";
    SensorId, Self::to_string, Self::new, "the name of a sensor, as packs write it";
    PostId, Self::to_string, Self::new, "the name of a post, as packs write it";
    Address, Self::to_string, Self::parse, "six lower-case hexadecimal digits, ~ before others";
    Callsign, Self::to_string, Self::parse, "a call sign in capitals";
}

impl Field for Instant {
    fn to_json(&self) -> Value {
        written_instant(self).into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let Value::String(text) = value else { return Err(wrong_type("text")) };
        let is_one_form = |at: &Self| {
            // What reads as it is written needs no second reading.
            let is_plain = ![Self::MIN, Self::MAX].contains(at) && at.to_string() == text;
            is_plain || written_instant(at) == text
        };
        let made = read_instant(&text).filter(is_one_form);
        made.ok_or_else(|| bad_value("a time of RFC 3339 in UTC, with Z"))
    }
}

/// An open end has a word of its own, and what no calendar can write its microseconds, so that
/// every instant reads back.
fn written_instant(at: &Instant) -> String {
    match *at {
        Instant::MIN => "always".to_owned(),
        Instant::MAX => "forever".to_owned(),
        at => {
            let text = at.to_string();
            if Instant::parse(&text) == Ok(at) { text } else { format!("us:{}", at.micros()) }
        }
    }
}

fn read_instant(text: &str) -> Option<Instant> {
    match text {
        "always" => Some(Instant::MIN),
        "forever" => Some(Instant::MAX),
        _ => match text.strip_prefix("us:") {
            Some(micros) => micros.parse().ok().map(Instant::from_micros),
            None => Instant::parse(text).ok(),
        },
    }
}

/// Microseconds, none negative.
impl Field for Duration {
    fn to_json(&self) -> Value {
        self.micros().into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let micros = i64::from_json(value)?;
        if micros < 0 { Err(bad_value("no less than 0")) } else { Ok(Self::from_micros(micros)) }
    }
}

/// `[from, to]`, the second not included.
impl Field for Interval {
    fn to_json(&self) -> Value {
        vec![self.start(), self.end()].to_json()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let wanted = || bad_value("an array of two times, the earlier first");
        let [start, end] =
            <[Instant; 2]>::try_from(Vec::from_json(value)?).map_err(|_| wanted())?;
        Self::new(start, end).map_err(|_| wanted())
    }
}

/// `[longitude, latitude]` in units of 1e-7 degree.
impl Field for Position {
    fn to_json(&self) -> Value {
        vec![self.lon_e7(), self.lat_e7()].to_json()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let wanted = || bad_value("longitude and latitude in 1e-7 degree");
        let [lon, lat] = <[i32; 2]>::try_from(Vec::from_json(value)?).map_err(|_| wanted())?;
        let made = Self::from_e7(lon, lat).map_err(|_| wanted())?;
        // -180 and 180 degrees are one meridian, written in one way.
        if (made.lon_e7(), made.lat_e7()) == (lon, lat) { Ok(made) } else { Err(wanted()) }
    }
}

/// 32 bytes as 64 lower-case hexadecimal digits.
impl Field for [u8; 32] {
    fn to_json(&self) -> Value {
        Digest::from_bytes(*self).to_json()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        Digest::from_json(value).map(|digest| *digest.as_bytes())
    }
}
