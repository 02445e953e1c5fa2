//! Writes a log as plain files, with proofs, for a client that none of us wrote to check
//! (`xtask/oracles/tlog`): `write_log FOLDER ENTRIES`. Prints the verifier keys that signed, one a line.

#![expect(clippy::print_stdout, reason = "the keys are its answer")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use tlog::bundle::{BundleId, push_entry};
use tlog::{
    AddCheckpoint, Checkpoint, Cosigner, Edge, NoteSigner, SignedCheckpoint, Tile, TileSource,
    TlogProof, consistency_proof, hash_leaf, inclusion_proof,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Pools of all kinds of sizes: single entries, a bundle less and more one, several bundles.
const POOLS: [u64; 6] = [1, 255, 3, 257, 1_000, 64];

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(size)) = (arguments.next(), arguments.next()) else {
        return Err("usage: write_log FOLDER ENTRIES".into());
    };
    let (folder, size) = (PathBuf::from(folder), size.parse()?);
    let root = write_entries(&folder, size)?;
    let log = NoteSigner::new("armistice.example/log", &[1; 32])?;
    let mut signed =
        SignedCheckpoint::sign(&Checkpoint::new("armistice.example/log", size, root), &log)?;
    println!("{}", log.verifier());
    for n in 2..4 {
        let cosigner = Cosigner::new(&format!("witness.example/w{n}"), &[n; 32])?;
        let line = cosigner.cosign(signed.note().text(), 1_764_000_000);
        signed.note_mut().add(line);
        println!("{}", cosigner.verifier());
    }
    put(&folder.join("checkpoint"), signed.to_string().as_bytes())?;
    write_proofs(&folder, &signed)
}

/// Entries of many lengths, none among them.
fn entry(n: u64) -> Vec<u8> {
    let length = if n == 7 { 65_535 } else { (n * 37 % 300) as usize };
    n.to_be_bytes().into_iter().cycle().take(length).collect()
}

fn write_entries(folder: &Path, size: u64) -> Outcome<tlog::Hash> {
    let mut edge = Edge::new();
    let mut pools = POOLS.iter().cycle();
    while edge.size() < size {
        let pool = pools.next().map_or(1, |pool| *pool).min(size - edge.size());
        let from = edge.size();
        let leaves: Vec<_> = (from..from + pool).map(|n| hash_leaf(&entry(n))).collect();
        for changed in edge.append(&leaves)? {
            put(&folder.join(changed.tile.to_string()), &changed.bytes)?;
        }
    }
    for id in BundleId::covering(0, size) {
        let mut bundle = Vec::new();
        for n in id.start()..id.start() + u64::from(id.width()) {
            push_entry(&mut bundle, &entry(n))?;
        }
        put(&folder.join(id.to_string()), &bundle)?;
    }
    Ok(edge.root())
}

/// Proofs of entries and of older sizes at every kind of place in the tree.
fn write_proofs(folder: &Path, checkpoint: &SignedCheckpoint) -> Outcome<()> {
    let size = checkpoint.checkpoint().size;
    let mut tiles = Folder(folder);
    let places = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    let places = places.chain([size / 3, size - 1]).filter(|place| *place < size);
    for index in places {
        let proof = TlogProof {
            extra: None,
            index,
            hashes: inclusion_proof(index, size, &mut tiles)?,
            checkpoint: checkpoint.clone(),
        };
        let path = folder.join(format!("proofs/{index}.tlog-proof"));
        put(&path, proof.to_string().as_bytes())?;
        let request = AddCheckpoint {
            old_size: index + 1,
            proof: consistency_proof(index + 1, size, &mut tiles)?,
            checkpoint: checkpoint.clone(),
        };
        let path = folder.join(format!("proofs/{}.add-checkpoint", index + 1));
        put(&path, request.to_string().as_bytes())?;
    }
    Ok(())
}

struct Folder<'p>(&'p Path);

impl TileSource for Folder<'_> {
    type Error = std::io::Error;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), Self::Error> {
        into.copy_from_slice(&fs::read(self.0.join(tile.to_string()))?);
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> Outcome<()> {
    fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    Ok(fs::write(path, bytes)?)
}
