//! A feed read to its end.

use intake::{Batch, Feed, Options};

/// Reads every batch, and writes every rejection as `armistice` would: messages are part of what
/// a parser does with hostile bytes.
pub(crate) fn drain<T>(mut feed: impl Feed<T>) {
    let mut batch = Batch::default();
    while feed.read(&mut batch).expect("bytes in memory can be read") {
        for rejection in &batch.rejections {
            serde_json::to_writer(std::io::sink(), rejection).expect("a rejection can be written");
        }
    }
}

/// What most input is read with, and rejects kept, since keeping them is more to go wrong.
pub(crate) fn keeping_raw() -> Options {
    Options { keep_raw: true, ..Options::default() }
}
