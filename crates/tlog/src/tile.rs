//! Tiles and their paths (c2sp.org/tlog-tiles, "Merkle Tree" and "Partial Tiles").

use std::fmt;

use crate::hash::HASH_BYTES;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Bytes of a full tile.
pub const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_BYTES;

/// Highest level of a tile that a tree can have: 8 levels of 8 bits each number every leaf.
pub const TILE_LEVEL_MAX: u8 = 7;

/// Leaves of the largest tree: what fits the 63 hashes of a proof, and the integers of every
/// language that reads a log.
pub const TREE_SIZE_MAX: u64 = (1 << 63) - 1;

/// A tile: the hashes of up to 256 nodes that stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile with `index` at `level` with `width` hashes, 1 to 256; `None` when no tree within
    /// [`TREE_SIZE_MAX`] has it.
    #[must_use]
    pub fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        let hashes_max = TREE_SIZE_MAX.checked_shr(8 * u32::from(level))?;
        let end = index.checked_mul(TILE_WIDTH.into())?.checked_add(width.into())?;
        let fits = level <= TILE_LEVEL_MAX && (1..=TILE_WIDTH).contains(&width);
        (fits && end <= hashes_max).then_some(Self { level, index, width })
    }

    /// The tile that holds the node with `index` among those that cover `256^level` leaves, as wide
    /// as it is in a tree of `size`; `None` when the tree does not have the node.
    #[must_use]
    pub fn holding(level: u8, index: u64, size: u64) -> Option<Self> {
        if level > TILE_LEVEL_MAX || size > TREE_SIZE_MAX {
            return None;
        }
        let hashes = size >> (8 * level);
        let tile = index / u64::from(TILE_WIDTH);
        let width = (hashes - hashes.min(tile * 256)).min(TILE_WIDTH.into()) as u16;
        (index < hashes).then_some(Self { level, index: tile, width })
    }

    /// How far above the leaves, in steps of 256.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Which of the tiles of its level.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// Hashes in it, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it has fewer than 256 hashes.
    #[must_use]
    pub const fn is_partial(self) -> bool {
        self.width < TILE_WIDTH
    }

    /// The same tile with all its hashes, which a log may serve in its stead.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Bytes of it.
    #[must_use]
    pub const fn byte_len(self) -> usize {
        self.width as usize * HASH_BYTES
    }

    /// From a path as [`Display`](fmt::Display) writes it; `None` for any other spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = u8::try_from(decimal(level)?).ok()?;
        let (index, width) = parse_position(rest)?;
        Self::new(level, index, width)
    }
}

/// Its path under a log's prefix: `tile/<L>/<N>[.p/<W>]`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_position(f, self.index, self.width)
    }
}

/// Where tiles come from. The tiles of a tree are those of [`Tile::holding`]: a source may answer
/// for a partial tile from the full one, whose first hashes are the same.
pub trait TileSource {
    /// Why a tile cannot be had.
    type Error;

    /// Fills `into`, which is [`Tile::byte_len`] long, with the tile's hashes.
    ///
    /// # Errors
    /// When the tile cannot be had in full; a source never fills a part.
    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), Self::Error>;
}

impl<S: TileSource + ?Sized> TileSource for &mut S {
    type Error = S::Error;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), S::Error> {
        (**self).read_tile(tile, into)
    }
}

/// Writes `<N>[.p/<W>]`: three digits an element, all but the last begin with `x`.
pub(crate) fn write_position(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let mut divisor = 1;
    while index / divisor >= 1000 {
        divisor *= 1000;
    }
    while divisor > 1 {
        write!(f, "x{:03}/", index / divisor % 1000)?;
        divisor /= 1000;
    }
    write!(f, "{:03}", index % 1000)?;
    if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
}

/// Reads what [`write_position`] writes, and no other spelling of it.
pub(crate) fn parse_position(text: &str) -> Option<(u64, u16)> {
    let (path, width) = match text.split_once(".p/") {
        Some((path, width)) => (path, u16::try_from(decimal(width)?).ok()?),
        None => (text, TILE_WIDTH),
    };
    if text.len() != path.len() && !(1..TILE_WIDTH).contains(&width) {
        return None;
    }
    let mut elements = path.split('/').peekable();
    let mut index = 0_u64;
    let mut first = true;
    while let Some(element) = elements.next() {
        let digits = match elements.peek() {
            Some(_) => element.strip_prefix('x')?,
            None => element,
        };
        // `x000/` in front would be another path for the same tile.
        if digits.len() != 3 || (first && elements.peek().is_some() && digits == "000") {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits_value(digits)?)?;
        first = false;
    }
    Some((index, width))
}

/// A decimal number without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    if text.len() > 1 && text.starts_with('0') {
        return None;
    }
    digits_value(text)
}

fn digits_value(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_the_specification_read_and_write() {
        for (tile, path) in [
            (Tile::new(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (Tile::new(2, 0, 1), "tile/2/000.p/1"),
            (Tile::new(0, 273, 112), "tile/0/273.p/112"),
            (Tile::new(1, 1_000, 255), "tile/1/x001/000.p/255"),
        ] {
            let tile = tile.unwrap();
            assert_eq!(tile.to_string(), path);
            assert_eq!(Tile::parse(path), Some(tile));
        }
    }

    #[test]
    fn a_tile_has_one_path() {
        for bad in [
            "tile/00/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/x001/x002",
            "tile/8/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/0/+01",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/../000",
            "tile/0/",
            "tile/0",
            "tile/0/000.p/1/2",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/٠٠٠",
            "tile/7/001",
        ] {
            assert_eq!(Tile::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_tree_of_70_000_has_the_tiles_that_the_specification_counts() {
        let size = 70_000;
        let held = |level, index| Tile::holding(level, index, size);
        assert_eq!(held(0, 69_887).map(Tile::width), Some(256));
        assert_eq!(held(0, 69_888), Tile::new(0, 273, 112));
        assert_eq!(held(1, 255), Tile::new(1, 0, 256));
        assert_eq!(held(1, 256), Tile::new(1, 1, 17));
        assert_eq!(held(2, 0), Tile::new(2, 0, 1));
        assert_eq!(held(2, 1), None);
        assert_eq!(held(0, 70_000), None);
    }

    #[test]
    fn the_tree_of_256_has_a_full_tile_and_one_above_it_of_one_hash() {
        assert_eq!(Tile::holding(0, 0, 256), Tile::new(0, 0, 256));
        assert_eq!(Tile::holding(1, 0, 256), Tile::new(1, 0, 1));
    }
}
