//! `armistice gossip`: whether two were shown one log.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use ledger::gossip::{GossipFault, Views, compare};
use tlog::{SplitView, VerifierKey};

use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::views::{View, caller, log_key};

#[derive(Debug, Args)]
#[command(after_help = "\
Two parties who mirror a log compare what it showed them. If it showed two views, the proof is
written: two checkpoints signed by the log's key, and the hashes that show that neither grew into
the other. Whoever has the log's key can check it, and needs to trust nobody.

  armistice gossip our-mirror their-mirror --log \"$LOG\" --out split.proof
  armistice gossip our-mirror https://their.example/mirror --log \"$LOG\"
  armistice gossip --check split.proof --log \"$LOG\"

Exit codes: 0 one view, or the proof holds; 1 two views, or the proof does not hold; 3 the world
failed.")]
pub(crate) struct Gossip {
    /// Two views of the log: folders of mirrors or records, or URLs.
    #[arg(num_args = 0..=2)]
    views: Vec<String>,
    /// The log's verifier key.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    log: VerifierKey,
    /// Where the proof of a split view goes.
    #[arg(long, value_name = "FILE", default_value = "split-view.proof")]
    out: PathBuf,
    /// The key that signs our requests, where tiles are for the roster alone.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Check a proof that somebody else wrote.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["views", "out", "key"])]
    check: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Gossip) -> anyhow::Result<Outcome> {
    if let Some(proof) = &arguments.check {
        return check(proof, &arguments.log);
    }
    let [one, other] = &arguments.views[..] else {
        return Err(WrongUsage("name two views, or a proof with --check".to_owned()).into());
    };
    let origin = arguments.log.name();
    let caller = caller(arguments.key.as_deref())?;
    let (mut one, mut other) =
        (View::of(one, origin, caller.clone())?, View::of(other, origin, caller)?);
    let mut out = io::stdout().lock();
    match compare(&mut one, &mut other, std::slice::from_ref(&arguments.log)).map_err(told)? {
        Views::One { sizes: (a, b) } => {
            writeln!(out, "one view: the tree of {b} entries grew out of the one of {a}")?;
            Ok(Outcome::Done)
        }
        Views::Split(proof) => {
            let path = &arguments.out;
            std::fs::write(path, proof.to_string())
                .with_context(|| format!("{} cannot be written", path.display()))?;
            tell(&mut out, &proof)?;
            writeln!(out, "the proof is in {}", path.display())?;
            Ok(Outcome::Refused)
        }
    }
}

fn check(path: &std::path::Path, log: &VerifierKey) -> anyhow::Result<Outcome> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let refused = |fault: tlog::split_view::SplitViewError| Refused(fault.to_string());
    let proof = SplitView::parse(&bytes).map_err(refused)?;
    proof.verify(log.name(), std::slice::from_ref(log)).map_err(refused)?;
    let mut out = io::stdout().lock();
    tell(&mut out, &proof)?;
    writeln!(out, "the proof holds")?;
    Ok(Outcome::Done)
}

fn tell(out: &mut impl io::Write, proof: &SplitView) -> io::Result<()> {
    let (first, second) = (proof.first().checkpoint(), proof.second().checkpoint());
    writeln!(out, "two views: the key of this log signed both")?;
    writeln!(out, "  {} entries, root {}", first.size, first.root)?;
    writeln!(out, "  {} entries, root {}", second.size, second.root)?;
    writeln!(out, "and the second did not grow out of the first")
}

fn told(fault: GossipFault) -> anyhow::Error {
    match fault {
        GossipFault::Source { .. } => fault.into(),
        refused => Refused(refused.to_string()).into(),
    }
}
