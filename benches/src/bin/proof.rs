//! Proofs from tiles beside Go's `golang.org/x/mod/sumdb/tlog`, and a verifier of the size that runs in a
//! browser: `proof FOLDER GO_CLIENT`, where the folder is one of `crates/tlog/examples/write_log.rs` and
//! the client is built from `xtask/oracles/tlog`. Both sides have the tiles in memory and are asked for the
//! same proofs; the fastest of many rounds counts, since the machine may have other things to do.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tlog::quorum::Group;
use tlog::{
    Cosigner, Hash, NoteSigner, Quorum, SignedCheckpoint, Tile, TileSource, TlogProof, hash_leaf,
    inclusion_proof,
};

/// Rounds of which the fastest counts.
const ROUNDS: usize = 200;

/// Longest that a verifier may take on one proof, one checkpoint and three cosignatures.
const VERIFIER_MAX: Duration = Duration::from_millis(1);

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (folder, client) = arguments.next().zip(arguments.next()).context("FOLDER GO_CLIENT")?;
    let log = Log::read(&folder)?;
    let ours = log.prove()?;
    let go = Command::new(client).arg("bench").arg(&folder).arg("50").output()?;
    ensure!(go.status.success(), "Go ended with {}", go.status);
    let said = String::from_utf8(go.stdout)?;
    println!("inclusion proofs from tiles in memory, {} entries, each", log.size);
    println!("  ours                              {:>8.1} us", micros(ours));
    for (name, key) in
        [("Go, tiles as they are", "plain "), ("Go, tiles checked first", "checked ")]
    {
        let line = said.lines().find_map(|line| line.strip_prefix(key)).context("no such line")?;
        let theirs = Duration::from_nanos(line.parse()?);
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("  {name:<33} {:>8.1} us   {ratio:.2} times ours", micros(theirs));
        ensure!(ratio >= 1.0, "a proof of ours takes longer than one of {name}");
    }
    let verifier = verify(&log)?;
    println!("read and verify a proof, its checkpoint and three cosignatures");
    println!("  ours                              {:>8.1} us", micros(verifier));
    ensure!(verifier < VERIFIER_MAX, "the verifier takes longer than {VERIFIER_MAX:?}");
    Ok(())
}

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

/// A log's tiles in memory.
struct Log {
    size: u64,
    checkpoint: SignedCheckpoint,
    tiles: BTreeMap<Tile, Vec<u8>>,
    indexes: Vec<u64>,
}

struct Tiles<'l>(&'l BTreeMap<Tile, Vec<u8>>);

impl TileSource for Tiles<'_> {
    type Error = Tile;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), Tile> {
        into.copy_from_slice(self.0.get(&tile).ok_or(tile)?);
        Ok(())
    }
}

impl Log {
    fn read(folder: &Path) -> Result<Self> {
        let checkpoint = SignedCheckpoint::parse(&fs::read(folder.join("checkpoint"))?)?;
        let size = checkpoint.checkpoint().size;
        let mut tiles = BTreeMap::new();
        for level in 0..8_u8 {
            for index in (0..size >> (8 * level)).step_by(256) {
                let tile = Tile::holding(level, index, size).context("a tile of the tree")?;
                tiles.insert(tile, fs::read(folder.join(tile.to_string()))?);
            }
        }
        let mut indexes = Vec::new();
        for entry in fs::read_dir(folder.join("proofs"))? {
            let name = entry?.file_name().into_string().ok().context("a name")?;
            indexes.extend(name.strip_suffix(".tlog-proof").map(str::parse::<u64>).transpose()?);
        }
        ensure!(!indexes.is_empty(), "no proofs to make");
        Ok(Self { size, checkpoint, tiles, indexes })
    }

    /// How long a proof takes.
    fn prove(&self) -> Result<Duration> {
        fastest(|| {
            for index in &self.indexes {
                let proof = inclusion_proof(*index, self.size, &mut Tiles(&self.tiles));
                black_box(proof.map_err(|error| anyhow::anyhow!("{error:?}"))?);
            }
            Ok(())
        })
        .map(|took| took / self.indexes.len() as u32)
    }
}

fn fastest(mut round: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        round()?;
        fastest = fastest.min(started.elapsed());
    }
    Ok(fastest)
}

/// How long it takes from the bytes of a proof to knowing that it holds and has its quorum.
fn verify(log: &Log) -> Result<Duration> {
    let signer = NoteSigner::new(&log.checkpoint.checkpoint().origin, &[1; 32])?;
    let mut checkpoint = SignedCheckpoint::sign(log.checkpoint.checkpoint(), &signer)?;
    let mut witnesses = Vec::new();
    for n in 2..5 {
        let cosigner = Cosigner::new(&format!("witness.example/w{n}"), &[n; 32])?;
        let line = cosigner.cosign(checkpoint.note().text(), 1_000);
        checkpoint.note_mut().add(line);
        witnesses.push(cosigner.verifier().clone());
    }
    let index = log.size / 3;
    let tile = Tile::holding(0, index, log.size).context("a tile")?;
    let at = (index % 256) as usize * 32;
    let leaf = Hash::from_slice(&log.tiles[&tile][at..at + 32]).context("a leaf")?;
    ensure!(leaf != hash_leaf(b""), "a leaf that says nothing");
    let hashes = inclusion_proof(index, log.size, &mut Tiles(&log.tiles))
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let text = TlogProof { extra: None, index, hashes, checkpoint }.to_string();
    let quorum = Quorum::new(vec![Group { name: "all".into(), threshold: 3, witnesses }], 60)?;
    let keys = [signer.verifier().clone()];
    fastest(|| {
        let proof = TlogProof::parse(black_box(text.as_bytes()))?;
        let standing = proof.verify(&leaf, (keys[0].name(), &keys), &quorum, 1_010)?;
        ensure!(standing.is_reached() && standing.is_fresh(), "no quorum");
        Ok(())
    })
}
