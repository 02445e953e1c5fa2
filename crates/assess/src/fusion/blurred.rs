//! Places that two posts alone perceived, as squares of a fixed lattice.
//!
//! The region of what two posts perceived is made of arcs and sectors about them: drawn finely, it tells where
//! they stand, and where they stand is protected. On a lattice that is the same for every incident its edges are
//! no arcs, and its best place is the middle of a square. Which squares are taken goes by what each holds, so
//! that the region still holds what it says.

use spacetime::Position;

use super::outline::{Outline, Square, outlines};
use super::plane::{Near, Xy};
use super::posterior::Posterior;
use super::whereabouts::Region;

/// Sides of squares, 1e-7 degrees: from some 2 km to some 250 m.
const SIDES_E7: [i64; 4] = [200_000, 100_000, 50_000, 25_000];
/// A side, metres, for 1e-7 degrees of a meridian.
const M_PER_E7: f64 = 0.0111;
/// The coarsest lattice is taken on which the densest square holds no more than this: a region of one or
/// two squares would hold far more than it says.
const SHARE_MAX: f64 = 0.2;
/// What a cell holds is shared out evenly over places so many to a side apart.
const TO_A_SIDE: f64 = 4.0;

/// Squares of a lattice by what they hold, the most first.
pub(super) struct Blurred {
    side_e7: i64,
    /// Where each lies in the lattice, and its share.
    squares: Vec<((i64, i64), f64)>,
}

impl Blurred {
    pub(super) fn of(near: &Near, found: &Posterior) -> Self {
        let side_m = |side_e7: i64| side_e7 as f64 * M_PER_E7;
        let density = found.density_max();
        let is_told = |&&side: &&i64| side_m(side) * side_m(side) * density <= SHARE_MAX;
        let side_e7 = *SIDES_E7.iter().find(is_told).unwrap_or(&SIDES_E7[SIDES_E7.len() - 1]);
        let mut held: Vec<((i64, i64), f64)> = Vec::new();
        found.spread(side_m(side_e7) / TO_A_SIDE, |p: Xy, share| {
            let at = near.position(p);
            let square = |e7: i32| i64::from(e7).div_euclid(side_e7);
            held.push(((square(at.lon_e7()), square(at.lat_e7())), share));
        });
        let mut squares = summed(held);
        squares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Self { side_e7, squares }
    }

    /// The middle of the square that holds most.
    pub(super) fn at(&self) -> Option<Position> {
        let &((x, y), _) = self.squares.first()?;
        let middle = |n: i64| n * self.side_e7 + self.side_e7 / 2;
        Some(position(middle(x), middle(y)))
    }

    /// The squares that hold `share` of it, as nearly as squares can.
    pub(super) fn region(&self, share: f64) -> Region {
        let (mut held, mut taken) = (0.0, Vec::new());
        for &(square, more) in &self.squares {
            if held + more / 2.0 > share && !taken.is_empty() {
                break;
            }
            held += more;
            taken.push(square);
        }
        let west = taken.iter().map(|&(x, _)| x).min().unwrap_or(0);
        let south = taken.iter().map(|&(_, y)| y).min().unwrap_or(0);
        let squares = taken.iter().map(|&(x, y)| Square {
            x: (x - west) as u32,
            y: (y - south) as u32,
            side: 1,
        });
        let ring = |corners: &[(u32, u32)]| {
            let at = |&(x, y): &(u32, u32)| {
                let corner = |from: i64, n: u32| (from + i64::from(n)) * self.side_e7;
                position(corner(west, x), corner(south, y))
            };
            corners.iter().map(at).collect::<Vec<_>>()
        };
        let polygon = |outline: &Outline| {
            let holes = outline.holes.iter().map(|hole| ring(hole));
            std::iter::once(ring(&outline.outer)).chain(holes).collect()
        };
        outlines(&squares.collect::<Vec<_>>()).iter().map(polygon).collect()
    }
}

/// What each square holds of what some places hold.
fn summed(mut held: Vec<((i64, i64), f64)>) -> Vec<((i64, i64), f64)> {
    // Stable: the shares of a square are summed in the order in which they came.
    held.sort_by_key(|&(square, _)| square);
    held.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 += next.1;
        }
        is_same
    });
    held
}

/// A corner of the lattice, kept on the globe.
fn position(lon_e7: i64, lat_e7: i64) -> Position {
    let lon = if lon_e7 > 1_800_000_000 { lon_e7 - 3_600_000_000 } else { lon_e7 };
    Position::from_e7(lon as i32, lat_e7.clamp(-900_000_000, 900_000_000) as i32)
        .expect("kept on the globe")
}
