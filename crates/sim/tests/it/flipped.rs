//! Disks rot. A bit that flips in any byte of a record is found, or has no effect.

use sim::careless::Broken;
use sim::keeping::Keeping;
use sim::seed::Seeded;
use sim::world::World;

/// Of the room for pools, which is written over all the time, a byte in so many is tried.
const STATE_STEP: usize = 509;

/// Of the zeros that wait to be written on, a byte in so many is tried.
const BLANK_STEP: usize = 127;

/// A record with public and private statements, some bodies shown and one erased, whose keeper has
/// stopped.
fn kept() -> Keeping {
    let mut seeded = Seeded::new(1);
    let mut keeping = Keeping::new(World::new(seeded.split(), Broken::None), seeded);
    keeping.say(3, 1).unwrap();
    keeping.disclose().unwrap();
    keeping.end_period().unwrap();
    keeping.collect().unwrap();
    keeping.erase().unwrap();
    keeping.say(1, 1).unwrap();
    keeping.stop();
    assert!(keeping.tally.erased == 1 && keeping.tally.released == 1, "{:?}", keeping.tally);
    assert_eq!(keeping.findings(), Ok(0));
    keeping
}

/// Every byte of tiles, bundles, checkpoint, ciphertexts, keys and journals: none is too many.
#[test]
fn a_bit_flipped_in_any_byte_of_log_or_vault_is_found() {
    let keeping = kept();
    let machine = &keeping.world.machine;
    let files = machine.files();
    let mut flipped = 0;
    for path in files.iter().filter(|path| !path.starts_with("state/")) {
        let bytes = machine.shown(path).unwrap();
        let used = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
        for at in (0..used).chain((used..bytes.len()).step_by(BLANK_STEP)) {
            machine.flip(path, at, (at % 8) as u8);
            assert_ne!(
                keeping.findings(),
                Ok(0),
                "{path}: byte {at} of {} was flipped",
                bytes.len()
            );
            machine.flip(path, at, (at % 8) as u8);
            flipped += 1;
        }
    }
    println!("{flipped} bytes of {} files", files.len());
    assert!(flipped > 10_000 && keeping.findings() == Ok(0), "{flipped}");
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
