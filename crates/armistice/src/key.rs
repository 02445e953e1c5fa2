//! `armistice key`: keys of devices, logs and witnesses.

use std::io::{self, Write as _};
use std::path::PathBuf;

use age::secrecy::ExposeSecret as _;
use agreement::Digest;
use agreement::statement::SecretKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use serde_json::json;
use tlog::{SignatureType, VerifierKey};

use crate::outcome::{Outcome, WrongUsage};
use crate::{keeping, keyfile};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A key is a file of 64 hexadecimal digits that only its owner can read. One key a device, and
another for each log and each witness. What is printed is public.

  armistice key new us-1.key
  armistice key show us-1.key --json | jq -r .hex      # for the pack: [[device]] ed25519 = ...
  armistice key show log.key --name example.org/record # the log's verifier key
  armistice key age vault.age                          # the vault's own, which opens every body")]
pub(crate) enum Key {
    /// Make a key in a new file, and print its public half.
    New(KeyFile),
    /// Print the public half of a key, or the recipient of an age identity.
    Show(KeyFile),
    /// Make an age identity in a new file, for a vault or a recipient, and print the recipient.
    Age(AgeFile),
}

#[derive(Debug, Args)]
pub(crate) struct AgeFile {
    /// File of the identity.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeyFile {
    /// File of the secret key.
    file: PathBuf,
    /// Name of the log or witness, for its verifier keys in the form of signed notes.
    #[arg(long)]
    name: Option<String>,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Key) -> anyhow::Result<Outcome> {
    if let Key::Show(KeyFile { file, .. }) = arguments
        && let Ok(identity) = keeping::identity(file)
    {
        writeln!(io::stdout().lock(), "{}", identity.to_public())?;
        return Ok(Outcome::Done);
    }
    let (file, secret) = match arguments {
        Key::Age(AgeFile { file }) => {
            let identity = age::x25519::Identity::generate();
            let (public, secret) = (identity.to_public(), identity.to_string());
            keyfile::write(file, &format!("# public key: {public}\n{}", secret.expose_secret()))?;
            writeln!(io::stdout().lock(), "{public}")?;
            return Ok(Outcome::Done);
        }
        Key::New(file) => (file, keyfile::create(&file.file)?),
        Key::Show(file) => (file, keyfile::read(&file.file)?),
    };
    let public = SecretKey::from_seed(&secret).public().to_bytes();
    let mut rows =
        vec![("hex", Digest::from_bytes(public).to_string()), ("base64", STANDARD.encode(public))];
    if let Some(name) = &file.name {
        for (row, kind) in
            [("log", SignatureType::Ed25519), ("witness", SignatureType::CosignatureEd25519)]
        {
            let key = VerifierKey::ed25519(name, kind, &public);
            let key = key.map_err(|fault| WrongUsage(format!("--name {name}: {fault}")))?;
            rows.push((row, key.to_string()));
        }
    }
    let mut out = io::stdout().lock();
    if file.json {
        let rows: serde_json::Map<_, _> =
            rows.into_iter().map(|(row, value)| (row.to_owned(), json!(value))).collect();
        writeln!(out, "{}", json!(rows))?;
    } else {
        for (row, value) in rows {
            writeln!(out, "{row:8}{value}")?;
        }
    }
    Ok(Outcome::Done)
}
