//! Where: by coordinates, grid square, name or P-code, and all that are given must be one place.

use agreement::pack::{NamedArea, NamedPlace};
use agreement::report::{AdminUnit, Extent, Place, PlaceForm};
use spacetime::mgrs::{self, Square};
use spacetime::{Position, Side, geodesy};

use super::Reading;
use super::codes::{
    BAD_MGRS, BAD_PCODE, HALF_A_POSITION, LON_OUT_OF_RANGE, NAME_AMBIGUOUS, NAME_UNKNOWN,
    PLACES_DISAGREE,
};
use super::limits::{LAT, LON, RADIUS_M};
use crate::rejection::Rejection;
use crate::reports::json::Fields;
use crate::reports::places::{Found, Places};
use crate::reports::text::NAME_CHARS_MAX;

/// Most candidates for a name that a message lists.
const CANDIDATES_SHOWN: usize = 8;

/// A way in which the place was given, and the ground it stands for.
struct Given<'a> {
    field: &'static str,
    ground: Ground<'a>,
    form: PlaceForm,
}

#[derive(Clone, Copy)]
enum Ground<'a> {
    Disc {
        centre: Position,
        radius_m: u32,
    },
    Area(&'a NamedArea),
    /// Nobody here knows; it is passed on as it is.
    Unknown,
}

/// The place of a report, the finest of all that are given, and how it was given where that
/// says more.
pub(super) fn place(
    fields: &mut Fields,
    read: &mut Reading<'_>,
    places: &Places,
) -> Result<(Option<Place>, Vec<PlaceForm>), Rejection> {
    let given = [coordinates(fields, read)?, grid_square(fields)?, pcode(fields, places)?];
    let mut given: Vec<Given<'_>> = given.into_iter().flatten().collect();
    if let Some(named) = name(fields, places, &given)? {
        given.push(named);
    }
    for (n, one) in given.iter().enumerate() {
        for other in &given[..n] {
            let apart_m = apart_m(one.ground, other.ground);
            if apart_m > 0 {
                let (other, km) = (other.field, shown_km(apart_m));
                let detail = format!("`{}` and `{other}` are {km} apart", one.field);
                return Err(fields.reject(&PLACES_DISAGREE, one.field).detail(detail));
            }
        }
    }
    let place = finest(&given);
    let is_plain =
        matches!(&given[..], [Given { form: PlaceForm::Coordinates | PlaceForm::Pcode(_), .. }]);
    let forms = given.into_iter().map(|given| given.form);
    Ok((place, if is_plain { Vec::new() } else { forms.collect() }))
}

pub(super) fn position(fields: &mut Fields) -> Result<Option<Position>, Rejection> {
    let lon = fields.number("lon", &LON)?;
    let lat = fields.number("lat", &LAT)?;
    match (lon, lat) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) => Position::from_degrees(lon, lat)
            .map(Some)
            .map_err(|_| fields.reject(&LON_OUT_OF_RANGE, "lon")),
        (Some(_), None) => Err(fields.reject(&HALF_A_POSITION, "lat")),
        (None, Some(_)) => Err(fields.reject(&HALF_A_POSITION, "lon")),
    }
}

fn coordinates<'a>(
    fields: &mut Fields,
    read: &mut Reading<'_>,
) -> Result<Option<Given<'a>>, Rejection> {
    let Some(mut inner) = fields.object("place")? else { return Ok(None) };
    let centre = position(&mut inner)?.ok_or_else(|| inner.missing("lon"))?;
    let radius_m = inner.whole("radius_m", &RADIUS_M)?;
    let radius_m = radius_m.ok_or_else(|| inner.missing("radius_m"))?;
    read.finish(inner)?;
    let ground = Ground::Disc { centre, radius_m };
    Ok(Some(Given { field: "place", ground, form: PlaceForm::Coordinates }))
}

fn grid_square<'a>(fields: &mut Fields) -> Result<Option<Given<'a>>, Rejection> {
    let Some(found) = fields.text("mgrs", mgrs::CHARS_MAX)? else { return Ok(None) };
    let square: Square = found
        .parse()
        .map_err(|why: mgrs::MgrsFault| fields.reject(&BAD_MGRS, "mgrs").detail(why.to_string()))?;
    let ground = Ground::Disc { centre: square.centre, radius_m: square.radius_m() };
    let plain: String =
        found.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    Ok(Some(Given { field: "mgrs", ground, form: PlaceForm::Mgrs(plain) }))
}

fn pcode<'a>(fields: &mut Fields, places: &'a Places) -> Result<Option<Given<'a>>, Rejection> {
    let Some(pcode) = fields.text("pcode", NAME_CHARS_MAX)? else { return Ok(None) };
    if !is_pcode(&pcode) {
        return Err(fields.reject(&BAD_PCODE, "pcode"));
    }
    let ground = places.around(&pcode).map_or(Ground::Unknown, Ground::Area);
    Ok(Some(Given { field: "pcode", ground, form: PlaceForm::Pcode(pcode) }))
}

/// The country's ISO 3166 letters, then what each level adds (OCHA's COD-AB).
pub(in crate::reports) fn is_pcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let country = bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_uppercase);
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    country && bytes.len() <= 20 && bytes[2..].iter().all(plain)
}

/// What a name stands for. Of several places that bear it, those count that agree with what else
/// is given; one must be left.
fn name<'a>(
    fields: &mut Fields,
    places: &'a Places,
    given: &[Given<'_>],
) -> Result<Option<Given<'a>>, Rejection> {
    let Some(name) = fields.text("place_name", NAME_CHARS_MAX)? else { return Ok(None) };
    let candidates = places.called(&name);
    let agrees = |ground: Ground<'_>| given.iter().all(|g| apart_m(g.ground, ground) == 0);
    let mut agreeing = candidates.iter().map(|&found| Ground::of(found)).filter(|&g| agrees(g));
    let first = agreeing.next();
    let ground = match (first, candidates.first()) {
        (None, None) if given.is_empty() && !places.is_empty() => {
            return Err(fields.reject(&NAME_UNKNOWN, "place_name"));
        }
        (None, None) => Ground::Unknown,
        // None agrees: the nearest of them tells by how much.
        (None, Some(_)) => {
            let apart = |ground: &Ground<'_>| {
                given.iter().map(|g| apart_m(g.ground, *ground)).max().unwrap_or(0)
            };
            let all = candidates.iter().map(|&found| Ground::of(found));
            all.min_by_key(apart).unwrap_or(Ground::Unknown)
        }
        // Areas come first: one that holds the others of its name stands for all of them.
        (Some(first), _) => {
            if agreeing.any(|other| !first.holds(other)) {
                let detail = candidates_shown(&candidates);
                return Err(fields.reject(&NAME_AMBIGUOUS, "place_name").detail(detail));
            }
            first
        }
    };
    Ok(Some(Given { field: "place_name", ground, form: PlaceForm::Name(name) }))
}

/// The P-codes of what bears a name: they tell towns apart, and give no coordinate away.
fn candidates_shown(candidates: &[Found<'_>]) -> String {
    let code = |found: &Found<'_>| match found {
        Found::Area(area) => area.pcode.clone().unwrap_or_else(|| area.id.to_string()),
        Found::Place(place) => place.pcode.clone().unwrap_or_else(|| "no P-code".to_owned()),
    };
    let mut codes: Vec<String> = candidates.iter().map(code).collect();
    codes.sort_unstable();
    codes.dedup();
    let more = codes.len().saturating_sub(CANDIDATES_SHOWN);
    codes.truncate(CANDIDATES_SHOWN);
    let shown = codes.join(", ");
    if more == 0 { format!("in {shown}") } else { format!("in {shown} and {more} more") }
}

impl<'a> Ground<'a> {
    const fn of(found: Found<'a>) -> Self {
        match found {
            Found::Area(area) => Self::Area(area),
            Found::Place(&NamedPlace { position, radius_m, .. }) => {
                Self::Disc { centre: position, radius_m }
            }
        }
    }

    /// Whether another ground lies in this one, or is the same place under another entry.
    fn holds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Area(area), Self::Disc { centre, .. }) => {
                area.area.side(centre) != Side::Outside
            }
            (Self::Area(area), Self::Area(other)) => area.id == other.id,
            (
                Self::Disc { centre, radius_m },
                Self::Disc { centre: other, radius_m: other_radius },
            ) => metres(centre, other) <= i64::from(radius_m.min(other_radius)),
            _ => false,
        }
    }
}

/// How far two grounds are apart at least, metres; 0 where they meet or it cannot be told.
fn apart_m(a: Ground<'_>, b: Ground<'_>) -> i64 {
    match (a, b) {
        (Ground::Unknown, _) | (_, Ground::Unknown) => 0,
        (
            Ground::Disc { centre, radius_m },
            Ground::Disc { centre: other, radius_m: other_radius },
        ) => metres(centre, other) - i64::from(radius_m) - i64::from(other_radius),
        (Ground::Disc { centre, radius_m }, Ground::Area(area))
        | (Ground::Area(area), Ground::Disc { centre, radius_m }) => {
            to_area_m(centre, area) - i64::from(radius_m)
        }
        (Ground::Area(a), Ground::Area(b)) => between_m(a, b),
    }
    .max(0)
}

fn metres(a: Position, b: Position) -> i64 {
    geodesy::inverse(a, b).length_mm / 1_000
}

/// 0 inside and on the edge.
fn to_area_m(p: Position, area: &NamedArea) -> i64 {
    match area.area.side(p) {
        Side::Outside => area.area.distance_to_edge_cm(p) / 100,
        _ => 0,
    }
}

/// Between the corners of one and the other, to the nearest of them: 0 where they touch.
fn between_m(a: &NamedArea, b: &NamedArea) -> i64 {
    if a.id == b.id {
        return 0;
    }
    let corners = |area: &NamedArea| -> Vec<Position> {
        area.area.polygons().iter().flat_map(|p| p.outer().vertices()).copied().collect()
    };
    let from = |near: &NamedArea, far: &NamedArea| {
        corners(far).into_iter().map(|corner| to_area_m(corner, near)).min().unwrap_or(0)
    };
    from(a, b).min(from(b, a))
}

/// To the next tenth of a kilometre: enough to see a slip, too little to find anybody.
fn shown_km(metres: i64) -> String {
    let tenths = metres / 100 + 1;
    format!("{}.{} km", tenths / 10, tenths % 10)
}

/// Coordinates and squares before names of points, by how far each reaches, then names.
fn finest(given: &[Given<'_>]) -> Option<Place> {
    let disc = |given: &Given<'_>| match given.ground {
        Ground::Disc { centre, radius_m } => Some((radius_m, centre)),
        _ => None,
    };
    if let Some((radius_m, centre)) = given.iter().filter_map(disc).min_by_key(|(r, _)| *r) {
        return Some(Place { nominal: Some(centre), extent: Extent::Radius { radius_m } });
    }
    let named = given.iter().find_map(|given| match &given.form {
        PlaceForm::Pcode(name) => Some(name.clone()),
        _ => None,
    });
    let named = named.or_else(|| {
        given.iter().find_map(|given| match (&given.ground, &given.form) {
            (Ground::Area(area), PlaceForm::Name(_)) => Some(area.id.to_string()),
            (_, PlaceForm::Name(name)) => Some(name.clone()),
            _ => None,
        })
    })?;
    let unit = AdminUnit { level: None, name: named, within: Vec::new(), radius_m: 0 };
    Some(Place { nominal: None, extent: Extent::AdminUnit(unit) })
}
