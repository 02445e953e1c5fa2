//! Groups of arrivals at microphones, looked for from places rather than from pairs.
//!
//! Where events are dense every arrival fits dozens of others two by two, and merging goes astray. So
//! each arrival in turn is taken for the one at a microphone near to the event, and the plane around it
//! is searched by a tree of cells (as PyOcto does in space and time, here in space alone, since the
//! arrival gives the time): in each cell every other microphone either has an arrival when it should
//! or was silent; what that is worth at most bounds the cell, and the cell that promises most is halved first
//! ([`net`]). The best leaf is looked into, its arrivals are gathered ([`search`]) and weighed like every
//! other group, and the best groups are taken first.

mod join;
mod net;
mod search;

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::plane::Xy;
use super::scene::{Cluster, Scene};

pub(crate) use net::{Net, is_arrival};
use search::Search;

/// Fewest arrivals that place an event.
pub(crate) const NUCLEUS_MIN: usize = 3;
/// Most microphones that are searched between; beyond it pairs have to do.
pub const MICROPHONES_MAX: usize = 1000;
/// Arrivals farther off than so many standard deviations are of something else.
const SIGMAS: f64 = 3.5;
/// A group that is so much likelier than strays, micro-nats, is not looked for from each of its arrivals.
const SURE: i64 = 25_000_000;
/// What groups leave over is searched again, so many times at most.
const PASSES_MAX: usize = 4;
/// So many of the best leaves around an arrival are gathered when what is left over is searched.
const LEAVES: usize = 3;

/// The groups that stand out, the best first. What the best leave over is searched again, and what goes with
/// one of them after all joins it; `alone` is each observation by itself.
pub(crate) fn nuclei(scene: &Scene<'_>, alone: &[Cluster]) -> Vec<Cluster> {
    let (Some(net), Some(mut search)) = (scene.net, Search::of(scene)) else { return Vec::new() };
    let mut taken = Vec::new();
    if let Some(offered) = net.offered(scene, search.worth_min()) {
        best_first(net, scene, offered.into_iter(), &mut taken, &mut BTreeSet::new());
    } else {
        sought(net, scene, &mut search, &mut taken);
    }
    join::join(net, scene, &search, alone, &mut taken);
    taken
}

/// Searches around every arrival, and around those that are left over.
fn sought(net: &Net, scene: &Scene<'_>, search: &mut Search<'_, '_>, taken: &mut Vec<Cluster>) {
    let mut claimed = BTreeSet::new();
    let mut offered: BTreeMap<Vec<u32>, Xy> = BTreeMap::new();
    for _ in 0..PASSES_MAX {
        let mut found: BTreeMap<Vec<u32>, Cluster> = BTreeMap::new();
        let mut sure: BTreeSet<u32> = BTreeSet::new();
        for n in 0..search.len() {
            // What comes first came to one of the nearest: the search around it finds the others.
            if sure.contains(&search.number(n)) {
                continue;
            }
            if let Some(cluster) = search.around(n) {
                if cluster.score > SURE {
                    sure.extend(&cluster.members);
                }
                found.entry(cluster.members.clone()).or_insert(cluster);
            }
        }
        let places = found.iter().map(|(members, cluster)| (members.clone(), cluster.at));
        offered.extend(places);
        let (before, first) = (taken.len(), search.leaves == 1);
        best_first(net, scene, found.into_values(), taken, &mut claimed);
        search.leaves = LEAVES;
        if taken.len() == before && !first {
            break;
        }
        search.without(|number| claimed.contains(&number));
    }
    net.keep(scene, search.worth_searched(), offered);
}

/// A group by its score, then the earliest, with the bits of its place.
type Offer = (i64, std::cmp::Reverse<Vec<u32>>, (u64, u64));

/// Takes the best group, then the best of what is left without its members.
fn best_first(
    net: &Net,
    scene: &Scene<'_>,
    found: impl Iterator<Item = Cluster>,
    taken: &mut Vec<Cluster>,
    claimed: &mut BTreeSet<u32>,
) {
    let mut heap: BinaryHeap<Offer> = BinaryHeap::new();
    let offer = |cluster: Cluster| {
        let at = (cluster.at.x.to_bits(), cluster.at.y.to_bits());
        (cluster.score, std::cmp::Reverse(cluster.members), at)
    };
    heap.extend(found.filter(|cluster| cluster.score > 0).map(offer));
    let mut last: Option<Vec<u32>> = None;
    while let Some((_, std::cmp::Reverse(members), at)) = heap.pop() {
        if last.as_ref() == Some(&members) {
            continue;
        }
        last = Some(members.clone());
        let at = Xy { x: f64::from_bits(at.0), y: f64::from_bits(at.1) };
        let free: Vec<u32> = members.iter().copied().filter(|n| !claimed.contains(n)).collect();
        if free.len() < NUCLEUS_MIN {
            continue;
        }
        let whole = free.len() == members.len();
        let cluster = net.weighed(scene, free, at);
        if whole {
            claimed.extend(&cluster.members);
            taken.push(cluster);
        } else if cluster.score > 0 {
            heap.push(offer(cluster));
        }
    }
}
