//! The same input gives the same bytes: twice, on one thread and on more, in debug and in release,
//! and in whichever order the files are named.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::steps::Outcome::{self, Done};
use crate::{demo, places};

/// What an assessment leaves behind.
const OUTPUTS: [&str; 8] = [
    "findings.jsonl",
    "incidents.jsonl",
    "alerts.jsonl",
    "anomalies.jsonl",
    "rejects.jsonl",
    "summary.json",
    "report.html",
    "map.svg",
];

/// One way to run what must come out alike.
struct Way {
    name: &'static str,
    program: PathBuf,
    threads: &'static str,
    swapped: bool,
}

/// Assesses the demonstration's input in each way and compares every byte.
///
/// # Errors
/// When two ways differ, or one of them fails.
pub(crate) fn same_in_every_way() -> Result<Outcome> {
    let release = demo::release_build()?;
    Program::cargo()?.args(["build", "--package", "armistice"]).run()?;
    let debug = places::target()?.join("debug/armistice");
    let way = |name, program: &Path| Way {
        name,
        program: program.to_path_buf(),
        threads: "2",
        swapped: false,
    };
    let ways = [
        way("release", &release),
        way("release-again", &release),
        Way { threads: "1", ..way("one-thread", &release) },
        Way { threads: "3", ..way("three-threads", &release) },
        Way { swapped: true, ..way("files-swapped", &release) },
        way("debug", &debug),
    ];
    let folder = places::target()?.join("same-bytes");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let frames = halves(&folder)?;
    for way in &ways {
        assess(way, &folder, &frames)?;
    }
    let (first, others) = ways.split_first().context("there is no way to compare with")?;
    for other in others {
        compare(&folder, first, other)?;
    }
    Ok(Done)
}

/// The flight's frames as two files that interleave, so that naming them has an order.
fn halves(folder: &Path) -> Result<[PathBuf; 2]> {
    let files = ["first.jsonl", "second.jsonl"].map(|name| folder.join(name));
    Program::new("python3")?.args(["xtask/oracles/halves.py", demo::FRAMES]).args(&files).run()?;
    Ok(files)
}

fn assess(way: &Way, folder: &Path, frames: &[PathBuf; 2]) -> Result<()> {
    let [first, second] = frames;
    let (one, other) = if way.swapped { (second, first) } else { (first, second) };
    let from_receiver = |file: &PathBuf| {
        let mut named = OsString::from("receiver=");
        named.push(file);
        named
    };
    let flight = [from_receiver(one), from_receiver(other)];
    let runs: [(&str, Vec<OsString>); 2] = [
        ("flight", [vec![demo::FLIGHT.into()], tracks(flight), leave()].concat()),
        ("events", demo::events_arguments().into_iter().map(OsString::from).collect()),
    ];
    for (name, arguments) in runs {
        let out = folder.join(way.name).join(name);
        Program::new(&way.program)?
            .args(["assess", "--threads", way.threads])
            .args(arguments)
            .args(["--out"])
            .args([&out])
            .read()?;
    }
    Ok(())
}

fn tracks(files: [OsString; 2]) -> Vec<OsString> {
    files.into_iter().flat_map(|file| ["--tracks".into(), file]).collect()
}

fn leave() -> Vec<OsString> {
    vec!["--authorisations".into(), demo::LEAVE.into()]
}

fn compare(folder: &Path, one: &Way, other: &Way) -> Result<()> {
    let read = |way: &Way, run: &str, file: &str| {
        let path = folder.join(way.name).join(run).join(file);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    for run in ["flight", "events"] {
        for file in OUTPUTS {
            let (left, right) = (read(one, run, file)?, read(other, run, file)?);
            if left != right {
                bail!("{run}/{file} differs between {} and {}", one.name, other.name);
            }
        }
        ensure!(!read(one, run, "findings.jsonl")?.is_empty(), "{run}: there is no finding");
    }
    println!("{:<14} as {}", other.name, one.name);
    Ok(())
}
