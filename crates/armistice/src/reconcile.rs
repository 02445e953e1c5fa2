//! `armistice reconcile`: two registers of the same period, row against row.

mod told;

use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};
use std::path::Path;

use agreement::{Digest, Report};
use anyhow::Context as _;
use assess::reconcile::{Model, Reconciliation, reconcile};
use intake::reports::{Mapping, Register};
use intake::{Batch, Feed as _, Options, Rejection};
use serde_json::{Value, json};

use crate::arguments::{Reconcile, RegisterFile};
use crate::console::plain;
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::outputs::{Outputs, Readers};

/// Runs the command.
pub(crate) fn run(arguments: &Reconcile) -> anyhow::Result<Outcome> {
    let map = fs::read_to_string(&arguments.map)
        .with_context(|| format!("{} cannot be read", arguments.map.display()))?;
    if arguments.a.name == arguments.b.name && arguments.a.path == arguments.b.path {
        return Err(WrongUsage("A and B are one register".to_owned()).into());
    }
    let read = |register, input| read(arguments, &map, register, input);
    let (a, b) = (read(&arguments.a, 0)?, read(&arguments.b, 1)?);
    let found = reconcile(&Model::default(), &a.reports, &b.reports);
    let summary = summary(&found, &[&a, &b]);
    if let Some(folder) = &arguments.out {
        write(arguments, folder, &found, &summary, [&a, &b])?;
    }
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{summary:#}")?;
    } else {
        told::print(&found, [&a, &b], arguments.out.as_deref(), &mut out)?;
    }
    let nothing = a.reports.is_empty() || b.reports.is_empty();
    Ok(if nothing { Outcome::Refused } else { Outcome::Done })
}

/// One register, as it was read.
struct Went {
    name: String,
    file: String,
    digest: Digest,
    reports: Vec<Report>,
    repeats: u64,
    rejections: Vec<Rejection>,
}

fn read(
    arguments: &Reconcile,
    map: &str,
    register: &RegisterFile,
    input: u16,
) -> anyhow::Result<Went> {
    let said = |fault: String| Refused(format!("{}: {fault}", arguments.map.display()));
    let mapping = Mapping::read(map, &register.name).map_err(|fault| {
        let told = said(plain(&fault.to_string()));
        if fault.is_name_unknown { WrongUsage(told.0).into() } else { anyhow::Error::from(told) }
    })?;
    if !mapping.tells_zone() {
        let key = format!("[register.{}] zone is missing", register.name);
        return Err(said(format!("{key}; write a name such as Asia/Damascus")).into());
    }
    let path = register.path.display();
    let cannot = || format!("{path} cannot be read");
    let bytes = fs::read(&register.path).with_context(cannot)?;
    let digest = Digest::of_bytes(&bytes);
    drop(bytes);
    let reader = BufReader::new(File::open(&register.path).with_context(cannot)?);
    let options = Options { input, keep_raw: arguments.keep_rejects, ..Options::default() };
    let mut feed = Register::new(reader, options, mapping, spacetime::zone_rules("UTC")?);
    let mut went = Went {
        name: register.name.clone(),
        file: register.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        digest,
        reports: Vec::new(),
        repeats: 0,
        rejections: Vec::new(),
    };
    let mut batch = Batch::default();
    while feed.read(&mut batch).with_context(cannot)? {
        went.repeats += batch.passed_over;
        went.reports.append(&mut batch.items);
        went.rejections.append(&mut batch.rejections);
    }
    Ok(went)
}

/// Everything but the rows themselves.
fn summary(found: &Reconciliation, went: &[&Went; 2]) -> Value {
    let register = |tally: &assess::reconcile::RegisterTally, went: &Went| {
        let mut told = json!(tally);
        told["name"] = json!(went.name);
        told["file"] = json!(went.file);
        told["sha256"] = json!(went.digest);
        told["repeats"] = json!(tally.repeats + went.repeats);
        told["rejected"] = json!(went.rejections.len());
        told
    };
    json!({
        "a": register(&found.a, went[0]),
        "b": register(&found.b, went[1]),
        "common_milli": found.common_milli,
        "crowded": found.crowded,
        "matched": found.matched.len(),
        "model": found.model,
        "place_fit": found.place_fit,
        "splits": found.splits.len(),
        "time_fit": found.time_fit,
    })
}

fn write(
    arguments: &Reconcile,
    folder: &Path,
    found: &Reconciliation,
    summary: &Value,
    went: [&Went; 2],
) -> anyhow::Result<()> {
    let out = Outputs::begin(folder)?;
    let lines =
        |items: Vec<Value>| items.iter().fold(String::new(), |all, one| all + &format!("{one}\n"));
    out.text("matched.jsonl", &lines(found.matched.iter().map(|row| json!(row)).collect()))?;
    out.text("splits.jsonl", &lines(found.splits.iter().map(|split| json!(split)).collect()))?;
    out.text("only.jsonl", &lines(found.only.iter().map(|row| json!(row)).collect()))?;
    let readers = if arguments.keep_rejects { Readers::Owner } else { Readers::Everybody };
    let mut rejects = out.file("rejects.jsonl", readers)?;
    for went in went {
        for rejection in &went.rejections {
            let mut line = json!(rejection);
            line["file"] = json!(went.file);
            writeln!(rejects, "{line}").context("rejects.jsonl cannot be written")?;
        }
    }
    rejects.finish()?;
    out.text("summary.json", &format!("{summary:#}\n"))?;
    out.publish()
}
