//! Fewer points for the same line (Douglas and Peucker, 1973).

use crate::projection::Point;

/// The points of `line` that are needed so that no point dropped lies farther than
/// `tolerance` from what is left. The ends always stay.
pub(crate) fn simplified(line: &[Point], tolerance: f64) -> Vec<Point> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut needed = vec![false; line.len()];
    needed[0] = true;
    needed[line.len() - 1] = true;
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        let farthest = (first + 1..last)
            .map(|i| (squared_from_segment(line[i], line[first], line[last]), i))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((distance, i)) = farthest
            && distance > tolerance * tolerance
        {
            needed[i] = true;
            spans.extend([(first, i), (i, last)]);
        }
    }
    line.iter().zip(needed).filter_map(|(&p, needed)| needed.then_some(p)).collect()
}

/// Squared distance of `p` from the segment between `a` and `b`.
pub(crate) fn squared_from_segment(p: Point, a: Point, b: Point) -> f64 {
    let along = (b.x - a.x, b.y - a.y);
    let length_squared = along.0 * along.0 + along.1 * along.1;
    if length_squared <= f64::EPSILON {
        return p.distance_squared(a);
    }
    let share = ((p.x - a.x) * along.0 + (p.y - a.y) * along.1) / length_squared;
    let share = share.clamp(0.0, 1.0);
    p.distance_squared(Point { x: a.x + share * along.0, y: a.y + share * along.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Vec<Point> {
        points.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    #[test]
    fn a_bend_stays_and_a_wobble_goes() {
        let bent = line(&[(0.0, 0.0), (5.0, 0.1), (10.0, 0.0), (10.0, 5.0), (10.0, 10.0)]);
        assert_eq!(simplified(&bent, 0.5), line(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]));
        assert_eq!(simplified(&bent, 0.05).len(), 4);
    }

    #[test]
    fn a_line_that_returns_to_its_start_keeps_its_far_end() {
        let there_and_back = line(&[(0.0, 0.0), (9.0, 0.0), (0.0, 0.0)]);
        assert_eq!(simplified(&there_and_back, 1.0), there_and_back);
    }
}
