//! The parts of the README that come from a run: its picture and its transcript.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::command::Program;
use crate::{demo, places};

/// Where the picture is kept.
const PICTURE: &str = "docs/flight.svg";
/// The map it is taken from.
const MAP: &str = "out/paris-toulouse-2024/map.svg";

/// Writes both anew, from what the demonstration left in `out/`.
///
/// # Errors
/// When the demonstration's output is not there or not what is expected.
pub(crate) fn bless(armistice: &Path) -> Result<()> {
    let root = places::repository()?;
    fs::copy(root.join(MAP), root.join(PICTURE)).with_context(|| format!("cannot copy {MAP}"))?;
    fs::write(root.join("README.md"), from_a_run(armistice)?)?;
    println!("wrote {PICTURE} and the README's parts");
    Ok(())
}

/// Holds both to what the demonstration left in `out/`.
///
/// # Errors
/// When one of them shows something else.
pub(crate) fn check(armistice: &Path) -> Result<()> {
    let root = places::repository()?;
    let same = fs::read(root.join(MAP))? == fs::read(root.join(PICTURE))?
        && fs::read_to_string(root.join("README.md"))? == from_a_run(armistice)?;
    ensure!(same, "the README shows another run: cargo xtask bless readme, and read the diff");
    Ok(())
}

/// The README with its parts as they are now.
fn from_a_run(armistice: &Path) -> Result<String> {
    let readme = fs::read_to_string(places::repository()?.join("README.md"))?;
    let picture = format!("![One flight held against a test pack of no-fly volumes]({PICTURE})");
    let readme = with_part(&readme, "picture", &picture)?;
    let transcript = format!("```console\n{}```", transcript(armistice)?);
    with_part(&readme, "transcript", &transcript)
}

/// What a person sees who types the demonstration's commands.
fn transcript(armistice: &Path) -> Result<String> {
    let mut said = String::new();
    let assess_flight =
        [vec!["assess"], demo::flight_arguments(), vec!["--out", "out/flight"]].concat();
    let assess_events =
        [vec!["assess"], demo::events_arguments(), vec!["--out", "out/events"]].concat();
    let tally = [demo::tally_arguments(), vec!["--by", "area", "--all"]].concat();
    for arguments in [vec!["check", demo::SYRIA], assess_flight, assess_events, tally] {
        said += &format!("$ armistice {}\n", arguments.join(" "));
        said += &Program::new(armistice)?.args(arguments).read()?;
        said.push('\n');
    }
    Ok(said.trim_end().to_owned() + "\n")
}

/// The page with what lies between two marks replaced.
fn with_part(page: &str, part: &str, text: &str) -> Result<String> {
    let (open, close) =
        (format!("<!-- {part}: cargo xtask bless -->\n"), format!("<!-- {part} end -->"));
    let start = page.find(&open).with_context(|| format!("README.md has no mark {open}"))?;
    let end = page.find(&close).with_context(|| format!("README.md has no mark {close}"))?;
    ensure!(start < end, "README.md: {close} stands before its opening mark");
    Ok(format!("{}{open}\n{text}\n\n{}", &page[..start], &page[end..]))
}

#[cfg(test)]
mod tests {
    use super::with_part;

    #[test]
    fn a_part_is_replaced_and_the_rest_is_left() {
        let page = "a\n<!-- x: cargo xtask bless -->\nold\n<!-- x end -->\nb\n";
        let once = with_part(page, "x", "new").unwrap();
        assert_eq!(once, "a\n<!-- x: cargo xtask bless -->\n\nnew\n\n<!-- x end -->\nb\n");
        assert_eq!(with_part(&once, "x", "new").unwrap(), once);
        assert!(with_part(page, "y", "new").is_err());
    }
}
