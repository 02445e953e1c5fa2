//! Whether the noise is what was stated: the spread of residuals against what it should be.
//!
//! Of every incident with more measures than unknowns, each measure's residual at the best place
//! is divided by its stated spread, and the square summed; what the fit itself takes up (the
//! leverage) is taken off what should come out. A ratio of 1 fits. Gates and the search itself cut
//! off the farthest residuals, so that a ratio a little under 1 fits as well.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::Sense;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// When.
    Time,
    /// In which direction.
    Bearing,
    /// How far.
    Range,
    /// The place itself.
    Place,
}

/// Whether a measure fits what was stated of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It does, as far as can be told.
    Fits,
    /// It scatters more than stated: regions are too small.
    Wider,
    /// It scatters less than stated: regions are larger than they need be.
    Narrower,
    /// Too few residuals to tell.
    TooFew,
}

/// Fewest degrees of freedom that say anything.
const FREEDOM_MIN: f64 = 30.0;
/// Spread that differs by less than this share is none of our business, thousandths.
const RATIO_WIDE: u64 = 1200;
const RATIO_NARROW: u64 = 750;

/// Residuals of one measure of one kind of source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Residuals {
    /// Residuals.
    pub count: u64,
    /// Degrees of freedom they have, thousandths.
    pub freedom_milli: u64,
    /// Root of the ratio of the sum of squares to what it should be, thousandths: how many times
    /// wider the scatter is than stated.
    pub spread_milli: u64,
    /// What that means.
    pub fit: Fit,
    #[serde(skip)]
    sum: f64,
    #[serde(skip)]
    freedom: f64,
}

/// How one measure of one member of a group lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub(crate) of: (Sense, Measure),
    /// Square of how far off it is over its spread.
    pub(crate) square: f64,
    /// How that changes east, north and with the instant.
    pub(crate) by: [f64; 3],
    /// How likely the member belongs to the group: what does not scatters as it likes.
    pub(crate) belongs: f64,
}

/// By kind of source and measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// `person/bearing` and so on.
    pub residuals: BTreeMap<String, Residuals>,
    /// Whether every measure of which enough is known fits.
    pub fits: bool,
}

impl Calibration {
    fn add(&mut self, (sense, measure): (Sense, Measure), square: f64, freedom: f64) {
        let name = match measure {
            Measure::Time => "time",
            Measure::Bearing => "bearing",
            Measure::Range => "range",
            Measure::Place => "place",
        };
        let found = self.residuals.entry(format!("{}/{name}", sense.as_str()));
        let found = found.or_insert(Residuals {
            count: 0,
            freedom_milli: 0,
            spread_milli: 0,
            fit: Fit::TooFew,
            sum: 0.0,
            freedom: 0.0,
        });
        found.count += 1;
        found.sum += square;
        found.freedom += freedom;
    }

    /// Takes in the residuals of one group. `prior` is the curvature that whatever is no measure
    /// adds, east and north.
    pub(crate) fn add_group(&mut self, residuals: &[Residual], prior: f64) {
        let mut normal = [[prior, 0.0, 0.0], [0.0, prior, 0.0], [0.0; 3]];
        for Residual { by, .. } in residuals {
            for (row, a) in normal.iter_mut().zip(by) {
                for (cell, b) in row.iter_mut().zip(by) {
                    *cell += a * b;
                }
            }
        }
        let Some(inverse) = inverse(&normal) else { return };
        for &Residual { of, square, by, belongs } in residuals {
            let taken: f64 = inverse
                .iter()
                .zip(by)
                .map(|(row, a)| a * row.iter().zip(by).map(|(cell, b)| cell * b).sum::<f64>())
                .sum();
            // What the fit takes up altogether leaves nothing to judge by.
            let freedom = 1.0 - taken;
            if freedom > 0.02 {
                self.add(of, belongs * square, belongs * freedom);
            }
        }
    }

    pub(crate) fn judged(mut self) -> Self {
        self.fits = true;
        for found in self.residuals.values_mut() {
            found.freedom_milli = (found.freedom * 1000.0).round_ties_even() as u64;
            let ratio = (found.sum / found.freedom.max(1e-9)).sqrt();
            found.spread_milli = (ratio * 1000.0).round_ties_even().min(1e9) as u64;
            // Three standard deviations of a chi-squared mean.
            let doubt = 1.5 * (2.0 / found.freedom.max(1.0)).sqrt() * 1000.0;
            let doubt = doubt as u64;
            found.fit = if found.freedom < FREEDOM_MIN {
                Fit::TooFew
            } else if found.spread_milli > RATIO_WIDE.max(1000 + doubt) {
                Fit::Wider
            } else if found.spread_milli < RATIO_NARROW.min(1000_u64.saturating_sub(doubt)) {
                Fit::Narrower
            } else {
                Fit::Fits
            };
            // What one or two are off by is how far off a place is, and not for everybody.
            if found.fit == Fit::TooFew {
                (found.spread_milli, found.freedom_milli) = (0, 0);
            }
            self.fits &= matches!(found.fit, Fit::Fits | Fit::TooFew);
        }
        self
    }
}

/// The inverse of a symmetric matrix; `None` when it has none to speak of.
fn inverse(m: &[[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a][c] * m[b][d] - m[a][d] * m[b][c];
    let (x, y, z) = (minor(1, 2, 1, 2), -minor(1, 2, 0, 2), minor(1, 2, 0, 1));
    let det = m[0][0] * x + m[0][1] * y + m[0][2] * z;
    let scale = m[0][0] * m[1][1] * m[2][2];
    if det.is_nan() || det <= scale * 1e-12 || det < 1e-300 {
        return None;
    }
    let (p, q, r) = (minor(0, 2, 0, 2), -minor(0, 2, 0, 1), minor(0, 1, 0, 1));
    let rows = [[x, y, z], [y, p, q], [z, q, r]];
    Some(rows.map(|row| row.map(|cell| cell / det)))
}
