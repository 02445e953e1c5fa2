//! Where things lie: the repository, the cache, the build output.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The top folder of the repository.
///
/// # Errors
/// When the current folder lies in no checkout of Armistice.
pub(crate) fn repository() -> Result<PathBuf> {
    let start = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(env::current_dir, |folder| Ok(PathBuf::from(folder)))?;
    start
        .ancestors()
        .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        .map(Path::to_path_buf)
        .context("not inside a checkout of Armistice")
}

/// Where tools and virtual environments are kept between runs and checkouts.
///
/// # Errors
/// When neither `ARMISTICE_CACHE`, `XDG_CACHE_HOME` nor `HOME` is set.
pub(crate) fn cache() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("ARMISTICE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("armistice")))
        .or_else(|| set("HOME").map(|folder| folder.join(".cache/armistice")))
        .context("set ARMISTICE_CACHE to a folder that tools may be kept in: HOME is not set")
}

/// Cargo's output folder for this run.
///
/// # Errors
/// When the repository cannot be found.
pub(crate) fn target() -> Result<PathBuf> {
    let set = env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty());
    match set {
        Some(folder) => Ok(env::current_dir()?.join(folder)),
        None => Ok(repository()?.join("target")),
    }
}

/// Whether this run is unattended (`CI` is set, as every CI service does).
pub(crate) fn unattended() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
