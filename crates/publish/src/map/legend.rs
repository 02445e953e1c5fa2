//! What the signs and lines on the map mean: only those that are on it.

use std::collections::BTreeSet;

use agreement::ClauseStatus;
use assess::Verdict;

use crate::input::ReportInput;
use crate::map::areas::{DrawnArea, swatch};
use crate::map::{PREFIX, tracks};
use crate::markup::Markup;
use crate::palette;
use crate::projection::Point;
use crate::svg::Units;
use crate::wording::status_word;

const ROW: f64 = 24.0;
const MARK: f64 = 30.0;
/// Width of a letter, in user units: a guess that keeps entries apart.
const LETTER: f64 = 6.3;

/// The legend, laid out in rows under the map.
pub(super) struct Legend {
    entries: Vec<(Point, Mark, String)>,
    rows: u32,
}

enum Mark {
    Verdict(Verdict),
    Area(super::areas::AreaLook),
    Line(&'static str),
    Dot,
    Ring,
}

/// What has to be explained.
pub(super) fn listing(
    input: &ReportInput<'_>,
    areas: &[DrawnArea<'_>],
    (has_dots, has_rings): (bool, bool),
    width: f64,
) -> Legend {
    let mut wanted = Vec::new();
    let has_some = |verdict: &Verdict| input.overview.of_verdict(*verdict) > 0;
    for verdict in Verdict::ALL.into_iter().filter(has_some) {
        wanted.push((Mark::Verdict(verdict), palette::word(verdict).to_owned()));
    }
    let looks: BTreeSet<_> = areas.iter().map(|area| area.look).collect();
    let mut looks: Vec<_> = looks.into_iter().collect();
    looks.sort_by_key(|look| look.status != ClauseStatus::Adopted);
    for look in looks {
        let holds = if look.airspace { "airspace clause" } else { "ground clause" };
        wanted.push((Mark::Area(look), format!("{holds}, {}", status_word(look.status))));
    }
    if !input.tracks.is_empty() {
        wanted.push((Mark::Line("track"), "track of an aircraft".to_owned()));
    }
    if tracks::have_gaps(input) {
        wanted.push((Mark::Line("hidden"), "gap in a track".to_owned()));
    }
    if has_dots {
        wanted.push((Mark::Dot, "report without a finding".to_owned()));
    }
    if has_rings {
        wanted.push((Mark::Ring, "how far a place may be off".to_owned()));
    }
    laid_out(wanted, width)
}

fn laid_out(wanted: Vec<(Mark, String)>, most: f64) -> Legend {
    let (mut x, mut row) = (0.0, 0_u32);
    let mut entries = Vec::new();
    for (mark, said) in wanted {
        let width = MARK + said.chars().count() as f64 * LETTER + 18.0;
        if x > 0.0 && x + width > most {
            (x, row) = (0.0, row + 1);
        }
        entries.push((Point { x, y: ROW * (f64::from(row) + 0.5) }, mark, said));
        x += width;
    }
    Legend { rows: if entries.is_empty() { 0 } else { row + 1 }, entries }
}

impl Legend {
    /// How high it is, with the space over it.
    pub(super) fn height(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { f64::from(self.rows) * ROW + 8.0 }
    }

    /// Draws it under `top`.
    pub(super) fn write(&self, m: &mut Markup, top: f64) {
        for (at, mark, said) in &self.entries {
            let at = Point { x: at.x, y: at.y + top + 8.0 };
            self::mark(m, mark, Point { x: at.x + 13.0, y: at.y });
            let (x, y) = (Units(at.x + MARK), Units(at.y + 4.0));
            m.line("text", &[("x", &x), ("y", &y)], said);
        }
    }
}

fn mark(m: &mut Markup, mark: &Mark, at: Point) {
    let (x, y) = (Units(at.x), Units(at.y));
    match mark {
        Mark::Verdict(verdict) => palette::draw_sign(m, PREFIX, *verdict, at, 15.0),
        Mark::Area(look) => swatch(m, *look, at),
        Mark::Line(class) => {
            let d = format!("M{} {y}h22", Units(at.x - 11.0));
            m.leaf("path", &[("class", class), ("d", &d)]);
        }
        Mark::Dot => {
            m.leaf("circle", &[("class", &"said none"), ("cx", &x), ("cy", &y), ("r", &2.4)]);
        }
        Mark::Ring => {
            m.leaf("circle", &[("class", &"extent none"), ("cx", &x), ("cy", &y), ("r", &8)]);
        }
    }
}
