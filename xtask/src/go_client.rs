//! A client that none of us wrote reads a log of ours: Go's `golang.org/x/mod/sumdb/tlog` and `note`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::steps::Outcome::{self, Done, Skipped};
use crate::{go, places};

/// Trees with one leaf, with one tile exactly, and with partial tiles on three levels.
const SIZES: [&str; 3] = ["1", "256", "70000"];

/// Writes logs with `crates/tlog`, and has Go verify their checkpoints, cosignatures, tiles, entries,
/// inclusion and consistency proofs; then damages one in four ways, each of which Go has to find.
///
/// # Errors
/// When Go and we disagree, or Go is missing where the run is unattended.
pub(crate) fn agrees() -> Result<Outcome> {
    let client = match go::build("xtask/oracles/tlog", "tlog-client") {
        Ok(client) => client,
        Err(fault) if places::unattended() => return Err(fault),
        Err(fault) => return Ok(Skipped(format!("{fault:#}"))),
    };
    let folder = places::target()?.join("go/logs");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for size in SIZES {
        let log = Log::written(&client, folder.join(size), size)?;
        ensure!(log.is_right()?, "Go does not agree with the log of {size} entries");
    }
    finds_damage(&Log::written(&client, folder.join("damaged"), SIZES[2])?)?;
    Ok(Done)
}

/// A log on disk and who verifies it.
struct Log<'c> {
    client: &'c Path,
    folder: PathBuf,
    keys: Vec<String>,
}

impl<'c> Log<'c> {
    fn written(client: &'c Path, folder: PathBuf, size: &str) -> Result<Self> {
        let keys = Program::cargo()?
            .args(["run", "--quiet", "--package", "tlog", "--example", "write_log", "--"])
            .args([folder.as_os_str(), size.as_ref()])
            .read()?;
        Ok(Self { client, folder, keys: keys.lines().map(str::to_owned).collect() })
    }

    /// Whether Go agrees. A client that cannot be started is an error, not a disagreement.
    fn is_right(&self) -> Result<bool> {
        let check = Program::new(self.client)?.args(["check"]).args([&self.folder]);
        let (code, said) = check.args(&self.keys).run_keeping_output()?;
        match code {
            0 if said.starts_with("Go agrees: 3 keys signed") => Ok(true),
            1 => Ok(false),
            _ => bail!("the client ended with {code} and an answer that says nothing"),
        }
    }
}

/// One bit in each kind of file: were none of them found, the agreement above would mean nothing.
fn finds_damage(log: &Log<'_>) -> Result<()> {
    for file in ["checkpoint", "tile/1/000", "tile/entries/100", "proofs/255.tlog-proof"] {
        let path = log.folder.join(file);
        let sound = fs::read(&path).with_context(|| format!("{file} was not written"))?;
        let mut damaged = sound.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        fs::write(&path, &damaged)?;
        ensure!(!log.is_right()?, "Go agrees with a log whose {file} is damaged");
        fs::write(&path, &sound)?;
    }
    ensure!(log.is_right()?, "Go does not agree with a log that was put right again");
    Ok(())
}
