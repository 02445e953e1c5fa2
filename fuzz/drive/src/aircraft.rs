//! Aircraft, as receivers and networks pass them on.

use std::io::Cursor;

use bytes::Bytes;
use intake::Options;
use intake::open::{Format, NotOpened, open_stream};
use intake::state_vectors_parquet::StateVectorsParquet;
use intake::zone::LocalZone;

use crate::feeds::drain;

/// Bytes as whatever they look like, packed or not.
pub fn any_track(bytes: &[u8]) {
    open_and_drain(bytes, None);
}

/// Bytes as raw frames in hexadecimal, one a line.
pub fn avr(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::Avr));
}

/// Bytes as Beast's binary frames.
pub fn beast(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::Beast));
}

/// Bytes as readsb's JSON, a snapshot or a trace.
pub fn readsb(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::Readsb));
}

/// Bytes as SBS-1 lines.
pub fn sbs(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::Sbs));
}

/// Bytes as raw frames with their time, one JSON object a line.
pub fn jsonl_frames(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::JsonlFrames));
}

/// Bytes as a table of state vectors.
pub fn state_vectors_csv(bytes: &[u8]) {
    open_and_drain(bytes, Some(Format::StateVectorsCsv));
}

/// Bytes as a table of state vectors in Parquet.
pub fn state_vectors_parquet(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(feed) = StateVectorsParquet::new(bytes, told()) {
        drain(feed);
    }
}

fn open_and_drain(bytes: &[u8], format: Option<Format>) {
    match open_stream(Cursor::new(bytes.to_vec()), format, told()) {
        Ok((_, feed)) => drain(feed),
        Err(NotOpened::Rejected(_)) => {}
        Err(NotOpened::Fault(fault)) => panic!("bytes in memory cannot be read: {fault}"),
    }
}

/// Everything that a feed may have to be told, so that no input is refused for want of it.
fn told() -> Options {
    Options {
        keep_raw: true,
        clock: "2024-07-06T00:00:00Z".parse().ok(),
        zone: Some(LocalZone::utc()),
        ..Options::default()
    }
}
