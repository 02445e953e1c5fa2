//! `armistice record prove`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use agreement::statement::Refusal;
use agreement::statement::body::ShownRow;
use anyhow::Context as _;
use clap::Args;
use ledger::collect::WITNESSED;
use ledger::disk::{RealDisk, read_at_most};
use ledger::publish::CHECKPOINT_BYTES_MAX;
use ledger::{LogVerifier, Reader};
use tlog::{SignedCheckpoint, TlogProof, hash_leaf, inclusion_proof, verify_inclusion};

use super::rows;
use super::{FolderArgument, LogKeyArgument, disk_of, explained, verifier_of};
use crate::outcome::{Outcome, Refused};

#[derive(Debug, Args)]
#[command(after_help = "\
The proof (c2sp.org/tlog-proof) is a few lines of text: the entry's number, the hashes that lead
from it to the root, and the checkpoint that signs the root. It verifies offline, against the
entry's bytes. Where witnesses have cosigned the entry, their signatures are in it.

  armistice record prove south 1729 --out 1729.tlog-proof --entry 1729.json

Of a track segment one row can be shown alone, with its salt and the hashes that lead from it to
the root in the entry; `check-proof --row` checks it.

  armistice record prove south 17 --out 17.tlog-proof --entry 17.json \\
      --rows rows --row 4 --row-out row.json")]
pub(crate) struct Prove {
    #[command(flatten)]
    record: FolderArgument,
    /// Number of the entry, from 0.
    index: u64,
    #[command(flatten)]
    log_key: LogKeyArgument,
    /// Write the proof to a file instead of printing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the entry itself to a file.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// Show this row of the track segment in the entry, from 0, and none of the others.
    #[arg(long, value_name = "N", requires_all = ["rows", "row_out"])]
    row: Option<usize>,
    /// Folder of the containers that hold the row (`record rows`).
    #[arg(long, value_name = "DIR", requires = "row")]
    rows: Option<PathBuf>,
    /// Write the row with its salt and its proof to a file.
    #[arg(long, value_name = "FILE", requires = "row")]
    row_out: Option<PathBuf>,
}

/// The entry and the proof that it is under a checkpoint.
fn under(
    disk: &RealDisk,
    folder: &Path,
    verifier: &impl LogVerifier,
    checkpoint: &[u8],
    index: u64,
) -> anyhow::Result<(Vec<u8>, String)> {
    let mut reader = Reader::new(disk);
    let head = verifier
        .head(checkpoint)
        .map_err(|reason| Refused(format!("{}: the checkpoint: {reason}", folder.display())))?;
    let entry = reader.entry(index, head.size).map_err(|fault| explained(fault, folder))?;
    let hashes = inclusion_proof(index, head.size, &mut reader)
        .map_err(|fault| Refused(format!("{}: {fault}", folder.display())))?;
    // What is handed out is checked first: a proof that fails elsewhere would look like fraud.
    verify_inclusion(&hashes, index, &hash_leaf(&entry), head.size, &head.root).map_err(
        |fault| {
            let place = folder.display();
            Refused(format!("{place}: {fault}: `armistice record fsck` tells what is damaged"))
        },
    )?;
    let checkpoint = SignedCheckpoint::parse(checkpoint)?;
    Ok((entry, TlogProof { extra: None, index, hashes, checkpoint }.to_string()))
}

/// Runs the command.
pub(crate) fn run(arguments: &Prove) -> anyhow::Result<Outcome> {
    let (folder, index) = (&arguments.record.folder, arguments.index);
    let disk = disk_of(folder)?;
    let (verifier, _) = verifier_of(folder, arguments.log_key.log_key.as_deref())?;
    let reader = Reader::new(&disk);
    // A checkpoint that witnesses cosigned says more than a newer one that nobody has seen.
    let cosigned = read_at_most(&disk, WITNESSED, CHECKPOINT_BYTES_MAX);
    let proven =
        match cosigned.map(|checkpoint| under(&disk, folder, &verifier, &checkpoint, index)) {
            Ok(Ok(proven)) => proven,
            _ => {
                let checkpoint = reader.checkpoint().map_err(|fault| explained(fault, folder))?;
                under(&disk, folder, &verifier, &checkpoint, index)?
            }
        };
    let (entry, proof) = proven;
    if let (Some(row), Some(rows), Some(to)) = (arguments.row, &arguments.rows, &arguments.row_out)
    {
        let shown = shown_row(rows, index, &entry, row)?;
        fs::write(to, format!("{}\n", shown.to_json()))
            .with_context(|| to.display().to_string())?;
    }
    if let Some(path) = &arguments.entry {
        fs::write(path, &entry).with_context(|| path.display().to_string())?;
    }
    match &arguments.out {
        Some(path) => fs::write(path, proof).with_context(|| path.display().to_string())?,
        None => write!(std::io::stdout(), "{proof}")?,
    }
    Ok(Outcome::Done)
}

/// One row of a segment, which was checked to be that of the entry.
fn shown_row(rows: &Path, leaf: u64, entry: &[u8], row: usize) -> anyhow::Result<ShownRow> {
    let refused = |why: Refusal| Refused(format!("entry {leaf}: {why}"));
    let root = super::segment_root(entry)?;
    let kept = rows::find(rows, leaf)?
        .ok_or_else(|| Refused(format!("{} does not hold segment {leaf}", rows.display())))?;
    let shown = kept.segment.show(row).map_err(refused)?;
    let count = kept.segment.rows.len();
    let shown = shown
        .ok_or_else(|| Refused(format!("segment {leaf} has {count} rows, from 0: no {row}")))?;
    shown.check(&root).map_err(refused)?;
    Ok(shown)
}
