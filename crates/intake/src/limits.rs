//! Limits on what a feed may make this crate hold at once. What passes one is rejected, and
//! the rest of the input goes on.

/// Most records, good and bad together, in one batch.
pub const BATCH_RECORDS_MAX: usize = 8192;

/// Most bytes in one line of text. readsb's and OpenSky's lines stay under 2 KiB, a report with
/// all its fields under 8.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Most bytes, decompressed, of a JSON document that has to be read whole (a snapshot or trace
/// of readsb). A busy receiver's snapshot is under 1 MiB, a day's trace under 8.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most aircraft a decoder of raw frames follows at once; the one heard longest ago makes room
/// for a new one. The busiest receivers hear about a thousand.
pub const AIRCRAFT_MAX: usize = 65_536;

/// Most inputs merged at once: a [`Locator`](agreement::track::Locator) counts them in 16 bits,
/// and each keeps a file open.
pub const INPUTS_MAX: usize = 1024;
