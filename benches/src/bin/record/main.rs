//! What the record reaches: durable sequencing beside a writer on Go's `x/mod/sumdb/tlog` with the same
//! batches and the same syncs, in the same run; and a log of ten million entries, opened, appended to and
//! proved from.
//!
//!     record WRITER FOLDER ENTRIES

mod counting;
mod millions;
mod sequencing;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().context("usage: record WRITER FOLDER ENTRIES");
    let (writer, folder, entries) = (next()?, next()?, next()?);
    let entries: u64 = entries.to_string_lossy().parse()?;
    let sequencing = sequencing::measure(&writer, &folder, entries)?;
    let millions = millions::measure(&folder)?;
    let has_passed = sequencing && millions;
    println!("{}", if has_passed { "reached" } else { "NOT REACHED" });
    Ok(ExitCode::from(u8::from(!has_passed)))
}
