//! `armistice form`: the form for observers' phones.

use std::io::{self, Write as _};

use anyhow::Context as _;
use intake::reports::Form;
use publish::workbook::{Sheet, workbook};

use crate::arguments::Form as Arguments;
use crate::check::counted;
use crate::outcome::Outcome;
use crate::outputs::{Readers, WholeFile};
use crate::pack;

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let pack = arguments.pack.as_ref().map(|folder| pack::sound(folder)).transpose()?;
    let sheets = Form::ours().sheets(pack.as_ref());
    let pages = sheets.each_ref().map(|sheet| Sheet { name: sheet.name, rows: &sheet.rows });
    let bytes = workbook(&pages)?;
    let mut file = WholeFile::begin(&arguments.out, Readers::Everybody)?;
    file.write_all(&bytes).with_context(|| arguments.out.display().to_string())?;
    file.finish()?;
    let [survey, choices, _] = &sheets;
    let rows = counted(survey.rows.len() - 1, "row");
    let choices = counted(choices.rows.len() - 1, "choice");
    let out = arguments.out.display();
    writeln!(io::stdout().lock(), "{out}: {rows}, {choices}, in English, Arabic and Russian")?;
    Ok(Outcome::Done)
}
