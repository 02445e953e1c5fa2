//! Probabilities over all ways of pairing rows, each with at most one partner.
//!
//! A pairing weighs as the product of the weights of its pairs. The probability of a pair is the
//! weight of all pairings that hold it over that of all pairings: exact for groups of few rows,
//! by belief propagation for the others (J. Williams and R. Lau, "Approximate evaluation of
//! marginal association probabilities with belief propagation", IEEE Transactions on Aerospace
//! and Electronic Systems 50, 2014), which is exact where the group has no cycle.

use super::graph::{Edge, Graph};

/// Largest logarithm of a weight: past it a pair is certain, and products stay finite.
const LOG_WEIGHT_MAX: f64 = 50.0;
/// Groups with at most this many rows on their smaller side are added up exactly.
const EXACT_ROWS_MAX: usize = 8;
/// And with at most this many on the other.
const EXACT_OTHERS_MAX: usize = 64;
/// Largest logarithm of one density over another: past it a part is certain.
const LOG_DENSITY_MAX: f64 = 300.0;
/// Sweeps from one look at what moved to the next.
const LOOKED_AT_EVERY: u32 = 6;
/// A change of probability too small to matter.
const SETTLED: f64 = 1e-9;

/// Probabilities of pairs, and of having no partner.
pub(super) struct Marginals {
    /// By edge.
    pub(super) pair: Vec<f64>,
    /// By side and row: that it has no partner.
    pub(super) alone: [Vec<f64>; 2],
    /// Messages from rows of the second register to the first.
    back: Vec<f64>,
    /// Messages from rows of the first register to the second.
    forth: Vec<f64>,
}

fn weight(edge: &Edge, log_scale: f64) -> f64 {
    libm::exp((edge.log_weight + log_scale).min(LOG_WEIGHT_MAX))
}

impl Marginals {
    pub(super) fn new(graph: &Graph) -> Self {
        let none = vec![0.0; graph.edges.len()];
        Self {
            pair: none.clone(),
            alone: [vec![1.0; graph.size(0)], vec![1.0; graph.size(1)]],
            back: vec![1.0; graph.edges.len()],
            forth: none,
        }
    }

    pub(super) fn expected_pairs(&self) -> f64 {
        self.pair.iter().sum()
    }

    /// Passes messages back and forth until nothing moves, at most `sweeps` times.
    pub(super) fn sweep(&mut self, graph: &Graph, log_scale: f64, sweeps: u32) {
        let weights: Vec<f64> = graph.edges.iter().map(|edge| weight(edge, log_scale)).collect();
        let (mut terms, mut sums) = (Vec::new(), Vec::new());
        for sweep in 1..=sweeps {
            for range in &graph.first {
                let own = self.back[range.clone()].iter().zip(&weights[range.clone()]);
                terms.clear();
                terms.extend(own.map(|(message, weight)| message * weight));
                sums_of_others(&terms, &mut sums);
                for (n, others) in range.clone().zip(&sums) {
                    self.forth[n] = weights[n] / (1.0 + others);
                }
            }
            for edges in &graph.second {
                terms.clear();
                terms.extend(edges.iter().map(|&n| self.forth[n as usize]));
                sums_of_others(&terms, &mut sums);
                for (&n, others) in edges.iter().zip(&sums) {
                    self.back[n as usize] = 1.0 / (1.0 + others);
                }
            }
            // Looking whether anything moves costs half as much as moving it.
            let is_looked_at = sweep % LOOKED_AT_EVERY == 0 || sweep == sweeps;
            if is_looked_at && self.settle(graph, &weights) < SETTLED {
                break;
            }
        }
    }

    /// Takes the probabilities from the messages; how far the farthest moved.
    fn settle(&mut self, graph: &Graph, weights: &[f64]) -> f64 {
        let mut moved = 0.0_f64;
        for (row, range) in graph.first.iter().enumerate() {
            let all: f64 = 1.0 + range.clone().map(|n| weights[n] * self.back[n]).sum::<f64>();
            self.alone[0][row] = 1.0 / all;
            for n in range.clone() {
                let found = weights[n] * self.back[n] / all;
                moved = moved.max((found - self.pair[n]).abs());
                self.pair[n] = found;
            }
        }
        for (row, edges) in graph.second.iter().enumerate() {
            let all: f64 = 1.0 + edges.iter().map(|&n| self.forth[n as usize]).sum::<f64>();
            self.alone[1][row] = 1.0 / all;
        }
        moved
    }

    /// Replaces what belief propagation found by the exact sums, in groups that are small.
    pub(super) fn make_exact_where_small(&mut self, graph: &Graph, log_scale: f64) {
        for group in graph.groups(|_| true) {
            if let Some(small) = Small::of(graph, &group, log_scale) {
                small.add_up(graph, &group, self);
            }
        }
    }
}

/// Which rows of one side may be parts of rows of the other that have another partner.
pub(super) struct Parts {
    /// Edges by row of that side, and where those of each row end.
    edges: Vec<u32>,
    ends: Vec<usize>,
    /// By edge in that order: how much likelier its rows are as two tellings of one event than as two
    /// events.
    densities: Vec<f64>,
    /// Likewise: probability that the row has no partner, and the other one another.
    free: Vec<f64>,
}

impl Parts {
    pub(super) fn of(graph: &Graph, marginals: &Marginals, side: usize) -> Self {
        let count = graph.edges.len();
        let mut parts = Self {
            edges: Vec::with_capacity(count),
            ends: Vec::with_capacity(graph.size(side)),
            densities: Vec::with_capacity(count),
            free: Vec::with_capacity(count),
        };
        for row in 0..graph.size(side) as u32 {
            let lone = marginals.alone[side][row as usize];
            graph.each_of(side, row, |n| {
                let edge = &graph.edges[n];
                let whole = edge.rows[1 - side] as usize;
                let otherwise = 1.0 - marginals.alone[1 - side][whole] - marginals.pair[n];
                parts.edges.push(n as u32);
                parts.densities.push(libm::exp(edge.log_weight.min(LOG_DENSITY_MAX)));
                parts.free.push(lone.min(otherwise.clamp(0.0, 1.0)));
            });
            parts.ends.push(parts.edges.len());
        }
        parts
    }

    /// Hands out each edge with the probability that its row of this side is a part of the other.
    /// `scale` is how many parts an event has over how many rows of that side are of events of their
    /// own.
    pub(super) fn each(&self, scale: f64, mut found: impl FnMut(usize, f64)) {
        let mut start = 0;
        for &end in &self.ends {
            let odds = self.densities[start..end].iter().map(|density| scale * density);
            let all = 1.0 + odds.clone().sum::<f64>();
            let edges = self.edges[start..end].iter().zip(&self.free[start..end]);
            for ((&edge, free), odds) in edges.zip(odds) {
                found(edge as usize, free * odds / all);
            }
            start = end;
        }
    }
}

/// Puts into `sums`, for each term, the sum of all others: without subtracting, which would lose a
/// small one beside a large.
fn sums_of_others(terms: &[f64], sums: &mut Vec<f64>) {
    sums.clear();
    let mut before = 0.0;
    for term in terms {
        sums.push(before);
        before += term;
    }
    let mut after = 0.0;
    for (sum, term) in sums.iter_mut().zip(terms).rev() {
        *sum += after;
        after += term;
    }
}

/// A group small enough to add up every pairing.
struct Small {
    /// The side with fewer rows, and its rows.
    side: usize,
    few: Vec<u32>,
    many: Vec<u32>,
    /// By row of the larger side: weight with each row of the smaller; 0 where there is no edge.
    weights: Vec<Vec<f64>>,
}

impl Small {
    fn of(graph: &Graph, group: &[usize], log_scale: f64) -> Option<Self> {
        let rows = [0, 1].map(|side| {
            let mut rows: Vec<u32> = group.iter().map(|&n| graph.edges[n].rows[side]).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        });
        let side = usize::from(rows[1].len() < rows[0].len());
        let [first, second] = rows;
        let (few, many) = if side == 0 { (first, second) } else { (second, first) };
        // With one row on a side there is no cycle, and the messages are exact already.
        if few.len() < 2 || few.len() > EXACT_ROWS_MAX || many.len() > EXACT_OTHERS_MAX {
            return None;
        }
        let mut weights = vec![vec![0.0; few.len()]; many.len()];
        for &n in group {
            let edge = &graph.edges[n];
            let small = few.partition_point(|&row| row < edge.rows[side]);
            let large = many.partition_point(|&row| row < edge.rows[1 - side]);
            weights[large][small] = weight(edge, log_scale);
        }
        Some(Self { side, few, many, weights })
    }

    /// Sums of the weights of all pairings of the first rows of the larger side, by which rows of
    /// the smaller have a partner.
    fn sums<'a>(&self, rows: impl Iterator<Item = &'a Vec<f64>>) -> Vec<Vec<f64>> {
        let mut sums = vec![0.0; 1 << self.few.len()];
        sums[0] = 1.0;
        let mut all = vec![sums.clone()];
        for weights in rows {
            let before = sums.clone();
            for (taken, sum) in before.iter().enumerate() {
                for (small, weight) in weights.iter().enumerate() {
                    if taken >> small & 1 == 0 {
                        sums[taken | 1 << small] += sum * weight;
                    }
                }
            }
            all.push(sums.clone());
        }
        all
    }

    fn add_up(&self, graph: &Graph, group: &[usize], marginals: &mut Marginals) {
        let before = self.sums(self.weights.iter());
        let after = self.sums(self.weights.iter().rev());
        let all: f64 = before[self.many.len()].iter().sum();
        let mut alone_few = vec![1.0; self.few.len()];
        let mut alone_many = vec![1.0; self.many.len()];
        for &n in group {
            let edge = &graph.edges[n];
            let small = self.few.partition_point(|&row| row < edge.rows[self.side]);
            let large = self.many.partition_point(|&row| row < edge.rows[1 - self.side]);
            let others = without(&before[large], &after[self.many.len() - 1 - large], small);
            let found = self.weights[large][small] * others / all;
            marginals.pair[n] = found;
            alone_few[small] -= found;
            alone_many[large] -= found;
        }
        let mut keep = |side: usize, rows: &[u32], alone: &[f64]| {
            for (&row, alone) in rows.iter().zip(alone) {
                marginals.alone[side][row as usize] = alone.clamp(0.0, 1.0);
            }
        };
        keep(self.side, &self.few, &alone_few);
        keep(1 - self.side, &self.many, &alone_many);
    }
}

/// Sum of the weights of pairings of the rows before and after one, that share no row of the
/// smaller side and leave `small` free.
fn without(before: &[f64], after: &[f64], small: usize) -> f64 {
    let mut free_after = after.to_vec();
    // Sums over all subsets of a set, one row of the smaller side after another.
    for row in 0..usize::BITS as usize - 1 - after.len().leading_zeros() as usize {
        for set in 0..free_after.len() {
            if set >> row & 1 == 1 {
                free_after[set] += free_after[set ^ 1 << row];
            }
        }
    }
    let every = before.len() - 1;
    let free = |taken: usize| taken >> small & 1 == 0;
    let allowed = before.iter().enumerate().filter(|(taken, _)| free(*taken));
    allowed.map(|(taken, sum)| sum * free_after[every & !taken & !(1 << small)]).sum()
}

#[cfg(test)]
mod tests {
    use super::super::likelihood::Evidence;
    use super::*;

    /// Adds up every pairing by trying each.
    fn by_trying(sizes: [usize; 2], edges: &[(u32, u32, f64)]) -> Vec<f64> {
        fn go(
            edges: &[(u32, u32, f64)],
            n: usize,
            used: &mut (Vec<bool>, Vec<bool>),
            chosen: &mut Vec<usize>,
            weight: f64,
            sums: &mut Vec<f64>,
        ) {
            if n == edges.len() {
                *sums.last_mut().unwrap() += weight;
                chosen.iter().for_each(|&c| sums[c] += weight);
                return;
            }
            go(edges, n + 1, used, chosen, weight, sums);
            let (i, j, log) = edges[n];
            if !used.0[i as usize] && !used.1[j as usize] {
                (used.0[i as usize], used.1[j as usize]) = (true, true);
                chosen.push(n);
                go(edges, n + 1, used, chosen, weight * libm::exp(log), sums);
                chosen.pop();
                (used.0[i as usize], used.1[j as usize]) = (false, false);
            }
        }
        let mut sums = vec![0.0; edges.len() + 1];
        let mut used = (vec![false; sizes[0]], vec![false; sizes[1]]);
        go(edges, 0, &mut used, &mut Vec::new(), 1.0, &mut sums);
        let all = sums.pop().unwrap();
        sums.iter().map(|sum| sum / all).collect()
    }

    fn some_edges(sizes: [u32; 2], seed: u64) -> Vec<(u32, u32, f64)> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f64 / 16_777_216.0
        };
        let mut edges = Vec::new();
        for i in 0..sizes[0] {
            for j in 0..sizes[1] {
                if next() < 0.6 {
                    edges.push((i, j, next() * 8.0 - 3.0));
                }
            }
        }
        edges
    }

    fn graph(sizes: [usize; 2], edges: &[(u32, u32, f64)]) -> Graph {
        let edge = |&(i, j, log_weight): &(u32, u32, f64)| Edge {
            rows: [i, j],
            log_weight,
            evidence: Evidence::NONE,
        };
        Graph::new(sizes, edges.iter().map(edge).collect())
    }

    #[test]
    fn small_groups_are_added_up_exactly() {
        for seed in 1..40 {
            for sizes in [[2, 2], [3, 2], [3, 4], [4, 3]] {
                let edges = some_edges(sizes, seed);
                let sizes = sizes.map(|n| n as usize);
                let graph = graph(sizes, &edges);
                let mut marginals = Marginals::new(&graph);
                marginals.sweep(&graph, 0.0, 500);
                marginals.make_exact_where_small(&graph, 0.0);
                for (found, expected) in marginals.pair.iter().zip(by_trying(sizes, &edges)) {
                    assert!(
                        (found - expected).abs() < 1e-6,
                        "{sizes:?} {seed}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn belief_propagation_alone_comes_near() {
        let mut worst = 0.0_f64;
        for seed in 1..40 {
            let edges = some_edges([4, 4], seed);
            let graph = graph([4, 4], &edges);
            let mut marginals = Marginals::new(&graph);
            marginals.sweep(&graph, 0.0, 500);
            let pairs = marginals.pair.iter().zip(by_trying([4, 4], &edges));
            worst = pairs.fold(worst, |worst, (found, exact)| worst.max((found - exact).abs()));
        }
        assert!(worst < 0.12, "{worst}");
    }
}
