//! Which pairs to tell: those under which the expected number of rows told rightly is greatest.
//!
//! A pair tells two rows rightly with its probability; a row left alone is told rightly with the
//! probability that it has no partner. What a pair gains is the difference, in millionths, and
//! the pairing with the greatest sum of gains is exact in groups of up to [`EXACT_ROWS_MAX`] rows
//! on the smaller side, found by shortest augmenting paths (the Hungarian method). Past that,
//! pairs are taken by gain, the greatest first. Only pairs that gain are looked at, so groups of
//! that size take a place where scores of rows cannot be told apart.

use super::graph::Graph;
use super::model::{Fitted, PPM};

/// Most rows on the smaller side of a group that is paired exactly.
pub(super) const EXACT_ROWS_MAX: usize = 256;

/// The edges that are taken.
pub(super) fn pairs(graph: &Graph, fitted: &Fitted) -> Vec<usize> {
    let ppm = |p: f64| (p * f64::from(PPM)).round_ties_even() as i64;
    let gains: Vec<i64> = (0..graph.edges.len())
        .map(|n| {
            let [i, j] = graph.edges[n].rows.map(|row| row as usize);
            let [first, second] = &fitted.marginals.alone;
            2 * ppm(fitted.marginals.pair[n]) - ppm(first[i]) - ppm(second[j])
        })
        .collect();
    let groups = graph.groups(|n| gains[n] > 0);
    let mut taken: Vec<usize> =
        groups.iter().flat_map(|group| Group::of(graph, group, &gains).pairs()).collect();
    taken.sort_unstable();
    taken
}

struct Group {
    /// By row of the smaller side and of the other: gain and edge.
    cells: Vec<Vec<Option<(i64, usize)>>>,
    columns: usize,
}

impl Group {
    fn of(graph: &Graph, group: &[usize], gains: &[i64]) -> Self {
        let rows = [0, 1].map(|side| {
            let mut rows: Vec<u32> = group.iter().map(|&n| graph.edges[n].rows[side]).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        });
        let side = usize::from(rows[1].len() < rows[0].len());
        let columns = rows[1 - side].len();
        let mut cells = vec![vec![None; columns]; rows[side].len()];
        for &n in group {
            let at = |side: usize| rows[side].partition_point(|&r| r < graph.edges[n].rows[side]);
            cells[at(side)][at(1 - side)] = Some((gains[n], n));
        }
        Self { cells, columns }
    }

    fn pairs(&self) -> Vec<usize> {
        if self.cells.len() > EXACT_ROWS_MAX { self.by_gain() } else { self.exact() }
    }

    fn by_gain(&self) -> Vec<usize> {
        let mut all: Vec<(i64, usize, usize, usize)> = Vec::new();
        for (row, cells) in self.cells.iter().enumerate() {
            let there = cells.iter().enumerate();
            all.extend(there.filter_map(|(c, cell)| cell.map(|(gain, n)| (-gain, n, row, c))));
        }
        all.sort_unstable();
        let (mut rows, mut columns) = (vec![false; self.cells.len()], vec![false; self.columns]);
        let mut taken = Vec::new();
        for (_, n, row, column) in all {
            if !rows[row] && !columns[column] {
                (rows[row], columns[column]) = (true, true);
                taken.push(n);
            }
        }
        taken
    }

    /// Least cost with potentials. Behind the columns stands one for each row that costs nothing:
    /// to be left alone.
    fn exact(&self) -> Vec<usize> {
        const NOBODY: usize = usize::MAX;
        let (rows, columns) = (self.cells.len(), self.columns + self.cells.len());
        let cost = |row: usize, column: usize| match self.cells[row].get(column) {
            Some(cell) => cell.map_or(0, |(gain, _)| -gain),
            None => 0,
        };
        let (mut row_price, mut column_price) = (vec![0_i64; rows], vec![0_i64; columns + 1]);
        let mut owner = vec![NOBODY; columns + 1];
        for row in 0..rows {
            owner[columns] = row;
            let (mut at, mut least) = (columns, vec![i64::MAX; columns]);
            let (mut from, mut seen) = (vec![columns; columns], vec![false; columns + 1]);
            loop {
                seen[at] = true;
                let here = owner[at];
                let (mut step, mut next) = (i64::MAX, columns);
                for column in (0..columns).filter(|&c| !seen[c]) {
                    let reduced = cost(here, column) - row_price[here] - column_price[column];
                    if reduced < least[column] {
                        (least[column], from[column]) = (reduced, at);
                    }
                    if least[column] < step {
                        (step, next) = (least[column], column);
                    }
                }
                for column in 0..=columns {
                    if seen[column] {
                        row_price[owner[column]] += step;
                        column_price[column] -= step;
                    } else if column < columns {
                        least[column] -= step;
                    }
                }
                at = next;
                if owner[at] == NOBODY {
                    break;
                }
            }
            while at != columns {
                let before = from[at];
                owner[at] = owner[before];
                at = before;
            }
        }
        let owned = owner.iter().take(self.columns).enumerate();
        let cell = |(column, &row): (usize, &usize)| self.cells.get(row)?[column].map(|c| c.1);
        owned.filter_map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(gains: &[&[i64]]) -> Group {
        let columns = gains[0].len();
        let cell = |row: usize, column: usize| {
            let gain = gains[row][column];
            (gain > 0).then_some((gain, row * columns + column))
        };
        let row = |row: usize| (0..columns).map(|column| cell(row, column)).collect();
        Group { cells: (0..gains.len()).map(row).collect(), columns }
    }

    #[test]
    fn the_greatest_sum_beats_the_greatest_pair() {
        let gains = group(&[&[10, 9], &[9, 0]]);
        assert_eq!(gains.exact(), [2, 1]);
        assert_eq!(gains.by_gain(), [0]);
    }

    #[test]
    fn a_pairing_is_as_good_as_the_best_of_all() {
        fn best(gains: &[[i64; 4]; 3], row: usize, used: u8) -> i64 {
            if row == 3 {
                return 0;
            }
            let free = (0..4).filter(|c| used >> c & 1 == 0 && gains[row][*c] > 0);
            let with = free.map(|c| gains[row][c] + best(gains, row + 1, used | 1 << c)).max();
            with.unwrap_or(0).max(best(gains, row + 1, used))
        }
        let mut state = 7_u64;
        for _ in 0..300 {
            let mut gains = [[0_i64; 4]; 3];
            for gain in gains.as_flattened_mut() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *gain = (state >> 59) as i64 - 8;
            }
            let taken = group(&[&gains[0], &gains[1], &gains[2]]).exact();
            let sum: i64 = taken.iter().map(|n| gains[n / 4][n % 4]).sum();
            assert_eq!(sum, best(&gains, 0, 0), "{gains:?}");
        }
    }
}
