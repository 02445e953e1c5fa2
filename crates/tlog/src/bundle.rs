//! Entry bundles (c2sp.org/tlog-tiles, "Log entries"): the entries behind a tile of level 0, each
//! after its length as a big-endian `uint16`.

use std::fmt;

use crate::tile::{TILE_WIDTH, TREE_SIZE_MAX, Tile, parse_position, write_position};

/// Bytes of the longest entry: what a `uint16` can say.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Bytes of the longest bundle.
pub const BUNDLE_BYTES_MAX: usize = TILE_WIDTH as usize * (2 + ENTRY_BYTES_MAX);

/// A bundle's place in the log: that of the tile of level 0 with the hashes of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BundleId(Tile);

/// Why bytes are not the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry past [`ENTRY_BYTES_MAX`].
    #[error("an entry of {bytes} bytes does not fit a bundle: {ENTRY_BYTES_MAX} are the most")]
    TooLong {
        /// Bytes of the entry.
        bytes: usize,
    },
    /// The bytes end inside an entry or its length.
    #[error("the bundle breaks off inside entry {entry} of its {width}")]
    Torn {
        /// Which entry, from 0.
        entry: u16,
        /// Entries that there should be.
        width: u16,
    },
    /// Bytes after the last entry.
    #[error("the bundle goes on for {bytes} bytes after its {width} entries")]
    Excess {
        /// Bytes too many.
        bytes: usize,
        /// Entries that there should be.
        width: u16,
    },
}

impl BundleId {
    /// The bundle with `index`, of `width` entries, 1 to 256; `None` when no log has it.
    #[must_use]
    pub fn new(index: u64, width: u16) -> Option<Self> {
        Tile::new(0, index, width).map(Self)
    }

    /// The bundle that holds the entry with `index`, as wide as it is in a log of `size`; `None` when
    /// the log does not have the entry.
    #[must_use]
    pub fn holding(index: u64, size: u64) -> Option<Self> {
        Tile::holding(0, index, size).map(Self)
    }

    /// Every bundle with entries in `from..size`, in order, as wide as in a log of `size`.
    pub fn covering(from: u64, size: u64) -> impl Iterator<Item = Self> {
        let size = size.min(TREE_SIZE_MAX);
        (from / 256..size.div_ceil(256)).filter_map(move |n| Self::holding(n * 256, size))
    }

    /// The tile of level 0 with the hashes of these entries.
    #[must_use]
    pub const fn tile(self) -> Tile {
        self.0
    }

    /// Which of the bundles.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0.index()
    }

    /// Entries in it, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.0.width()
    }

    /// The number of its first entry.
    #[must_use]
    pub const fn start(self) -> u64 {
        self.index() * TILE_WIDTH as u64
    }

    /// Whether it has fewer than 256 entries.
    #[must_use]
    pub const fn is_partial(self) -> bool {
        self.0.is_partial()
    }

    /// The same bundle with all its entries, which a log may serve in its stead.
    #[must_use]
    pub const fn full(self) -> Self {
        Self(self.0.full())
    }

    /// From a path as [`Display`](fmt::Display) writes it; `None` for any other spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (index, width) = parse_position(path.strip_prefix("tile/entries/")?)?;
        Self::new(index, width)
    }
}

/// Its path under a log's prefix: `tile/entries/<N>[.p/<W>]`.
impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_position(f, self.index(), self.width())
    }
}

/// Appends an entry to a bundle.
///
/// # Errors
/// When the entry is longer than [`ENTRY_BYTES_MAX`]; the bundle is as it was.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), BundleError> {
    let length =
        u16::try_from(entry.len()).map_err(|_| BundleError::TooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The entries of a bundle of `width`, which the bytes have to be exactly.
///
/// # Errors
/// When the bytes end early or go on.
pub fn entries(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let (entries, rest) = split_entries(bundle, width)?;
    match rest.len() {
        0 => Ok(entries),
        bytes => Err(BundleError::Excess { bytes, width }),
    }
}

/// The first `width` entries of a bundle that may hold more of them, as a full bundle served for a
/// partial one does.
///
/// # Errors
/// When the bytes end early.
pub fn first_entries(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    Ok(split_entries(bundle, width)?.0)
}

fn split_entries(bundle: &[u8], width: u16) -> Result<(Vec<&[u8]>, &[u8]), BundleError> {
    let mut rest = bundle;
    // An entry takes two bytes at least, so a false width does not reserve more than the bytes are.
    let mut entries = Vec::with_capacity(usize::from(width).min(bundle.len() / 2));
    for entry in 0..width {
        let torn = BundleError::Torn { entry, width };
        let (length, after) = rest.split_first_chunk().ok_or(torn)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (bytes, after) = after.split_at_checked(length).ok_or(torn)?;
        entries.push(bytes);
        rest = after;
    }
    Ok((entries, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle_of(entries: &[&[u8]]) -> Vec<u8> {
        let mut bundle = Vec::new();
        for entry in entries {
            push_entry(&mut bundle, entry).unwrap();
        }
        bundle
    }

    #[test]
    fn a_bundle_reads_back() {
        let bundle = bundle_of(&[b"one", b"", b"three"]);
        assert_eq!(bundle, b"\x00\x03one\x00\x00\x00\x05three");
        assert_eq!(entries(&bundle, 3), Ok(vec![&b"one"[..], b"", b"three"]));
        assert_eq!(first_entries(&bundle, 1), Ok(vec![&b"one"[..]]));
    }

    #[test]
    fn a_bundle_that_breaks_off_or_goes_on_is_refused() {
        let bundle = bundle_of(&[b"one", b"two"]);
        for cut in 0..bundle.len() {
            let torn = entries(&bundle[..cut], 2).unwrap_err();
            assert!(matches!(torn, BundleError::Torn { .. }), "{cut}");
        }
        assert_eq!(entries(&bundle, 1), Err(BundleError::Excess { bytes: 5, width: 1 }));
    }

    #[test]
    fn an_entry_of_64_kib_does_not_fit_and_one_byte_less_does() {
        let mut bundle = Vec::new();
        let entry = vec![7; ENTRY_BYTES_MAX + 1];
        assert_eq!(push_entry(&mut bundle, &entry), Err(BundleError::TooLong { bytes: 65_536 }));
        assert!(bundle.is_empty());
        push_entry(&mut bundle, &entry[1..]).unwrap();
        assert_eq!(entries(&bundle, 1), Ok(vec![&entry[1..]]));
    }

    #[test]
    fn bundles_have_paths_beside_the_tiles() {
        let id = BundleId::holding(69_999, 70_000).unwrap();
        assert_eq!(id.to_string(), "tile/entries/273.p/112");
        assert_eq!(BundleId::parse("tile/entries/273.p/112"), Some(id));
        assert_eq!(id.tile().to_string(), "tile/0/273.p/112");
        assert_eq!(BundleId::parse("tile/0/273.p/112"), None);
        let covering: Vec<_> = BundleId::covering(250, 513).map(|id| id.to_string()).collect();
        assert_eq!(covering, ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"]);
        assert_eq!(BundleId::covering(512, 512).count(), 0);
    }
}
