//! Which segments go into which container.
//!
//! The hour is that of sequencing, not that of the rows: the log only grows, so an hour of it that is
//! over never changes, however late a segment comes.

use std::collections::BTreeMap;
use std::fmt;

use agreement::Digest;
use spacetime::Instant;

use crate::container::{CONTAINER_ROWS_MAX, CONTAINER_SEGMENTS_MAX, ContainerFault, Kept, write};
use crate::name::Name;

const HOUR_MICROS: i64 = 3_600_000_000;

/// An hour of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(i64);

impl Hour {
    /// The hour that an instant is in.
    #[must_use]
    pub const fn of(at: Instant) -> Self {
        Self(at.micros().div_euclid(HOUR_MICROS))
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self, now: Instant) -> bool {
        self < Self::of(now)
    }

    /// From `2024-05-01T10Z`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let start = Instant::parse(&format!("{}:00:00Z", text.strip_suffix('Z')?)).ok()?;
        let hour = Self::of(start);
        (hour.to_string() == text).then_some(hour)
    }
}

/// `2024-05-01T10Z`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = Instant::from_micros(self.0.saturating_mul(HOUR_MICROS)).to_string();
        let until_hour = start.find(':').unwrap_or(start.len());
        write!(f, "{}Z", &start[..until_hour])
    }
}

/// A container with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Name,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The containers of the segments of one hour of the log: one for each while the hour runs, and once it
/// is over all of them merged, in as few as the limit on rows allows. The order in which they are named
/// changes nothing, and one that is named twice is kept once.
///
/// # Errors
/// When a segment cannot be contained, or two that differ stand under one leaf.
pub fn contain(
    hour: Hour,
    is_over: bool,
    segments: impl IntoIterator<Item = Kept>,
) -> Result<Vec<Container>, ContainerFault> {
    let mut by_leaf: BTreeMap<u64, Kept> = BTreeMap::new();
    for segment in segments {
        let leaf = segment.leaf;
        if by_leaf.insert(leaf, segment.clone()).is_some_and(|before| before != segment) {
            return Err(ContainerFault::TwoUnderOneLeaf { leaf });
        }
    }
    let limits = if is_over { (CONTAINER_SEGMENTS_MAX, CONTAINER_ROWS_MAX) } else { (1, 0) };
    let container = |group: Vec<Kept>| {
        let bytes = write(&group)?;
        let (hour, leaf) = (is_over.then_some(hour), group[0].leaf);
        let name = Name { hour, leaf, digest: Digest::of_bytes(&bytes) };
        Ok(Container { name, bytes })
    };
    grouped(by_leaf.into_values(), limits).into_iter().map(container).collect()
}

/// Segments one behind the other, as many in a group as the limits on segments and on rows allow; one by
/// itself always fits.
fn grouped(segments: impl Iterator<Item = Kept>, limits: (usize, usize)) -> Vec<Vec<Kept>> {
    let (segments_max, rows_max) = limits;
    let mut groups: Vec<Vec<Kept>> = Vec::new();
    let mut rows = 0;
    for segment in segments {
        rows += segment.segment.rows.len();
        let fits = |group: &&mut Vec<Kept>| group.len() < segments_max && rows <= rows_max;
        match groups.last_mut().filter(fits) {
            Some(group) => group.push(segment),
            None => {
                rows = segment.segment.rows.len();
                groups.push(vec![segment]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use agreement::TrackPoint;
    use agreement::statement::body::{FeedName, TrackSegment};
    use agreement::track::Address;
    use spacetime::Position;

    use super::*;

    fn segment(leaf: u64, rows: usize) -> Kept {
        let at = Instant::from_micros(0);
        let feed = FeedName { began_at: at, digest: Digest::of_bytes(b""), sensor: None };
        let point = TrackPoint::new(at, Address::icao(1), Position::from_e7(0, 0).unwrap());
        let segment = TrackSegment { feed, part: 0, row_secret: [0; 32], rows: vec![point; rows] };
        Kept { leaf, statement: Digest::of_bytes(b""), salt: [0; 32], corrects: false, segment }
    }

    #[test]
    fn what_is_more_than_one_container_takes_is_split_between_segments() {
        let leaves = |rows: &[usize], limits| -> Vec<Vec<u64>> {
            let segments = (0..).zip(rows).map(|(leaf, &rows)| segment(leaf, rows));
            let groups = grouped(segments, limits);
            groups.iter().map(|group| group.iter().map(|kept| kept.leaf).collect()).collect()
        };
        assert_eq!(leaves(&[4, 4, 3, 0, 1], (9, 8)), [vec![0, 1], vec![2, 3, 4]]);
        assert_eq!(leaves(&[20, 1, 20], (9, 8)), [vec![0], vec![1], vec![2]]);
        assert_eq!(leaves(&[0, 0, 0], (2, 8)), [vec![0, 1], vec![2]]);
        assert_eq!(leaves(&[1, 0], (1, 0)), [vec![0], vec![1]]);
    }
}
