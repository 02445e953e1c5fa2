//! Statements as bytes: what is signed, what is refused.

mod bodies;
mod documented;
mod exact;
mod roster;
mod signatures;
mod signed;

use agreement::DeviceId;
use agreement::statement::{Header, Kind, SecretKey, Statement};
use serde_json::{Map, Value};

/// The key of a device that is made up from a number.
pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// A device's statement number `sequence`, to vary.
pub(crate) fn header(device: &str, sequence: u64) -> Header {
    Header {
        body: None,
        device: DeviceId::new(device).unwrap(),
        kind: Kind::Tick,
        last_root: None,
        previous: (sequence > 0).then(|| agreement::Digest::of_bytes(b"before")),
        sequence,
        said: Map::from_iter([("at".to_owned(), Value::from("2026-11-25T00:00:00Z"))]),
    }
}

/// It, signed by key 1.
pub(crate) fn signed(device: &str, sequence: u64) -> Statement {
    Statement::sign(header(device, sequence), &key(1)).unwrap()
}
