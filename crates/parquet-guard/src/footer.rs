//! Whether a file's footer holds what it claims, before the Parquet crate reads it.
//!
//! The crate trusts three things: the number of row groups and of a group's columns, for which it makes
//! room; the depth of the schema, which it follows down the stack; and the length of lists that it does
//! not know, which it counts through even where their elements take no byte. Here the footer is walked
//! first, and one that claims more than it holds is refused.

use parquet::file::reader::ChunkReader;

use crate::thrift::{FILE_META_DATA, Thrift};

/// Most row groups of a file: the crate numbers them in 16 bits.
pub const ROW_GROUPS_MAX: usize = 32_767;
/// Deepest nesting of the schema. Tables of positions are flat.
pub const SCHEMA_DEPTH_MAX: usize = 32;

/// How many bytes long the footer says it is; `None` where there is none.
#[must_use]
pub fn length(reader: &impl ChunkReader) -> Option<u64> {
    let tail = reader.get_bytes(reader.len().checked_sub(8)?, 8).ok()?;
    let length = tail.first_chunk::<4>()?;
    tail.ends_with(b"PAR1").then_some(u64::from(u32::from_le_bytes(*length)))
}

/// `None` when there is no footer, or none that can be read within the limits.
#[must_use]
pub fn check(reader: &impl ChunkReader) -> Option<()> {
    let length = length(reader)?;
    let start = reader.len().checked_sub(8)?.checked_sub(length)?;
    let bytes = reader.get_bytes(start, usize::try_from(length).ok()?).ok()?;
    let mut thrift = Thrift::of(&bytes);
    thrift.walk(&FILE_META_DATA)?;
    (thrift.row_groups <= ROW_GROUPS_MAX && is_a_tree(&thrift.children)).then_some(())
}

/// Whether numbers of children, depth first, are those of one tree that is not too deep.
fn is_a_tree(children: &[i64]) -> bool {
    // Of each group that is open, how many of its members are still to come.
    let mut open: Vec<i64> = Vec::new();
    for (n, &count) in children.iter().enumerate() {
        match open.last_mut() {
            Some(left) => *left -= 1,
            None if n > 0 => return false,
            None => {}
        }
        let left = (children.len() - n) as i64;
        if count < 0 || count >= left || open.len() >= SCHEMA_DEPTH_MAX {
            return false;
        }
        open.push(count);
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_one_tree_of_bounded_depth() {
        assert!(is_a_tree(&[2, 0, 1, 0]));
        assert!(is_a_tree(&[0]));
        for none in [&[2, 0][..], &[1, 0, 0], &[1 << 31, 0], &[-1, 0], &[0, 0]] {
            assert!(!is_a_tree(none), "{none:?}");
        }
        let chain = |depth: usize| [vec![1; depth], vec![0]].concat();
        assert!(is_a_tree(&chain(SCHEMA_DEPTH_MAX - 1)));
        assert!(!is_a_tree(&chain(SCHEMA_DEPTH_MAX)));
    }
}
