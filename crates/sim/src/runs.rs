//! Runs of a record: one of chance, from a seed, and one that is written down, for every place to stop
//! it in.

use spacetime::time::Duration;

use crate::careless::Broken;
use crate::disk::{Done, Kept, Machine, Restart, Wrong};
use crate::record::{Record, Tally, Violation};
use crate::seed::Seeded;
use crate::world::World;

/// Things done in a run of chance.
const ACTS: u64 = 60;
/// Room on a disk that gets full, past what a new record takes.
const ROOM_BYTES: u64 = 24 << 10;

/// A run of chance: appends, publications, stops, losses of power, failing calls, a full disk, a clock
/// that jumps. The same seed makes the same run.
///
/// # Errors
/// When a promise is broken.
pub fn by_chance(seed: u64, broken: Broken) -> Result<Tally, Violation> {
    let mut seeded = Seeded::new(seed);
    let mut record = Record::new(World::new(seeded.split(), broken));
    plan_next(&record.world.machine, &mut seeded);
    for _ in 0..ACTS {
        record.world.now = record.world.now.plus(Duration::from_micros(seeded.below(2_000) as i64));
        match seeded.below(20) {
            0..10 => record.append(some_entries(&mut seeded))?,
            10..14 => record.publish()?,
            14 => record.stop(),
            15 => record.intrude()?,
            16 => {
                let back = Duration::from_micros(seeded.below(3_000_000) as i64);
                record.world.now = record.world.now.minus(back);
            }
            17 => {
                let room = seeded.below(ROOM_BYTES);
                let machine = &record.world.machine;
                machine.set_bytes_max(machine.bytes_used() + room);
            }
            18 => record.world.machine.set_bytes_max(u64::MAX),
            _ => record.restart(some_restart(&mut seeded)),
        }
        if record.world.machine.has_stopped() {
            record.restart(some_restart(&mut seeded));
            plan_next(&record.world.machine, &mut seeded);
        }
    }
    end(&mut record)?;
    Ok(record.tally)
}

/// The end of every run: nothing more goes wrong, the power is lost, and all that is owed is there.
/// Then the record goes on, and that holds too.
fn end(record: &mut Record) -> Result<(), Violation> {
    record.world.machine.set_bytes_max(u64::MAX);
    let lost = Restart::PowerLost { data: Kept::Nothing, names: Kept::Nothing };
    for _ in 0..2 {
        record.world.machine.heal();
        record.restart(lost);
        // The first call may be spent on a clock that is behind.
        record.start()?;
        record.append(vec![b"after".to_vec()])?;
        record.publish()?;
    }
    record.stop();
    record.start()
}

/// What goes wrong until the next stop.
pub(crate) fn plan_next(machine: &Machine, seeded: &mut Seeded) {
    let mut own = seeded.split();
    // Now and then a stop within a start, mostly later.
    let most = if own.one_in(3) { 40 } else { 400 };
    let stop_at = machine.calls() + own.below(most);
    let fails = own.one_in(3);
    machine.plan(move |call, kind| {
        let done = [Done::Nothing, Done::Part, Done::All][own.below(3) as usize];
        if call >= stop_at {
            return Some(Wrong::Stopped(done));
        }
        let chance = if kind == crate::disk::Call::Read { 400 } else { 60 };
        (fails && own.one_in(chance)).then_some(Wrong::Failed(done))
    });
}

/// A way to come back.
pub(crate) fn some_restart(seeded: &mut Seeded) -> Restart {
    let kept = |seeded: &mut Seeded| match seeded.below(4) {
        0 => Kept::Nothing,
        1 => Kept::All,
        _ => Kept::Some,
    };
    if seeded.one_in(4) {
        return Restart::Killed;
    }
    Restart::PowerLost { data: kept(seeded), names: kept(seeded) }
}

/// Mostly few, now and then enough to fill tiles; mostly short, now and then blocks long.
fn some_entries(seeded: &mut Seeded) -> Vec<Vec<u8>> {
    let count = if seeded.one_in(8) { 1 + seeded.below(300) } else { 1 + seeded.below(5) };
    let bytes_max = if count < 6 && seeded.one_in(4) { 9_000 } else { 60 };
    let entry = |seeded: &mut Seeded| {
        let mut entry = vec![0; seeded.below(bytes_max) as usize];
        entry.fill_with(|| seeded.draw() as u8);
        entry
    };
    (0..count).map(|_| entry(seeded)).collect()
}

type Act = fn(&mut Record) -> Result<(), Violation>;

/// The run that is written down: small and large pools, tiles that fill, the write-ahead files all the
/// way round, publications with and without news, stops.
///
/// # Errors
/// When a promise is broken.
pub fn as_written(record: &mut Record, how: Restart) -> Result<(), Violation> {
    let acts: [Act; 13] = [
        |record| record.start(),
        |record| record.append(entries(0, 3, 20)),
        |record| record.publish(),
        |record| record.append(entries(3, 1, 5_000)),
        |record| record.append(entries(4, 252, 10)),
        |record| record.publish(),
        |record| {
            record.stop();
            record.start()
        },
        |record| record.append(entries(256, 2, 50_000)),
        |record| record.append(entries(258, 2, 50_000)),
        |record| record.append(entries(260, 2, 50_000)),
        |record| record.append(entries(262, 2, 50_000)),
        |record| record.append(entries(264, 2, 50_000)),
        |record| record.publish(),
    ];
    for act in acts {
        record.world.now = record.world.now.plus(Duration::from_micros(10));
        act(record)?;
        if record.world.machine.has_stopped() {
            record.world.machine.heal();
            record.restart(how);
        }
    }
    end(record)
}

fn entries(from: u64, count: u64, bytes: usize) -> Vec<Vec<u8>> {
    (from..from + count).map(|n| n.to_string().repeat(bytes / 4 + 1).into_bytes()).collect()
}
