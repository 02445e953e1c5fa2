//! "Did you mean": the nearest of some words.

/// Longest word that is compared; nothing a pack may name is longer.
const WORD_BYTES_MAX: usize = 256;

/// The nearest of `known` to `word`, when it is near enough to be what was meant: a third of
/// the word may differ, and another case or separator counts for nothing.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&word, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, &from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in b.iter().enumerate() {
            let substituted = rows[i][j] + usize::from(from != to);
            let mut least = substituted.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == b[j - 1] && a[i - 1] == to {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_seen_through() {
        let known = ["floor", "ceiling", "in_force", "protects_civilians"];
        assert_eq!(nearest("cieling", known), Some("ceiling"));
        assert_eq!(nearest("In-Force", known), Some("in_force"));
        assert_eq!(nearest("flor", known), Some("floor"));
        assert_eq!(nearest("quorum", known), None);
    }
}
