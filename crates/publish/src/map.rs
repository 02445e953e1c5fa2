//! The map: areas by what holds in them, tracks, the stretches that findings are about, and
//! reports at their nominal places.

mod areas;
mod legend;
mod reports;
mod scale;
pub(crate) mod tracks;

use spacetime::{BoundingBox, Position};

use crate::input::{DrawnReport, ReportInput};
use crate::markup::Markup;
use crate::projection::{Frame, Projection};
use crate::svg::{self, Caption, Units};
use crate::wording::counted;
use areas::DrawnArea;

const WIDTH_LEAST: f64 = 720.0;
const WIDTH_MOST: f64 = 1080.0;
const HEIGHT_LEAST: f64 = 460.0;
const HEIGHT_MOST: f64 = 860.0;
const PADDING: f64 = 48.0;
/// Prefix of the names in the map.
pub(crate) const PREFIX: &str = "map";

/// How far a drawn line may lie from the one that was recorded, in user units.
pub(crate) const TOLERANCE: f64 = 0.4;

const MAP_CSS: &str = "
.frame{fill:var(--ground);stroke:var(--line)}
.graticule{stroke:var(--line);stroke-width:.8;fill:none}
.area{stroke-width:1.6;stroke-linejoin:round}
.area.air{color:var(--air)}.area.land{color:var(--land)}
.area path{fill:currentColor;fill-opacity:.09;stroke:currentColor;fill-rule:evenodd}
.area.proposed path{stroke-dasharray:7 4;fill-opacity:.03}
.area.suspended path{stroke-dasharray:9 3 2 3;fill-opacity:.03}
.area.lapsed path{stroke-dasharray:1.5 4;stroke-linecap:round;fill:none}
.track{fill:none;stroke:var(--track);stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}
.hidden{fill:none;stroke:var(--track);stroke-width:1;stroke-dasharray:1.5 4;stroke-linecap:round}
.stretch{fill:none;stroke:currentColor;stroke-linejoin:round;stroke-linecap:butt}
.stretch.v-breach{stroke-width:5}.stretch.v-undetermined{stroke-width:5;stroke-dasharray:5 3}
.stretch.v-clear{stroke-width:3;stroke-opacity:.75}.stretch.v-alleged{stroke-width:5;stroke-dasharray:2 2}
.extent{fill:currentColor;fill-opacity:.025;stroke:currentColor;stroke-opacity:.5;stroke-width:.8}
.said{fill:currentColor;fill-opacity:.75}
.scale{stroke:var(--ink);stroke-width:1.2;fill:none}
";

/// The style sheet that the map needs beside that of all drawings.
pub(crate) const fn style() -> &'static str {
    MAP_CSS
}

/// The map alone, as an SVG file.
#[must_use]
pub fn map_svg(input: &ReportInput<'_>) -> String {
    let mut m = Markup::default();
    write(&mut m, input, true);
    m.newline();
    m.into_string()
}

/// Draws the map.
pub(crate) fn write(m: &mut Markup, input: &ReportInput<'_>, stands_alone: bool) {
    let areas = areas::drawn(input.pack, &input.treatments);
    let projection = projection(input, &areas);
    let frame = projection.frame();
    let (width, height) = (frame.width + 1.0, frame.height + 1.0);
    let legend = legend::listing(input, &areas, reports::drawn(&projection, input), width);
    let description = format!(
        "North is up. {} areas, {} tracks and {} placed reports of {}.",
        areas.len(),
        input.tracks.len(),
        input.reports.len(),
        input.pack.title,
    );
    let caption =
        Caption { prefix: PREFIX, title: "Map of what was assessed", description: &description };
    svg::drawing(m, caption, (width, height + legend.height()), stands_alone, |m| {
        if stands_alone {
            m.within("style", &[], |m| m.verbatim(MAP_CSS));
        }
        clip_to(m, frame);
        frame_rectangle(m, frame);
        let clip = format!("url(#{PREFIX}-clip)");
        m.within("g", &[("clip-path", &clip)], |m| {
            scale::graticule(m, &projection);
            areas::outlines(m, &projection, &areas);
            reports::extents(m, &projection, input);
            tracks::tracks(m, &projection, input);
            tracks::stretches(m, &projection, input);
            reports::marks(m, &projection, input);
            areas::names(m, &projection, &areas);
        });
        scale::bar(m, &projection);
        legend.write(m, height);
    });
}

fn projection(input: &ReportInput<'_>, areas: &[DrawnArea<'_>]) -> Projection {
    let ground = ground(input, areas);
    let inner = |outer: f64| outer - 2.0 * PADDING;
    let outer = |inner: f64| inner + 2.0 * PADDING;
    let shape = Projection::shape_of(ground);
    let height = outer(inner(WIDTH_MOST) * shape).clamp(HEIGHT_LEAST, HEIGHT_MOST).round();
    let width = outer(inner(height) / shape).clamp(WIDTH_LEAST, WIDTH_MOST).round();
    let frame = Frame { left: 0.5, top: 0.5, width: width - 1.0, height: height - 1.0 };
    Projection::fit(ground, frame, PADDING)
}

/// What the map does not show though it went in, a sentence each.
pub(crate) fn left_out(input: &ReportInput<'_>) -> Vec<String> {
    let areas = areas::drawn(input.pack, &input.treatments);
    let projection = projection(input, &areas);
    let beyond = reports::beyond(&projection, input) as u64;
    let mut said = Vec::new();
    if beyond > 0 {
        let reports = counted(beyond, "report");
        said.push(format!("Beyond the map: {reports}."));
    }
    let coarse = reports::too_coarse(&projection, input);
    if coarse > 0 {
        let reports = counted(u64::from(coarse), "report");
        said.push(format!("Too coarse for a ring, but marked at the point named: {reports}."));
    }
    if input.reports_undrawn > 0 {
        let reports = counted(input.reports_undrawn, "report");
        said.push(format!(
            "Kept off the map: {reports} of firing, launch, forces or weapons, or without a place of \
             their own."
        ));
    }
    if input.tracks_undrawn > 0 {
        said.push(format!("Not drawn: {}.", counted(input.tracks_undrawn, "more track")));
    }
    said
}

fn clip_to(m: &mut Markup, frame: Frame) {
    let id = format!("{PREFIX}-clip");
    m.within("clipPath", &[("id", &id)], |m| frame_shape(m, frame, ""));
}

fn frame_rectangle(m: &mut Markup, frame: Frame) {
    frame_shape(m, frame, "frame");
}

fn frame_shape(m: &mut Markup, frame: Frame, class: &str) {
    m.leaf(
        "rect",
        &[
            ("class", &class),
            ("x", &Units(frame.left)),
            ("y", &Units(frame.top)),
            ("width", &Units(frame.width)),
            ("height", &Units(frame.height)),
            ("rx", &4),
        ],
    );
}

/// What the map must show: the areas of the clauses; without any, the tracks and reports;
/// without those, the region of the agreement.
fn ground(input: &ReportInput<'_>, areas: &[DrawnArea<'_>]) -> BoundingBox {
    let corners = areas.iter().flat_map(|area| {
        let around = area.named.area.bounding_box();
        [around.min, around.max]
    });
    let tracks = input.tracks.iter().flat_map(|track| &track.points).map(|(_, p)| *p);
    let reports = input.reports.iter().map(DrawnReport::place);
    BoundingBox::around(corners)
        .or_else(|| BoundingBox::around(tracks.chain(reports)))
        .unwrap_or(input.pack.region)
}

/// Whether a position lies on the map.
pub(crate) fn shows(projection: &Projection, p: Position) -> bool {
    projection.frame().holds(projection.place(p), 0.0)
}
