//! `armistice fuse`: reports into incidents.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use agreement::Parameters;
use anyhow::Context as _;
use assess::fusion::{Fit, Fused, Level, Setting, fuse_watched, placed};
use publish::incidents::incident_line;
use serde_json::json;

use crate::arguments::Fuse;
use crate::check::counted;
use crate::console::{Columns, counter};
use crate::outcome::Outcome;
use crate::outputs::{Readers, WholeFile, apart_from};
use crate::rejects::Rejects;
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
    let mut rejects = Rejects::default();
    let reports = inputs::all_reports(&arguments.reports, pack.as_ref(), &mut rejects)?;
    let mut duties = inputs::all_duties(&arguments.duty, &mut rejects)?;
    if let Some(pack) = &pack {
        duties = placed(pack, duties);
    }
    let read_s = started.elapsed().as_secs_f64();
    doing.set_message("fusing");
    let started = Instant::now();
    let setting = Setting { parameters: &parameters, as_of: arguments.as_of, duties: &duties };
    let mut fused = fuse_watched(&setting, &reports);
    let now = inputs::now();
    fused.incidents.iter_mut().for_each(|incident| incident.keep_back(now));
    let fuse_s = started.elapsed().as_secs_f64();
    doing.set_message("writing");
    let mut file = WholeFile::begin(&arguments.out, Readers::Everybody)?;
    for incident in &fused.incidents {
        let line = incident_line(incident);
        file.write_all(line.as_bytes()).with_context(|| arguments.out.display().to_string())?;
    }
    file.finish()?;
    doing.finish_and_clear();
    let told = Told { fused: &fused, rejects: &rejects, read_s, fuse_s };
    told.print(arguments.json, &mut io::stdout().lock())?;
    let too_many = arguments.max_rejects.is_some_and(|max| rejects.len() > max);
    Ok(if reports.is_empty() || too_many { Outcome::Refused } else { Outcome::Done })
}

struct Told<'a> {
    fused: &'a Fused,
    rejects: &'a Rejects,
    read_s: f64,
    fuse_s: f64,
}

impl Told<'_> {
    fn print(&self, as_json: bool, out: &mut impl Write) -> io::Result<()> {
        let Self { fused, rejects, read_s, fuse_s } = *self;
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
                "rejected": rejects.len(),
                "rejects": rejects.json(),
                "repeats": fused.repeats,
                "reports": fused.reports,
                "search": fused.search,
                "unread": rejects.unread_json(),
            });
            return writeln!(out, "{told}");
        }
        let incidents = counted(fused.incidents.len(), "incident");
        let reports = counted(fused.reports as usize, "report");
        writeln!(out, "{incidents} from {reports}; {corroborated} corroborated")?;
        let mut table = Columns::headed(&["source and measure", "residuals", "spread", "fit"]);
        for (name, found) in &fused.calibration.residuals {
            let spread = match found.fit {
                Fit::TooFew => "-".to_owned(),
                _ => format!("{:.2}", found.spread_milli as f64 / 1000.0),
            };
            let fit = said_of_fit(found.fit).to_owned();
            table.row([name.clone(), found.count.to_string(), spread, fit]);
        }
        if fused.calibration.residuals.is_empty() {
            writeln!(out, "no report states a spread that others could be held against")?;
        } else {
            table.print(out)?;
        }
        rejects.tell(out)
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
