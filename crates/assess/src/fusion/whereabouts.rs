//! Where something happened, as far as it may be told.
//!
//! Where harm fell is told exactly. Where somebody fired, launched, stood or kept weapons is told
//! as cells of H3 of resolution 5 (about 250 km2) and a day later, however exact the input: the
//! exact place cannot be put into this type.
//!
//! Nobody hears which end of a shot it was. So what ranges by sound alone is taken for a gun, unless
//! some report says that harm fell there; and of an explosion that people tell of as well, the
//! place is the one that they and cameras give, with nothing of what was ranged by sound in it.
//!
//! Whatever one post alone perceived, and states no place for, lies in a ring or a sector about that
//! post. Its middle or its tip is the post, which is protected: such a place is coarse as well. What
//! two posts perceived is told at once, blurred: as squares of a fixed lattice of 0.02 degrees.

use std::collections::BTreeSet;

use agreement::Act;
use h3o::{LatLng, Resolution};
use spacetime::metric::local_distance_cm;
use spacetime::{Duration, Instant, Position};

/// Polygons, each an outer ring and its holes; rings are not closed.
pub type Region = Vec<Vec<Vec<Position>>>;

/// How long the cell of a place of firing is kept back.
pub const KEPT_BACK: Duration = Duration::from_seconds(24 * 3600);

/// What the bound of the metric adds to how far a cell reaches, centimetres.
const REACH_SLACK_CM: i64 = 10_000;

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

    /// How far it reaches from its middle, centimetres, rounded up.
    pub(crate) fn reach_cm(self) -> i64 {
        let middle = self.middle();
        let corner =
            |at: &LatLng| Position::from_degrees(at.lng(), at.lat()).expect("on the globe");
        let corners = self.0.boundary();
        let far = corners.iter().map(|at| local_distance_cm(middle, corner(at))).max();
        far.unwrap_or(0) + REACH_SLACK_CM
    }

    /// It and those around it, up to `rings` of them.
    pub(crate) fn around(self, rings: u32) -> BTreeSet<Self> {
        self.0.grid_disk::<Vec<_>>(rings).into_iter().map(Self).collect()
    }

    /// Its middle.
    pub(crate) fn middle(self) -> Position {
        let middle = LatLng::from(self.0);
        Position::from_degrees(middle.lng(), middle.lat()).expect("on the globe")
    }
}

/// What a report of a group lends to the question of what may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lends {
    pub(crate) act: Act,
    /// Whether it ranges by sound.
    pub(crate) is_ranging: bool,
    /// Whose it is.
    pub(crate) post: usize,
    /// Whether it states a place itself, and not only how that lies from where its source stood.
    pub(crate) is_placed: bool,
}

/// How a place may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Exactly(Drawn),
    /// As it is without what was ranged by sound.
    Unranged(Drawn),
    Coarsely,
}

/// How a region is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawn {
    /// As it was found.
    Finely,
    /// As squares of a lattice: its edges would tell where two posts stand.
    Blurred,
}

/// Whether the place of a group is told as it was found, so that it has to be found finely.
pub(crate) fn is_told_finely(lent: &[Lends]) -> bool {
    matches!(Told::of(lent), Told::Exactly(_))
}

/// Whether anything finer than a cell is told of the place of a group.
pub(crate) fn is_told_exactly(lent: &[Lends]) -> bool {
    !matches!(Told::of(lent), Told::Coarsely)
}

impl Told {
    fn of(lent: &[Lends]) -> Self {
        let ranges = lent.iter().any(|lends| lends.is_ranging);
        let fell = lent.iter().any(|lends| lends.act.is_where_harm_fell());
        let unranged = lent.iter().filter(|lends| !lends.is_ranging);
        if lent.iter().any(|lends| lends.act.place_is_coarsened()) {
            Self::Coarsely
        } else if !ranges || fell {
            drawn(lent).map_or(Self::Coarsely, Self::Exactly)
        } else {
            drawn(unranged).map_or(Self::Coarsely, Self::Unranged)
        }
    }
}

/// How a place may be drawn that rests on what some reports lend. As one post saw or heard it, it is a ring
/// or a sector about the post, which would tell where that is, and is not drawn; nor is that of no report
/// at all.
fn drawn<'a>(lent: impl IntoIterator<Item = &'a Lends>) -> Option<Drawn> {
    let mut posts = BTreeSet::new();
    for lends in lent {
        if lends.is_placed {
            return Some(Drawn::Finely);
        }
        posts.insert(lends.post);
    }
    match posts.len() {
        0 | 1 => None,
        2 => Some(Drawn::Blurred),
        _ => Some(Drawn::Finely),
    }
}

/// A place before it is known what may be told of it. Nothing is reckoned that may not be told.
pub(crate) trait Place: Sized {
    /// The same place without what was ranged by sound.
    fn unranged(&self) -> Option<Self>;
    /// The best single place, and where it was with a chance of 50 and of 95 percent.
    fn drawn(&self, drawn: Drawn) -> (Position, [Region; 2]);
    /// The cells in which it may have been.
    fn cells(&self) -> BTreeSet<CellId>;
}

impl Whereabouts {
    /// What may be told of a place at `as_of`, of something that ended at `until`, given what its
    /// reports lend.
    pub(crate) fn of(
        lent: &[Lends],
        until: Instant,
        as_of: Instant,
        found: Option<&impl Place>,
    ) -> Self {
        let Some(found) = found else { return Self::Unknown };
        match Told::of(lent) {
            Told::Exactly(drawn) => return Self::exactly(found, drawn),
            Told::Unranged(drawn) => {
                let found = found.unranged();
                return found.map_or(Self::Unknown, |found| Self::exactly(&found, drawn));
            }
            Told::Coarsely => {}
        }
        let from = until.plus(KEPT_BACK);
        if as_of < from {
            return Self::KeptBack(from);
        }
        let cells = found.cells();
        if cells.is_empty() {
            return Self::Unknown;
        }
        Self::Cells(cells.into_iter().collect())
    }

    fn exactly(found: &impl Place, drawn: Drawn) -> Self {
        let (at, [region50, region95]) = found.drawn(drawn);
        Self::Exact(ExactPlace { at, region50, region95 })
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
        fn unranged(&self) -> Option<Self> {
            Some(Self(Position::from_degrees(36.2, 32.9).unwrap()))
        }

        fn drawn(&self, drawn: Drawn) -> (Position, [Region; 2]) {
            let corners = if drawn == Drawn::Blurred { 4 } else { 1 };
            let region = vec![vec![vec![self.0; corners]]];
            (self.0, [region.clone(), region])
        }

        fn cells(&self) -> BTreeSet<CellId> {
            BTreeSet::from([CellId::holding(self.0)])
        }
    }

    fn known() -> Known {
        Known(Position::from_degrees(36.1, 32.8).unwrap())
    }

    fn said(act: Act) -> Lends {
        Lends { act, is_ranging: false, post: 1, is_placed: true }
    }

    fn ranged(act: Act) -> Lends {
        Lends { act, is_ranging: true, post: 2, is_placed: false }
    }

    fn seen_from(post: usize) -> Lends {
        Lends { act: Act::Explosion, is_ranging: false, post, is_placed: false }
    }

    #[test]
    fn what_one_post_alone_perceived_is_not_told_exactly_since_it_tells_where_the_post_is() {
        for alone in [
            &[seen_from(1)][..],
            &[seen_from(1), seen_from(1)],
            &[seen_from(1), ranged(Act::Explosion), ranged(Act::Explosion)],
        ] {
            assert!(matches!(told(alone, 0), Whereabouts::KeptBack(_)), "{alone:?}");
            assert!(matches!(told(alone, 24 * 3600), Whereabouts::Cells(_)), "{alone:?}");
        }
        for told in
            [told(&[seen_from(1), seen_from(3)], 0), told(&[seen_from(1), said(Act::Explosion)], 0)]
        {
            assert!(matches!(told, Whereabouts::Exact(_)), "{told:?}");
        }
    }

    #[test]
    fn what_two_posts_alone_perceived_is_blurred_since_its_edges_tell_where_they_are() {
        let corners = |lent: &[Lends]| match told(lent, 0) {
            Whereabouts::Exact(place) => place.region95()[0][0].len(),
            other => panic!("{other:?}"),
        };
        for two in [
            &[seen_from(1), seen_from(3)][..],
            &[seen_from(1), seen_from(3), seen_from(1)],
            &[seen_from(1), seen_from(3), ranged(Act::Explosion)],
        ] {
            assert_eq!(corners(two), 4, "{two:?}");
        }
        assert_eq!(corners(&[seen_from(1), seen_from(3), seen_from(4)]), 1);
        assert_eq!(corners(&[seen_from(1), said(Act::Explosion)]), 1);
    }

    fn told(lent: &[Lends], age_s: i64) -> Whereabouts {
        let until = Instant::from_micros(0);
        let as_of = until.plus(Duration::from_seconds(age_s));
        Whereabouts::of(lent, until, as_of, Some(&known()))
    }

    fn of(act: Act, age_s: i64) -> Whereabouts {
        told(&[said(act)], age_s)
    }

    #[test]
    fn what_ranges_by_sound_alone_is_taken_for_a_gun() {
        let alone = [ranged(Act::Explosion), ranged(Act::Explosion)];
        assert!(matches!(told(&alone, 0), Whereabouts::KeptBack(_)));
        assert!(matches!(told(&alone, 24 * 3600), Whereabouts::Cells(_)));
    }

    #[test]
    fn one_report_that_harm_fell_there_is_enough_to_tell_where() {
        for harm in
            [Lends { post: 3, ..ranged(Act::Impact) }, said(Act::Impact), said(Act::Airstrike)]
        {
            let Whereabouts::Exact(place) = told(&[ranged(Act::Explosion), harm], 0) else {
                panic!("{harm:?}")
            };
            assert_eq!(place.at(), known().0);
        }
    }

    #[test]
    fn an_explosion_is_told_where_people_have_it_and_not_where_sound_ranging_has() {
        let lent = [ranged(Act::Explosion), ranged(Act::Explosion), said(Act::Explosion)];
        let Whereabouts::Exact(place) = told(&lent, 0) else { panic!() };
        assert_eq!(place.at(), known().unranged().unwrap().0);
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
        let lent = [said(Act::Explosion), said(Act::Outgoing), said(Act::Impact)];
        assert!(matches!(told(&lent, 0), Whereabouts::KeptBack(_)));
    }

    #[test]
    fn a_cell_is_the_one_that_h3_names() {
        let cell = CellId::holding(Position::from_degrees(-122.418_130_7, 37.775_256_8).unwrap());
        assert_eq!(cell.to_string(), "85283083fffffff");
    }
}
