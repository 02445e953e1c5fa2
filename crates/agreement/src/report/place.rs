//! Where it is said to have happened.

use spacetime::Position;

/// Where it is said to have happened, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The point given; for an administrative unit any point the source uses for it, and none
    /// when the source names the unit only.
    pub nominal: Option<Position>,
    /// How far from there it may have been.
    pub extent: Extent,
}

/// How far from its nominal point a place may lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Within a radius of the nominal point.
    Radius {
        /// In metres.
        radius_m: u32,
    },
    /// Somewhere in an administrative unit.
    AdminUnit(AdminUnit),
    /// Somewhere in a country or beyond: too coarse for any area.
    Unbounded,
}

/// An administrative unit, as a source names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdminUnit {
    /// 1 for a governorate, 2 for a district, 3 for a sub-district, if the source tells.
    pub level: Option<u8>,
    /// As the source writes it, or a P-code.
    pub name: String,
    /// The larger units that the source puts it in, smallest first.
    pub within: Vec<String>,
    /// How far from the nominal point the unit reaches at most, metres: what is left to go by
    /// when no area of the pack has one of these names.
    pub radius_m: u32,
}

/// A way in which a report gave its place. Where it gave several, they were found to agree, and
/// [`Place`] is the finest of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceForm {
    /// The P-code of an administrative unit.
    Pcode(String),
    /// A name, as the source writes it.
    Name(String),
    /// A square of the Military Grid Reference System, without spaces.
    Mgrs(String),
    /// Longitude and latitude.
    Coordinates,
}
