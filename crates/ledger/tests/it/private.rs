//! The private lane: what it keeps, and what the world sees of it.

use std::collections::BTreeMap;

use agreement::statement::body::{Cell as CellBody, Disclosure as DisclosureBody, Shows};
use agreement::statement::said::Nothing;
use agreement::statement::{Body, Claim, Entry, Place, Said, Sealed, SecretKey};
use agreement::{DeviceId, Digest};
use ledger::private::{
    CELL_DATA_BYTES, CELL_SEALED_BYTES, CELLS_MAX, Cell, Opener, PrivateEntry, PrivateLane, Queued,
    Sequence,
};
use ledger::vault::{Progress, RecordFault, Vault};
use spacetime::Instant;

use crate::vault::power::{Failure, Keep, PowerDisk};
use crate::vault::scene::{Notebook, People, Seeded, shown_claim};

const STEP: usize = 4;

/// A log that keeps entries in a list, and knows those it has.
#[derive(Debug, Default)]
struct Log {
    entries: Vec<Entry>,
    failure: Option<bool>,
    now: i64,
}

impl Sequence for Log {
    fn append(&mut self, batch: &[PrivateEntry]) -> Result<u64, RecordFault> {
        let first = batch[0].statement.digest();
        let known = self.entries.iter().position(|entry| entry.statement.digest() == first);
        let failure = self.failure.take();
        if failure == Some(false) {
            return Err(RecordFault::Failed("it went away".into()));
        }
        let leaf = known.unwrap_or(self.entries.len());
        if known.is_none() {
            let sequenced_at = Instant::from_micros(self.now);
            let entry = |one: &PrivateEntry| Entry {
                sealed: Some(one.sealed),
                sequenced_at,
                statement: one.statement.clone(),
            };
            self.entries.extend(batch.iter().map(entry));
        }
        if failure == Some(true) {
            return Err(RecordFault::Failed("it went away".into()));
        }
        Ok(leaf as u64)
    }
}

fn ledger() -> DeviceId {
    DeviceId::new("ledger-1").unwrap()
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// A private statement with so much to say.
fn claim(place: Place, letters: usize) -> Claim {
    let body = Body::Disclosure(DisclosureBody {
        at: Instant::from_micros(1_000_000),
        shows: Shows::Body(Digest::of_bytes(b"a statement")),
        purpose: "x".repeat(letters),
        to: "joint-room".into(),
    });
    let device = DeviceId::new("us-1").unwrap();
    let said = Said::Disclosure(Nothing {});
    Claim::sign(device, &key(1), place, None, &said, Some((&body, [7; 32]))).unwrap()
}

struct World {
    people: People,
    disk: PowerDisk,
    log: Log,
    place: Place,
    seed: Seeded,
}

impl World {
    fn new(seed: u64) -> Self {
        let (people, disk) = (People::new(), PowerDisk::default());
        let (log, place) = (Log::default(), Place::default());
        Self { people, disk, log, place, seed: Seeded(seed << 40) }
    }

    fn open(&self) -> (Vault, PrivateLane) {
        let vault = self.people.open(&self.disk, self.seed.0).unwrap();
        (vault, PrivateLane::open(&self.disk, ledger(), STEP, 1 << 13).unwrap())
    }

    fn say(&mut self, letters: usize) -> Claim {
        let claim = claim(self.place, letters);
        self.place = Place::after(claim.statement());
        claim
    }
}

/// A history: how long what was said is, by period and the second within it.
type History = [Vec<(i64, usize)>; 3];

/// What the world sees of a history: the public entries, with what looks random left out.
fn seen_of(seed: u64, history: &History) -> Vec<String> {
    let mut world = World::new(seed);
    let (mut vault, mut lane) = world.open();
    for (period, said) in (0..).zip(history) {
        for &(second, letters) in said {
            let claim = world.say(letters);
            let at = Instant::from_micros((period as i64 * 60 + second) * 1_000_000);
            let queued = lane.queue(&mut vault, &[(&claim, at)], &mut world.seed).unwrap();
            assert_eq!(queued, [Queued::Taken(Progress::NotYet)]);
        }
        world.log.now = (period as i64 + 1) * 60_000_000;
        let (log, seed) = (&mut world.log, &mut world.seed);
        let batch = lane.close(&mut vault, log, &key(9), period, None, seed).unwrap().unwrap();
        assert_eq!((batch.period, batch.entries as usize % STEP), (period, 0));
    }
    world.log.entries.iter().map(public_view).collect()
}

fn public_view(entry: &Entry) -> String {
    let text = String::from_utf8(entry.canonical().unwrap()).unwrap();
    let mut view = String::new();
    let mut run = String::new();
    // Digests and signatures are taken out, their lengths stay.
    for letter in text.chars().chain([' ']) {
        if letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=') {
            run.push(letter);
        } else {
            view += if run.len() >= 64 { "(random)" } else { &run };
            view += &run.len().to_string();
            view.push(letter);
            run.clear();
        }
    }
    view
}

#[test]
fn two_histories_look_alike_to_whoever_has_no_key() {
    let nothing: History = [vec![], vec![], vec![]];
    let busy: History = [
        vec![(1, 10), (2, 300), (59, 0), (59, 700)],
        vec![(30, 3 * CELL_DATA_BYTES)],
        vec![(0, 1)],
    ];
    let other: History = [vec![(58, 1)], vec![(5, 100), (6, 200)], vec![]];
    let seen = seen_of(1, &nothing);
    assert_eq!(seen.len(), 3 * STEP);
    assert_eq!(seen_of(2, &busy), seen);
    assert_eq!(seen_of(3, &other), seen);
    // The test sees differences where there are any: one step more.
    let many: History = [vec![(1, 1); STEP + 1], vec![], vec![]];
    assert_eq!(seen_of(4, &many).len(), seen.len() + STEP);
}

#[test]
fn where_a_cell_stands_in_its_batch_tells_nothing() {
    let mut world = World::new(5);
    let (mut vault, mut lane) = world.open();
    let mut stands = BTreeMap::new();
    for period in 0..400 {
        let claim = world.say(10);
        let at = Instant::from_micros(period as i64);
        lane.queue(&mut vault, &[(&claim, at)], &mut world.seed).unwrap();
        let (log, seed) = (&mut world.log, &mut world.seed);
        lane.close(&mut vault, log, &key(9), period, None, seed).unwrap();
        let Some(Progress::Leaf(leaf)) = lane.progress(&claim.statement().digest()) else {
            panic!("it has no leaf");
        };
        *stands.entry(leaf as usize % STEP).or_insert(0_i32) += 1;
    }
    // Of 400 throws of a fair die of four sides, each side within 100 +- 40 (4.6 sigma).
    assert_eq!(stands.len(), STEP);
    assert!(stands.values().all(|count| (60..=140).contains(count)), "{stands:?}");
}

#[test]
fn who_may_open_the_cells_reads_the_statements_in_the_order_they_came() {
    let mut world = World::new(6);
    let (mut vault, mut lane) = world.open();
    let said: Vec<Claim> = [10, 4 * CELL_DATA_BYTES, 0].map(|letters| world.say(letters)).into();
    let at = Instant::from_micros;
    let times = [at(30), at(20), at(10)];
    let claims: Vec<_> = said.iter().zip(times).collect();
    lane.queue(&mut vault, &claims, &mut world.seed).unwrap();
    let again = lane.queue(&mut vault, &claims[..1], &mut world.seed).unwrap();
    assert_eq!((again, lane.waiting()), (vec![Queued::Taken(Progress::NotYet)], 3));
    let (log, seed) = (&mut world.log, &mut world.seed);
    let batch = lane.close(&mut vault, log, &key(9), 3, None, seed).unwrap().unwrap();
    assert_eq!((batch.first, batch.entries, lane.waiting()), (0, 8, 0));
    assert!(lane.close(&mut vault, log, &key(9), 3, None, seed).unwrap().is_none(), "again");

    let bodies = open_all(&world, &mut vault);
    let mut opener = Opener::default();
    for (leaf, body) in &bodies {
        opener.take(3, *leaf, body).unwrap();
    }
    assert_eq!(opener.covers(), 1);
    let (opened, incomplete) = opener.finish();
    assert_eq!(incomplete, []);
    let texts: Vec<_> = opened.iter().map(|one| one.claim.clone()).collect();
    assert_eq!(texts, [said[2].clone(), said[1].clone(), said[0].clone()]);
    assert!(opened.iter().all(|one| {
        lane.progress(&one.claim.statement().digest()) == Some(Progress::Leaf(one.leaf))
    }));

    // One cell of the long one is kept from this reader.
    let mut opener = Opener::default();
    let is_long = |body: &CellBody| matches!(Cell::from_body(body), Ok(Cell::Part { part: 1, .. }));
    for (leaf, body) in bodies.iter().filter(|(_, body)| !is_long(body)) {
        opener.take(3, *leaf, body).unwrap();
    }
    let (opened, incomplete) = opener.finish();
    assert_eq!((opened.len(), incomplete[0].statement), (2, said[1].statement().digest()));
    assert!(!incomplete[0].is_forged && incomplete[0].have + 1 == usize::from(incomplete[0].parts));
}

/// Every cell of the log, opened over the record.
fn open_all(world: &World, vault: &mut Vault) -> Vec<(u64, CellBody)> {
    let mut record = Notebook::default();
    let mut bodies = Vec::new();
    for (leaf, entry) in (0..).zip(&world.log.entries) {
        let sealed: Sealed = entry.sealed.unwrap();
        assert_eq!(sealed.bytes as usize, CELL_SEALED_BYTES);
        let shown = world.people.shown(sealed.sha256);
        let claim = shown_claim(sealed.sha256, &leaf.to_string());
        let shown = vault.disclose(&mut record, shown, &claim).unwrap();
        let ledger::vault::Shown::Released(packages) = shown else { panic!("it waits") };
        let header = entry.statement.header();
        let commitment = header.body.unwrap();
        let body = packages[0].open(&sealed, &commitment, &world.people.reader, &[]).unwrap();
        match Body::opened(header, body.salt.expose(), &body.canonical).unwrap() {
            Body::Private(cell) => bodies.push((leaf, cell)),
            other => panic!("{other:?}"),
        }
    }
    bodies
}

#[test]
fn a_statement_past_the_limit_is_refused_and_costs_no_other() {
    let mut world = World::new(7);
    let (mut vault, mut lane) = world.open();
    let long = world.say(CELLS_MAX * CELL_DATA_BYTES);
    let short = world.say(1);
    let at = Instant::from_micros(0);
    let queued = lane.queue(&mut vault, &[(&long, at), (&short, at)], &mut world.seed).unwrap();
    assert!(matches!(queued[..], [Queued::Refused(_), Queued::Taken(Progress::NotYet)]));
}

#[test]
fn a_forged_part_is_told_apart_from_a_missing_one() {
    let claim = claim(Place::default(), 10);
    let digest = Digest::of_bytes(b"another statement");
    let cells = ledger::private::cut(&claim.to_line(), digest, Instant::from_micros(0)).unwrap();
    let mut opener = Opener::default();
    for (leaf, cell) in (0..).zip(&cells) {
        let Body::Private(body) = cell.to_body() else { panic!("of kind private") };
        opener.take(0, leaf, &body).unwrap();
    }
    let (opened, incomplete) = opener.finish();
    assert!(opened.is_empty() && incomplete[0].is_forged);
}

#[test]
fn power_lost_at_any_step_loses_no_queued_statement_and_sequences_none_twice() {
    let mut steps = 0;
    loop {
        let mut reached = false;
        for persisted in [false, true] {
            for keep in [Keep::Nothing, Keep::Some(steps)] {
                reached |= one_loss(steps, persisted, keep);
            }
        }
        if !reached {
            break;
        }
        steps += 1;
    }
    assert!(steps > 25, "only {steps} steps");
}

fn one_loss(at: u64, persisted: bool, keep: Keep) -> bool {
    let mut world = World::new(8);
    let said: Vec<Claim> = [10, 2 * CELL_DATA_BYTES, 5].map(|letters| world.say(letters)).into();
    world.disk.fail(Failure { at, persisted });
    let mut acknowledged = Vec::new();
    let ended = (|| {
        let mut vault = world.people.open(&world.disk, 1)?;
        let mut lane = PrivateLane::open(&world.disk, ledger(), STEP, 1 << 13)?;
        for (period, claim) in (0..).zip(&said) {
            let received_at = Instant::from_micros(period as i64);
            lane.queue(&mut vault, &[(claim, received_at)], &mut world.seed)?;
            acknowledged.push(claim.clone());
            lane.close(&mut vault, &mut world.log, &key(9), period, None, &mut world.seed)?;
        }
        Ok::<_, ledger::vault::VaultFault>(())
    })();
    let down = world.disk.is_down();
    assert_eq!(ended.is_err(), down);
    world.disk = world.disk.after_loss(keep);
    let mut seed = Seeded(99 << 40);
    let (mut vault, mut lane) = world.open();
    // The log goes away once more while the plan is repeated.
    world.log.failure = Some(true);
    let _ = lane.resume(&mut world.log);
    world.log.failure = None;
    lane.close(&mut vault, &mut world.log, &key(9), 100, None, &mut seed).unwrap();
    for claim in &acknowledged {
        let progress = lane.progress(&claim.statement().digest());
        assert!(matches!(progress, Some(Progress::Leaf(_))), "lost: {progress:?}");
    }
    let mut opener = Opener::default();
    for (leaf, body) in open_all(&world, &mut vault) {
        opener.take(said_period(&world.log.entries[leaf as usize]), leaf, &body).unwrap();
    }
    let (opened, incomplete) = opener.finish();
    assert_eq!(incomplete, [], "a statement is in pieces, or twice");
    let digests: Vec<_> = opened.iter().map(|one| one.claim.statement().digest()).collect();
    assert!(acknowledged.iter().all(|claim| digests.contains(&claim.statement().digest())));
    // One chain of cells, without a gap, a fork or a repeat.
    for (n, pair) in world.log.entries.windows(2).enumerate() {
        let [one, next] = [pair[0].statement.clone(), pair[1].statement.clone()];
        assert_eq!(next.header().sequence, n as u64 + 1);
        assert_eq!(next.header().previous, Some(one.digest()));
    }
    down
}

fn said_period(entry: &Entry) -> u64 {
    match Said::of(entry.statement.header()) {
        Ok(Said::Private(cell)) => cell.period,
        other => panic!("{other:?}"),
    }
}
