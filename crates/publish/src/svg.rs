//! Numbers, paths and the outer element of a drawing.

use std::fmt::{self, Display, Write as _};

use crate::markup::Markup;
use crate::palette;
use crate::projection::Point;

/// A number of user units with at most one decimal, the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units(pub(crate) f64);

impl Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round_ties_even() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// The data of a `path`, point by point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    /// A path along a line.
    pub(crate) fn along(points: &[Point]) -> Self {
        let mut path = Self::default();
        path.add(points);
        path
    }

    /// Adds a line that starts anew.
    pub(crate) fn add(&mut self, points: &[Point]) {
        for (n, p) in points.iter().enumerate() {
            let step = if n == 0 { "M" } else { " " };
            write!(self.0, "{step}{} {}", Units(p.x), Units(p.y))
                .expect("writing to a string does not fail");
        }
    }

    /// Adds a closed ring.
    pub(crate) fn add_ring(&mut self, points: &[Point]) {
        self.add(points);
        self.0.push('Z');
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a drawing is, for those who cannot see it and for those who file it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caption<'a> {
    /// Prefix of every name in the drawing.
    pub(crate) prefix: &'a str,
    /// One line.
    pub(crate) title: &'a str,
    /// What there is to see, in words.
    pub(crate) description: &'a str,
}

/// A whole drawing. One that stands alone carries its own style sheet.
pub(crate) fn drawing(
    m: &mut Markup,
    caption: Caption<'_>,
    (width, height): (f64, f64),
    stands_alone: bool,
    inner: impl FnOnce(&mut Markup),
) {
    let view_box = format!("0 0 {} {}", Units(width), Units(height));
    let (title_id, description_id) =
        (format!("{}-title", caption.prefix), format!("{}-description", caption.prefix));
    let labelled = format!("{title_id} {description_id}");
    let (width, height) = (Units(width), Units(height));
    let mut attributes: Vec<(&str, &dyn Display)> = vec![
        ("viewBox", &view_box),
        ("width", &width),
        ("height", &height),
        ("role", &"img"),
        ("aria-labelledby", &labelled),
    ];
    if stands_alone {
        attributes.insert(0, ("xmlns", &"http://www.w3.org/2000/svg"));
    }
    m.within("svg", &attributes, |m| {
        m.line("title", &[("id", &title_id)], caption.title);
        m.line("desc", &[("id", &description_id)], caption.description);
        if stands_alone {
            m.within("style", &[], |m| {
                m.verbatim(palette::COLOURS_CSS);
                m.verbatim(palette::DRAWING_CSS);
            });
            m.leaf("rect", &[("width", &width), ("height", &height), ("fill", &"var(--paper)")]);
        }
        palette::definitions(m, caption.prefix);
        inner(m);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_one_decimal_at_most() {
        let said = |x: f64| Units(x).to_string();
        assert_eq!((said(12.0), said(0.04), said(-0.04)), ("12".into(), "0".into(), "0".into()));
        assert_eq!((said(-0.5), said(3.25)), ("-0.5".into(), "3.2".into()));
    }
}
