//! How thick the rows of a register lie about a place and a time: what a chance neighbour is
//! worth.
//!
//! Space and time are halved again and again, and each half gets the share of rows that lies in
//! it, drawn towards what is expected of it by a few rows' worth (a Pólya tree). Of place alone
//! and of time alone one half is expected to be as good as the other; of both together, what
//! place and time alone make likely, so that a town is known to be one on a quiet day. A row
//! never counts for itself, so that what lies about it is chance. The halving is repeated from
//! several origins, going round at the borders, and averaged: otherwise a row beside a border
//! would know one side only.

use spacetime::metric::local_distance_cm;
use spacetime::{Instant, Position};

use super::row::{Registers, Row, Where};

/// From how many origins space and time are halved.
const ORIGINS: usize = 4;
/// Most halvings.
const HALVINGS_MAX: usize = 48;
/// How many rows' worth each half is drawn towards the other.
const PRIOR: f64 = 0.5;
/// How many rows' worth place and time together are drawn towards place times time.
const DRAWN: f64 = 4.0;

/// The density of both registers, as chance has it.
pub(super) struct Chance {
    placed: [Vec<f64>; 2],
    timed: [Vec<f64>; 2],
}

impl Chance {
    pub(super) fn of(registers: &Registers) -> Self {
        let frame = Frame::around(registers);
        let trees = registers.rows.each_ref().map(|rows| Trees::of(&frame, rows));
        Self {
            placed: trees.each_ref().map(Trees::placed),
            timed: trees.each_ref().map(Trees::timed),
        }
    }

    /// Logarithm of the density at two rows, per square metre and second, or per second where a
    /// row has no point: the mean of that of each row's own register about it.
    pub(super) fn log_between(&self, first: u32, second: u32, placed: bool) -> f64 {
        let [a, b] = if placed { &self.placed } else { &self.timed };
        (a[first as usize] + b[second as usize]) / 2.0
    }
}

/// What both registers lie in, and how fine it is worth looking.
struct Frame {
    west: i64,
    south: i64,
    start: Instant,
    /// Width in longitude, latitude (grid steps) and time (microseconds).
    widths: [f64; 3],
    finest: [f64; 3],
    /// Metres to a grid step of longitude and of latitude.
    metres: [f64; 2],
}

impl Frame {
    fn around(registers: &Registers) -> Self {
        let rows = || registers.rows.iter().flatten();
        let points = || {
            rows().filter_map(|row| match row.place {
                Where::Point { at, sd_cm } => Some((at, sd_cm)),
                Where::Unit(_) | Where::Unknown => None,
            })
        };
        let bounds = |pick: fn(Position) -> i32| {
            let low = points().map(|(at, _)| i64::from(pick(at))).min().unwrap_or(0);
            (low, points().map(|(at, _)| i64::from(pick(at))).max().unwrap_or(0))
        };
        let (west, east) = bounds(Position::lon_e7);
        let (south, north) = bounds(Position::lat_e7);
        let start = rows().map(|row| row.start).min().unwrap_or(Instant::MIN);
        let end = rows().map(|row| row.end).max().unwrap_or(Instant::MIN);
        let metres = metres_per_step(i64::midpoint(south, north));
        let sd_m = median(points().map(|(_, sd_cm)| sd_cm).collect()) as f64 / 100.0;
        let reach_us =
            |row: &Row| row.end.since(row.start).micros().saturating_add((row.sd_s * 2e6) as i64);
        let finest_us = median(rows().map(reach_us).collect()) as f64;
        let finest =
            [2.0 * sd_m / metres[0], 2.0 * sd_m / metres[1], finest_us].map(|w| w.max(1.0));
        let spans = [east - west, north - south, end.since(start).micros()];
        // Rows err past the border of where they lie by as much as one of them.
        let widths = [0, 1, 2].map(|d| spans[d] as f64 + finest[d]);
        Self { west, south, start, widths, finest, metres }
    }

    /// Coordinates of a row as fractions of the frame, in 2^-32; those of place are `None`
    /// without a point.
    fn fractions(&self, row: &Row) -> [Option<u32>; 3] {
        let fraction = |along: f64, width: f64| {
            (along / width * 4_294_967_296.0).clamp(0.0, 4_294_967_295.0) as u32
        };
        let middle_us =
            row.start.since(self.start).micros() / 2 + row.end.since(self.start).micros() / 2;
        let time = Some(fraction(middle_us as f64, self.widths[2]));
        let Where::Point { at, .. } = row.place else { return [None, None, time] };
        let east = (i64::from(at.lon_e7()) - self.west) as f64;
        let north = (i64::from(at.lat_e7()) - self.south) as f64;
        [Some(fraction(east, self.widths[0])), Some(fraction(north, self.widths[1])), time]
    }

    /// Which way each halving goes: always across what is widest for its fineness.
    fn halvings(&self, dimensions: &[usize]) -> Vec<usize> {
        let mut widths = self.widths;
        let mut halvings = Vec::new();
        let coarseness = |widths: &[f64; 3], d: usize| widths[d] / self.finest[d];
        while halvings.len() < HALVINGS_MAX {
            let widest = dimensions.iter().copied().max_by(|&a, &b| {
                coarseness(&widths, a).total_cmp(&coarseness(&widths, b)).then(b.cmp(&a))
            });
            match widest {
                Some(d) if coarseness(&widths, d) >= 2.0 => {
                    widths[d] /= 2.0;
                    halvings.push(d);
                }
                _ => break,
            }
        }
        halvings
    }
}

/// Metres to one grid step of longitude and of latitude, at a latitude.
fn metres_per_step(lat_e7: i64) -> [f64; 2] {
    const STEPS: i32 = 100_000;
    let lat = (lat_e7 as i32).clamp(-890_000_000, 890_000_000);
    let at = |lon, lat| Position::from_e7(lon, lat).expect("within the globe");
    let metres = |to| local_distance_cm(at(0, lat), to) as f64 / 100.0 / f64::from(STEPS);
    [metres(at(STEPS, lat)), metres(at(0, lat + STEPS))]
}

fn median(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

/// The rows of one register in halves.
struct Trees {
    log_volume: [f64; 2],
    /// Which dimension each halving of place and time together goes across.
    order: Vec<usize>,
    /// Of place, of time, of both together, from each origin.
    trees: [[Tree; 3]; ORIGINS],
    has_point: Vec<bool>,
}

impl Trees {
    fn of(frame: &Frame, rows: &[Row]) -> Self {
        let fractions: Vec<_> = rows.iter().map(|row| frame.fractions(row)).collect();
        let orders = [&[0, 1][..], &[2], &[0, 1, 2]].map(|dimensions| frame.halvings(dimensions));
        let trees = [0, 1, 2, 3]
            .map(|origin| orders.each_ref().map(|order| Tree::of(order, &fractions, origin)));
        let seconds = libm::log((frame.widths[2] / 1e6).max(1.0));
        let [east, north] = [0, 1].map(|d| frame.widths[d] * frame.metres[d]);
        let [_, _, order] = orders;
        Self {
            log_volume: [libm::log((east * north).max(1.0)) + seconds, seconds],
            order,
            trees,
            has_point: rows.iter().map(|row| matches!(row.place, Where::Point { .. })).collect(),
        }
    }

    /// By row: logarithm of the density about it without itself, over place and time. Rows
    /// without a point get that of the frame as a whole, which nothing asks for.
    fn placed(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.has_point.len()];
        for [place, time, both] in &self.trees {
            for row in both.in_order() {
                let (mut place, mut time) = (place.shares(row), time.shares(row));
                let expected = self.order.iter().map(|d| {
                    let next = if *d == 2 { time.next() } else { place.next() };
                    next.unwrap_or(0.5)
                });
                sums[row] += both.times_even(row, expected);
            }
        }
        let of = |(sum, has_point): (f64, &bool)| {
            let log = if *has_point { libm::log(sum / ORIGINS as f64) } else { 0.0 };
            log - self.log_volume[0]
        };
        sums.into_iter().zip(&self.has_point).map(of).collect()
    }

    /// The same over time alone.
    fn timed(&self) -> Vec<f64> {
        let of = |row: usize| {
            let times = self
                .trees
                .iter()
                .map(|[_, time, _]| time.shares(row).map(|share| 2.0 * share).product::<f64>());
            libm::log(times.sum::<f64>() / ORIGINS as f64) - self.log_volume[1]
        };
        (0..self.has_point.len()).map(of).collect()
    }
}

/// Sorted keys, whose leading bits are the halves.
struct Tree {
    halvings: usize,
    keys: Vec<u64>,
    sorted: Vec<u64>,
}

impl Tree {
    fn of(order: &[usize], fractions: &[[Option<u32>; 3]], origin: u32) -> Self {
        // By the golden ratio and its powers, so that no two origins share borders.
        let shifts = [0x9e37_79b9_u32, 0x7f4a_7c15, 0xf39c_c060].map(|s| s.wrapping_mul(origin));
        let key = |fractions: &[Option<u32>; 3]| {
            let mut left = [0, 1, 2].map(|d| fractions[d].unwrap_or(0).wrapping_add(shifts[d]));
            order.iter().fold(0_u64, |key, &d| {
                let bit = u64::from(left[d] >> 31);
                left[d] <<= 1;
                key << 1 | bit
            })
        };
        let keys: Vec<u64> = fractions.iter().map(key).collect();
        let needed = |f: &[Option<u32>; 3]| order.iter().all(|d| f[*d].is_some());
        let with = keys.iter().zip(fractions).filter(|(_, f)| needed(f));
        let mut sorted: Vec<u64> = with.map(|(key, _)| *key).collect();
        sorted.sort_unstable();
        Self { halvings: order.len(), keys, sorted }
    }

    /// The rows in the order of their keys, so that neighbours are looked at one after another
    /// and what is read stays near.
    fn in_order(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.keys.len()).collect();
        rows.sort_unstable_by_key(|&row| (self.keys[row], row));
        rows
    }

    /// From the widest halving to the finest: how many other rows lie in the row's half, and in
    /// both.
    fn counts(&self, row: usize) -> impl Iterator<Item = (f64, f64)> {
        let key = self.keys[row];
        let mut here = &self.sorted[..];
        (1..=self.halvings).map(move |level| {
            let below = self.halvings - level;
            let others = here.len().saturating_sub(1);
            if others > 0 {
                // All that are left share the bits above, so one border tells the halves apart.
                let border = here.partition_point(|k| k >> below & 1 == 0);
                here = if key >> below & 1 == 0 { &here[..border] } else { &here[border..] };
            }
            (here.len().saturating_sub(1) as f64, others as f64)
        })
    }

    /// The share of each half that the row lies in.
    fn shares(&self, row: usize) -> impl Iterator<Item = f64> {
        self.counts(row).map(|(half, both)| (half + PRIOR) / (both + 2.0 * PRIOR))
    }

    /// How many times as thick rows lie about a row as if they were spread evenly, where each
    /// half is drawn towards the share that is expected of it.
    fn times_even(&self, row: usize, expected: impl Iterator<Item = f64>) -> f64 {
        let halves = self.counts(row).zip(expected);
        halves.map(|((half, both), share)| 2.0 * (half + DRAWN * share) / (both + DRAWN)).product()
    }
}
