//! `armistice zones`: which points lie in which zones.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use agreement::fault::Place;
use agreement::reader::read_zones;
use anyhow::Context as _;
use intake::points::{POINTS_AT_ONCE_MAX, Points, PointsFault, PointsReader};
use publish::pairs::PairsWriter;
use serde_json::json;
use spacetime::Area;
use spacetime::index::{Pairs, ZoneIndex};

use crate::arguments::Zones;
use crate::check::counted;
use crate::console::{Ink, counter, plain};
use crate::outcome::{Outcome, Refused};
use crate::outputs::{Readers, WholeFile, apart_from};

/// Points matched first at once; how many are next depends on how many pairs they make.
const FIRST: u64 = 1 << 12;
/// Pairs held at once, about: they are written before more points are matched.
const PAIRS_HELD: u64 = 1 << 24;

/// Runs the command.
pub(crate) fn run(arguments: &Zones) -> anyhow::Result<Outcome> {
    if let Some(out) = &arguments.out {
        apart_from(out, [arguments.zones.as_path(), &arguments.points])?;
    }
    let zones = zones_of(&arguments.zones)?;
    if zones.is_empty() {
        return Err(
            Refused(format!("{}: there is no zone in it", arguments.zones.display())).into()
        );
    }
    let said = |fault| told_of(&arguments.points, fault);
    let points = PointsReader::open(&arguments.points).map_err(said)?;
    let started = Instant::now();
    let index = ZoneIndex::build(&zones).map_err(|fault| Refused(fault.to_string()))?;
    let index_s = started.elapsed().as_secs_f64();
    let mut out = arguments.out.as_deref().map(PairsFile::begin).transpose()?;
    let mut told = Told { zones: zones.len(), index_s, ..Told::default() };
    told.match_all(&index, arguments, points, out.as_mut())?;
    if let Some(out) = out {
        out.finish()?;
    }
    told.print(arguments.json, &mut io::stdout().lock())?;
    Ok(Outcome::Done)
}

/// What was found, counted.
#[derive(Debug, Default)]
struct Told {
    zones: usize,
    points: u64,
    pairs: u64,
    off_globe: u64,
    index_s: f64,
    /// From degrees in memory to pairs in memory: reading and writing are not in it.
    match_s: f64,
}

impl Told {
    /// Matches all points, some at a time, so that neither they nor their pairs are all held.
    fn match_all(
        &mut self,
        index: &ZoneIndex,
        arguments: &Zones,
        mut reader: PointsReader,
        mut out: Option<&mut PairsFile>,
    ) -> anyhow::Result<()> {
        let doing = counter("matching points");
        let (mut points, mut pairs) = (Points::default(), Pairs::default());
        loop {
            let read = reader.read(self.at_once(), &mut points);
            read.map_err(|fault| told_of(&arguments.points, fault))?;
            if points.lon.is_empty() {
                break;
            }
            pairs.clear();
            let started = Instant::now();
            let (lon, lat) = (&points.lon, &points.lat);
            index.match_degrees_on(arguments.threads, lon, lat, self.points, &mut pairs);
            self.match_s += started.elapsed().as_secs_f64();
            self.points += lon.len() as u64;
            self.pairs += pairs.len() as u64;
            self.off_globe += pairs.off_globe;
            if let Some(out) = &mut out {
                out.write(&pairs)?;
            }
            doing.inc(lon.len() as u64);
        }
        doing.finish_and_clear();
        Ok(())
    }

    /// How many points to match next, judged by those before.
    fn at_once(&self) -> usize {
        let most = (POINTS_AT_ONCE_MAX as u64).min(FIRST.max(self.points * 4));
        let fit = u128::from(PAIRS_HELD) * u128::from(self.points) / u128::from(self.pairs.max(1));
        let fit = u64::try_from(fit).unwrap_or(u64::MAX);
        usize::try_from(fit.clamp(FIRST, most)).unwrap_or(POINTS_AT_ONCE_MAX)
    }

    fn print(&self, as_json: bool, out: &mut impl Write) -> io::Result<()> {
        let Self { zones, points, pairs, off_globe, index_s, match_s } = *self;
        let points_per_s = points as f64 / match_s.max(1e-9);
        if as_json {
            let told = json!({
                "index_s": index_s,
                "match_s": match_s,
                "off_globe": off_globe,
                "pairs": pairs,
                "points": points,
                "points_per_s": points_per_s,
                "zones": zones,
            });
            return writeln!(out, "{told}");
        }
        let [zones, points, pairs, off_globe] =
            [(zones as u64, "zone"), (points, "point"), (pairs, "pair"), (off_globe, "point")].map(
                |(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }),
            );
        writeln!(out, "{zones}, {points}, {pairs}")?;
        if self.off_globe > 0 {
            writeln!(out, "{off_globe} not on the globe: nothing matches there")?;
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

fn told_of(path: &Path, fault: PointsFault) -> anyhow::Error {
    let place = path.display().to_string();
    if fault.is_of_the_world() {
        anyhow::Error::new(fault).context(place)
    } else {
        Refused(format!("{place}: {fault}")).into()
    }
}

/// The pairs as they go to disk.
struct PairsFile {
    whole: WholeFile,
    pairs: PairsWriter<File>,
    path: PathBuf,
}

impl PairsFile {
    fn begin(path: &Path) -> anyhow::Result<Self> {
        let mut whole = WholeFile::begin(path, Readers::Everybody)?;
        let said = || path.display().to_string();
        let pairs = PairsWriter::new(whole.file().try_clone().with_context(said)?);
        Ok(Self { whole, pairs: pairs.with_context(said)?, path: path.to_owned() })
    }

    fn write(&mut self, pairs: &Pairs) -> anyhow::Result<()> {
        self.pairs.write(pairs).with_context(|| self.path.display().to_string())
    }

    fn finish(self) -> anyhow::Result<()> {
        self.pairs.finish().with_context(|| self.path.display().to_string())?;
        self.whole.finish()
    }
}
