//! Disks rot. A bit that flips in any byte of a record is found, or has no effect.

use ledger::vault::Sizes;
use sim::careless::Broken;
use sim::keeping::Keeping;
use sim::seed::Seeded;
use sim::world::World;

/// Of the room for pools, which is written over all the time, a byte in so many is tried.
const STATE_STEP: usize = 509;

/// Files that grow in the smallest of steps, so that few of their bytes wait to be written on.
const TIGHT: Sizes = Sizes {
    segment_bodies: 1 << 10,
    segment_bytes: 1 << 20,
    growth_bytes: 64,
    lane_growth_bytes: 64,
};

/// A record with public and private statements, some bodies shown and one erased, whose keeper has
/// stopped.
fn kept() -> Keeping {
    let mut seeded = Seeded::new(1);
    let world = World::new(seeded.split(), Broken::None);
    let mut keeping = Keeping::new(world, seeded).split(2).sized(TIGHT, 1);
    keeping.say(2, 1).unwrap();
    keeping.disclose().unwrap();
    keeping.end_period().unwrap();
    keeping.collect().unwrap();
    keeping.erase().unwrap();
    keeping.stop();
    assert!(keeping.tally.erased == 1 && keeping.tally.released == 1, "{:?}", keeping.tally);
    assert_eq!(keeping.findings(), Ok(0));
    keeping
}

/// Every bit of every file: of tiles, bundles and checkpoint.
#[test]
fn any_bit_flipped_in_the_log_is_found() {
    any_bit_is_found(50_000, |path| path.starts_with("log/"));
}

/// Of ciphertexts, and of the zeros that wait to be written on.
#[test]
fn any_bit_flipped_in_sealed_bodies_is_found() {
    any_bit_is_found(30_000, |path| path.starts_with("vault/bodies/"));
}

/// Of slots and shares.
#[test]
fn any_bit_flipped_in_keys_is_found() {
    any_bit_is_found(30_000, |path| path.starts_with("vault/keys/"));
}

/// Of journals, and of whatever else there is.
#[test]
fn any_bit_flipped_in_a_journal_of_the_vault_is_found() {
    any_bit_is_found(20_000, |path| {
        !["log/", "state/", "vault/bodies/", "vault/keys/"].iter().any(|of| path.starts_with(of))
    });
}

fn any_bit_is_found(bits_min: u64, is_meant: impl Fn(&str) -> bool) {
    let keeping = kept();
    let machine = &keeping.world.machine;
    let files = machine.files();
    let mut flipped = 0;
    for path in files.iter().filter(|path| is_meant(path)) {
        let bytes = machine.shown(path).unwrap().len();
        for (at, bit) in (0..bytes).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            machine.flip(path, at, bit);
            assert_ne!(keeping.findings(), Ok(0), "{path}: bit {bit} of byte {at} of {bytes}");
            machine.flip(path, at, bit);
            flipped += 1;
        }
        println!("{path}: {bytes} bytes");
    }
    println!("{flipped} bits");
    assert!(flipped > bits_min && keeping.findings() == Ok(0), "{flipped}");
}

/// How far the keys had come is found damaged; what a restart would save reading is read anew.
#[test]
fn any_bit_flipped_in_the_keepers_notes_is_refused_or_has_no_effect() {
    let mut keeping = kept();
    for (path, is_source) in [("state/keys.json", true), ("state/roster.json", false)] {
        let bytes = keeping.world.machine.shown(path).unwrap().len();
        for (at, bit) in (0..bytes).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            keeping.world.machine.flip(path, at, bit);
            let started = keeping.try_start();
            assert_eq!(started.is_err(), is_source, "{path}: bit {bit} of byte {at}: {started:?}");
            if is_source {
                keeping.world.machine.flip(path, at, bit);
            }
        }
    }
    keeping.start().unwrap();
    keeping.repeat().unwrap();
}

/// What is private to the keeper is found damaged when it starts, or it starts as before.
#[test]
fn a_bit_flipped_in_the_keepers_state_is_refused_or_has_no_effect() {
    let files = kept().world.machine.files();
    let (mut refused, mut without_effect) = (0, 0);
    for path in files.iter().filter(|path| path.starts_with("state/")) {
        let bytes = kept().world.machine.shown(path).unwrap().len();
        let heads = 0..bytes.min(96);
        for at in heads.step_by(7).chain((96..bytes).step_by(STATE_STEP)) {
            let mut keeping = kept();
            keeping.world.machine.flip(path, at, (at % 8) as u8);
            // It looks at everything that is owed as it starts.
            match keeping.start() {
                Ok(()) => {
                    keeping.repeat().unwrap();
                    without_effect += 1;
                }
                Err(why) => {
                    assert!(why.0.contains("it does not start"), "{path} at {at}: {why:?}");
                    refused += 1;
                }
            }
        }
    }
    println!("{refused} refused, {without_effect} without effect");
    assert!(refused > 0 && without_effect > 0);
}
