//! What a person is shown of two registers.

use std::io::{self, Write};
use std::path::Path;

use assess::reconcile::{Against, Apart, Fit, Lone, Match, NearMiss, Reconciliation, Register};

use super::Went;
use crate::check::counted;
use crate::console::{Columns, Ink, plain};

/// Most rows of a list that are printed; the rest is in the files.
const LISTED_MAX: usize = 40;
/// Most rejections that are printed for one register.
const REJECTS_MAX: usize = 5;

/// Prints counts, and the rows where they are few.
pub(super) fn print(
    found: &Reconciliation,
    went: [&Went; 2],
    out_folder: Option<&Path>,
    out: &mut impl Write,
) -> io::Result<()> {
    let names = went.map(|went| plain(&went.name));
    let [a, b] = &names;
    writeln!(out, "{}\n", Ink::for_stdout().strong(format_args!("{a} (A) against {b} (B)")))?;
    counts(found, went, out)?;
    pairs(&found.matched, &names, out)?;
    splits(found, &names, out)?;
    for (register, name) in [(Register::A, a), (Register::B, b)] {
        let rows = found.only.iter().filter(|lone| lone.row.register == register);
        only(&rows.collect::<Vec<_>>(), name, out)?;
    }
    fits(found, out)?;
    rejected(went, out)?;
    if let Some(folder) = out_folder {
        writeln!(out, "{}", folder.join("matched.jsonl").display())?;
        writeln!(out, "{}", folder.join("only.jsonl").display())?;
    }
    Ok(())
}

fn counts(found: &Reconciliation, went: [&Went; 2], out: &mut impl Write) -> io::Result<()> {
    let heads = ["register", "rows", "matched", "parts", "only here", "repeats", "rejected"];
    let mut table = Columns::headed(&heads);
    for (tally, went) in [(&found.a, went[0]), (&found.b, went[1])] {
        let numbers = [tally.rows, tally.matched, tally.parts, tally.only];
        let repeats = tally.repeats + went.repeats;
        let rest = [repeats, went.rejections.len() as u64];
        let cells = numbers.into_iter().chain(rest).map(|n| n.to_string());
        table.row(std::iter::once(went.name.clone()).chain(cells));
    }
    table.print(out)?;
    let common = found.common_milli;
    writeln!(
        out,
        "\nExpected number of events that both have: {}.{}",
        common / 1000,
        common % 1000 / 100
    )?;
    if found.crowded > 0 {
        let n = found.crowded;
        writeln!(
            out,
            "{n} rows have too many others near them to be told apart and were not weighed."
        )?;
    }
    writeln!(out)
}

fn pairs(matched: &[Match], names: &[String; 2], out: &mut impl Write) -> io::Result<()> {
    if matched.is_empty() {
        return writeln!(out, "No row of one is likely a row of the other.\n");
    }
    let [a, b] = names;
    let mut table = Columns::headed(&[a, b, "probability", "apart", "kinds"]);
    for pair in matched.iter().take(LISTED_MAX) {
        let kinds = if pair.a.kind == pair.b.kind {
            pair.a.kind.as_str().to_owned()
        } else {
            format!("{} / {}", pair.a.kind.as_str(), pair.b.kind.as_str())
        };
        let rivals = match pair.rivals {
            0 => String::new(),
            some => format!(", {}", counted(some as usize, "rival")),
        };
        let percent = percent(pair.probability_ppm) + &rivals;
        table.row([pair.a.id.clone(), pair.b.id.clone(), percent, apart(&pair.agreement), kinds]);
    }
    table.print(out)?;
    more(matched.len(), out)?;
    writeln!(out)
}

fn splits(found: &Reconciliation, names: &[String; 2], out: &mut impl Write) -> io::Result<()> {
    for split in found.splits.iter().take(LISTED_MAX) {
        let (whole, other) = match split.whole.register {
            Register::A => (&names[0], &names[1]),
            Register::B => (&names[1], &names[0]),
        };
        let part = |part: &assess::reconcile::Part| {
            format!("{} ({})", plain(&part.row.id), percent(part.probability_ppm))
        };
        let parts: Vec<String> = split.parts.iter().map(part).collect();
        let id = plain(&split.whole.id);
        writeln!(out, "{id} of {whole} is several of {other}: {}", parts.join(", "))?;
    }
    more(found.splits.len(), out)?;
    if found.splits.is_empty() { Ok(()) } else { writeln!(out) }
}

fn only(rows: &[&Lone], name: &str, out: &mut impl Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Columns::headed(&[&format!("only in {name}"), "kind", "nearest", "why not"]);
    for lone in rows.iter().take(LISTED_MAX) {
        let (nearest, why) = match lone.near.first() {
            Some(near) => (near.row.id.clone(), why_not(near)),
            None => ("none".to_owned(), String::new()),
        };
        table.row([lone.row.id.clone(), lone.row.kind.as_str().to_owned(), nearest, why]);
    }
    table.print(out)?;
    more(rows.len(), out)?;
    writeln!(out)
}

fn more(rows: usize, out: &mut impl Write) -> io::Result<()> {
    match rows.checked_sub(LISTED_MAX) {
        Some(left) if left > 0 => writeln!(out, "... and {left} more"),
        _ => Ok(()),
    }
}

/// What spoke against two rows, and by how much.
fn why_not(near: &NearMiss) -> String {
    let apart_by = &near.apart;
    match near.against {
        Against::Place => format!("place: {}", apart(apart_by)),
        Against::Time => format!("time: {}", apart(apart_by)),
        Against::Kind => format!("kind: {}; {}", near.row.kind.as_str(), apart(apart_by)),
        Against::Partner => "it fits another row better".to_owned(),
        Against::Chance => format!("as likely by chance; {}", apart(apart_by)),
    }
}

fn apart(apart: &Apart) -> String {
    let place = match apart.distance_m {
        Some(m) if m >= 9_950 => format!("{} km", (m + 500) / 1000),
        Some(m) => format!("{}.{} km", (m + 50) / 1000, (m + 50) % 1000 / 100),
        None => "no place".to_owned(),
    };
    let minutes = (apart.gap_s + 30) / 60;
    let time =
        if minutes < 120 { format!("{minutes} min") } else { format!("{} h", (minutes + 30) / 60) };
    let taken = apart.place_cdb.unwrap_or(0) + apart.time_cdb + apart.kind_cdb;
    format!("{place}, {time} ({} dB)", taken / 100)
}

fn percent(ppm: u32) -> String {
    format!("{}.{}%", ppm / 10_000, ppm % 10_000 / 1_000)
}

fn fits(found: &Reconciliation, out: &mut impl Write) -> io::Result<()> {
    let of = [(&found.place_fit, "places", "place_m"), (&found.time_fit, "times", "time_s")];
    for (fit, what, key) in of {
        let Fit { within_permille, expected_permille, fits, .. } = fit;
        if *fits == Some(false) {
            let than = if within_permille < expected_permille { "wider" } else { "narrower" };
            writeln!(
                out,
                "The {what} of partners spread {than} than their rows say ({within_permille} of 1000 within what should hold {expected_permille}): mend {key} in the mapping before relying on probabilities."
            )?;
        }
    }
    Ok(())
}

fn rejected(went: [&Went; 2], out: &mut impl Write) -> io::Result<()> {
    for went in went {
        for why in went.rejections.iter().take(REJECTS_MAX) {
            let at = why.pointer.as_deref().map_or_else(String::new, |at| format!(" {at}"));
            let (file, line, code) = (plain(&went.file), why.locator.record, why.code.name);
            let (reason, repair) = (plain(&why.reason()), why.code.repair);
            writeln!(out, "{file}:{line}:{at} {code}: {reason}; {repair}")?;
        }
        let left = went.rejections.len().saturating_sub(REJECTS_MAX);
        if left > 0 {
            writeln!(out, "{}: {left} more rows were rejected", plain(&went.file))?;
        }
    }
    Ok(())
}
