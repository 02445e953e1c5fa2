//! The parts of the README that come from a run: its picture and its transcript.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::command::Program;
use crate::{demo, places};

/// Where the picture is kept.
const PICTURE: &str = "docs/flight.svg";
/// The page it is taken from.
const PAGE: &str = "out/paris-toulouse-2024/report.html";

/// Writes both anew, from what the demonstration left in `out/`.
///
/// # Errors
/// When the demonstration's output is not there or not what is expected.
pub(crate) fn bless(armistice: &Path) -> Result<()> {
    let root = places::repository()?;
    let page =
        fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    fs::write(root.join(PICTURE), picture_of(&page)?)?;
    let readme = fs::read_to_string(root.join("README.md"))?;
    let picture = format!("![One flight held against a test pack of no-fly volumes]({PICTURE})");
    let readme = with_part(&readme, "picture", &picture)?;
    let transcript = format!("```console\n{}```", transcript(armistice)?);
    let readme = with_part(&readme, "transcript", &transcript)?;
    fs::write(root.join("README.md"), readme)?;
    println!("wrote {PICTURE} and the README's parts");
    Ok(())
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

/// The page's first drawing as a file of its own: with the page's style inside, since a picture
/// on another page brings none along.
fn picture_of(page: &str) -> Result<String> {
    let style = between(page, "<style>", "</style>").unwrap_or_default();
    let start = page.find("<svg").context("the report holds no drawing")?;
    let end = start + page[start..].find("</svg>").context("a drawing does not end")?;
    let drawing = &page[start..end];
    let open = drawing.find('>').context("a drawing's first tag does not end")?;
    let (tag, inside) = drawing.split_at(open);
    let namespace =
        if tag.contains("xmlns=") { "" } else { " xmlns=\"http://www.w3.org/2000/svg\"" };
    Ok(format!("{tag}{namespace}><style>{style}</style>{}</svg>\n", &inside[1..]))
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

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = text.find(open)? + open.len();
    Some(&text[start..start + text[start..].find(close)?])
}

#[cfg(test)]
mod tests {
    use super::{picture_of, with_part};

    #[test]
    fn a_drawing_takes_its_style_along() {
        let page = "<style>.a{fill:red}</style><p><svg viewBox=\"0 0 1 1\"><path/></svg></p>";
        let picture = "<svg viewBox=\"0 0 1 1\" xmlns=\"http://www.w3.org/2000/svg\">\
            <style>.a{fill:red}</style><path/></svg>\n";
        assert_eq!(picture_of(page).unwrap(), picture);
    }

    #[test]
    fn a_part_is_replaced_and_the_rest_is_left() {
        let page = "a\n<!-- x: cargo xtask bless -->\nold\n<!-- x end -->\nb\n";
        let once = with_part(page, "x", "new").unwrap();
        assert_eq!(once, "a\n<!-- x: cargo xtask bless -->\n\nnew\n\n<!-- x end -->\nb\n");
        assert_eq!(with_part(&once, "x", "new").unwrap(), once);
        assert!(with_part(page, "y", "new").is_err());
    }
}
