//! `armistice seal`: claims on their way to the record, which nobody on the way may read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ledger::vault::wrap;

use crate::keeping::{identity, refused};
use crate::outcome::{Outcome, WrongUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
Claims carry their bodies in the clear, so that the keeper can put them into the vault. Sealed to
the keeper's recipient they can be carried by anybody: `open` with the vault's identity gives them
back for `record append`. The format is age, which other tools read. `--new-identity` makes a key
pair, prints the recipient (age1...), and seals nothing; who has the file can open what is sealed
to it.

  armistice seal --new-identity vault.key
  armistice seal claims.jsonl --to age1... --out claims.age
  armistice open claims.age --identity vault.key > claims.jsonl")]
pub(crate) struct Seal {
    /// What to seal, such as the lines of `record sign`.
    #[arg(required_unless_present = "new_identity")]
    file: Option<PathBuf>,
    /// Who may open it: age1... May be given more than once.
    #[arg(long, value_name = "RECIPIENT", required_unless_present = "new_identity")]
    to: Vec<String>,
    /// Where to write it; must not be there yet.
    #[arg(long, value_name = "FILE", required_unless_present = "new_identity")]
    out: Option<PathBuf>,
    /// Make an identity in a new file that only its owner can read, and print its recipient.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "to", "out"])]
    new_identity: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Seal) -> anyhow::Result<Outcome> {
    if let Some(path) = &arguments.new_identity {
        return new_identity(path);
    }
    let (Some(file), Some(out)) = (&arguments.file, &arguments.out) else {
        return Err(WrongUsage("name a file, and one to write with --out".into()).into());
    };
    let to = arguments.to.iter().map(|text| wrap::recipient(text));
    let to = to.collect::<Result<Vec<_>, _>>().map_err(|why| refused(&why))?;
    let text = fs::read(file).with_context(|| file.display().to_string())?;
    let sealed = age::Encryptor::with_recipients(to.iter().map(|one| one as _))
        .map_err(|fault| WrongUsage(fault.to_string()))?;
    let mut writer = sealed.wrap_output(create_new(out)?)?;
    writer.write_all(&text)?;
    writer.finish()?.sync_all()?;
    Ok(Outcome::Done)
}

fn new_identity(path: &Path) -> anyhow::Result<Outcome> {
    use age::secrecy::ExposeSecret as _;
    let identity_ = age::x25519::Identity::generate();
    let mut file = create_new(path)?;
    let public = identity_.to_public();
    writeln!(file, "# public key: {public}\n{}", identity_.to_string().expose_secret())?;
    file.sync_all()?;
    // Read back, so that nothing is sealed to what cannot be opened.
    identity(path)?;
    writeln!(std::io::stdout(), "{public}")?;
    Ok(Outcome::Done)
}

/// A file that only its owner can read and that was not there.
pub(super) fn create_new(path: &Path) -> anyhow::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).with_context(|| path.display().to_string())
}
