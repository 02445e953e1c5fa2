//! Whatever byte of a published log is changed, the check finds it.

use std::collections::BTreeSet;

use ledger::disk::{self, Disk};
use ledger::fsck::{NothingVouched, Report, fsck};

use crate::record::{Record, append, at};

fn check(record: &Record) -> Report {
    fsck(&*record.disk, &*record.key, &mut NothingVouched).unwrap()
}

/// A record of 259 entries, published twice: full and partial tiles and bundles, and partial ones of
/// an earlier checkpoint.
fn small() -> Record {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    for entries in [257, 2] {
        append(&mut sequencer, at(1), entries);
        sequencer.publish().unwrap();
    }
    record
}

fn files_under(disk: &dyn Disk, folder: &str, files: &mut BTreeSet<String>) {
    for entry in disk.list(folder).unwrap() {
        let path = format!("{folder}/{}", entry.name);
        if entry.is_folder { files_under(disk, &path, files) } else { assert!(files.insert(path)) }
    }
}

#[test]
fn a_sound_record_has_nothing_to_find_and_every_file_was_read() {
    let record = small();
    let report = check(&record);
    assert!(report.is_clean(), "{:?}", report.findings);
    let mut files = BTreeSet::new();
    files_under(&*record.disk, "log", &mut files);
    assert_eq!(report.entries, 259);
    assert!(report.files >= files.len() as u64, "{} of {files:?}", report.files);
    assert!(files.contains("log/tile/entries/001.p/1") && files.contains("log/tile/0/001.p/3"));
}

#[test]
fn every_flipped_byte_is_found_where_it_is() {
    let record = small();
    let mut files = BTreeSet::new();
    files_under(&*record.disk, "log", &mut files);
    let mut flipped = 0;
    for path in &files {
        let file = record.disk.open(path, disk::Mode::Update).unwrap();
        let whole = disk::read(&*record.disk, path).unwrap();
        // Each bit of a byte in turn; `sim` flips all of a smaller record.
        for at in 0..whole.len() {
            file.write_at(at as u64, &[whole[at] ^ (1 << (at % 8))]).unwrap();
            let report = check(&record);
            assert!(!report.is_clean(), "{path}: byte {at} was flipped and nobody saw");
            // A changed entry shows at the tile above it.
            let is_entry = path.contains("/entries/") || path.ends_with("checkpoint");
            assert!(
                is_entry || report.findings.iter().any(|found| found.path == *path),
                "{path} {at}"
            );
            file.write_at(at as u64, &whole[at..=at]).unwrap();
            flipped += 1;
        }
    }
    assert!(flipped > 10_000, "{flipped}");
    assert!(check(&record).is_clean());
}

#[test]
fn a_file_that_is_gone_cut_off_or_longer_is_found() {
    let record = small();
    let mut files = BTreeSet::new();
    files_under(&*record.disk, "log/tile", &mut files);
    for path in &files {
        let whole = disk::read(&*record.disk, path).unwrap();
        let cut = &whole[..whole.len() - 1];
        let longer = [&whole[..], b"\0"].concat();
        for changed in [cut, &longer] {
            disk::write_whole(&*record.disk, path, changed).unwrap();
            assert!(!check(&record).is_clean(), "{path}");
        }
        record.disk.remove(path).unwrap();
        let earlier = path.ends_with("001.p/1");
        assert_eq!(check(&record).is_clean(), earlier, "{path}");
        disk::write_whole(&*record.disk, path, &whole).unwrap();
    }
    disk::write_whole(&*record.disk, "log/tile/0/notes.txt", b"?").unwrap();
    assert_eq!(check(&record).findings[0].code, "stray");
}
