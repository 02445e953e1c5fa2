//! Which rows of two registers may be of one event.

use std::ops::Range;

use super::likelihood::Evidence;

/// A pair in question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Row of the first and of the second register.
    pub(super) rows: [u32; 2],
    /// Logarithm of the weight, before the scale of common events.
    pub(super) log_weight: f64,
    /// What it was made of.
    pub(super) evidence: Evidence,
}

/// Which rows may be which.
pub(super) struct Graph {
    /// By row of the first register, then of the second.
    pub(super) edges: Vec<Edge>,
    /// By row of the first register: its edges.
    pub(super) first: Vec<Range<usize>>,
    /// By row of the second register: its edges' numbers.
    pub(super) second: Vec<Vec<u32>>,
}

impl Graph {
    pub(super) fn new(sizes: [usize; 2], mut edges: Vec<Edge>) -> Self {
        edges.sort_by_key(|edge| edge.rows);
        let mut first = vec![0..0; sizes[0]];
        let mut second = vec![Vec::new(); sizes[1]];
        for (n, edge) in edges.iter().enumerate() {
            let range = &mut first[edge.rows[0] as usize];
            let start = if range.start == range.end { n } else { range.start };
            *range = start..n + 1;
            second[edge.rows[1] as usize].push(n as u32);
        }
        Self { edges, first, second }
    }

    /// Hands out the numbers of the edges of a row of one side.
    pub(super) fn each_of(&self, side: usize, row: u32, mut take: impl FnMut(usize)) {
        match side {
            0 => self.first[row as usize].clone().for_each(take),
            _ => self.second[row as usize].iter().for_each(|&n| take(n as usize)),
        }
    }

    /// Numbers of the edges of a row of one side.
    pub(super) fn of(&self, side: usize, row: u32) -> Vec<usize> {
        match side {
            0 => self.first[row as usize].clone().collect(),
            _ => self.second[row as usize].iter().map(|&n| n as usize).collect(),
        }
    }

    /// The edge between two rows.
    pub(super) fn between(&self, rows: [u32; 2]) -> Option<usize> {
        self.edges.binary_search_by_key(&rows, |edge| edge.rows).ok()
    }

    /// How many rows a side has.
    pub(super) fn size(&self, side: usize) -> usize {
        if side == 0 { self.first.len() } else { self.second.len() }
    }

    /// Groups of edges that hang together by rows, in order. Only edges that `keep` holds to.
    pub(super) fn groups(&self, keep: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let offset = self.size(0);
        let mut parent: Vec<usize> = (0..offset + self.size(1)).collect();
        let kept: Vec<usize> = (0..self.edges.len()).filter(|&n| keep(n)).collect();
        for &n in &kept {
            let [i, j] = self.edges[n].rows;
            let (a, b) = (root(&mut parent, i as usize), root(&mut parent, offset + j as usize));
            parent[a.max(b)] = a.min(b);
        }
        let mut at = vec![usize::MAX; parent.len()];
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for n in kept {
            let top = root(&mut parent, self.edges[n].rows[0] as usize);
            if at[top] == usize::MAX {
                at[top] = groups.len();
                groups.push(Vec::new());
            }
            groups[at[top]].push(n);
        }
        groups
    }
}

fn root(parent: &mut [usize], mut of: usize) -> usize {
    while parent[of] != of {
        parent[of] = parent[parent[of]];
        of = parent[of];
    }
    of
}
