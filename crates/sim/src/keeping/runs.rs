//! Runs of a keeper: one of chance, from a seed, and one that is written down.

use spacetime::time::Duration;

use super::{Keeping, Kept};
use crate::careless::Broken;
use crate::disk::{Kept as KeptByDisk, Machine, Restart};
use crate::record::Violation;
use crate::runs::{plan_next, some_restart};
use crate::seed::Seeded;
use crate::world::World;

/// Things done in a run of chance.
const ACTS: u64 = 24;
/// Room on a disk that gets full, past what is there.
const ROOM_BYTES: u64 = 24 << 10;
/// Of so many runs, one ends with everything opened and read.
const OPENED_ONE_IN: u64 = 4;

/// A run of chance: reports, calls, repetitions and contradictions, periods, disclosures, erasures; stops,
/// losses of power, failing calls, a full disk, a clock that jumps. The same seed makes the same run.
///
/// # Errors
/// When a promise is broken.
pub fn by_chance(seed: u64, broken: Broken) -> Result<Kept, Violation> {
    let mut seeded = Seeded::new(seed);
    let mut keeping = kept(seed, &mut seeded, broken);
    plan(&keeping.world, &mut seeded);
    for _ in 0..ACTS {
        let passed = Duration::from_micros(seeded.below(2_000) as i64);
        keeping.world.now = keeping.world.now.plus(passed);
        act(&mut keeping, &mut seeded)?;
        if keeping.world.has_stopped() {
            keeping.restart_each(|| some_restart(&mut seeded));
            plan(&keeping.world, &mut seeded);
        }
    }
    end(&mut keeping, seeded.one_in(OPENED_ONE_IN))?;
    keeping.tally.calls = keeping.world.disks().map(Machine::calls).sum();
    Ok(keeping.tally)
}

/// Of four seeds one has one disk and keys that the vault holds; keys lie on a disk of their own in one,
/// are split in one, and both in one.
fn kept(seed: u64, seeded: &mut Seeded, broken: Broken) -> Keeping {
    let world = match seed % 2 {
        0 => World::new(seeded.split(), broken),
        _ => World::with_keys_apart(seeded.split(), broken),
    };
    let keeping = Keeping::new(world, seeded.split());
    if (seed / 2).is_multiple_of(2) { keeping } else { keeping.split(2) }
}

/// What goes wrong until the next stop, on each disk by itself.
fn plan(world: &World, seeded: &mut Seeded) {
    world.disks().for_each(|disk| plan_next(disk, seeded));
}

fn some_disk<'w>(world: &'w World, seeded: &mut Seeded) -> &'w Machine {
    if seeded.one_in(2) { world.of_keys() } else { &world.machine }
}

fn act(keeping: &mut Keeping, seeded: &mut Seeded) -> Result<(), Violation> {
    match seeded.below(34) {
        0..7 => keeping.say(1 + seeded.below(3), 0),
        7..11 => keeping.say(seeded.below(2), 1 + seeded.below(2)),
        11..13 => keeping.repeat(),
        13 => keeping.contradict(),
        14 => keeping.tick(),
        15..18 => keeping.end_period(),
        18..21 => keeping.disclose(),
        21..23 => keeping.collect().map(drop),
        23..26 => keeping.erase(),
        26 => {
            keeping.stop();
            Ok(())
        }
        27 => {
            let back = Duration::from_micros(seeded.below(3_000_000) as i64);
            keeping.world.now = keeping.world.now.minus(back);
            Ok(())
        }
        28 => {
            let disk = some_disk(&keeping.world, seeded);
            disk.set_bytes_max(disk.bytes_used() + seeded.below(ROOM_BYTES));
            Ok(())
        }
        29 => {
            keeping.world.disks().for_each(|disk| disk.set_bytes_max(u64::MAX));
            Ok(())
        }
        30 => keeping.order(),
        31 => keeping.hand_out(),
        _ => {
            keeping.restart_each(|| some_restart(seeded));
            Ok(())
        }
    }
}

/// The end of every run: nothing more goes wrong, the power is lost, and all that is owed is there. Then
/// the record goes on, and that holds too.
fn end(keeping: &mut Keeping, is_opened: bool) -> Result<(), Violation> {
    keeping.world.heal();
    keeping.world.disks().for_each(|disk| disk.set_bytes_max(u64::MAX));
    let lost = Restart::PowerLost { data: KeptByDisk::Nothing, names: KeptByDisk::Nothing };
    for _ in 0..2 {
        keeping.restart(lost);
        // The first call may be spent on a clock that is behind.
        keeping.start()?;
        keeping.say(1, 1)?;
        keeping.repeat()?;
        keeping.collect()?;
        keeping.hand_out()?;
    }
    if is_opened {
        keeping.open_all()?;
    }
    keeping.stop();
    keeping.start()
}

type Act = fn(&mut Keeping) -> Result<(), Violation>;

/// The run that is written down: what is said in public and in private, shown and erased, over two
/// periods and two starts. `is_opened` says whether everything is opened at its end.
///
/// # Errors
/// When a promise is broken.
pub fn as_written(keeping: &mut Keeping, how: Restart, is_opened: bool) -> Result<(), Violation> {
    let acts: [Act; 14] = [
        |keeping| keeping.say(2, 1),
        Keeping::disclose,
        Keeping::order,
        Keeping::end_period,
        |keeping| keeping.collect().map(drop),
        Keeping::hand_out,
        Keeping::erase,
        |keeping| keeping.say(1, 0),
        |keeping| {
            keeping.stop();
            keeping.start()
        },
        |keeping| keeping.say(0, 2),
        Keeping::disclose,
        Keeping::end_period,
        |keeping| keeping.collect().map(drop),
        Keeping::hand_out,
    ];
    for act in acts {
        keeping.world.now = keeping.world.now.plus(Duration::from_micros(10));
        act(keeping)?;
        if keeping.world.has_stopped() {
            keeping.world.heal();
            keeping.restart(how);
        }
    }
    end(keeping, is_opened)
}
