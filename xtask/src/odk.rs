//! A client that none of us wrote fills in the form, and our reader reads what it sends.
//!
//! `pyxform`, from PyPI, converts the form as servers do, and judges it with ODK Validate where there is
//! a Java. The engine of ODK Web Forms, from npm, answers it. Both are set up once, in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::command::Program;
use crate::steps::Outcome::{self, Done, Skipped};
use crate::steps::Steps;
use crate::tools::on_path;
use crate::{demo, places};

/// What converts an XLSForm.
const PYXFORM: (&str, &str) = ("pyxform", "4.5.0");
/// What answers an XForm, and the document model that it wants outside of a browser.
const ENGINE: (&str, &str) = ("@getodk/xforms-engine", "0.22.0");
const BESIDE_THE_ENGINE: [&str; 2] = ["solid-js@1.9.19", "jsdom@29.1.1"];
/// The pack whose names are choices in the second form.
const PACK: &str = demo::SYRIA;
const SCHEMA: &str = "docs/schema/report.schema.json";

/// The chore by itself.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    steps.step("an ODK client and our form", fills_in_our_form);
    steps.finish()
}

/// Converts the form with and without a pack, has it filled in, edited and filled in badly, and holds
/// what our reader makes of that against what was answered.
///
/// # Errors
/// When the form does not convert, a field or a language is missing, or the reader reads something
/// else; when a tool cannot be had where the run is unattended.
pub(crate) fn fills_in_our_form() -> Result<Outcome> {
    let python = match pyxform() {
        Ok(python) => python,
        Err(fault) if places::unattended() => return Err(fault),
        Err(fault) => return Ok(Skipped(format!("{fault:#}"))),
    };
    let folder = empty(places::target()?.join("odk"))?;
    let (plain, pack) = (folder.join("plain"), folder.join("pack"));
    for (form, more) in [(&plain, &[][..]), (&pack, &["--pack", PACK][..])] {
        let xlsx = form.with_extension("xlsx");
        let write = ["run", "--quiet", "--package", "armistice", "--", "form", "--out"];
        Program::cargo()?.args(write).args([&xlsx]).args(more).run()?;
        Program::new(&python)?
            .args(["xtask/oracles/odk/xform.py"])
            .args([xlsx, form.with_extension("xml"), PathBuf::from(SCHEMA)])
            .run()?;
    }
    let modules = match engine() {
        Ok(modules) => modules,
        Err(fault) if places::unattended() => return Err(fault),
        Err(fault) => {
            return Ok(Skipped(format!("the form converts; nobody filled it in: {fault:#}")));
        }
    };
    let sent = folder.join("sent");
    let said = Program::new("node")?
        .args(["xtask/oracles/odk/client.mjs"])
        .args([plain.with_extension("xml"), pack.with_extension("xml"), sent.clone()])
        .env("ODK_MODULES", modules)
        .read()?;
    let told = folder.join("told.json");
    fs::write(&told, said.lines().last().context("the client says nothing")?)?;
    let archive = folder.join("sent.zip");
    Program::new("python3")?.args(["-m", "zipfile", "-c"]).args([&archive, &sent]).run()?;
    let (from_folder, from_zip) = (read(&sent, &folder)?, read(&archive, &folder)?);
    Program::new(&python)?
        .args(["xtask/oracles/odk/compare.py"])
        .args([told, from_folder, from_zip])
        .run()?;
    Ok(Done)
}

/// What our reader makes of an upload, in a file.
fn read(upload: &Path, folder: &Path) -> Result<PathBuf> {
    let said = Program::cargo()?
        .args(["run", "--quiet", "--package", "intake", "--example", "submissions", "--"])
        .args([upload])
        .read()?;
    let name = upload.file_name().unwrap_or_default().to_string_lossy();
    let file = folder.join(format!("{name}.jsonl"));
    fs::write(&file, said)?;
    Ok(file)
}

fn empty(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A Python with pyxform.
fn pyxform() -> Result<PathBuf> {
    let (name, version) = PYXFORM;
    let folder = places::cache()?.join(format!("{name}-{version}"));
    let python = folder.join("bin/python");
    let has_it = || Program::new(&python).is_ok_and(|p| p.args(["-c", "import pyxform"]).works());
    if !has_it() {
        println!("{name} {version} is missing: setting it up in the cache, once");
        let set_up = || -> Result<()> {
            Program::new("python3")?.args(["-m", "venv"]).args([&folder]).run()?;
            let wanted = format!("{name}=={version}");
            Program::new(&python)?.args(["-m", "pip", "install", "--quiet", &wanted]).run()
        };
        set_up().with_context(|| {
            format!("{name} cannot be had here: it wants Python 3 with venv, and PyPI within reach")
        })?;
    }
    Ok(python)
}

/// The folder whose `node_modules` holds the engine.
fn engine() -> Result<PathBuf> {
    let (name, version) = ENGINE;
    let folder = places::cache()?.join(format!("odk-engine-{version}"));
    if folder.join("node_modules").join(name).is_dir() && folder.join("ready").is_file() {
        return Ok(folder);
    }
    let by_hand = "it wants Node 20.19 or later with npm, and npm's registry within reach";
    if on_path("node").is_none() || on_path("npm").is_none() {
        anyhow::bail!("Node is missing: {by_hand}");
    }
    println!("{name} {version} is missing: setting it up in the cache, once");
    let folder = empty(folder)?;
    fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    Program::new("npm")?
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"])
        .args([&folder])
        .args([format!("{name}@{version}")])
        .args(BESIDE_THE_ENGINE)
        .run()
        .with_context(|| format!("{name} cannot be had here: {by_hand}"))?;
    fs::write(folder.join("ready"), "")?;
    Ok(folder)
}
