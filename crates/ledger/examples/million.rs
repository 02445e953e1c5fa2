//! How fast the vault seals, finds and walks bodies. Usage: million FOLDER [BODIES] [POOL].
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use std::sync::Arc;
use std::time::Instant;

use age::x25519::Identity;
use ledger::disk::{Disk, RealDisk};
use ledger::vault::{Body, Keeping, Pad, Secret, Sizes, SystemEntropy, ToSeal, Vault, walk};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, or: usize| arguments.get(at).map_or(or, |text| text.parse().unwrap());
    let (bodies, pool) = (number(2, 1_000_000), number(3, 1000));
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&arguments[1]));
    let identity = Identity::generate();
    let open = || {
        let (disk, keys) = (disk.clone(), disk.clone());
        Vault::open(disk, keys, identity.clone(), Box::new(SystemEntropy), Sizes::default())
    };
    let mut vault = open().unwrap();
    let text = vec![b'x'; 512];
    let one = ToSeal {
        body: Body::new(Secret::new([1; 32]), text),
        keeping: Keeping::Vault,
        pad: Pad::Padme,
    };
    let batch = vec![one; pool];
    let mut last = None;
    let mut slowest = std::time::Duration::ZERO;
    let start = Instant::now();
    for _ in 0..bodies / pool {
        let begun = Instant::now();
        last = vault.seal_batch(&batch).unwrap().pop();
        slowest = slowest.max(begun.elapsed());
    }
    told(&format!("sealed {bodies} in pools of {pool}, slowest pool {slowest:?}"), bodies, start);
    drop(vault);
    let start = Instant::now();
    let mut vault = open().unwrap();
    told("opened again", 1, start);
    let start = Instant::now();
    let found = vault.state(&last.unwrap().unwrap().sha256).unwrap();
    told(&format!("found the last: {found:?}"), 1, start);
    let start = Instant::now();
    let missing = vault.state(&agreement::Digest::of_bytes(b"none")).unwrap();
    told(&format!("looked through all: {missing:?}"), 1, start);
    let start = Instant::now();
    let walked = walk(&*disk, &*disk).unwrap();
    told(&format!("walked {} bodies, {} flaws", walked.held, walked.flaws.len()), bodies, start);
}

fn told(what: &str, count: usize, start: Instant) {
    let took = start.elapsed();
    println!("{what}: {took:?}, {:.0} a second", count as f64 / took.as_secs_f64());
}
