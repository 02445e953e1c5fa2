//! Aircraft, as receivers and networks pass them on.

use intake::Options;
use intake::jsonl_frames::JsonlFrames;

use crate::feeds::drain;

/// Bytes as raw frames with their time, one JSON object a line.
pub fn jsonl_frames(bytes: &[u8]) {
    drain(JsonlFrames::new(bytes, keeping_raw()));
}

/// What most input is read with, and rejects kept, since keeping them is more to go wrong.
fn keeping_raw() -> Options {
    Options { keep_raw: true, ..Options::default() }
}
