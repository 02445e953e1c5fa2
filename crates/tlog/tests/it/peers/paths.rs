//! Paths of tiles, and checkpoints: what one reads, the other reads.

use proptest::prelude::*;
use tlog::checkpoint::ORIGIN_BYTES_MAX;
use tlog::{Checkpoint, EMPTY_ROOT, Hash, TREE_SIZE_MAX, Tile};

use super::{Change, change};

fn paths() -> impl Strategy<Value = String> {
    let index = prop_oneof![0..3_u64, 990..1_010_u64, 0..2_000_000_u64, any::<u64>()];
    let width = prop_oneof![Just(256_u16), 1..256_u16];
    (0..12_u8, index, width).prop_map(|(level, index, width)| {
        let theirs = tlog_tiles::Tile::new(8, level, index, width.into(), false);
        theirs.path().replacen("tile/8/", "tile/", 1)
    })
}

/// Their answer to a path of C2SP's form, which differs from Go's by the height. `None` where they would
/// panic: a tile of width 0, a level past 63.
fn their_tile(path: &str) -> Option<Result<(u8, u64, u32), ()>> {
    let panics = path.ends_with(".p/0")
        || path
            .strip_prefix("tile/")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(level, _)| level.parse::<u8>().is_ok_and(|level| level > 63));
    if panics {
        return None;
    }
    let with_height = path.strip_prefix("tile/").map(|rest| format!("tile/8/{rest}"));
    let read = tlog_tiles::Tile::from_path(&with_height.unwrap_or_default());
    Some(read.map(|tile| (tile.level(), tile.level_index(), tile.width())).map_err(drop))
}

/// The one difference: ours takes no tile that no log within its limit of 2^63 - 1 leaves could have.
fn is_of_no_log(level: u8, index: u64, width: u32) -> bool {
    let end = u128::from(index) * 256 + u128::from(width);
    level > 7 || end > u128::from(TREE_SIZE_MAX >> (8 * u32::from(level)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn of_every_path_they_say_what_we_say(path in paths(), changes in prop::collection::vec(change(), 0..3)) {
        let mut bytes = path.into_bytes();
        changes.iter().for_each(|change| Change::make(change, &mut bytes));
        let Ok(path) = String::from_utf8(bytes) else { return Ok(()) };
        let ours = Tile::parse(&path).map(|tile| (tile.level(), tile.index(), tile.width().into()));
        match their_tile(&path) {
            None => prop_assert_eq!(ours, None),
            Some(Ok((level, index, width))) if is_of_no_log(level, index, width) => {
                prop_assert_eq!(ours, None);
            }
            // Their name for a tile of entries, which C2SP calls `entries`.
            Some(Ok(_)) if path.starts_with("tile/data/") => prop_assert_eq!(ours, None),
            Some(theirs) => prop_assert_eq!(ours, theirs.ok(), "{}", path),
        }
    }

    #[test]
    fn of_every_checkpoint_they_say_what_we_say(
        size in prop_oneof![0..20_u64, any::<u64>()],
        extensions in prop::collection::vec("[ -~]{1,9}", 0..3),
        changes in prop::collection::vec(change(), 0..3),
    ) {
        let root = tlog::hash_node(&EMPTY_ROOT, &EMPTY_ROOT);
        let lines: String = extensions.iter().map(|line| format!("{line}\n")).collect();
        let mut bytes = format!("example.com/log\n{size}\n{root}\n{lines}").into_bytes();
        changes.iter().for_each(|change| Change::make(change, &mut bytes));
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let ours = Checkpoint::parse(&text);
        let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes());
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!(&ours.origin, theirs.origin());
                prop_assert_eq!(ours.size, theirs.size());
                prop_assert_eq!(ours.root, Hash::from_bytes(theirs.hash().0));
                let lines: String = ours.extensions.iter().map(|line| format!("{line}\n")).collect();
                prop_assert_eq!(lines, theirs.extension());
                prop_assert_eq!(ours.to_string(), text);
            }
            // The difference: a tree larger than 2^63 - 1 leaves, or an origin that no cosignature could name.
            (Err(_), Ok(theirs)) => prop_assert!(
                theirs.size() > TREE_SIZE_MAX || theirs.origin().len() > ORIGIN_BYTES_MAX,
                "{:?}", text
            ),
            (Ok(_), Err(_)) => prop_assert!(false, "{:?} is taken by us alone", text),
            (Err(_), Err(_)) => {}
        }
    }
}
