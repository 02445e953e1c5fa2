//! How fast claims are admitted, beside the signature check alone on as many threads.
//!
//! `cargo run --release -p ledger --example admission_rate [THREADS]`. Claims are ticks, whose entries are of
//! some 400 bytes; the record is in memory, so that nothing but admission is measured.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it prints what it measured, or stops"
)]

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Instant as Clock;

use agreement::statement::claim::Place;
use agreement::statement::said::Ticked;
use agreement::statement::{Claim, Roster, STATEMENT_DOMAIN, Said, Sealed, SecretKey, Statement};
use agreement::{DeviceId, Digest};
use ledger::Fault;
use ledger::admit::{Admission, Answer, Record};
use spacetime::Instant;

const CLAIMS: usize = 16_000;
/// Claims of a pool, as `record append` has them.
const POOL_LINES: usize = 4_000;
const ROUNDS: usize = 9;
/// What is asked: of the rate at which signatures alone are checked. The best round of each counts, since
/// others share the machine.
const SHARE_MIN: f64 = 0.9;

#[derive(Default)]
struct Memory {
    entries: Vec<Vec<u8>>,
    keys: HashMap<[u8; 32], u64>,
}

impl Record for Memory {
    fn find(&self, key: &[u8; 32]) -> Result<Option<u64>, Fault> {
        Ok(self.keys.get(key).copied())
    }

    fn entry(&self, leaf: u64) -> Result<Vec<u8>, Fault> {
        Ok(self.entries[usize::try_from(leaf).unwrap()].clone())
    }

    fn root_at(&self, _: u64) -> Result<Option<[u8; 32]>, Fault> {
        Ok(None)
    }

    fn next_leaf(&self) -> u64 {
        self.entries.len() as u64
    }

    fn sequenced_at(&self) -> Instant {
        Instant::from_micros(0)
    }

    fn seal(&mut self, _: &Statement, _: &[u8; 32], body: &[u8]) -> Result<Sealed, Fault> {
        Ok(Sealed { bytes: body.len() as u64, sha256: Digest::of_bytes(body) })
    }

    fn push(&mut self, entry: &[u8], keys: &[[u8; 32]; 2]) -> Result<u64, Fault> {
        let leaf = self.next_leaf();
        self.keys.extend(keys.iter().map(|key| (*key, leaf)));
        self.entries.push(entry.to_vec());
        Ok(leaf)
    }
}

/// The small pack of the tests, with a key whose secret is known.
fn roster(key: &SecretKey) -> Roster {
    let agreement = include_str!("../../agreement/tests/it/small_pack/agreement.toml");
    let areas = include_str!("../../agreement/tests/it/small_pack/areas.geojson");
    let public = Digest::from_bytes(key.public().to_bytes()).to_string();
    let agreement = agreement.replace("fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=", &public);
    let files = agreement::PackFiles {
        agreement_toml: Some(agreement.as_bytes()),
        areas_geojson: Some(areas.as_bytes()),
        has_sources: true,
    };
    Roster::of(&agreement::pack::read(&files).unwrap().0).unwrap()
}

fn main() -> ExitCode {
    let threads = std::env::args().nth(1).map_or(1, |text| text.parse().unwrap());
    let threads = NonZeroUsize::new(threads).unwrap();
    let (device, key) = (DeviceId::new("tablet-1").unwrap(), SecretKey::from_seed(&[1; 32]));
    let mut place = Place::default();
    let claims: Vec<Claim> = (0..CLAIMS)
        .map(|n| {
            let said = Said::Tick(Ticked { at: Instant::from_micros(n as i64) });
            let claim = Claim::sign(device.clone(), &key, place, None, &said, None).unwrap();
            place = Place::after(claim.statement());
            claim
        })
        .collect();
    let lines: Vec<Vec<u8>> = claims.iter().map(Claim::to_line).collect();
    let lines: Vec<&[u8]> = lines.iter().map(|line| &line[..]).collect();
    let signed: Vec<(Vec<u8>, [u8; 64])> = claims
        .iter()
        .map(|claim| {
            let statement = claim.statement();
            let header = agreement::canonical::canonical_bytes(&statement.header().to_json());
            let message = [STATEMENT_DOMAIN, &header.unwrap()].concat();
            (message, statement.signatures()[0].ed25519)
        })
        .collect();
    let (roster, public) = (roster(&key), key.public());
    let (mut best_alone_s, mut best_admitted_s) = (f64::MAX, f64::MAX);
    for round in 1..=ROUNDS {
        let started = Clock::now();
        std::thread::scope(|scope| {
            for share in signed.chunks(CLAIMS.div_ceil(threads.get())) {
                scope.spawn(|| share.iter().for_each(|(m, s)| public.verify(m, s).unwrap()));
            }
        });
        let alone_s = started.elapsed().as_secs_f64();

        let mut record = Memory::default();
        let mut admission = Admission::new(roster.clone(), device.clone(), threads);
        let started = Clock::now();
        for pool in lines.chunks(POOL_LINES) {
            let answers = admission.admit(pool, 1, &mut record).unwrap();
            assert!(answers.iter().all(Answer::counts));
        }
        let admitted_s = started.elapsed().as_secs_f64();
        assert_eq!(record.entries.len(), CLAIMS);
        let per_s = |seconds: f64| CLAIMS as f64 / seconds;
        println!(
            "round {round}, {threads} threads: verify_strict alone {:.0}/s, admission {:.0}/s: {:.1} percent",
            per_s(alone_s),
            per_s(admitted_s),
            100.0 * alone_s / admitted_s,
        );
        best_alone_s = best_alone_s.min(alone_s);
        best_admitted_s = best_admitted_s.min(admitted_s);
    }
    let share = best_alone_s / best_admitted_s;
    let has_passed = share >= SHARE_MIN;
    println!(
        "best rounds, {threads} threads: admission at {:.1} percent of verify_strict alone; asked: {:.0}; {}",
        100.0 * share,
        100.0 * SHARE_MIN,
        if has_passed { "reached" } else { "NOT REACHED" },
    );
    ExitCode::from(u8::from(!has_passed))
}
