//! `armistice record append`: claims into the record.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use agreement::statement::{CLAIM_BYTES_MAX, Standing};
use anyhow::Context as _;
use clap::Args;
use ledger::Keeper;
use ledger::admit::{Answer, Rejection};
use serde_json::json;

use crate::keeping::{KeepingArguments, explained};
use crate::outcome::{Outcome, Refused};

/// Most claims handed over at once.
const CLAIMS_AT_ONCE: usize = 4096;
/// Most bytes of them, but for one longer claim alone: what becomes of them fits into one pool.
const BYTES_AT_ONCE: usize = 4 << 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Reads claims, one a line (docs/record-format.md), from files or standard input, and answers each:
admitted under a leaf, known since a leaf, waiting for the end of the period, or rejected with a
code, the field, the reason and the repair. A bad claim costs no other its place, and the same
claims again change nothing. What is answered is durable and published.

What is private waits, and its author gets a promise signed by the keeper's device: keep it, and
hold it against the log when the period is over (`record check-promise`). A refused claim whose
device has said something else under its number comes with the proof against that device.

  armistice record append record --pack PACK --log-key log.key --device keeper-1 \\
      --device-key keeper.key --vault-key vault.age a.jsonl b.jsonl
  armistice record append ... --json < claims.jsonl | jq 'select(.answer == \"rejected\")'")]
pub(crate) struct Append {
    #[command(flatten)]
    keeping: KeepingArguments,
    /// Files of claims; none for standard input.
    claims: Vec<PathBuf>,
    /// Print each answer as a line of JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Append) -> anyhow::Result<Outcome> {
    let (mut keeper, _) = arguments.keeping.open()?;
    let mut told = Told { json: arguments.json, ..Told::default() };
    if arguments.claims.is_empty() {
        append(&mut keeper, "-", io::stdin().lock(), &arguments.keeping.record, &mut told)?;
    }
    for path in &arguments.claims {
        let file =
            File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let name = path.display().to_string();
        append(&mut keeper, &name, BufReader::new(file), &arguments.keeping.record, &mut told)?;
    }
    if !arguments.json {
        let Told { admitted, contested, known, waiting, rejected, .. } = told;
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "{admitted} admitted, {contested} of them contested; {known} known before; {waiting} \
             wait for the end of the period; {rejected} rejected"
        )?;
    }
    if told.rejected > 0 && told.admitted + told.known + told.waiting == 0 {
        return Err(Refused("nothing could be admitted".to_owned()).into());
    }
    Ok(Outcome::Done)
}

#[derive(Debug, Default)]
struct Told {
    json: bool,
    admitted: u64,
    contested: u64,
    known: u64,
    waiting: u64,
    rejected: u64,
}

fn append(
    keeper: &mut Keeper,
    name: &str,
    mut reader: impl BufRead,
    record: &Path,
    told: &mut Told,
) -> anyhow::Result<()> {
    let mut first_line = 1;
    loop {
        let lines = batch(&mut reader).with_context(|| format!("{name} cannot be read"))?;
        if lines.is_empty() {
            return Ok(());
        }
        // An empty line is none, and keeps its number.
        let slices: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let answers =
            keeper.submit(&slices, first_line).map_err(|fault| explained(fault, record))?;
        let mut out = io::stdout().lock();
        for ((line, text), answer) in (first_line..).zip(&lines).zip(&answers) {
            if !text.is_empty() {
                told.tell(name, line, answer, &mut out)?;
            }
        }
        first_line += lines.len() as u64;
    }
}

/// The next lines, without their ends. A line that is too long for any claim is cut where that shows,
/// and refused as what is left of it.
fn batch(reader: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < CLAIMS_AT_ONCE && bytes < BYTES_AT_ONCE {
        let Some(line) = next_line(reader)? else { break };
        bytes += line.len();
        lines.push(line.trim_ascii().to_vec());
    }
    Ok(lines)
}

fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut any = false;
    loop {
        let held = reader.fill_buf()?;
        if held.is_empty() {
            return Ok(any.then_some(line));
        }
        any = true;
        let end = held.iter().position(|&byte| byte == b'\n');
        let part = &held[..end.unwrap_or(held.len())];
        let room = (CLAIM_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

impl Told {
    fn tell(
        &mut self,
        name: &str,
        line: u64,
        answer: &Answer,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let said = match answer {
            Answer::Admitted { leaf, standing } => {
                let is_contested = *standing == Standing::Contested;
                self.admitted += 1;
                self.contested += u64::from(is_contested);
                json!({ "answer": "admitted", "contested": is_contested, "leaf": leaf })
            }
            Answer::Known { leaf } => {
                self.known += 1;
                json!({ "answer": "known", "leaf": leaf })
            }
            // Of what is only admitted nothing can be promised; a keeper gives no such answer.
            Answer::Private(_) => {
                self.waiting += 1;
                json!({ "answer": "waiting" })
            }
            Answer::Waiting(promise) => {
                self.waiting += 1;
                let promise = promise.to_json();
                if !self.json {
                    writeln!(out, "{name} line {line}: promised: {promise}")?;
                }
                json!({ "answer": "waiting", "promise": promise })
            }
            Answer::Rejected(why) => {
                self.rejected += 1;
                if !self.json {
                    writeln!(out, "{name} line {line}: {}", why.refusal)?;
                }
                rejected(why)
            }
        };
        if self.json {
            let mut said = said;
            said["file"] = json!(name);
            said["line"] = json!(line);
            writeln!(out, "{said}")?;
        }
        Ok(())
    }
}

fn rejected(why: &Rejection) -> serde_json::Value {
    json!({
        "answer": "rejected",
        "code": why.refusal.code.name,
        "pointer": why.refusal.pointer,
        "proof": why.proof.as_ref().map(agreement::statement::Equivocation::to_json),
        "reason": why.refusal.code.reason,
        "repair": why.refusal.code.repair,
    })
}
