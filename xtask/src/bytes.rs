//! The same input gives the same bytes: twice, on one core and on two, in debug and in release,
//! and in whichever order the files are named.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::steps::Outcome::{self, Done};
use crate::{demo, places};

/// The files that a rival must be able to make again.
const REPRODUCED: [&str; 3] = ["findings.jsonl", "alerts.jsonl", "anomalies.jsonl"];

/// One way to run what must come out alike.
struct Way {
    name: &'static str,
    program: PathBuf,
    one_core: bool,
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
        one_core: false,
        swapped: false,
    };
    let ways = [
        way("release", &release),
        way("release-again", &release),
        Way { one_core: true, ..way("on-one-core", &release) },
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
    let runs: [(&str, Vec<PathBuf>); 2] = [
        (
            "flight",
            vec![
                demo::FLIGHT.into(),
                "--tracks".into(),
                one.clone(),
                "--tracks".into(),
                other.clone(),
            ],
        ),
        ("events", demo::events_arguments().into_iter().map(PathBuf::from).collect()),
    ];
    for (name, arguments) in runs {
        let program = if way.one_core {
            Program::new("taskset")?.args(["--cpu-list", "0"]).args([&way.program])
        } else {
            Program::new(&way.program)?
        };
        let out = folder.join(way.name).join(name);
        program.args(["assess"]).args(arguments).args(["--out"]).args([&out]).read()?;
    }
    Ok(())
}

fn compare(folder: &Path, one: &Way, other: &Way) -> Result<()> {
    let read = |way: &Way, run: &str, file: &str| {
        let path = folder.join(way.name).join(run).join(file);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    for run in ["flight", "events"] {
        for file in REPRODUCED {
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
