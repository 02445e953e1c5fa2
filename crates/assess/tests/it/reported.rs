//! Reports as they come in, from lines of JSON.

use std::fmt::Display;

use agreement::Report;
use intake::reports::JsonlReports;
use intake::{Batch, Feed, Options};

/// The reports of some lines, none of which may be rejected.
pub(crate) fn read(lines: &[impl Display]) -> Vec<Report> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut feed = JsonlReports::new(text.as_bytes(), Options::default());
    let (mut batch, mut reports) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        assert_eq!(batch.rejections, []);
        reports.append(&mut batch.items);
    }
    reports
}
