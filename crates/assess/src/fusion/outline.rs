//! The outline of some squares of a lattice: rings with what is inside on their left.

/// A corner of the lattice.
pub(crate) type Corner = (u32, u32);

/// A square: its lower left corner and its side, in steps of the lattice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Square {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) side: u32,
}

/// An outer ring, anticlockwise, and its holes, clockwise. Rings are not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) outer: Vec<Corner>,
    pub(crate) holes: Vec<Vec<Corner>>,
}

/// The outlines of squares that do not overlap, in a fixed order.
pub(crate) fn outlines(squares: &[Square]) -> Vec<Outline> {
    let mut ways = Ways::of(squares);
    let mut rings = Vec::new();
    for start in 0..ways.steps.len() {
        if !ways.walked[start] {
            ways.trace(start, &mut rings);
        }
    }
    let (outer, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| area2(ring) > 0);
    let mut found: Vec<Outline> =
        outer.into_iter().map(|outer| Outline { outer, holes: Vec::new() }).collect();
    found.sort_by(|a, b| a.outer.cmp(&b.outer));
    for hole in holes {
        let around = found.iter_mut().filter(|outline| holds(&outline.outer, &hole));
        if let Some(nearest) = around.min_by_key(|outline| area2(&outline.outer)) {
            nearest.holes.push(hole);
        }
    }
    found
}

/// Steps along the border, sorted by where they start.
struct Ways {
    steps: Vec<(Corner, Corner)>,
    walked: Vec<bool>,
}

/// A change of what is inside along a line: the line and where, in one number, which sorts the faster; and by
/// how much.
type Change = (u64, i32);

const fn along(line: u32, at: u32) -> u64 {
    (line as u64) << 32 | at as u64
}

impl Ways {
    fn of(squares: &[Square]) -> Self {
        let room = || Vec::<Change>::with_capacity(4 * squares.len());
        let (mut upright, mut level) = (room(), room());
        for s in squares {
            let edge = |lines: &mut Vec<Change>, line: u32, from: u32, sign: i32| {
                lines.extend([(along(line, from), sign), (along(line, from + s.side), -sign)]);
            };
            edge(&mut upright, s.x, s.y, 1);
            edge(&mut upright, s.x + s.side, s.y, -1);
            edge(&mut level, s.y, s.x, 1);
            edge(&mut level, s.y + s.side, s.x, -1);
        }
        let mut steps = Vec::new();
        // Inside to the east: southwards; inside to the north: eastwards.
        borders(upright, |x, low, high, inside| {
            let (from, to) = if inside > 0 { (high, low) } else { (low, high) };
            steps.push(((x, from), (x, to)));
        });
        borders(level, |y, low, high, inside| {
            let (from, to) = if inside > 0 { (low, high) } else { (high, low) };
            steps.push(((from, y), (to, y)));
        });
        steps.sort_unstable();
        let walked = vec![false; steps.len()];
        Self { steps, walked }
    }

    /// Follows the border from a step, always turning left where two ways lead on, and cuts off
    /// each loop as it closes.
    fn trace(&mut self, start: usize, rings: &mut Vec<Vec<Corner>>) {
        let mut path = vec![self.steps[start].0];
        self.walked[start] = true;
        let mut next = self.steps[start].1;
        loop {
            if let Some(at) = path.iter().rposition(|&corner| corner == next) {
                rings.push(path.split_off(at));
                if path.is_empty() {
                    return;
                }
            }
            path.push(next);
            let from = path.len().checked_sub(2).map(|n| path[n]);
            let Some(step) = self.onward(from, next) else { return };
            self.walked[step] = true;
            next = self.steps[step].1;
        }
    }

    fn onward(&self, from: Option<Corner>, here: Corner) -> Option<usize> {
        let first = self.steps.partition_point(|&(start, _)| start < here);
        let open = (first..self.steps.len())
            .take_while(|&n| self.steps[n].0 == here)
            .filter(|&n| !self.walked[n]);
        open.max_by_key(|&n| {
            let turn = from.map_or(0, |from| cross(from, here, self.steps[n].1));
            (turn, std::cmp::Reverse(n))
        })
    }
}

/// Stretches of each line with the inside on one side only.
fn borders(mut changes: Vec<Change>, mut found: impl FnMut(u32, u32, u32, i32)) {
    changes.sort_unstable();
    let (mut inside, mut from) = (0, 0);
    let mut n = 0;
    while n < changes.len() {
        let (place, mut change) = changes[n];
        n += 1;
        while changes.get(n).is_some_and(|next| next.0 == place) {
            change += changes[n].1;
            n += 1;
        }
        if change == 0 {
            continue;
        }
        let (line, at) = ((place >> 32) as u32, place as u32);
        if inside != 0 {
            found(line, from, at, inside);
        }
        inside += change;
        from = at;
    }
}

/// Positive where the way from `a` over `b` to `c` turns left.
fn cross(a: Corner, b: Corner, c: Corner) -> i64 {
    let d = |to: u32, from: u32| i64::from(to) - i64::from(from);
    (d(b.0, a.0) * d(c.1, b.1) - d(b.1, a.1) * d(c.0, b.0)).signum()
}

/// Twice the area, positive when anticlockwise.
fn area2(ring: &[Corner]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1))
        .sum()
}

/// Whether a hole lies in a ring: by the middle of its first edge, in half steps.
fn holds(ring: &[Corner], hole: &[Corner]) -> bool {
    let (a, b) = (hole[0], hole[1 % hole.len()]);
    // A quarter to the side that is not the ring's own corner: holes touch rings in corners only.
    let (px, py) = (a.0 + b.0, a.1 + b.1);
    let mut inside = false;
    for (c, d) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        if c.0 == d.0 {
            let (low, high) = (c.1.min(d.1) * 2, c.1.max(d.1) * 2);
            if low <= py && py < high && px < c.0 * 2 {
                inside = !inside;
            }
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: u32, y: u32, side: u32) -> Square {
        Square { x, y, side }
    }

    fn whole_area(outlines: &[Outline]) -> i64 {
        let holes = |o: &Outline| o.holes.iter().map(|hole| area2(hole)).sum::<i64>();
        outlines.iter().map(|o| area2(&o.outer) + holes(o)).sum::<i64>() / 2
    }

    #[test]
    fn squares_side_by_side_have_one_outline() {
        let found = outlines(&[square(0, 0, 2), square(2, 0, 1), square(2, 1, 1)]);
        assert_eq!(found.len(), 1);
        assert_eq!(whole_area(&found), 6);
    }

    #[test]
    fn a_ring_of_squares_has_a_hole() {
        let around = [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2), (2, 2)];
        let found = outlines(&around.map(|(x, y)| square(x, y, 1)));
        assert_eq!((found.len(), found[0].holes.len()), (1, 1));
        assert_eq!(whole_area(&found), 8);
    }

    #[test]
    fn squares_that_touch_in_a_corner_are_two() {
        let found = outlines(&[square(0, 0, 1), square(1, 1, 1)]);
        assert_eq!(found.len(), 2);
        assert_eq!(whole_area(&found), 2);
    }

    #[test]
    fn holes_that_touch_in_a_corner_are_two() {
        let all = (0..4).flat_map(|x| (0..4).map(move |y| (x, y)));
        let squares: Vec<Square> =
            all.filter(|at| ![(1, 1), (2, 2)].contains(at)).map(|(x, y)| square(x, y, 1)).collect();
        let found = outlines(&squares);
        assert_eq!((found.len(), found[0].holes.len()), (1, 2));
        assert_eq!(whole_area(&found), 14);
    }
}
