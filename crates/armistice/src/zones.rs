//! `armistice zones`: which points lie in which zones.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use agreement::fault::Place;
use agreement::reader::read_zones;
use anyhow::Context as _;
use intake::points::Points;
use publish::pairs::write_pairs;
use serde_json::json;
use spacetime::Area;
use spacetime::index::{Pairs, ZoneIndex};

use crate::arguments::Zones;
use crate::check::counted;
use crate::console::{Ink, counter, plain};
use crate::outcome::{Outcome, Refused};
use crate::outputs::{Readers, WholeFile, apart_from};

/// Runs the command.
pub(crate) fn run(arguments: &Zones) -> anyhow::Result<Outcome> {
    if let Some(out) = &arguments.out {
        apart_from(out, [arguments.zones.as_path(), &arguments.points])?;
    }
    let doing = counter("reading");
    let zones = zones_of(&arguments.zones)?;
    let points = points_of(&arguments.points)?;
    let started = Instant::now();
    let index = ZoneIndex::build(&zones).map_err(|fault| Refused(fault.to_string()))?;
    let index_s = started.elapsed().as_secs_f64();
    doing.set_message("matching");
    let mut pairs = Pairs::default();
    let started = Instant::now();
    index.match_degrees_on(arguments.threads, &points.lon, &points.lat, 0, &mut pairs);
    let match_s = started.elapsed().as_secs_f64();
    if let Some(out) = &arguments.out {
        doing.set_message("writing");
        let mut file = WholeFile::begin(out, Readers::Everybody)?;
        write_pairs(file.file(), &pairs).with_context(|| out.display().to_string())?;
        file.finish()?;
    }
    doing.finish_and_clear();
    let told =
        Told { zones: zones.len(), points: points.lon.len(), pairs: &pairs, index_s, match_s };
    told.print(arguments.json, &mut io::stdout().lock())?;
    Ok(Outcome::Done)
}

struct Told<'a> {
    zones: usize,
    points: usize,
    pairs: &'a Pairs,
    index_s: f64,
    match_s: f64,
}

impl Told<'_> {
    fn print(&self, as_json: bool, out: &mut impl Write) -> io::Result<()> {
        let Self { zones, points, pairs, index_s, match_s } = *self;
        let points_per_s = points as f64 / match_s.max(1e-9);
        if as_json {
            let told = json!({
                "index_s": index_s,
                "match_s": match_s,
                "off_globe": pairs.off_globe,
                "pairs": pairs.len(),
                "points": points,
                "points_per_s": points_per_s,
                "zones": zones,
            });
            return writeln!(out, "{told}");
        }
        writeln!(out, "{zones} zones, {points} points, {} pairs", pairs.len())?;
        if pairs.off_globe > 0 {
            writeln!(out, "{} points are not on the globe and match nothing", pairs.off_globe)?;
        }
        writeln!(out, "index {index_s:.3} s, match {match_s:.3} s, {points_per_s:.0} points/s")
    }
}

fn zones_of(path: &Path) -> anyhow::Result<Vec<Area>> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let faults = match read_zones(&bytes) {
        Ok((zones, _)) => return Ok(zones),
        Err(faults) => faults,
    };
    let (mut out, ink) = (io::stderr().lock(), Ink::for_stderr());
    for fault in &faults {
        let place = match &fault.place {
            Place::File => String::new(),
            Place::Text { line, column, .. } => format!(":{line}:{column}"),
            Place::Pointer(pointer) => format!("#{}", plain(pointer)),
        };
        let head = ink.fault(format_args!("fault[{}]", fault.code));
        writeln!(out, "{head}: {}", ink.strong(plain(&fault.reason)))?;
        writeln!(out, "  {} {}{place}", ink.faint("-->"), path.display())?;
        writeln!(out, "  {} {}\n", ink.faint("repair:"), plain(&fault.repair))?;
    }
    let count = counted(faults.len(), "fault");
    Err(Refused(format!("{}: {count}", path.display())).into())
}

fn points_of(path: &Path) -> anyhow::Result<Points> {
    Points::read(path).map_err(|fault| {
        let place = path.display().to_string();
        if fault.is_of_the_world() {
            anyhow::Error::new(fault).context(place)
        } else {
            Refused(format!("{place}: {fault}")).into()
        }
    })
}
