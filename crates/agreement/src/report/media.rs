//! Photographs, recordings and documents that came with a report.

use crate::canonical::Digest;
use crate::words::words;

words! {
/// What a file that came with a report is.
MediaKind {
    /// A photograph.
    Photo = "photo",
    /// A film.
    Video = "video",
    /// A sound recording.
    Audio = "audio",
    /// Anything else.
    Document = "document",
}
}

/// A file that came with a report. Only its digest is in the report: the file itself may show
/// where somebody stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many bytes, if that is on record.
    pub bytes: Option<u64>,
}
