//! Observations into groups, each of one event.

use super::gate::{self, Pairs};
use super::scene::{Cluster, Scene};
use super::{exact, greedy};

/// How the partition was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Search {
    /// Knots of observations that may share events.
    pub knots: u64,
    /// Of those, in which every partition was tried.
    pub exact: u64,
    /// Of those, in which merges, splits, moves and exchanges were.
    pub greedy: u64,
    /// Observations in the largest.
    pub largest: u64,
    /// Observations with more neighbours than were looked at.
    pub crowded: u64,
}

/// The groups, sorted by their first member.
pub(crate) fn associate(scene: &Scene<'_>) -> (Vec<Cluster>, Pairs, Vec<Cluster>, Search) {
    let count = scene.observed.observations.len() as u32;
    let alone: Vec<Cluster> = (0..count).map(|n| scene.cluster(vec![n], &[])).collect();
    let pairs = gate::pairs(scene, &alone);
    let mut search = Search { crowded: pairs.crowded, ..Search::default() };
    let mut groups = Vec::new();
    for knot in knots(&pairs) {
        search.knots += 1;
        search.largest = search.largest.max(knot.len() as u64);
        if let Some(found) = exact::partition(scene, &pairs, &alone, &knot) {
            search.exact += 1;
            groups.extend(found);
        } else {
            search.greedy += 1;
            groups.extend(greedy::partition(scene, &pairs, &alone, &knot));
        }
    }
    groups.sort_by_key(|cluster| cluster.members[0]);
    (groups, pairs, alone, search)
}

/// Sets of observations joined by pairs.
fn knots(pairs: &Pairs) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..pairs.of.len() as u32).collect();
    fn top(parent: &mut [u32], mut n: u32) -> u32 {
        while parent[n as usize] != n {
            parent[n as usize] = parent[parent[n as usize] as usize];
            n = parent[n as usize];
        }
        n
    }
    for (n, others) in pairs.of.iter().enumerate() {
        for &(other, _) in others {
            let (a, b) = (top(&mut parent, n as u32), top(&mut parent, other));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    let mut sets: Vec<Vec<u32>> = vec![Vec::new(); parent.len()];
    for n in 0..parent.len() as u32 {
        let top = top(&mut parent, n);
        sets[top as usize].push(n);
    }
    sets.retain(|set| !set.is_empty());
    sets
}
