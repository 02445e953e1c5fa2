//! Colours, patterns and signs. A verdict is told by its sign and its pattern as well as by
//! its colour; the colours stay apart for the common kinds of colour blindness (vermilion,
//! amber, grey and blue, after Okabe and Ito) and in grey print.

use assess::Verdict;

use crate::markup::Markup;
use crate::projection::Point;

/// Colours as variables, for light and dark surroundings and for paper.
pub(crate) const COLOURS_CSS: &str = "
:root{color-scheme:light dark;--paper:#fff;--wash:#f6f5f2;--ground:#f3f1ec;--ink:#1c2126;--soft:#59636e;
--line:#d9d6cf;--breach:#c23b0e;--alleged:#b97a00;--undetermined:#6c7480;--clear:#0b6aa8;
--air:#6a4fb3;--land:#55703a;--track:#2b323a}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--wash:#1b1f23;--ground:#1d2226;--ink:#e7e5e0;
--soft:#a2abb4;--line:#353c43;--breach:#ff7d4d;--alleged:#f0b429;--undetermined:#98a2ad;
--clear:#62b4ea;--air:#b09cf0;--land:#a3c285;--track:#c9d0d6}}
@media print{:root{color-scheme:light;--paper:#fff;--wash:#fff;--ground:#fff;--ink:#000;--soft:#444;--line:#bbb;
--breach:#c23b0e;--alleged:#b97a00;--undetermined:#6c7480;--clear:#0b6aa8;--air:#6a4fb3;
--land:#55703a;--track:#222}}
";

/// How drawings use the colours.
pub(crate) const DRAWING_CSS: &str = "
svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;
font-size:12px;fill:var(--ink);font-variant-numeric:tabular-nums}
svg .soft{fill:var(--soft)}svg .small{font-size:10.5px}svg .strong{font-weight:600}
.halo{paint-order:stroke;stroke:var(--ground);stroke-width:3.5px;stroke-linejoin:round}
.halo-paper{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.v-breach{color:var(--breach)}.v-alleged{color:var(--alleged)}
.v-undetermined{color:var(--undetermined)}.v-clear{color:var(--clear)}
.none{color:var(--soft)}
.bar{stroke:currentColor;stroke-width:1}
";

/// Class that gives a verdict its colour.
pub(crate) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breach => "v-breach",
        Verdict::Alleged => "v-alleged",
        Verdict::Undetermined => "v-undetermined",
        Verdict::Clear => "v-clear",
    }
}

/// A verdict as a word that starts a line.
pub(crate) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breach => "Breach",
        Verdict::Alleged => "Alleged",
        Verdict::Undetermined => "Undetermined",
        Verdict::Clear => "Clear",
    }
}

/// What a verdict means, in one sentence.
pub(crate) const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breach => "The clause was not kept.",
        Verdict::Alleged => "Somebody says that it was not kept. Nobody has verified it.",
        Verdict::Undetermined => "It cannot be told; the reason is given.",
        Verdict::Clear => "The clause was kept, where it could have been seen broken.",
    }
}

/// Symbols and fills that drawings refer to. `prefix` keeps the names of two drawings on one
/// page apart.
pub(crate) fn definitions(m: &mut Markup, prefix: &str) {
    m.within("defs", &[], |m| {
        for verdict in Verdict::ALL {
            let id = format!("{prefix}-sign-{}", verdict.as_str());
            let view = "-8 -8 16 16";
            m.within("symbol", &[("id", &id), ("viewBox", &view)], |m| sign(m, verdict));
        }
        hatch(m, prefix, Verdict::Alleged, 90);
        hatch(m, prefix, Verdict::Undetermined, 45);
    });
}

/// Diamond, triangle, square with a bar, ring: solid is worst, hollow is best.
fn sign(m: &mut Markup, verdict: Verdict) {
    let paper = "var(--paper)";
    let (ink, width) = ("currentColor", 2);
    match verdict {
        Verdict::Breach => {
            m.leaf(
                "path",
                &[("d", &"M0-7.2 7.2 0 0 7.2-7.2 0Z"), ("fill", &ink), ("stroke", &paper)],
            );
        }
        Verdict::Alleged => m.leaf(
            "path",
            &[
                ("d", &"M0-6 6.2 5H-6.2Z"),
                ("fill", &paper),
                ("stroke", &ink),
                ("stroke-width", &width),
                ("stroke-linejoin", &"round"),
            ],
        ),
        Verdict::Undetermined => {
            let d = "M-5-5H5V5H-5ZM-5 5 5-5";
            m.leaf(
                "path",
                &[("d", &d), ("fill", &paper), ("stroke", &ink), ("stroke-width", &width)],
            );
        }
        Verdict::Clear => m.leaf(
            "circle",
            &[("r", &5), ("fill", &paper), ("stroke", &ink), ("stroke-width", &width)],
        ),
    }
}

/// A fill carries its own colour: it does not see that of the bar it fills.
fn hatch(m: &mut Markup, prefix: &str, verdict: Verdict, turn_deg: u32) {
    let id = format!("{prefix}-fill-{}", verdict.as_str());
    let turn = format!("rotate({turn_deg})");
    let attributes: [(&str, &dyn std::fmt::Display); 6] = [
        ("id", &id),
        ("class", &class(verdict)),
        ("width", &5),
        ("height", &5),
        ("patternUnits", &"userSpaceOnUse"),
        ("patternTransform", &turn),
    ];
    m.within("pattern", &attributes, |m| {
        m.leaf("rect", &[("width", &5), ("height", &5), ("fill", &"var(--paper)")]);
        m.leaf("path", &[("d", &"M0 0V9"), ("stroke", &"currentColor"), ("stroke-width", &2.6)]);
    });
}

/// What fills a bar of a verdict.
pub(crate) fn fill(prefix: &str, verdict: Verdict) -> String {
    match verdict {
        Verdict::Breach => "currentColor".to_owned(),
        Verdict::Alleged | Verdict::Undetermined => {
            format!("url(#{prefix}-fill-{})", verdict.as_str())
        }
        Verdict::Clear => "var(--paper)".to_owned(),
    }
}

/// Draws a verdict's sign around a point.
pub(crate) fn draw_sign(m: &mut Markup, prefix: &str, verdict: Verdict, at: Point, size: f64) {
    use crate::svg::Units;
    let href = format!("#{prefix}-sign-{}", verdict.as_str());
    let corner = (Units(at.x - size / 2.0), Units(at.y - size / 2.0));
    m.leaf(
        "use",
        &[
            ("href", &href),
            ("class", &class(verdict)),
            ("x", &corner.0),
            ("y", &corner.1),
            ("width", &Units(size)),
            ("height", &Units(size)),
        ],
    );
}
