//! The zone index beside `geo` and `rstar`: see benches/README.md.

mod measure;
mod peer;
mod shapely;
mod stopwatch;
mod table;
mod workload;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use measure::Measured;
use workload::Workload;

const USAGE: &str = "usage: zones DIR [--workload W1|W2|W3]... [--runs N] [--no-peer] [--json FILE] [--with-python PYTHON]";

struct Options {
    dir: PathBuf,
    workloads: Vec<String>,
    runs: usize,
    peer: bool,
    json: Option<PathBuf>,
    /// An interpreter that has Shapely.
    python: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = options(std::env::args().skip(1))?;
    let mut measured = Vec::new();
    for name in &options.workloads {
        if !options.dir.join(format!("{name}_pts.f64")).exists() {
            // The others are drawn from a seed: one that is missing was never measured.
            if name != "W3" {
                bail!("no {name}_pts.f64 in {}", options.dir.display());
            }
            println!("{name} skipped: no {name}_pts.f64 in {}.", options.dir.display());
            println!("{HOW_TO_GET_W3}");
            continue;
        }
        let workload = Workload::read(&options.dir, name)?;
        let mut result = measure::run(&workload, options.runs, options.peer)?;
        if let Some(python) = &options.python {
            result.shapely = Some(shapely::run(python, &options.dir, name)?);
        }
        println!("{result}");
        measured.push(result);
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&measured)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    if measured.iter().any(|result: &Measured| result.disagrees()) {
        bail!("the index and its peer found different pairs");
    }
    let short: Vec<String> = measured.iter().flat_map(Measured::shortfalls).collect();
    if !short.is_empty() {
        bail!("short of what is asked:\n  {}", short.join("\n  "));
    }
    Ok(())
}

const HOW_TO_GET_W3: &str = "\
  W3 is made from real coastlines (OpenStreetMap, ODbL) that are not bundled. Put W3_real.npz
  into $ARMISTICE_PEER_DATA or ../shared/data/zones and run `cargo xtask bench zones` again.";

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options {
        dir: PathBuf::new(),
        workloads: Vec::new(),
        runs: 5,
        peer: true,
        json: None,
        python: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(USAGE);
        match argument.as_str() {
            "--workload" => options.workloads.push(value()?),
            "--runs" => options.runs = value()?.parse().context(USAGE)?,
            "--no-peer" => options.peer = false,
            "--json" => options.json = Some(value()?.into()),
            "--with-python" => options.python = Some(value()?.into()),
            dir if !dir.starts_with('-') => options.dir = dir.into(),
            _ => bail!(USAGE),
        }
    }
    if options.dir.as_os_str().is_empty() || options.runs == 0 {
        bail!(USAGE);
    }
    if options.workloads.is_empty() {
        options.workloads = ["W1", "W2", "W3"].map(String::from).into();
    }
    Ok(options)
}
