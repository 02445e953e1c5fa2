//! Any flipped bit anywhere in a container is found.

use archive::hours::Container;
use archive::{Hour, Kept, Name, OnRecord, check, contain, read};

use crate::scene::{on_record, segment};

/// Bytes of a larger container are tried this far apart: a prime, so that no column is passed over.
const STRIDE: usize = 251;

fn container(count: u64, rows: i32) -> (Vec<Kept>, Container) {
    let segments: Vec<Kept> = (0..count).map(|leaf| segment(leaf, rows)).collect();
    let hour = Hour::parse("2024-05-01T10Z").unwrap();
    let made = contain(hour, true, segments.clone()).unwrap().remove(0);
    (segments, made)
}

fn is_found(known: &impl Fn(u64) -> Option<OnRecord>, made: &Container, bit: usize) -> bool {
    let mut bytes = made.bytes.clone();
    bytes[bit / 8] ^= 1 << (bit % 8);
    let (sound, flaws) = check(&made.name, &bytes, known);
    sound.is_empty() && flaws.len() == 1 && flaws[0].code == "container-changed"
}

#[test]
fn every_bit_of_a_small_container() {
    let (segments, made) = container(2, 6);
    let known = on_record(&segments);
    for bit in 0..made.bytes.len() * 8 {
        assert!(is_found(&known, &made, bit), "bit {bit}");
    }
}

#[test]
fn bits_all_over_a_large_container() {
    let (segments, made) = container(90, 100);
    let known = on_record(&segments);
    assert!(made.bytes.len() > 100_000, "{}", made.bytes.len());
    for byte in (0..made.bytes.len()).step_by(STRIDE) {
        assert!(is_found(&known, &made, byte * 8 + byte % 8), "byte {byte}");
    }
}

/// Whoever changes a container can name it anew. Then the roots find it: what is still taken for sound
/// is what went in, to the bit, and nothing panics on the way.
#[test]
fn a_changed_container_under_a_name_of_its_own_passes_for_no_other_rows() {
    // What the Parquet crate asserts is caught; to print each time where costs minutes.
    std::panic::set_hook(Box::new(|info| {
        if info.location().is_some_and(|place| place.file().contains("tests/it")) {
            eprintln!("{info}");
        }
    }));
    let (segments, made) = container(2, 6);
    let known = on_record(&segments);
    let (mut refused, mut other) = (0, 0);
    for byte in 0..made.bytes.len() {
        let mut bytes = made.bytes.clone();
        bytes[byte] ^= 1 << (byte % 8);
        let name = Name { digest: agreement::Digest::of_bytes(&bytes), ..made.name.clone() };
        let (sound, flaws) = check(&name, &bytes, &known);
        match read(&bytes) {
            Err(_) => refused += 1,
            Ok(kept) if kept == segments => assert_eq!(sound, [0, 1], "byte {byte}"),
            Ok(kept) => {
                other += 1;
                assert!(!flaws.is_empty(), "byte {byte}");
                let is_ours = |kept: &&Kept| sound.contains(&kept.leaf);
                assert!(kept.iter().filter(is_ours).all(|kept| segments.contains(kept)));
            }
        }
    }
    assert!(refused > 100 && other > 10, "{refused} refused, {other} with other rows");
}
