//! Names of containers. A name carries the digest of the bytes, so that a flipped bit shows before
//! anything is decoded, and a container that was rebuilt is the one that was lost.

use std::fmt;

use agreement::Digest;

use crate::hours::Hour;

/// The name of a container's file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The hour of which it holds what was merged; none for a segment by itself.
    pub hour: Option<Hour>,
    /// Leaf of the first segment in it.
    pub leaf: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

const ENDS: &str = ".parquet";

impl Name {
    /// From a file's name; `None` when it is none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stem, digest) = text.strip_suffix(ENDS)?.rsplit_once('-')?;
        let (kind, leaf) = stem.rsplit_once('-')?;
        let hour = match kind {
            "segment" => None,
            hour => Some(Hour::parse(hour.strip_prefix("hour-")?)?),
        };
        let name = Self { hour, leaf: leaf.parse().ok()?, digest: Digest::parse(digest)? };
        // One spelling of each.
        (name.to_string() == text).then_some(name)
    }

    /// Whether bytes are those that were given the name.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        Digest::of_bytes(bytes) == self.digest
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hour {
            Some(hour) => write!(f, "hour-{hour}")?,
            None => f.write_str("segment")?,
        }
        write!(f, "-{:010}-{}{ENDS}", self.leaf, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let digest = Digest::of_bytes(b"rows");
        for name in [
            format!("segment-0000000017-{digest}.parquet"),
            format!("hour-2024-05-01T10Z-0000000017-{digest}.parquet"),
            format!("segment-12345678901-{digest}.parquet"),
        ] {
            assert_eq!(Name::parse(&name).map(|name| name.to_string()), Some(name));
        }
        for other in [
            format!("segment-17-{digest}.parquet"),
            format!("segment-+000000017-{digest}.parquet"),
            format!("hour-2024-05-01T10-0000000017-{digest}.parquet"),
            format!("hour-2024-05-01T24Z-0000000017-{digest}.parquet"),
            format!("segment-0000000017-{}.parquet", &digest.to_string()[1..]),
            "rows.parquet".to_owned(),
        ] {
            assert_eq!(Name::parse(&other), None, "{other}");
        }
    }
}
