//! Mirrors that follow, resume and find split views; and two of them that gossip.

use std::fs;
use std::path::Path;

use ledger::disk::{self, RealDisk};
use ledger::gossip::{self, Views};
use ledger::mirror::{Followed, Mirror, MirrorFault};
use ledger::source::{LogSource, SourceFault};
use tlog::bundle::BundleId;
use tlog::{SplitView, Tile, VerifierKey};

use crate::failing::FailingDisk;
use crate::logs::{Log, ORIGIN, SignedKey};

fn keys() -> [VerifierKey; 1] {
    [SignedKey::new().verifier()]
}

fn empty() -> (tempfile::TempDir, RealDisk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    (folder, disk)
}

fn follow(disk: &RealDisk, log: &Log) -> Result<Followed, MirrorFault> {
    Mirror::open(disk, &keys())?.follow(&mut log.reader())
}

/// Every file of the log's folder, by path.
fn files(disk: &RealDisk) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, root: &Path, into: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, into);
            } else if path.extension().is_none_or(|ending| ending != "unfinished") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                into.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let root = disk.root().join("log");
    let mut all = Vec::new();
    walk(&root, &root, &mut all);
    all.sort();
    all
}

/// The mirror has every tile and bundle of the log's tree, under the same paths and with the same bytes.
/// Either may keep partial ones of earlier trees.
fn assert_mirrored(mirror: &RealDisk, log: &Log) {
    let (mut mirror, mut log, size) = (ledger::Reader::new(mirror), log.reader(), log.size());
    for level in 0..4_u8 {
        for index in 0..(size >> (8 * level)).div_ceil(256) {
            let tile = Tile::holding(level, index * 256, size).unwrap();
            let (kept, had) = (mirror.exact_tile(tile).unwrap(), log.exact_tile(tile).unwrap());
            assert!(kept == had, "{tile} is another");
        }
    }
    for id in BundleId::covering(0, size) {
        let (kept, had) = (mirror.exact_bundle(id).unwrap(), log.exact_bundle(id).unwrap());
        assert!(kept == had, "{id} is another");
    }
}

#[test]
fn a_mirror_follows_a_log_as_it_grows_and_keeps_the_same_files() {
    let (_folder, disk) = empty();
    let mut log = Log::new();
    assert_eq!(follow(&disk, &log).unwrap(), Followed::Grown { from: 0, to: 0 });
    let mut from = 0;
    for more in [1, 254, 1, 1, 255, 1_000, 30_000] {
        log.grow("entry", more);
        assert_eq!(follow(&disk, &log).unwrap(), Followed::Grown { from, to: from + more });
        assert_eq!(follow(&disk, &log).unwrap(), Followed::Same { size: from + more });
        assert_mirrored(&disk, &log);
        from += more;
    }
    // A mirror is a log in its turn.
    let (_second, second) = empty();
    let mut mirror = Mirror::open(&second, &keys()).unwrap();
    let grown = mirror.follow(&mut ledger::Reader::new(&disk)).unwrap();
    assert_eq!(grown, Followed::Grown { from: 0, to: from });
    assert_mirrored(&second, &log);
}

#[test]
fn a_mirror_cut_off_at_any_change_of_the_disk_goes_on_to_the_same_files() {
    let mut log = Log::with(700, "", 0);
    let (_start, start) = empty();
    follow(&start, &log).unwrap();
    log.grow("more", 2_000);
    let before = files(&start);
    let mut cuts = 0;
    for last_is_made in [false, true] {
        for changes in (1..).step_by(8) {
            let (_folder, disk) = empty();
            for (path, bytes) in &before {
                let path = format!("log/{path}");
                disk::create_folders(&disk, disk::folder_of(&path)).unwrap();
                disk::write_whole(&disk, &path, bytes).unwrap();
            }
            let failing = FailingDisk::new(disk.clone(), changes, last_is_made);
            let cut = Mirror::open(&failing, &keys())
                .and_then(|mirror| mirror.in_chunks_of(3).follow(&mut log.reader()));
            if !failing.has_failed() {
                cut.unwrap();
                break;
            }
            cuts += 1;
            assert!(matches!(cut, Err(MirrorFault::Disk(_))), "cut at {changes}");
            let went_on = follow(&disk, &log).unwrap();
            assert!(matches!(
                went_on,
                Followed::Grown { to: 2_700, .. } | Followed::Same { size: 2_700 }
            ));
            assert_mirrored(&disk, &log);
        }
    }
    assert!(cuts > 24, "only {cuts} places to be cut at");
}

/// A source that counts bundles, and can break off or lie.
struct Meddled<'l> {
    log: &'l Log,
    bundles: u64,
    bundles_max: u64,
    lie_in: Option<u64>,
}

impl<'l> Meddled<'l> {
    fn new(log: &'l Log) -> Self {
        Self { log, bundles: 0, bundles_max: u64::MAX, lie_in: None }
    }
}

impl LogSource for Meddled<'_> {
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault> {
        LogSource::checkpoint(&mut self.log.reader())
    }

    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault> {
        self.log.reader().exact_tile(tile)
    }

    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault> {
        if self.bundles == self.bundles_max {
            let (path, reason) = (bundle.to_string(), "the line is down".to_owned());
            return Err(SourceFault::Failed { path, reason });
        }
        self.bundles += 1;
        let mut bytes = self.log.reader().exact_bundle(bundle)?;
        if self.lie_in == Some(bundle.index()) {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        }
        Ok(bytes)
    }
}

#[test]
fn a_mirror_whose_line_went_down_does_not_begin_again() {
    let log = Log::with(40_000, "", 0);
    let (_folder, disk) = empty();
    let mut source = Meddled { bundles_max: 150, ..Meddled::new(&log) };
    let down = Mirror::open(&disk, &keys()).unwrap().follow(&mut source);
    assert!(matches!(down, Err(MirrorFault::Source(SourceFault::Failed { .. }))));
    let mut source = Meddled::new(&log);
    Mirror::open(&disk, &keys()).unwrap().follow(&mut source).unwrap();
    assert_eq!(source.bundles, 157 - 128, "two chunks of 64 bundles were kept");
    assert_mirrored(&disk, &log);
}

#[test]
fn entries_that_are_not_the_log_s_leave_the_mirror_as_it_was() {
    let mut log = Log::with(300, "", 0);
    let (_folder, disk) = empty();
    follow(&disk, &log).unwrap();
    log.grow("more", 20_000);
    let mut source = Meddled { lie_in: Some(70), ..Meddled::new(&log) };
    let mut mirror = Mirror::open(&disk, &keys()).unwrap();
    let refused = mirror.follow(&mut source);
    assert!(matches!(refused, Err(MirrorFault::OtherEntries { size: 20_300 })), "{refused:?}");
    assert_eq!(mirror.kept().unwrap().checkpoint().size, 300);
    drop(mirror);
    assert_eq!(follow(&disk, &log).unwrap(), Followed::Grown { from: 300, to: 20_300 });
    assert_mirrored(&disk, &log);
}

#[test]
fn a_checkpoint_of_another_log_or_of_nobody_is_not_believed() {
    let log = Log::with(3, "", 0);
    let (_folder, disk) = empty();
    let stranger = tlog::NoteSigner::new(ORIGIN, &[9; 32]).unwrap();
    let keys = [stranger.verifier().clone()];
    let refused = Mirror::open(&disk, &keys).unwrap().follow(&mut log.reader());
    assert!(matches!(refused, Err(MirrorFault::NotBelieved(_))));
}

/// The proof that the mirror wrote, checked by somebody who has nothing but it and the log's key.
fn third_party_agrees(disk: &RealDisk, path: &str) {
    let bytes = fs::read(disk.root().join(path)).unwrap();
    SplitView::parse(&bytes).unwrap().verify(ORIGIN, &keys()).unwrap();
}

#[test]
fn a_fork_at_any_size_is_found_by_the_mirror_with_a_proof() {
    for (own, forked) in [(4, 4), (4, 900), (900, 4), (1, 2)] {
        let (log, fork) = (Log::with(300, "log", own), Log::with(300, "fork", forked));
        let (_folder, disk) = empty();
        follow(&disk, &log).unwrap();
        match follow(&disk, &fork) {
            Err(MirrorFault::SplitView { path, .. }) => third_party_agrees(&disk, &path),
            other => panic!("{own} and {forked}: {other:?}"),
        }
        // What was verified before stays.
        assert_eq!(follow(&disk, &log).unwrap(), Followed::Same { size: 300 + own });
        assert_mirrored(&disk, &log);
    }
}

#[test]
fn an_older_checkpoint_is_told_apart_from_a_rollback_to_another_one() {
    let (_folder, disk) = empty();
    let (older, log) = (Log::with(300, "", 0), Log::with(300, "log", 50));
    follow(&disk, &log).unwrap();
    assert_eq!(follow(&disk, &older).unwrap(), Followed::Older { shown: 300, kept: 350 });
    let rollback = Log::with(290, "other", 20);
    assert!(matches!(follow(&disk, &rollback), Err(MirrorFault::SplitView { .. })));
}

#[test]
fn a_damaged_copy_is_found_and_not_built_upon() {
    let mut log = Log::with(300, "", 0);
    let (_folder, disk) = empty();
    follow(&disk, &log).unwrap();
    log.grow("more", 10);
    for path in ["log/tile/0/001.p/44", "log/tile/1/000.p/1", "log/checkpoint"] {
        let sound = fs::read(disk.root().join(path)).unwrap();
        let mut damaged = sound.clone();
        damaged[20] ^= 4;
        fs::write(disk.root().join(path), &damaged).unwrap();
        assert!(matches!(follow(&disk, &log), Err(MirrorFault::Damaged(_))), "{path}");
        fs::write(disk.root().join(path), &sound).unwrap();
    }
    follow(&disk, &log).unwrap();
}

#[test]
fn one_process_keeps_a_mirror() {
    let (_folder, disk) = empty();
    let first = Mirror::open(&disk, &keys()).unwrap();
    assert!(matches!(Mirror::open(&disk, &keys()), Err(MirrorFault::Locked)));
    drop(first);
}

fn gossip(one: &RealDisk, other: &RealDisk) -> Result<Views, gossip::GossipFault> {
    gossip::compare(&mut ledger::Reader::new(one), &mut ledger::Reader::new(other), &keys())
}

#[test]
fn two_mirrors_that_were_shown_two_views_find_the_split_and_prove_it() {
    for (own, forked) in [(4, 4), (4, 900), (900, 4), (256, 1)] {
        let ((_a, a), (_b, b)) = (empty(), empty());
        follow(&a, &Log::with(300, "log", own)).unwrap();
        follow(&b, &Log::with(300, "fork", forked)).unwrap();
        for (one, other) in [(&a, &b), (&b, &a)] {
            let Views::Split(proof) = gossip(one, other).unwrap() else { panic!("{own} {forked}") };
            let read = SplitView::parse(proof.to_string().as_bytes()).unwrap();
            read.verify(ORIGIN, &keys()).unwrap();
        }
    }
}

#[test]
fn two_mirrors_of_one_log_agree_however_far_they_got() {
    let ((_a, a), (_b, b)) = (empty(), empty());
    let mut log = Log::with(300, "", 0);
    follow(&a, &log).unwrap();
    log.grow("more", 1_000);
    follow(&b, &log).unwrap();
    assert_eq!(gossip(&a, &b).unwrap(), Views::One { sizes: (300, 1_300) });
    assert_eq!(gossip(&b, &a).unwrap(), Views::One { sizes: (300, 1_300) });
    assert_eq!(gossip(&b, &b).unwrap(), Views::One { sizes: (1_300, 1_300) });
}

#[test]
fn a_damaged_mirror_accuses_nobody() {
    let ((_a, a), (_b, b)) = (empty(), empty());
    let mut log = Log::with(300, "", 0);
    follow(&a, &log).unwrap();
    log.grow("more", 1_000);
    follow(&b, &log).unwrap();
    let tile = b.root().join("log/tile/0/001");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[40 * 32] ^= 1;
    fs::write(&tile, &bytes).unwrap();
    assert!(matches!(gossip(&a, &b), Err(gossip::GossipFault::Damaged(_))));
}
