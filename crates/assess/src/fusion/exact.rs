//! The best partition of a few observations, by trying all.

use super::gate::Pairs;
use super::scene::{Cluster, Scene};

/// Up to so many observations every partition is tried.
pub const EXACT_MAX: usize = 12;
/// A knot in which more groups than this are possible is left to the greedy search.
const GROUPS_MAX: usize = 1500;

/// The partition with the highest sum of scores; of equals, the one found first in the order of
/// the observations. `None` when there are too many groups to weigh.
pub(crate) fn partition(
    scene: &Scene<'_>,
    pairs: &Pairs,
    alone: &[Cluster],
    members: &[u32],
) -> Option<Vec<Cluster>> {
    let size = members.len();
    if size > EXACT_MAX {
        return None;
    }
    let fits = fitting(scene, pairs, members);
    let full = (1_usize << size) - 1;
    let possible: Vec<usize> = (1..=full).filter(|&mask| is_group(mask, &fits)).collect();
    if possible.len() > GROUPS_MAX {
        return None;
    }
    let mut groups: Vec<Option<Cluster>> = vec![None; full + 1];
    for &mask in &possible {
        let chosen: Vec<u32> = bits(mask).map(|n| members[n]).collect();
        groups[mask] = Some(if let [one] = chosen[..] {
            alone[one as usize].clone()
        } else if let [a, b] = chosen[..] {
            pairs.cluster(a, b)?.clone()
        } else {
            // From where the group without its last member was, and from that member alone.
            let last = usize::BITS - 1 - mask.leading_zeros();
            let rest = mask & !(1 << last);
            let known = [groups[rest].as_ref(), groups[1 << last].as_ref()];
            let starts: Vec<_> = known.into_iter().flatten().map(|found| found.at).collect();
            scene.cluster(chosen, &starts)
        });
    }
    // best[mask]: the score of the best partition of a mask, and its group with the lowest bit.
    let mut best: Vec<(i64, usize)> = vec![(0, 0); full + 1];
    for mask in 1..=full {
        let lowest = mask & mask.wrapping_neg();
        let rest = mask & !lowest;
        let mut found = (i64::MIN, 0);
        let mut others = rest;
        loop {
            let group = others | lowest;
            if let Some(cluster) = &groups[group] {
                let score = cluster.score + best[mask & !group].0;
                if score > found.0 {
                    found = (score, group);
                }
            }
            if others == 0 {
                break;
            }
            others = (others - 1) & rest;
        }
        best[mask] = found;
    }
    let mut chosen = Vec::new();
    let mut left = full;
    while left != 0 {
        let group = best[left].1;
        chosen.extend(groups[group].take());
        left &= !group;
    }
    Some(chosen)
}

/// For each observation the mask of those it fits with.
fn fitting(scene: &Scene<'_>, pairs: &Pairs, members: &[u32]) -> Vec<usize> {
    let fits = |a: u32, b: u32| pairs.has(a, b) && scene.disjoint(&[a], &[b]);
    let mask = |a: u32| {
        let with = members.iter().enumerate().filter(|&(_, &b)| a == b || fits(a, b));
        with.map(|(n, _)| 1 << n).sum()
    };
    members.iter().map(|&a| mask(a)).collect()
}

fn is_group(mask: usize, fits: &[usize]) -> bool {
    bits(mask).all(|n| fits[n] & mask == mask)
}

fn bits(mask: usize) -> impl Iterator<Item = usize> {
    (0..usize::BITS as usize).filter(move |n| mask >> n & 1 == 1)
}
