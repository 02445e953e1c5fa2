//! Observations into groups, each of one event.

use super::gate::{self, Pairs};
use super::model::Sense;
use super::scene::{Cluster, Scene};
use super::{exact, greedy, nucleus};
use agreement::Act;
use std::collections::{BTreeMap, BTreeSet};

/// How the partition was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Search {
    /// Knots of observations that may share events.
    pub knots: u64,
    /// Of those, in which every partition was tried.
    pub exact: u64,
    /// Of those, in which merges, splits, moves and exchanges were.
    pub greedy: u64,
    /// Groups of arrivals at microphones that were found by place.
    pub nuclei: u64,
    /// Observations in the largest.
    pub largest: u64,
    /// Observations with more neighbours than were looked at.
    pub crowded: u64,
}

/// The groups, sorted by their first member.
pub(crate) fn associate(scene: &Scene<'_>) -> (Vec<Cluster>, Pairs, Vec<Cluster>, Search) {
    let count = scene.observed.observations.len() as u32;
    let alone = each_alone(scene, count);
    let nuclei = nucleus::nuclei(scene, &alone);
    let mut claimed = vec![NOBODY; count as usize];
    for (at, nucleus) in (0..).zip(&nuclei) {
        nucleus.members.iter().for_each(|&n| claimed[n as usize] = at);
    }
    let pairs = gate::pairs(scene, &alone, &claimed);
    let mut search = Search { crowded: pairs.crowded, ..Search::default() };
    search.nuclei = nuclei.len() as u64;
    let mut groups = Vec::new();
    for knot in knots(&pairs, &nuclei) {
        search.knots += 1;
        search.largest = search.largest.max(knot.len() as u64);
        let own: BTreeSet<u32> = knot.iter().map(|&n| claimed[n as usize]).collect();
        let own = own.into_iter().filter(|&at| at != NOBODY);
        let own: Vec<&Cluster> = own.map(|at| &nuclei[at as usize]).collect();
        if let [only] = own[..]
            && only.members.len() == knot.len()
        {
            groups.push(only.clone());
        } else if !own.is_empty() {
            search.greedy += 1;
            groups.extend(greedy::partition(scene, &pairs, &alone, &knot, &own));
        } else if let Some(found) = exact::partition(scene, &pairs, &alone, &knot) {
            search.exact += 1;
            groups.extend(found);
        } else {
            search.greedy += 1;
            groups.extend(greedy::partition(scene, &pairs, &alone, &knot, &[]));
        }
    }
    groups.sort_by_key(|cluster| cluster.members[0]);
    (groups, pairs, alone, search)
}

/// Not of any nucleus.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Every observation by itself. Of bare arrivals at one microphone one is like the other.
fn each_alone(scene: &Scene<'_>, count: u32) -> Vec<Cluster> {
    let mut known: BTreeMap<(usize, Act, u32), Cluster> = BTreeMap::new();
    let mut alone = |n: u32| {
        let one = scene.one(n);
        if one.sense != Sense::Microphone || !one.is_bare() {
            let top = scene.lone_top(n);
            return scene.scored(vec![n], top.at, top.ln_integral);
        }
        let key = (one.unit, one.act, scene.set_of(n));
        let known = known.entry(key).or_insert_with(|| {
            let top = scene.net.map_or_else(|| scene.lone_top(n), |net| net.lone_top(scene, n));
            scene.scored(vec![n], top.at, top.ln_integral)
        });
        Cluster { members: vec![n], ..known.clone() }
    };
    (0..count).map(&mut alone).collect()
}

/// Sets of observations joined by pairs, or in one nucleus.
fn knots(pairs: &Pairs, nuclei: &[Cluster]) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..pairs.of.len() as u32).collect();
    fn top(parent: &mut [u32], mut n: u32) -> u32 {
        while parent[n as usize] != n {
            parent[n as usize] = parent[parent[n as usize] as usize];
            n = parent[n as usize];
        }
        n
    }
    let mut join = |a: u32, b: u32| {
        let (a, b) = (top(&mut parent, a), top(&mut parent, b));
        parent[a.max(b) as usize] = a.min(b);
    };
    for (n, others) in (0..).zip(&pairs.of) {
        others.iter().for_each(|&(other, _)| join(n, other));
    }
    for nucleus in nuclei {
        nucleus.members.iter().for_each(|&other| join(nucleus.members[0], other));
    }
    let mut sets: Vec<Vec<u32>> = vec![Vec::new(); parent.len()];
    for n in 0..parent.len() as u32 {
        let top = top(&mut parent, n);
        sets[top as usize].push(n);
    }
    sets.retain(|set| !set.is_empty());
    sets
}
