//! Runs one workload, ours and the peer's in turn, and says what came out.

use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use serde::Serialize;
use spacetime::index::{MEMORY_FIXED_BYTES_MAX, MEMORY_VERTEX_BYTES_MAX, Pairs, ZoneIndex};
use spacetime::{BoundingBox, Position};

use crate::peer::{self, Peer};
use crate::shapely::Shapely;
use crate::stopwatch::{Seconds, median, middle, timed};
use crate::workload::Workload;

/// Points handed over at a time where the pairs are looked at again at once.
const CHUNK: usize = 1 << 16;

/// All figures of one workload. Rates are medians, in points a second.
#[derive(Serialize)]
pub struct Measured {
    pub workload: String,
    pub points: usize,
    pub zones: usize,
    pub vertices: usize,
    pub runs: usize,
    pub build_s: f64,
    pub build_cpu_s: f64,
    pub memory_bytes: usize,
    pub memory_bytes_a_vertex: f64,
    pub pairs: usize,
    pub checksum: u64,
    pub one_core: Rate,
    pub two_cores_points_per_s: f64,
    /// With each pair also held against a slab of height and an interval of time.
    pub with_altitude_and_time: Rate,
    pub pairs_with_altitude_and_time: usize,
    /// Whether a box of about a kilometre is clear: nanoseconds a call, and the share of
    /// boxes that are.
    pub is_clear_ns: f64,
    pub clear_share: f64,
    pub peer: Option<Beside>,
    /// What people use today, one run, when asked for.
    pub shapely: Option<Shapely>,
}

/// Points a second.
#[derive(Clone, Copy, Serialize)]
pub struct Rate {
    pub points_per_s: f64,
    /// A second on the core, not by the clock: what a busy machine changes less.
    pub points_per_cpu_s: f64,
}

impl Rate {
    fn of(points: usize, seconds: Seconds) -> Self {
        let points = points as f64;
        Self { points_per_s: points / seconds.wall, points_per_cpu_s: points / seconds.cpu }
    }
}

/// The peer's figures.
#[derive(Serialize)]
pub struct Beside {
    pub name: &'static str,
    pub one_core: Rate,
    pub ratio: f64,
    pub ratio_cpu: f64,
    pub pairs: usize,
    pub checksum: u64,
}

/// How many times as fast as its peer the index has to be at least, by workload.
const RATIO_MIN: [(&str, f64); 3] = [("W1", 12.0), ("W2", 10.0), ("W3", 20.0)];
/// Longest that an index may take to build, seconds.
const BUILD_S_MAX: f64 = 1.0;

impl Measured {
    /// What falls short of what is asked for. By the time that the thread had a core: how busy
    /// the machine is besides is nobody's merit.
    pub fn shortfalls(&self) -> Vec<String> {
        let mut short = Vec::new();
        let name = &self.workload;
        let asked = RATIO_MIN.iter().find(|(workload, _)| workload == name);
        if let (Some((_, least)), Some(peer)) = (asked, &self.peer)
            && peer.ratio_cpu < *least
        {
            short.push(format!("{name}: {:.1} times its peer, {least} asked", peer.ratio_cpu));
        }
        if self.build_cpu_s > BUILD_S_MAX {
            let took = self.build_cpu_s;
            short.push(format!("{name}: built in {took:.2} s, {BUILD_S_MAX} s asked"));
        }
        let most = MEMORY_FIXED_BYTES_MAX + MEMORY_VERTEX_BYTES_MAX * self.vertices;
        if self.memory_bytes > most {
            short.push(format!("{name}: {} bytes, at most {most} asked", self.memory_bytes));
        }
        short
    }

    pub fn disagrees(&self) -> bool {
        let ours = (self.pairs, self.checksum);
        let peer = self.peer.as_ref().map(|peer| (peer.pairs, peer.checksum));
        let shapely = self.shapely.as_ref().map(|peer| (peer.pairs, peer.checksum));
        [peer, shapely].into_iter().flatten().any(|theirs| theirs != ours)
    }
}

/// Runs ours and the peer's alternately, `runs` times each, and then what only ours has.
pub fn run(workload: &Workload, runs: usize, with_peer: bool) -> Result<Measured> {
    let Workload { lon, lat, zones, .. } = workload;
    let points = lon.len();
    let (build, index) = median(runs, || ZoneIndex::build(zones));
    let index = index?;
    let alternated = alternate(&index, workload, runs, with_peer);
    let (two_cores, pairs) = median(runs, || on_two_cores(&index, lon, lat));
    ensure!(summary(&pairs.points, &pairs.zones) == alternated.ours, "two cores differ");
    drop(pairs);
    let volumes = Volumes::over(zones.len(), points);
    let (with_volumes, kept) = median(runs, || volumes.pairs(&index, lon, lat));
    let (is_clear_ns, clear_share) = is_clear(&index, lon, lat);

    Ok(Measured {
        workload: workload.name.clone(),
        points,
        zones: zones.len(),
        vertices: workload.vertex_count(),
        runs,
        build_s: build.wall,
        build_cpu_s: build.cpu,
        memory_bytes: index.memory_bytes(),
        memory_bytes_a_vertex: index.memory_bytes() as f64 / workload.vertex_count() as f64,
        pairs: alternated.ours.0,
        checksum: alternated.ours.1,
        one_core: alternated.rate,
        two_cores_points_per_s: points as f64 / two_cores.wall,
        with_altitude_and_time: Rate::of(points, with_volumes),
        pairs_with_altitude_and_time: kept.len(),
        is_clear_ns,
        clear_share,
        peer: alternated.peer,
        shapely: None,
    })
}

struct Alternated {
    rate: Rate,
    ours: (usize, u64),
    peer: Option<Beside>,
}

fn alternate(index: &ZoneIndex, workload: &Workload, runs: usize, with_peer: bool) -> Alternated {
    let Workload { lon, lat, zones, .. } = workload;
    let peer = with_peer.then(|| match workload.name.as_str() {
        "W3" => (Peer::INDEXED, Peer::indexed(zones)),
        _ => (Peer::PLAIN, Peer::plain(zones)),
    });
    let peer = peer.map(|(name, peer)| (name, peer, peer::points(workload)));
    let (mut ours_s, mut peer_s) = (Vec::new(), Vec::new());
    let (mut ours, mut theirs) = ((0, 0), (0, 0));
    for _ in 0..runs {
        let (seconds, pairs) = timed(|| {
            let mut pairs = Pairs::default();
            index.match_degrees(lon, lat, 0, &mut pairs);
            pairs
        });
        ours_s.push(seconds);
        ours = summary(&pairs.points, &pairs.zones);
        drop(pairs);
        if let Some((_, peer, points)) = &peer {
            let (seconds, pairs) = timed(|| peer.pairs(points));
            peer_s.push(seconds);
            theirs = summary(&pairs.0, &pairs.1);
        }
    }
    let rate = Rate::of(lon.len(), middle(&ours_s));
    let peer = peer.map(|(name, ..)| {
        let one_core = Rate::of(lon.len(), middle(&peer_s));
        let ratio = rate.points_per_s / one_core.points_per_s;
        let ratio_cpu = rate.points_per_cpu_s / one_core.points_per_cpu_s;
        let (pairs, checksum) = theirs;
        Beside { name, one_core, ratio, ratio_cpu, pairs, checksum }
    });
    Alternated { rate, ours, peer }
}

fn on_two_cores(index: &ZoneIndex, lon: &[f64], lat: &[f64]) -> Pairs {
    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();
    let mut pairs = Pairs::default();
    index.match_degrees_on(TWO, lon, lat, 0, &mut pairs);
    pairs
}

/// A slab of height and an interval of time for each zone, a height and an instant for each
/// point: whole numbers spread evenly, about half of the pairs passing each check.
struct Volumes {
    slabs: Vec<(i32, i32)>,
    intervals: Vec<(i64, i64)>,
    heights: Vec<i32>,
    instants: Vec<i64>,
}

impl Volumes {
    fn over(zones: usize, points: usize) -> Self {
        const HOUR: i64 = 3_600_000_000;
        let spread =
            |i: usize, below: u64| ((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % below;
        let slab = |zone| {
            let low = spread(zone, 600_000) as i32;
            (low, low + 600_000)
        };
        let interval = |zone| {
            let start = spread(zone + 7, 12) as i64 * HOUR;
            (start, start + 12 * HOUR)
        };
        Self {
            slabs: (0..zones).map(slab).collect(),
            intervals: (0..zones).map(interval).collect(),
            heights: (0..points).map(|i| spread(i, 1_200_000) as i32).collect(),
            instants: (0..points).map(|i| spread(i + 3, 24) as i64 * HOUR).collect(),
        }
    }

    fn pairs(&self, index: &ZoneIndex, lon: &[f64], lat: &[f64]) -> Pairs {
        let (mut found, mut kept) = (Pairs::default(), Pairs::default());
        let chunks = lon.chunks(CHUNK).zip(lat.chunks(CHUNK));
        for (first_row, (lon, lat)) in (0..).step_by(CHUNK).zip(chunks) {
            found.clear();
            index.match_degrees(lon, lat, first_row, &mut found);
            for (point, zone) in found.iter() {
                let (low, high) = self.slabs[zone as usize];
                let (start, end) = self.intervals[zone as usize];
                let (height, at) = (self.heights[point as usize], self.instants[point as usize]);
                if (low <= height) & (height < high) & (start <= at) & (at < end) {
                    kept.points.push(point);
                    kept.zones.push(zone);
                }
            }
        }
        kept
    }
}

/// Asks of a box of about a kilometre round each of a million points whether it is clear:
/// nanoseconds a call, and the share that is.
fn is_clear(index: &ZoneIndex, lon: &[f64], lat: &[f64]) -> (f64, f64) {
    const REACH_E7: i32 = 50_000;
    let corner = |lon: f64, lat: f64, by: i32| {
        let p = Position::from_degrees(lon, lat).expect("the workloads lie on the globe");
        Position::from_e7(p.lon_e7() + by, p.lat_e7() + by).expect("and away from its ends")
    };
    let places = lon.iter().zip(lat).take(1_000_000);
    let boxes: Vec<BoundingBox> = places
        .map(|(&lon, &lat)| BoundingBox {
            min: corner(lon, lat, -REACH_E7),
            max: corner(lon, lat, REACH_E7),
        })
        .collect();
    let clear = || boxes.iter().filter(|&&within| index.is_clear(within)).count();
    let (seconds, clear) = median(5, clear);
    (seconds.cpu * 1e9 / boxes.len() as f64, clear as f64 / boxes.len() as f64)
}

/// How many pairs, and the sum of `point * 1000003 + zone` modulo 2^64.
fn summary(points: &[u64], zones: &[u32]) -> (usize, u64) {
    let pairs = points.iter().zip(zones);
    let checksum = pairs.fold(0, |sum: u64, (&point, &zone)| {
        sum.wrapping_add(point.wrapping_mul(1_000_003)).wrapping_add(zone.into())
    });
    (points.len(), checksum)
}
