//! Durable sequencing of 256-byte entries.
//!
//! Both sides take entries as fast as they can be acknowledged: pools of as many entries, one sync a pool of
//! files as large, tiles, bundles and a signed checkpoint published at the same interval, each file durable
//! under its name before the checkpoint is. The peer runs twice: once it syncs each file, as is usual, and
//! once all at once, as we do; the better counts. The ratio is of entries a second from the first entry to
//! the last publication. CPU seconds are printed beside it, since they hold on a busy machine as well.
//!
//! Every run has a folder of its own, and they are removed at the end: ext4 passes over inodes that were
//! freed lately one by one, which is no part of what is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use benches::cpu;
use ledger::clock::{Clock, SystemClock};
use ledger::disk::{Disk, Mode, RealDisk};
use ledger::group::{Group, Hashed, Opaque, Pace};
use ledger::{Birth, LogKey, NoteLogKey, STAGED_BYTES};
use tlog::sign::NoteSigner;

const ENTRY_BYTES: usize = 256;
/// What we have to be better by.
const RATIO_MIN: f64 = 3.0;
/// Within which 99 of 100 entries have to be acknowledged, milliseconds.
const P99_MS_MAX: f64 = 50.0;
/// Runs of each; the best counts, since others share the machine.
const ROUNDS: usize = 3;
const PACE: Pace =
    Pace { pool_entries_max: 16_384, queue_max: 16_384, publish_every: Duration::from_millis(200) };

/// What one run reached.
#[derive(Clone, Copy, Debug)]
struct Reached {
    acknowledged_s: f64,
    published_s: f64,
    cpu_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[derive(Clone, Copy)]
enum Load {
    /// As fast as it goes.
    Saturate,
    /// So many a second, whether or not they are taken.
    PerSecond(u64),
}

/// Prints what both reach, and whether ours is what is asked.
pub(crate) fn measure(writer: &Path, folder: &Path, entries: u64) -> Result<bool> {
    let folder = &emptied(folder, "sequencing")?;
    println!("{entries} entries of {ENTRY_BYTES} bytes, as fast as they are taken:");
    let (mut best_ours, mut best_theirs) = (Reached::NOTHING, Reached::NOTHING);
    for _ in 0..ROUNDS {
        for sync in ["each", "all"] {
            let theirs = peer(writer, folder, entries, sync)?;
            show(&format!("Go, a sync for {sync}"), entries, &theirs);
            best_theirs = best_theirs.better(theirs);
        }
        let reached = ours(folder, entries, Load::Saturate)?;
        show("armistice ledger", entries, &reached);
        best_ours = best_ours.better(reached);
    }
    let ratio = best_theirs.published_s / best_ours.published_s;
    let cpu_ratio = best_theirs.cpu_s / best_ours.cpu_s;
    let rate = entries as f64 / best_ours.published_s;
    println!(
        "best of {ROUNDS}: {ratio:.2} times the peer's entries/s, {cpu_ratio:.2} in CPU time an entry"
    );
    limits(folder, rate)?;
    let p99_ms = curve(folder, rate)?;
    println!("asked: ratio at least {RATIO_MIN}, p99 under {P99_MS_MAX} ms at half of the rate");
    fs::remove_dir_all(folder)?;
    Ok(ratio >= RATIO_MIN && p99_ms < P99_MS_MAX)
}

impl Reached {
    const NOTHING: Self = Self {
        acknowledged_s: f64::MAX,
        published_s: f64::MAX,
        cpu_s: f64::MAX,
        p50_ms: 0.0,
        p99_ms: 0.0,
    };

    /// The one that was faster to the last publication.
    fn better(self, other: Self) -> Self {
        if other.published_s < self.published_s { other } else { self }
    }
}

fn show(name: &str, entries: u64, reached: &Reached) {
    println!(
        "  {name:<20} {:>9.0} entries/s acknowledged, {:>9.0} published; {:.2} us CPU an entry; \
         p50 {:.1} ms, p99 {:.1} ms",
        entries as f64 / reached.acknowledged_s,
        entries as f64 / reached.published_s,
        reached.cpu_s * 1e6 / entries as f64,
        reached.p50_ms,
        reached.p99_ms
    );
}

/// Latency against throughput, at shares of what was reached; gives the p99 at half of it.
fn curve(folder: &Path, rate: f64) -> Result<f64> {
    println!("latency of acknowledgement against throughput:");
    let mut at_half = f64::MAX;
    for percent in [1, 10, 25, 50, 75, 90] {
        let per_second = (rate * f64::from(percent) / 100.0) as u64;
        // Two seconds' worth.
        let reached = ours(folder, 2 * per_second.max(1), Load::PerSecond(per_second.max(1)))?;
        println!(
            "  {percent:>3} % {per_second:>9} entries/s: p50 {:>7.2} ms, p99 {:>7.2} ms",
            reached.p50_ms, reached.p99_ms
        );
        if percent == 50 {
            at_half = reached.p99_ms;
        }
    }
    Ok(at_half)
}

/// How far it is to what hashing alone and syncing alone would let through.
fn limits(folder: &Path, rate: f64) -> Result<()> {
    let entry = [7; ENTRY_BYTES];
    let began = Instant::now();
    let hashed = 1_000_000_u32;
    let mut edge = tlog::Edge::new();
    let mut leaves = Vec::with_capacity(1 << 14);
    for n in 0..hashed {
        let mut entry = entry;
        entry[..4].copy_from_slice(&n.to_be_bytes());
        leaves.push(tlog::hash_leaf(&entry));
        if leaves.len() == leaves.capacity() {
            edge.append(&leaves)?;
            leaves.clear();
        }
    }
    let hash_rate = f64::from(hashed) / began.elapsed().as_secs_f64();
    let pool_bytes = PACE.pool_entries_max * (ENTRY_BYTES + 2);
    fs::create_dir_all(folder)?;
    let disk = RealDisk::new(folder);
    let file = disk.open("limit", Mode::Replace)?;
    let pool = vec![7; pool_bytes];
    for n in 0..4 {
        file.write_at(n * pool_bytes as u64, &pool)?;
    }
    file.sync()?;
    let began = Instant::now();
    let syncs = 40;
    for n in 0..syncs {
        file.write_at(n % 4 * pool_bytes as u64, &pool)?;
        file.sync()?;
    }
    let sync_s = began.elapsed().as_secs_f64() / syncs as f64;
    let sync_rate = PACE.pool_entries_max as f64 / sync_s;
    disk.remove("limit")?;
    println!(
        "limits: hashing alone {hash_rate:.0} entries/s (we reach {:.0} %), pools of {} written and \
         synced alone {sync_rate:.0} entries/s, {:.1} ms a sync (we reach {:.0} %)",
        100.0 * rate / hash_rate,
        PACE.pool_entries_max,
        sync_s * 1e3,
        100.0 * rate / sync_rate
    );
    Ok(())
}

fn peer(writer: &Path, folder: &Path, entries: u64, sync: &str) -> Result<Reached> {
    let root = fresh(folder)?;
    let output = Command::new(writer)
        .arg(&root)
        .args(["saturate", &entries.to_string(), "0"])
        .args([PACE.pool_entries_max.to_string(), PACE.queue_max.to_string()])
        .arg(PACE.publish_every.as_millis().to_string())
        .arg(sync)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = said.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [acknowledged_s, published_s, cpu_s, p50_ms, p99_ms] =
        numbers.try_into().map_err(|_| anyhow::anyhow!("the writer said {said}"))?;
    Ok(Reached { acknowledged_s, published_s, cpu_s, p50_ms, p99_ms })
}

fn ours(folder: &Path, entries: u64, load: Load) -> Result<Reached> {
    let root = fresh(folder)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&root));
    let key: Arc<dyn LogKey> = Arc::new(NoteLogKey::new(NoteSigner::new("bench", &[7; 32])?));
    let clock = SystemClock;
    let birth = Birth { now: clock.now(), secret: [9; 32], staged_bytes: STAGED_BYTES };
    ledger::init(&*disk, &*key, &birth)?;
    let sequencer = ledger::open(&disk, &key, clock.now())?;
    let cpu_before = cpu::of_this_process()?;
    let group = Group::run(sequencer, Opaque::default(), Arc::new(clock), PACE);
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    produce(&group, entries, load, began, &latencies);
    let sequencer = group.stop()?;
    let published_s = began.elapsed().as_secs_f64();
    let cpu_s = cpu::of_this_process()? - cpu_before;
    ensure!(sequencer.published().size == entries, "not everything was published");
    drop(sequencer);
    let mut all = std::mem::take(&mut *latencies.lock().map_err(|_| anyhow::anyhow!("lost"))?);
    let acknowledged_s = all.iter().map(|batch| batch.acknowledged_s).fold(0.0, f64::max);
    all.sort_by(|a, b| a.waited_ms.total_cmp(&b.waited_ms));
    let ms = |share: f64| {
        let mut left = (share * entries as f64) as u64;
        let at = all.iter().find(|batch| {
            let is_it = batch.entries > left;
            left = left.saturating_sub(batch.entries);
            is_it
        });
        at.or(all.last()).map_or(0.0, |batch| batch.waited_ms)
    };
    Ok(Reached { acknowledged_s, published_s, cpu_s, p50_ms: ms(0.5), p99_ms: ms(0.99) })
}

/// Entries that were handed in together.
struct Batch {
    entries: u64,
    /// From handing in to the answer.
    waited_ms: f64,
    /// Since the start.
    acknowledged_s: f64,
}

type Entry = [u8; ENTRY_BYTES];

/// Makes entries as fast as they are taken, or so many a second whether or not they are.
fn produce(
    group: &Group<Opaque<Entry>>,
    entries: u64,
    load: Load,
    began: Instant,
    latencies: &Arc<Mutex<Vec<Batch>>>,
) {
    let mut made = 0;
    while made < entries {
        let mut n = 256;
        if let Load::PerSecond(rate) = load {
            let due = (began.elapsed().as_secs_f64() * rate as f64) as u64;
            n = due.saturating_sub(made);
            if n == 0 {
                std::thread::sleep(Duration::from_micros(500));
                continue;
            }
        }
        let n = n.min(entries - made);
        let some = (made..made + n).map(|index| {
            let mut entry = [7; ENTRY_BYTES];
            entry[..8].copy_from_slice(&index.to_be_bytes());
            Hashed::new(entry)
        });
        let (first, now, latencies) = (made, Instant::now(), latencies.clone());
        let reply = move |answers: Result<Vec<Result<u64, ledger::Fault>>, _>| {
            let answers = answers.expect("the ledger goes on");
            let is_taken = |(index, answer): (u64, &_)| matches!(answer, Ok(at) if *at == index);
            assert!((first..).zip(&answers).all(is_taken), "an entry after {first} was not taken");
            let waited_ms = now.elapsed().as_secs_f64() * 1e3;
            let acknowledged_s = began.elapsed().as_secs_f64();
            let batch = Batch { entries: answers.len() as u64, waited_ms, acknowledged_s };
            latencies.lock().expect("nobody panics").push(batch);
        };
        group.submit_all(some.collect(), Box::new(reply));
        made += n;
    }
}

/// A folder that no run had before.
fn fresh(folder: &Path) -> Result<PathBuf> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let root = folder.join(RUNS.fetch_add(1, Ordering::Relaxed).to_string());
    fs::create_dir(&root)?;
    Ok(root)
}

fn emptied(folder: &Path, name: &str) -> Result<PathBuf> {
    let root = folder.join(name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(&root)?;
    Ok(root)
}
