//! A good partition of many observations: merge while anything is gained, then split, move and
//! exchange until nothing is.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::gate::Pairs;
use super::plane::Xy;
use super::scene::{Cluster, Scene};

/// Rounds of moving over all observations.
const ROUNDS_MAX: usize = 6;
/// A change has to gain so much, micro-nats: below it lie the errors of the weighing.
const LEAST_GAIN: i64 = 1000;

/// Clusters in the making.
struct Making<'s, 'a> {
    scene: &'s Scene<'a>,
    pairs: &'s Pairs,
    alone: &'s [Cluster],
    clusters: Vec<Option<Cluster>>,
    /// The cluster of each observation.
    of: Vec<usize>,
}

/// Where to, and what home and host are then.
type Move = (usize, Option<Cluster>, Option<Cluster>);

/// A merge that gains, best first; of equals the one of the earliest observations.
struct Offer {
    gain: i64,
    order: Reverse<(u32, u32)>,
    clusters: (usize, usize),
    merged: Cluster,
}

impl Offer {
    fn key(&self) -> (i64, Reverse<(u32, u32)>, (usize, usize)) {
        (self.gain, self.order, self.clusters)
    }
}

impl Ord for Offer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Offer {}

/// Partitions `members`, some of which are together in nuclei already; `alone` holds every observation by itself.
pub(crate) fn partition(
    scene: &Scene<'_>,
    pairs: &Pairs,
    alone: &[Cluster],
    members: &[u32],
    nuclei: &[&Cluster],
) -> Vec<Cluster> {
    let mut making =
        Making { scene, pairs, alone, clusters: Vec::new(), of: vec![usize::MAX; alone.len()] };
    for nucleus in nuclei {
        making.put((*nucleus).clone());
    }
    let mut restless = BTreeSet::new();
    for &n in members.iter().filter(|&&n| !nuclei.iter().any(|c| c.members.contains(&n))) {
        making.put(alone[n as usize].clone());
        restless.insert(n);
    }
    making.merge(members);
    making.gather(members);
    for _ in 0..ROUNDS_MAX {
        making.split(&mut restless);
        let moved = making.move_each(&restless);
        if moved.is_empty() {
            break;
        }
        making.merge(&moved.iter().copied().collect::<Vec<_>>());
        restless = moved;
    }
    making.clusters.into_iter().flatten().collect()
}

impl Making<'_, '_> {
    fn get(&self, at: usize) -> Option<&Cluster> {
        self.clusters[at].as_ref()
    }

    /// Clusters that hold somebody who fits with a member of one.
    fn beside(&self, at: usize) -> BTreeSet<usize> {
        let members = self.get(at).map_or(&[][..], |cluster| &cluster.members);
        let near = members.iter().flat_map(|&n| &self.pairs.of[n as usize]);
        near.map(|&(m, _)| self.of[m as usize]).filter(|&other| other != at).collect()
    }

    fn fits_all(&self, one: u32, members: &[u32]) -> bool {
        members.iter().all(|&n| self.pairs.has(one, n))
    }

    fn offer(&self, a: usize, b: usize) -> Option<Offer> {
        let (a, b) = (a.min(b), a.max(b));
        let (first, second) = (self.get(a)?, self.get(b)?);
        if !first.members.iter().all(|&n| self.fits_all(n, &second.members)) {
            return None;
        }
        let mut members = [&first.members[..], &second.members[..]].concat();
        members.sort_unstable();
        let (gain, merged) = if let [x, y] = members[..] {
            // Pairs are weighed already.
            (self.pairs.gain(x, y)?, self.pairs.cluster(x, y)?.clone())
        } else {
            let merged = self.scene.cluster(members, &[first.at, second.at]);
            (merged.score - first.score - second.score, merged)
        };
        let order = Reverse((merged.members[0], merged.members[1]));
        (gain > LEAST_GAIN).then_some(Offer { gain, order, clusters: (a, b), merged })
    }

    /// Merges clusters of some observations with whatever is beside them, best first.
    fn merge(&mut self, members: &[u32]) {
        let mut heap = BinaryHeap::new();
        let first: BTreeSet<usize> = members.iter().map(|&n| self.of[n as usize]).collect();
        for &a in &first {
            let others = self.beside(a);
            let once = others.into_iter().filter(|b| *b > a || !first.contains(b));
            heap.extend(once.filter_map(|b| self.offer(a, b)));
        }
        while let Some(best) = heap.pop() {
            let (a, b) = best.clusters;
            if self.get(a).is_none() || self.get(b).is_none() {
                continue;
            }
            (self.clusters[a], self.clusters[b]) = (None, None);
            let at = self.put(best.merged);
            let others = self.beside(at);
            heap.extend(others.into_iter().filter_map(|other| self.offer(at, other)));
        }
    }

    /// Puts those together who are only likelier together once all of them are: of two among many
    /// who heard an event from near by, the silence of the others speaks against both.
    fn gather(&mut self, members: &[u32]) {
        let mut told = BTreeMap::new();
        let mut tried = BTreeSet::new();
        for &n in members.iter().filter(|&&n| self.pairs.is_hushed[n as usize]) {
            let from = self.of[n as usize];
            if !tried.insert(from) {
                continue;
            }
            let Some((parts, grown)) = self.grown(from, &mut told) else { continue };
            let apart: i64 = parts.iter().filter_map(|&at| self.get(at)).map(|c| c.score).sum();
            if grown.score - apart > LEAST_GAIN {
                parts.iter().for_each(|&at| self.clusters[at] = None);
                self.put(grown);
            }
        }
    }

    /// A cluster with all that make it likelier one after the other, as if nobody were silent; `told` are
    /// clusters as they are without silence.
    fn grown(
        &self,
        at: usize,
        told: &mut BTreeMap<usize, Cluster>,
    ) -> Option<(Vec<usize>, Cluster)> {
        let mut told_of = |at: usize| -> Option<Cluster> {
            let cluster = self.get(at)?;
            let told = told.entry(at);
            let told =
                told.or_insert_with(|| self.scene.told(cluster.members.clone(), &[cluster.at]));
            Some(told.clone())
        };
        let (mut parts, mut grown) = (vec![at], told_of(at)?);
        loop {
            let near = grown.members.iter().flat_map(|&n| &self.pairs.of[n as usize]);
            let near: BTreeSet<usize> = near.map(|&(m, _)| self.of[m as usize]).collect();
            let mut best: Option<(i64, usize, Cluster)> = None;
            for other in near.into_iter().filter(|other| !parts.contains(other)) {
                let Some(host) = self.get(other) else { continue };
                if !self.scene.disjoint(&host.members, &grown.members) {
                    continue;
                }
                let Some(host) = told_of(other) else { continue };
                let mut members = [&grown.members[..], &host.members[..]].concat();
                members.sort_unstable();
                let merged = self.scene.told(members, &[grown.at, host.at]);
                let gain = merged.score - grown.score - host.score;
                if gain > best.as_ref().map_or(LEAST_GAIN, |best| best.0) {
                    best = Some((gain, other, merged));
                }
            }
            let Some((_, other, merged)) = best else { break };
            parts.push(other);
            grown = merged;
        }
        let at = grown.at;
        let grown = self.weighed(grown.members, &[at])?;
        (parts.len() > 1).then_some((parts, grown))
    }

    fn put(&mut self, cluster: Cluster) -> usize {
        let at = self.clusters.len();
        for &n in &cluster.members {
            self.of[n as usize] = at;
        }
        self.clusters.push(Some(cluster));
        at
    }

    fn replace(&mut self, at: usize, cluster: Option<Cluster>) {
        if let Some(cluster) = &cluster {
            for &n in &cluster.members {
                self.of[n as usize] = at;
            }
        }
        self.clusters[at] = cluster;
    }

    /// A cluster without one member, or with one more.
    fn without(&self, cluster: &Cluster, one: u32) -> Option<Cluster> {
        let rest: Vec<u32> = cluster.members.iter().copied().filter(|&n| n != one).collect();
        self.made(rest, cluster)
    }

    fn made(&self, members: Vec<u32>, near: &Cluster) -> Option<Cluster> {
        self.weighed(members, &[near.at])
    }

    /// A group's cluster: those of one and two were weighed before.
    fn weighed(&self, members: Vec<u32>, starts: &[Xy]) -> Option<Cluster> {
        match members[..] {
            [] => None,
            [only] => Some(self.alone[only as usize].clone()),
            [a, b] if self.pairs.has(a, b) => self.pairs.cluster(a, b).cloned(),
            _ => Some(self.scene.cluster(members, starts)),
        }
    }

    fn with(&self, cluster: &Cluster, one: u32) -> Option<Cluster> {
        let mut members = cluster.members.clone();
        members.push(one);
        members.sort_unstable();
        self.made(members, cluster)
    }

    /// Splits clusters in which two members fit badly, each with those that fit it better.
    fn split(&mut self, restless: &mut BTreeSet<u32>) {
        let clusters: BTreeSet<usize> = restless.iter().map(|&n| self.of[n as usize]).collect();
        for at in clusters {
            let Some(cluster) = self.get(at).filter(|c| c.members.len() > 3) else { continue };
            let members = cluster.members.clone();
            let couples = members
                .iter()
                .enumerate()
                .flat_map(|(n, &a)| members[n + 1..].iter().map(move |&b| (a, b)));
            // What was found by place was never weighed two by two.
            if couples.clone().any(|(a, b)| !self.pairs.has(a, b)) {
                continue;
            }
            let gain = |a, b| self.pairs.gain(a, b).unwrap_or(i64::MIN / 4);
            let Some((a, b)) = couples.min_by_key(|&(a, b)| (gain(a, b), a, b)) else { continue };
            let (mut with_a, mut with_b) = (vec![a], vec![b]);
            for &n in members.iter().filter(|&&n| n != a && n != b) {
                if gain(n, a) >= gain(n, b) { with_a.push(n) } else { with_b.push(n) }
            }
            with_a.sort_unstable();
            with_b.sort_unstable();
            let (Some(left), Some(right)) =
                (self.made(with_a, cluster), self.made(with_b, cluster))
            else {
                continue;
            };
            if left.score + right.score - cluster.score > LEAST_GAIN {
                restless.extend(&members);
                self.clusters[at] = None;
                self.put(left);
                self.put(right);
            }
        }
    }

    /// Moves or exchanges each of some observations where that gains; those about which
    /// something changed.
    fn move_each(&mut self, restless: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut moved = BTreeSet::new();
        for &one in restless {
            let from = self.of[one as usize];
            let Some(home) = self.get(from).cloned() else { continue };
            let left = self.without(&home, one);
            let freed = left.as_ref().map_or(0, |cluster| cluster.score) - home.score;
            let mut best: (i64, Option<Move>) = (LEAST_GAIN, None);
            if home.members.len() > 1 {
                let gain = freed + self.alone[one as usize].score;
                if gain > best.0 {
                    let alone = self.alone[one as usize].clone();
                    best = (gain, Some((usize::MAX, left.clone(), Some(alone))));
                }
            }
            let near = self.pairs.of[one as usize].iter().map(|&(m, _)| self.of[m as usize]);
            let near: BTreeSet<usize> = near.filter(|&at| at != from).collect();
            for to in near {
                let Some(host) = self.get(to) else { continue };
                let rival =
                    host.members.iter().find(|&&n| !self.scene.disjoint(&[n], &[one])).copied();
                let (then_home, then_host) = match rival {
                    None if self.fits_all(one, &host.members) => {
                        (left.clone(), self.with(host, one))
                    }
                    Some(rival) => match self.exchanged(&home, host, one, rival) {
                        Some((a, b)) => (Some(a), Some(b)),
                        None => continue,
                    },
                    None => continue,
                };
                let score = |cluster: &Option<Cluster>| cluster.as_ref().map_or(0, |c| c.score);
                let gain = score(&then_home) + score(&then_host) - home.score - host.score;
                if gain > best.0 {
                    best = (gain, Some((to, then_home, then_host)));
                }
            }
            let Some((to, then_home, then_host)) = best.1 else { continue };
            let touched = then_home.iter().chain(&then_host).flat_map(|c| c.members.clone());
            moved.extend(touched);
            self.replace(from, then_home);
            match then_host {
                Some(cluster) if to == usize::MAX => {
                    self.put(cluster);
                }
                other => self.replace(to, other),
            }
        }
        moved
    }

    /// Home and host with two reports of one source exchanged.
    fn exchanged(
        &self,
        home: &Cluster,
        host: &Cluster,
        one: u32,
        rival: u32,
    ) -> Option<(Cluster, Cluster)> {
        let swap = |cluster: &Cluster, out: u32, into: u32| {
            let rest: Vec<u32> = cluster.members.iter().copied().filter(|&n| n != out).collect();
            let mut all = rest.clone();
            all.push(into);
            all.sort_unstable();
            self.fits_all(into, &rest).then_some(all)
        };
        let (a, b) = (swap(home, one, rival)?, swap(host, rival, one)?);
        Some((self.made(a, home)?, self.made(b, host)?))
    }
}
