//! Reports that their own source has taken back by handing in another in their place.

use std::collections::BTreeSet;

use agreement::Report;

/// The names of reports that were replaced, each with its source: nobody replaces another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replaced<'a>(BTreeSet<(&'a str, &'a str)>);

impl<'a> Replaced<'a> {
    /// What these reports replace, whenever each was observed.
    pub(crate) fn by(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let pairs = reports.into_iter().filter_map(|report| {
            let replaced = report.replaces.as_deref()?;
            Some((report.source.id.as_str(), replaced))
        });
        Self(pairs.collect())
    }

    /// Whether a report is one of them.
    pub(crate) fn holds(&self, report: &Report) -> bool {
        self.0.contains(&(report.source.id.as_str(), report.id.as_str()))
    }
}
