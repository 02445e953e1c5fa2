//! Where something happened, as far as it may be told.
//!
//! Where harm fell is told exactly. Where somebody fired, launched, stood or kept weapons is told
//! as cells of H3 of resolution 5 (about 250 km2) and a day later, however exact the input: the
//! exact place cannot be put into this type.

use std::collections::BTreeSet;

use agreement::Act;
use h3o::{LatLng, Resolution};
use spacetime::{Duration, Instant, Position};

/// Polygons, each an outer ring and its holes; rings are not closed.
pub type Region = Vec<Vec<Vec<Position>>>;

/// How long the cell of a place of firing is kept back.
pub const KEPT_BACK: Duration = Duration::from_seconds(24 * 3600);
/// Cells in which a place of firing may lie that are told at most; a place known worse than
/// that is not told.
pub const CELLS_TOLD_MAX: usize = 24;

/// Where an incident happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Where harm fell.
    Exact(ExactPlace),
    /// In one of these cells of H3 of resolution 5.
    Cells(Vec<CellId>),
    /// A cell will be told from this instant on.
    KeptBack(Instant),
    /// Nobody says.
    Unknown,
}

/// A place of harm, and where it may have been. Only [`Whereabouts::of`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactPlace {
    at: Position,
    region50: Region,
    region95: Region,
}

/// The name of a cell of H3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId(h3o::CellIndex);

/// As H3 writes it: 15 hexadecimal digits.
impl std::fmt::Display for CellId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl CellId {
    /// The cell of resolution 5 that holds a position.
    #[must_use]
    pub fn holding(at: Position) -> Self {
        let place = LatLng::new(at.lat_degrees(), at.lon_degrees()).expect("degrees are finite");
        Self(place.to_cell(Resolution::Five))
    }
}

/// A place before it is known what may be told of it. Nothing is reckoned that may not be told.
pub(crate) trait Place {
    /// The best single place.
    fn at(&self) -> Position;
    /// Where it was, with a chance of `share`.
    fn region(&self, share: f64) -> Region;
    /// The cells in which it may have been.
    fn cells(&self) -> BTreeSet<CellId>;
}

impl Whereabouts {
    /// What may be told of a place at `as_of`, of something that ended at `until` and that
    /// reports call one of `acts`.
    pub(crate) fn of(
        acts: impl IntoIterator<Item = Act>,
        until: Instant,
        as_of: Instant,
        found: Option<&impl Place>,
    ) -> Self {
        let Some(found) = found else { return Self::Unknown };
        if !acts.into_iter().any(Act::place_is_coarsened) {
            return Self::Exact(ExactPlace {
                at: found.at(),
                region50: found.region(0.5),
                region95: found.region(0.95),
            });
        }
        let from = until.plus(KEPT_BACK);
        if as_of < from {
            return Self::KeptBack(from);
        }
        let cells = found.cells();
        if cells.is_empty() || cells.len() > CELLS_TOLD_MAX {
            return Self::Unknown;
        }
        Self::Cells(cells.into_iter().collect())
    }
}

impl ExactPlace {
    /// The best single place.
    #[must_use]
    pub const fn at(&self) -> Position {
        self.at
    }

    /// Where it was, with even odds.
    #[must_use]
    pub const fn region50(&self) -> &Region {
        &self.region50
    }

    /// Where it was, with 95 in 100.
    #[must_use]
    pub const fn region95(&self) -> &Region {
        &self.region95
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known(Position);

    impl Place for Known {
        fn at(&self) -> Position {
            self.0
        }

        fn region(&self, _: f64) -> Region {
            vec![vec![vec![self.0]]]
        }

        fn cells(&self) -> BTreeSet<CellId> {
            BTreeSet::from([CellId::holding(self.0)])
        }
    }

    fn known() -> Known {
        Known(Position::from_degrees(36.1, 32.8).unwrap())
    }

    fn of(act: Act, age_s: i64) -> Whereabouts {
        let until = Instant::from_micros(0);
        let as_of = until.plus(Duration::from_seconds(age_s));
        Whereabouts::of([act], until, as_of, Some(&known()))
    }

    #[test]
    fn a_place_of_firing_is_kept_back_a_day_and_then_told_as_a_cell() {
        for act in Act::ALL.iter().copied().filter(|act| act.place_is_coarsened()) {
            assert!(matches!(of(act, 24 * 3600 - 1), Whereabouts::KeptBack(_)));
            let Whereabouts::Cells(cells) = of(act, 24 * 3600) else { panic!("{act:?}") };
            assert_eq!(cells.len(), 1);
            assert_eq!(cells[0].0.resolution(), Resolution::Five);
        }
    }

    #[test]
    fn where_harm_fell_is_told_at_once() {
        assert!(matches!(of(Act::Impact, 0), Whereabouts::Exact(_)));
    }

    #[test]
    fn one_report_of_firing_is_enough_to_keep_the_place_back() {
        let acts = [Act::Explosion, Act::Outgoing];
        let at = Instant::from_micros(0);
        let told = Whereabouts::of(acts, at, at, Some(&known()));
        assert!(matches!(told, Whereabouts::KeptBack(_)));
    }

    #[test]
    fn a_cell_is_the_one_that_h3_names() {
        let cell = CellId::holding(Position::from_degrees(-122.418_130_7, 37.775_256_8).unwrap());
        assert_eq!(cell.to_string(), "85283083fffffff");
    }
}
