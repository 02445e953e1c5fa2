//! Statements of any kind, written by hand or by another program.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use agreement::statement::{Body, CLAIM_BYTES_MAX, Kind, Refusal, Said, strict};
use anyhow::Context as _;
use serde_json::{Value, json};

use crate::outcome::Refused;

/// Hands each statement of a file to `say`, in order. One that is wrong stops it: what a person says in their
/// own words is not passed over.
pub(super) fn each(
    path: &Path,
    mut say: impl FnMut(&Said, Option<&Body>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be read", path.display());
    let lines = BufReader::new(File::open(path).with_context(cannot)?).split(b'\n');
    for (number, line) in (1..).zip(lines) {
        let line = line.with_context(cannot)?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (said, body) = read(&line)
            .map_err(|why| Refused(format!("{} line {number}: {why}", path.display())))?;
        say(&said, body.as_ref()).with_context(|| format!("{} line {number}", path.display()))?;
    }
    Ok(())
}

fn read(line: &[u8]) -> Result<(Said, Option<Body>), Refusal> {
    use agreement::statement::{BAD_KIND, UNKNOWN_FIELD, WRONG_TYPE};
    let Value::Object(mut members) = strict::parse(line, CLAIM_BYTES_MAX)? else {
        return Err(Refusal::new(&WRONG_TYPE));
    };
    let kind = members.remove("kind");
    let kind = kind.as_ref().and_then(Value::as_str).and_then(Kind::parse);
    let kind = kind.ok_or_else(|| Refusal::new(&BAD_KIND).within("kind"))?;
    let said = members.remove("said").unwrap_or_else(|| json!({}));
    let body = members.remove("body").filter(|body| !body.is_null());
    if !members.is_empty() {
        return Err(Refusal::new(&UNKNOWN_FIELD));
    }
    let said = Said::read(&kind, said).map_err(|why| why.within("said"))?;
    let body = body.map(|body| Body::from_json(&kind, body)).transpose();
    Ok((said, body.map_err(|why| why.within("body"))?))
}
