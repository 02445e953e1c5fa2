//! The report: one HTML file that needs nothing from elsewhere.

use std::fmt::Write as _;

use assess::Verdict;

use crate::input::ReportInput;
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::wording::{count, counted};
use crate::{compared, happened, limits, map, palette, records, tables, timeline};

const PAGE_CSS: &str = include_str!("report.css");

/// Nothing may be fetched or run, whatever a name in the input looks like.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as one HTML file: no scripts, no network, readable in print and in the dark.
#[must_use]
pub fn report_html(input: &ReportInput<'_>) -> String {
    let clock = LocalClock::of(&input.pack.time_zone);
    let mut m = Markup::default();
    m.verbatim("<!doctype html>\n");
    m.within("html", &[("lang", &"en")], |m| {
        m.within("head", &[], |m| head(m, input));
        m.newline();
        m.within("body", &[], |m| {
            m.within("main", &[], |m| {
                masthead(m, input, &clock);
                section(m, "summary", "Verdicts by clause", |m| tables::clauses(m, input, &clock));
                section(m, "map", "Map", |m| drawn_map(m, input));
                section(m, "timeline", "Timeline", |m| drawn_timeline(m, input));
                if input.established.is_some_and(|all| !all.all.is_empty()) {
                    section(m, "incidents", "Incidents", |m| happened::write(m, input, &clock));
                }
                if let Some(compared) = &input.before_after {
                    section(m, "before-after", "Before and after", |m| {
                        compared::write(m, input, compared);
                    });
                }
                section(m, "findings", "Findings", |m| tables::findings(m, input, &clock));
                section(m, "account", "Where every report went", |m| records::account(m, input));
                section(m, "alerts", "Alerts", |m| records::alerts(m, input, &clock));
                section(m, "anomalies", "Anomalies", |m| records::anomalies(m, input));
                section(m, "rejects", "Rejected records", |m| records::rejects(m, input));
                section(m, "limits", "What this cannot tell", |m| limits::write(m, input));
                section(m, "provenance", "What it was made from", |m| {
                    records::provenance(m, input);
                });
            });
        });
    });
    m.newline();
    m.into_string()
}

fn head(m: &mut Markup, input: &ReportInput<'_>) {
    m.leaf("meta", &[("charset", &"utf-8")]);
    m.leaf("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &POLICY)]);
    let fitted = "width=device-width, initial-scale=1";
    m.leaf("meta", &[("name", &"viewport"), ("content", &fitted)]);
    m.leaf("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    m.leaf("meta", &[("name", &"robots"), ("content", &"noindex")]);
    m.line("title", &[], format_args!("{}: assessment", input.pack.title));
    m.within("style", &[], |m| {
        let page = [palette::COLOURS_CSS, palette::DRAWING_CSS, PAGE_CSS];
        let drawings = [map::style(), timeline::style(), happened::style(), compared::style()];
        for sheet in page.into_iter().chain(drawings) {
            m.verbatim(sheet);
        }
    });
}

fn section(m: &mut Markup, id: &str, title: &str, inner: impl FnOnce(&mut Markup)) {
    m.newline();
    let heading = format!("{id}-heading");
    m.within("section", &[("id", &id), ("aria-labelledby", &heading)], |m| {
        m.line("h2", &[("id", &heading)], title);
        inner(m);
    });
}

fn masthead(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    m.within("header", &[], |m| {
        m.line("p", &[("class", &"kicker")], "Armistice · assessment");
        m.within("h1", &[], |m| m.name(&input.pack.title));
        m.within("p", &[("class", &"lead")], |m| {
            match input.period {
                Some(period) => {
                    let zone = clock.zone_name();
                    m.text(format_args!("{} ({zone})", clock.said_span(period)));
                }
                None => m.text("No period: nothing was admitted"),
            }
            m.text(format_args!(". {}.", what_went_in(input)));
        });
        signs(m);
        m.within("ul", &[("class", &"verdicts")], |m| {
            for verdict in Verdict::ALL {
                verdict_card(m, input, verdict);
            }
        });
        m.line(
            "p",
            &[("class", &"audience")],
            format_args!(
                "Made for: {}. It draws tracks and reports as the input holds them; do not pass \
                 it on to those who may not see the input.",
                input.audience.0
            ),
        );
    });
}

fn what_went_in(input: &ReportInput<'_>) -> String {
    let admitted: u64 = input.inputs.iter().map(|file| file.admitted).sum();
    let files = input.inputs.len() as u64;
    let mut said = format!("{} from {}", counted(admitted, "record"), counted(files, "file"));
    let rejected: u64 = input.rejects.iter().map(|reject| reject.times).sum();
    if rejected > 0 {
        write!(said, ", {} rejected", count(rejected)).expect("a string can be written to");
    }
    said
}

/// The verdicts' signs, once, for every table on the page.
fn signs(m: &mut Markup) {
    let hidden: [(&str, &dyn std::fmt::Display); 4] =
        [("width", &0), ("height", &0), ("class", &"defs"), ("aria-hidden", &"true")];
    m.within("svg", &hidden, |m| palette::definitions(m, tables::SIGNS));
}

fn verdict_card(m: &mut Markup, input: &ReportInput<'_>, verdict: Verdict) {
    m.within("li", &[("class", &palette::class(verdict))], |m| {
        m.within("p", &[("class", &"figure")], |m| {
            tables::sign(m, verdict);
            m.line("strong", &[], count(input.overview.of_verdict(verdict)));
        });
        m.line("p", &[("class", &"word")], palette::word(verdict));
        m.line("p", &[("class", &"meaning")], palette::meaning(verdict));
    });
}

fn drawn_map(m: &mut Markup, input: &ReportInput<'_>) {
    m.within("figure", &[], |m| {
        map::write(m, input, false);
        m.within("figcaption", &[], |m| {
            m.text(
                "Local equirectangular projection, north up, scale true along the middle \
                 parallel. Lines are drawn to within half a unit of the page; tracks are thinned \
                 first, so judge by the findings, not by the picture. ",
            );
            for said in map::left_out(input) {
                m.text(said);
                m.text(" ");
            }
        });
    });
}

fn drawn_timeline(m: &mut Markup, input: &ReportInput<'_>) {
    m.within("figure", &[], |m| {
        if timeline::write(m, input) {
            m.within("figcaption", &[], |m| {
                m.text(
                    "One row for each clause that was assessed; shaded while it is in force. Bars \
                     that would touch are drawn as one and say how many they are.",
                );
                if timeline::leaves_rows_out(input) {
                    m.text(format_args!(
                        " Only the {} clauses with the gravest findings have a row.",
                        timeline::ROWS_MAX
                    ));
                }
            });
        } else {
            m.line("p", &[("class", &"empty")], "No finding, and so no timeline.");
        }
    });
}
