//! `armistice fuse`: reports into incidents.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use agreement::{Pack, Parameters, Report};
use anyhow::Context as _;
use assess::fusion::{Fit, Fused, Level, Setting, fuse_watched, placed};
use intake::{Batch, Feed as _};
use publish::InputKind;
use publish::incidents::incident_line;
use serde_json::json;

use crate::arguments::Fuse;
use crate::check::counted;
use crate::console::{Columns, counter};
use crate::outcome::Outcome;
use crate::outputs::{Readers, WholeFile, apart_from};
use crate::{inputs, pack};

/// Runs the command.
pub(crate) fn run(arguments: &Fuse) -> anyhow::Result<Outcome> {
    let read = arguments.reports.iter().chain(&arguments.duty);
    apart_from(&arguments.out, read.map(PathBuf::as_path))?;
    let pack = arguments.pack.as_ref().map(|folder| pack::sound(folder)).transpose()?;
    let mut parameters = pack.as_ref().map_or_else(Parameters::default, |p| p.parameters.clone());
    for (name, value) in &arguments.set {
        parameters.set(name, *value);
    }
    let doing = counter("reading");
    let started = Instant::now();
    let (reports, mut rejected) = reports(arguments, pack.as_ref())?;
    let (mut duties, duties_rejected) = inputs::all_duties(&arguments.duty)?;
    rejected += duties_rejected;
    if let Some(pack) = &pack {
        duties = placed(pack, duties);
    }
    let read_s = started.elapsed().as_secs_f64();
    doing.set_message("fusing");
    let started = Instant::now();
    let setting = Setting { parameters: &parameters, as_of: arguments.as_of, duties: &duties };
    let fused = fuse_watched(&setting, &reports);
    let fuse_s = started.elapsed().as_secs_f64();
    doing.set_message("writing");
    let mut file = WholeFile::begin(&arguments.out, Readers::Everybody)?;
    for incident in &fused.incidents {
        let line = incident_line(incident);
        file.write_all(line.as_bytes()).with_context(|| arguments.out.display().to_string())?;
    }
    file.finish()?;
    doing.finish_and_clear();
    let told = Told { fused: &fused, rejected, read_s, fuse_s };
    told.print(arguments.json, &mut io::stdout().lock())?;
    let too_many = arguments.max_rejects.is_some_and(|max| rejected > max);
    Ok(if reports.is_empty() || too_many { Outcome::Refused } else { Outcome::Done })
}

/// Every report of every file, and how many records were rejected.
fn reports(arguments: &Fuse, pack: Option<&Pack>) -> anyhow::Result<(Vec<Report>, u64)> {
    let (mut all, mut rejected) = (Vec::new(), 0);
    let time_zone = pack.map_or("UTC", |pack| &pack.time_zone);
    let sources = inputs::ordered(InputKind::Reports, &arguments.reports)?;
    for (input, source) in (0..=u16::MAX).zip(&sources) {
        let mut feed = inputs::reports(source, input, time_zone, pack, false)?;
        let mut batch = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            rejected += batch.rejections.len() as u64;
            all.append(&mut batch.items);
        }
    }
    Ok((all, rejected))
}

struct Told<'a> {
    fused: &'a Fused,
    rejected: u64,
    read_s: f64,
    fuse_s: f64,
}

impl Told<'_> {
    fn print(&self, as_json: bool, out: &mut impl Write) -> io::Result<()> {
        let Self { fused, rejected, read_s, fuse_s } = *self;
        let corroborated = fused.incidents.iter().filter(|i| i.level >= Level::Corroborated);
        let corroborated = corroborated.count();
        if as_json {
            let told = json!({
                "calibration": fused.calibration,
                "copies": fused.copies,
                "corroborated": corroborated,
                "fuse_s": fuse_s,
                "incidents": fused.incidents.len(),
                "read_s": read_s,
                "rejected": rejected,
                "repeats": fused.repeats,
                "reports": fused.reports,
                "search": fused.search,
            });
            return writeln!(out, "{told}");
        }
        let incidents = counted(fused.incidents.len(), "incident");
        writeln!(out, "{incidents} from {} reports; {corroborated} corroborated", fused.reports)?;
        let mut table = Columns::headed(&["source and measure", "residuals", "spread", "fit"]);
        for (name, found) in &fused.calibration.residuals {
            let spread = format!("{:.2}", found.spread_milli as f64 / 1000.0);
            let fit = said_of_fit(found.fit).to_owned();
            table.row([name.clone(), found.count.to_string(), spread, fit]);
        }
        table.print(out)?;
        if rejected > 0 {
            writeln!(out, "{rejected} records were rejected; armistice assess tells why.")?;
        }
        Ok(())
    }
}

fn said_of_fit(fit: Fit) -> &'static str {
    match fit {
        Fit::Fits => "as stated",
        Fit::Wider => "wider than stated",
        Fit::Narrower => "narrower than stated",
        Fit::TooFew => "too few to tell",
    }
}
