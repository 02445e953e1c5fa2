//! `armistice record check-proof`: verifies a proof offline.

use std::io::{self, Write as _};
use std::path::PathBuf;

use agreement::statement::body::ShownRow;
use anyhow::Context as _;
use clap::Args;
use ledger::clock::{Clock as _, SystemClock};
use ledger::policy::{self, INTERVAL_S, instant, said_of};
use spacetime::Instant;
use tlog::quorum::Cosigned;
use tlog::{Hash, Quorum, TlogProof, VerifierKey, hash_leaf};

use crate::outcome::{Outcome, Refused};
use crate::pack;
use crate::views::log_key;

#[derive(Debug, Args)]
#[command(after_help = "\
Needs nothing but the proof, the entry and keys: no network, no record. The proof is a file of
c2sp.org/tlog-proof, as `armistice record prove` writes it.

  armistice record check-proof 17.tlog-proof --log \"$LOG\" --entry 17.json --pack PACK
  armistice record check-proof 17.tlog-proof --log \"$LOG\" \\
      --leaf 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

Exit codes: 0 the entry is in the log and, with --pack, the checkpoint has its quorum of witnesses;
1 it is not, or it has not; 3 a file cannot be read.")]
pub(crate) struct CheckProof {
    /// File of the proof.
    proof: PathBuf,
    /// The log's verifier key.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    log: VerifierKey,
    /// File of the entry, byte for byte as it stands in the log.
    #[arg(long, value_name = "FILE", required_unless_present = "leaf", conflicts_with = "leaf")]
    entry: Option<PathBuf>,
    /// The entry's leaf hash in base64, for whoever may not see the entry.
    #[arg(long, value_name = "HASH", value_parser = leaf)]
    leaf: Option<Hash>,
    /// A row of the entry's track segment, as `prove --row-out` writes it: checked to be one of the rows
    /// that the entry commits to.
    #[arg(long, value_name = "FILE", requires = "entry")]
    row: Option<PathBuf>,
    /// The pack whose witnesses have to have cosigned.
    #[arg(long, value_name = "PACK")]
    pack: Option<PathBuf>,
    /// Seconds between checkpoints of this log: cosignatures older than two of them are stale.
    #[arg(long, value_name = "SECONDS", default_value_t = INTERVAL_S)]
    interval: u64,
    /// Judge as of this instant instead of now (RFC 3339 with an offset).
    #[arg(long, value_name = "T", value_parser = at)]
    at: Option<Instant>,
}

fn leaf(text: &str) -> Result<Hash, String> {
    Hash::from_base64(text).ok_or_else(|| "a leaf hash is 32 bytes in canonical base64".to_owned())
}

fn at(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|fault| fault.to_string())
}

/// Runs the command.
pub(super) fn run(arguments: &CheckProof) -> anyhow::Result<Outcome> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let refused =
        |fault: &dyn std::error::Error| Refused(format!("the proof does not hold: {fault}"));
    let proof = TlogProof::parse(&read(&arguments.proof)?).map_err(|fault| refused(&fault))?;
    let leaf = match (&arguments.entry, arguments.leaf) {
        (Some(entry), _) => hash_leaf(&read(entry)?),
        (None, leaf) => leaf.context("neither an entry nor a leaf hash")?,
    };
    let pack = arguments.pack.as_deref().map(pack::sound).transpose()?;
    let quorum = match &pack {
        Some(pack) => policy::quorum(pack, arguments.interval).map_err(|fault| refused(&fault))?,
        None => Quorum::new(Vec::new(), arguments.interval).map_err(|fault| refused(&fault))?,
    };
    let now = arguments.at.unwrap_or_else(|| SystemClock.now());
    let keys = [arguments.log.clone()];
    let standing = proof
        .verify(&leaf, (arguments.log.name(), &keys), &quorum, policy::seconds(now))
        .map_err(|fault| refused(&fault))?;
    let mut out = io::stdout().lock();
    let checkpoint = proof.checkpoint.checkpoint();
    writeln!(out, "entry {} is in the log of {} entries", proof.index, checkpoint.size)?;
    if let (Some(row), Some(entry)) = (&arguments.row, &arguments.entry) {
        let root = super::segment_root(&read(entry)?)?;
        let shown = ShownRow::parse(read(row)?.trim_ascii_end());
        let shown = shown.and_then(|shown| shown.check(&root).map(|()| shown.number));
        let number = shown.map_err(|why| Refused(format!("{}: {why}", row.display())))?;
        writeln!(out, "row {number} of {} is in that entry's segment", root.rows)?;
    }
    for group in &standing.groups {
        let (count, threshold) = (group.count(), group.group.threshold);
        let of = group.group.witnesses.len();
        let name = &group.group.name;
        writeln!(out, "witnesses {name}: {count} of {of} cosigned, {threshold} have to")?;
        for (key, stands) in &group.witnesses {
            match (said_of(key, *stands, None), stands) {
                (None, Cosigned::Fresh { at_s }) => {
                    writeln!(out, "  {} cosigned at {}", key.name(), instant(*at_s))?;
                }
                (_, Cosigned::Missing) => writeln!(out, "  {} has not cosigned", key.name())?,
                (said, _) => writeln!(out, "  {}", said.unwrap_or_default())?,
            }
        }
    }
    if pack.is_some() && !standing.is_reached() {
        writeln!(out, "the checkpoint is without its quorum")?;
        return Ok(Outcome::Refused);
    }
    if pack.is_none() {
        writeln!(out, "no witness was asked for: name a pack to hold the log to its quorum")?;
    }
    Ok(Outcome::Done)
}
