//! Sheets of text as a workbook (Office Open XML, `.xlsx`).

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// A sheet: its name and its rows, the first of which names the columns.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its rows.
    pub rows: &'a [Vec<String>],
}

/// Widest that a column is made, characters.
const COLUMN_CHARS_MAX: usize = 60;

/// The bytes of a workbook. Every cell is text, so that no program takes one for a date, a number or a
/// formula; the same sheets give the same contents.
///
/// # Errors
/// When a sheet has more rows, columns or characters in a cell than the format holds.
pub fn workbook(sheets: &[Sheet<'_>]) -> Result<Vec<u8>, WorkbookFault> {
    let mut book = Workbook::new();
    // The writer would put the time of day into it.
    let written = ExcelDateTime::from_ymd(2017, 7, 9)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&written));
    let (head, body) = (Format::new().set_bold(), Format::new().set_text_wrap());
    for sheet in sheets {
        let page = book.add_worksheet().set_name(sheet.name)?.set_freeze_panes(1, 0)?;
        for (row, cells) in (0..).zip(sheet.rows) {
            for (column, text) in (0..).zip(cells).filter(|(_, text)| !text.is_empty()) {
                let format = if row == 0 { &head } else { &body };
                page.write_string_with_format(row, column, text, format)?;
            }
        }
        let columns = sheet.rows.iter().map(Vec::len).max().unwrap_or(0);
        for column in 0..columns {
            let cells = sheet.rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|text| text.chars().count()).max().unwrap_or(0);
            let shown = widest.clamp(8, COLUMN_CHARS_MAX) as u32;
            page.set_column_width(column as u16, shown + 2)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The sheets do not fit into the format.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be made: {0}")]
pub struct WorkbookFault(#[from] XlsxError);
