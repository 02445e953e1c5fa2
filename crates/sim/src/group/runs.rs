//! Runs of a ledger that many hand in to: one of chance, from a seed, and one that is written down, for
//! every place to stop it in.

use std::time::Duration;

use ledger::group::course::Kind;
use spacetime::time;

use super::{Running, Tally};
use crate::careless::Broken;
use crate::disk::{Kept, Restart};
use crate::record::Violation;
use crate::runs::{plan_next, some_restart};
use crate::seed::Seeded;
use crate::world::World;

/// Things done in a run of chance.
const ACTS: u64 = 120;
/// Room on a disk that gets full, past what a new record takes.
const ROOM_BYTES: u64 = 24 << 10;

/// A run of chance: batches, steps of tasks in any order, stops, losses of power, failing calls, a full
/// disk, a clock that jumps. The same seed makes the same run.
///
/// # Errors
/// When a promise is broken.
pub fn by_chance(seed: u64, broken: Broken) -> Result<Tally, Violation> {
    let mut seeded = Seeded::new(seed);
    let mut running = Running::new(World::new(seeded.split(), broken))?;
    plan_next(&running.world.machine, &mut seeded);
    for _ in 0..ACTS {
        let later = time::Duration::from_micros(seeded.below(2_000) as i64);
        running.world.now = running.world.now.plus(later);
        match seeded.below(24) {
            0..6 => {
                let entries = some_entries(&mut running, &mut seeded);
                running.hand_in(entries)?;
            }
            6..14 => running.work(Kind::Write)?,
            14..16 => running.work(Kind::Put)?,
            16 => running.work(Kind::Publish)?,
            17 => running.work(Kind::Merge)?,
            18..20 => running.wait(Duration::from_millis(seeded.below(12)))?,
            20 => running.stop()?,
            21 => {
                let back = time::Duration::from_micros(seeded.below(3_000_000) as i64);
                running.world.now = running.world.now.minus(back);
            }
            22 => {
                let machine = &running.world.machine;
                let is_full = seeded.one_in(2);
                let room = machine.bytes_used() + seeded.below(ROOM_BYTES);
                machine.set_bytes_max(if is_full { room } else { u64::MAX });
            }
            _ => running.restart(some_restart(&mut seeded)),
        }
        if running.world.machine.has_stopped() {
            running.restart(some_restart(&mut seeded));
            plan_next(&running.world.machine, &mut seeded);
        }
    }
    end(&mut running)?;
    Ok(running.tally)
}

/// Mostly few and short, now and then more than one pool, or so long that few fill the write-ahead files;
/// now and then one that was handed in before, or one that is too long for any log.
fn some_entries(running: &mut Running, seeded: &mut Seeded) -> Vec<Vec<u8>> {
    let count = if seeded.one_in(6) { seeded.below(40) } else { seeded.below(5) };
    let bytes_max = if count < 4 && seeded.one_in(4) { 40_000 } else { 60 };
    let before = running.order.len() as u64;
    let entry = |_| match seeded.below(40) {
        0 => vec![0; super::ENTRY_BYTES_MAX + 1],
        1..5 if before > 0 => running.order[seeded.below(before) as usize].clone(),
        _ => {
            let mut entry = vec![0; 8 + seeded.below(bytes_max) as usize];
            entry.fill_with(|| seeded.draw() as u8);
            entry
        }
    };
    (0..count).map(entry).collect()
}

type Act = fn(&mut Running) -> Result<(), Violation>;

/// The run that is written down: entries alone and in batches of several pools, repeats of what is on its
/// way, publications that begin before a pool is with the system, between its halves and after it, the
/// write-ahead files all the way round, stops.
///
/// # Errors
/// When a promise is broken.
pub fn as_written(running: &mut Running, how: Restart) -> Result<(), Violation> {
    let acts: [Act; 39] = [
        |running| running.hand_in(entries(0, 1, 20)),
        |running| running.hand_in(entries(0, 3, 20)),
        |running| running.work(Kind::Write),
        |running| running.hand_in(entries(1, 1, 20)),
        |running| running.work(Kind::Write),
        |running| running.wait(Duration::from_millis(6)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Put),
        |running| running.work(Kind::Publish),
        |running| running.work(Kind::Write),
        |running| running.hand_in(entries(3, 45, 100)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.wait(Duration::from_millis(6)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Put),
        |running| running.wait(Duration::from_millis(6)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.wait(Duration::from_millis(6)),
        |running| running.work(Kind::Put),
        |running| running.work(Kind::Publish),
        Running::stop,
        |running| running.hand_in(entries(48, 210, 9)),
        Running::stop,
        |running| running.hand_in(entries(258, 3, 50_000)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.hand_in(entries(261, 6, 50_000)),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Write),
        |running| running.work(Kind::Put),
        |running| running.work(Kind::Publish),
        |running| running.hand_in(vec![Vec::new()]),
        Running::stop,
    ];
    for act in acts {
        running.world.now = running.world.now.plus(time::Duration::from_micros(10));
        act(running)?;
        if running.world.machine.has_stopped() {
            running.world.machine.heal();
            running.restart(how);
        }
    }
    end(running)
}

/// Nothing goes wrong any more, but twice the power is lost with everything that was not synced.
fn end(running: &mut Running) -> Result<(), Violation> {
    running.world.machine.heal();
    running.world.machine.set_bytes_max(u64::MAX);
    for n in 0..2_u8 {
        running.restart(Restart::PowerLost { data: Kept::Nothing, names: Kept::Nothing });
        running.world.machine.heal();
        running.hand_in(vec![vec![n; 3]])?;
        running.stop()?;
    }
    running.start()
}

fn entries(from: u64, count: u64, bytes: usize) -> Vec<Vec<u8>> {
    (from..from + count).map(|n| n.to_string().repeat(bytes / 4 + 1).into_bytes()).collect()
}
