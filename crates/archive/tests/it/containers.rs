//! What goes into a container comes out of it.

use agreement::statement::body::ShownRow;
use archive::{ContainerFault, Hour, OnRecord, check, contain, heads, read, write};
use spacetime::Instant;

use crate::scene::{on_record, segment};

fn hour() -> Hour {
    Hour::parse("2024-05-01T10Z").unwrap()
}

#[test]
fn segments_come_out_as_they_went_in() {
    let segments = [segment(3, 20), segment(4, 0), segment(9, 1)];
    let bytes = write(&segments).unwrap();
    assert_eq!(read(&bytes).unwrap(), segments);
    let leaves: Vec<u64> = heads(&bytes).unwrap().iter().map(|head| head.leaf).collect();
    assert_eq!(leaves, [3, 4, 9]);
}

#[test]
fn an_hour_of_ten_second_segments_keeps_every_root() {
    let segments: Vec<_> = (0..360).map(|leaf| segment(leaf, 50)).collect();
    let made = contain(hour(), true, segments.clone()).unwrap();
    assert_eq!(made.len(), 1);
    let (name, bytes) = (&made[0].name, &made[0].bytes);
    assert!(name.to_string().starts_with("hour-2024-05-01T10Z-0000000000-"), "{name}");
    let (sound, flaws) = check(name, bytes, on_record(&segments));
    assert_eq!((sound.len(), flaws), (360, Vec::new()));
    let loose: usize =
        segments.iter().map(|kept| write(std::slice::from_ref(kept)).unwrap().len()).sum();
    assert!(bytes.len() * 2 < loose, "{} in one, {loose} in {}", bytes.len(), segments.len());
}

#[test]
fn a_container_is_rebuilt_to_the_byte_whatever_its_rows_lay_in_before() {
    let segments: Vec<_> = (0..12).map(|leaf| segment(leaf, 30)).collect();
    let merged = contain(hour(), true, segments.clone()).unwrap();
    let loose = contain(hour(), false, segments.clone()).unwrap();
    assert_eq!(loose.len(), 12);
    let again = loose.iter().rev().flat_map(|one| read(&one.bytes).unwrap());
    assert_eq!(contain(hour(), true, again.chain(segments)).unwrap(), merged);
}

#[test]
fn one_row_of_a_merged_container_is_shown_alone_and_checked_by_who_has_the_header_only() {
    let segments: Vec<_> = (0..5).map(|leaf| segment(leaf, 17)).collect();
    let bytes = write(&segments).unwrap();
    let kept = read(&bytes).unwrap().remove(3);
    let root = segments[3].segment.said().unwrap();
    for row in 0..17 {
        let shown = kept.segment.show(row).unwrap().unwrap().to_json().to_string();
        let shown = ShownRow::parse(shown.as_bytes()).unwrap();
        assert_eq!(shown.check(&root), Ok(()));
        let other = segments[2].segment.said().unwrap();
        assert!(shown.check(&other).is_err(), "in no other segment");
        assert!(ShownRow { number: (shown.number + 1) % 17, ..shown }.check(&root).is_err());
    }
    assert_eq!(kept.segment.show(17).unwrap(), None);
}

#[test]
fn rows_that_are_not_those_of_the_record_are_told_apart() {
    let segments: Vec<_> = (0..6).map(|leaf| segment(leaf, 9)).collect();
    let known = on_record(&segments);
    let mut forged = segments.clone();
    forged[0].leaf = 0;
    forged[1].segment.rows.swap(3, 4);
    forged[2].salt[0] ^= 1;
    forged[3].statement = forged[4].statement;
    forged[5].leaf = 77;
    let made = contain(hour(), true, forged).unwrap().remove(0);
    let erased = |leaf| known(leaf).map(|said| OnRecord { is_erased: leaf == 4, ..said });
    let (sound, flaws) = check(&made.name, &made.bytes, erased);
    assert_eq!(sound, [0]);
    let flaws: Vec<_> = flaws.iter().map(|flaw| (flaw.leaf.unwrap(), flaw.code)).collect();
    let told = [
        (1, "other-rows"),
        (2, "other-body"),
        (3, "other-statement"),
        (4, "erased"),
        (77, "no-segment"),
    ];
    assert_eq!(flaws, told);
}

#[test]
fn what_cannot_be_contained_is_refused() {
    assert_eq!(write(&[]), Err(ContainerFault::Empty));
    assert_eq!(write(&[segment(2, 1), segment(2, 1)]), Err(ContainerFault::Order));
    let two = contain(hour(), true, [segment(2, 1), segment(2, 2)]);
    assert_eq!(two, Err(ContainerFault::TwoUnderOneLeaf { leaf: 2 }));
    for bytes in [&b""[..], b"PAR1", &[0; 4096]] {
        assert!(matches!(read(bytes), Err(ContainerFault::Malformed(_))));
    }
}

#[test]
fn an_hour_is_one_of_utc_and_is_over_when_the_next_begins() {
    let at = |text| Instant::parse(text).unwrap();
    let hour = Hour::of(at("2024-05-01T10:59:59.999999Z"));
    assert_eq!(hour.to_string(), "2024-05-01T10Z");
    assert!(!hour.is_over(at("2024-05-01T10:59:59.999999Z")));
    assert!(hour.is_over(at("2024-05-01T11:00:00Z")));
    assert_eq!(Hour::of(Instant::from_micros(-1)).to_string(), "1969-12-31T23Z");
}
