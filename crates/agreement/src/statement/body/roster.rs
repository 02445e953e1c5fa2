//! What the agreement is: the files of its pack.

use super::super::fields::fields;
use crate::reader::PackFiles;

/// The files of a pack, as text. They tell where posts stand, which is why they are a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackText {
    /// `agreement.toml`.
    pub agreement_toml: String,
    /// `areas.geojson`, if there is one.
    pub areas_geojson: Option<String>,
    /// `SOURCES.md`.
    pub sources_md: String,
}
fields!(PackText { agreement_toml, areas_geojson, sources_md });

impl PackText {
    /// As the pack's reader takes them.
    #[must_use]
    pub fn files(&self) -> PackFiles<'_> {
        PackFiles {
            agreement_toml: Some(self.agreement_toml.as_bytes()),
            areas_geojson: self.areas_geojson.as_deref().map(str::as_bytes),
            has_sources: true,
        }
    }
}
