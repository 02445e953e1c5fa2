//! The tools that a fresh machine lacks: found, or built from crates.io into the cache.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command::Program;
use crate::places;

/// A cargo subcommand from crates.io, and the version that is installed where it is missing.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Runs the tests, each in a process of its own.
pub(crate) const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };
/// Checks bans, licences and sources of what we depend on.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
/// Accepts changed snapshots, those inside source files among them.
pub(crate) const INSTA: Tool = Tool { name: "cargo-insta", version: "1.49.0" };
/// Coverage-guided fuzzing; needs a nightly toolchain.
pub(crate) const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.1" };

impl Tool {
    /// The tool's binary: one the machine has, one from an earlier run, or one built now.
    ///
    /// # Errors
    /// When it is nowhere to be found and cannot be built.
    pub(crate) fn ready(self) -> Result<PathBuf> {
        if let Some(found) = on_path(self.name) {
            return Ok(found);
        }
        let cached = folder()?.join("bin").join(self.name);
        if !cached.is_file() {
            self.install().with_context(|| format!("{} cannot be had here", self.name))?;
        }
        Ok(cached)
    }

    /// The build goes to its own target folder, so that the tool's build never evicts ours and a
    /// build that was interrupted goes on where it stopped.
    fn install(self) -> Result<()> {
        let root = folder()?;
        println!("{} {} is missing: building it into the cache, once", self.name, self.version);
        Program::cargo()?
            .args([
                "install",
                "--locked",
                "--quiet",
                "--version",
                self.version,
                self.name,
                "--root",
            ])
            .args([&root])
            .env("CARGO_TARGET_DIR", root.join("build"))
            .run()?;
        std::fs::remove_dir_all(root.join("build"))?;
        Ok(())
    }
}

/// Where the cache keeps tools; binaries are in its `bin`.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(places::cache()?.join("tools"))
}

/// A program in the folders of `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
