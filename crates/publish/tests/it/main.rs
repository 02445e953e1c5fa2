//! What is published, read back as those who receive it would.

#[cfg(test)]
mod sample;

use std::collections::BTreeSet;

use assess::established::Incidents;
use assess::periods::{Days, compare};
use assess::tally::By;
use publish::{BeforeAfter, Overview, ReportInput, map_svg, report_html, summary_json};
use quick_xml::Reader;
use quick_xml::events::Event;
use sample::Sample;
use spacetime::Interval;

/// Every element's name, in order of its start; panics when the markup is not well-formed.
fn elements(markup: &str) -> Vec<String> {
    let mut reader = Reader::from_str(markup);
    reader.config_mut().check_end_names = true;
    let mut open = 0_usize;
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|fault| panic!("{fault} in {markup}")) {
            Event::Start(start) => {
                start
                    .attributes()
                    .for_each(|attribute| drop(attribute.expect("an attribute is well-formed")));
                open += 1;
                names.push(start.name().as_ref().to_owned());
            }
            Event::Empty(start) => {
                start
                    .attributes()
                    .for_each(|attribute| drop(attribute.expect("an attribute is well-formed")));
                names.push(start.name().as_ref().to_owned());
            }
            Event::End(_) => open -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0, "an element is left open");
    names
}

fn empty_of(sample: &Sample) -> ReportInput<'_> {
    ReportInput {
        period: None,
        inputs: vec![],
        tracks: &[],
        reports: vec![],
        reports_undrawn: 0,
        overview: Overview::default(),
        rejects: vec![],
        notes: vec![],
        ..sample.input()
    }
}

#[test]
fn the_report_is_well_formed_and_needs_nothing_from_elsewhere() {
    let sample = Sample::titled("Sample");
    let html = report_html(&sample.input());
    if let Some(path) = std::env::var_os("ARMISTICE_SAMPLE_REPORT") {
        std::fs::write(path, &html).unwrap();
    }
    let names = elements(&html);
    for forbidden in ["script", "link", "iframe", "img", "object", "form", "foreignObject"] {
        assert!(!names.iter().any(|name| name == forbidden), "{forbidden}");
    }
    // The SVG name space is a name, not an address; nothing else may look like one.
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("@import"));
    assert!(html.contains("lang=\"en\"") && html.contains("Content-Security-Policy"));
}

#[test]
fn incidents_and_periods_are_drawn_without_a_place() {
    let sample = Sample::titled("Sample");
    let established = Incidents::of_files(&sample.pack, Interval::ALWAYS, &[], &sample.reports);
    let zone = spacetime::zone_rules(&sample.pack.time_zone).unwrap();
    let days = Days::around(&zone, "2017-07-09".parse().unwrap(), 3).unwrap();
    let compared = |all| {
        compare(&sample.pack, &BTreeSet::new(), &days, (By::Area, all), &sample.reports, None)
    };
    let before_after = BeforeAfter {
        around: "2017-07-09".to_owned(),
        days: 3,
        in_scope: compared(false),
        all: compared(true),
    };
    let input = ReportInput {
        established: Some(&established),
        before_after: Some(before_after),
        ..sample.input()
    };
    let html = report_html(&input);
    elements(&html);
    let section = |id: &str| {
        let start = html.find(&format!("<section id=\"{id}\"")).unwrap();
        let end = html[start..].find("</section>").unwrap();
        html[start..start + end].to_owned()
    };
    let (incidents, periods) = (section("incidents"), section("before-after"));
    let told = format!("{} incident", established.all.len());
    assert!(incidents.contains(&told) && incidents.contains("reported by one source"), "{told}");
    assert!(periods.contains("All together") && periods.contains("not evidence of a cause"));
    // Neither where somebody stood, nor where anything happened.
    for report in &sample.reports {
        let place = report.place.as_ref().and_then(|place| place.nominal).unwrap();
        for digits in [place.lon_e7() / 1_000, place.lat_e7() / 1_000] {
            let (whole, rest) = (digits / 10_000, digits % 10_000);
            let written = format!("{whole}.{rest:04}");
            assert!(!incidents.contains(&written) && !periods.contains(&written), "{written}");
        }
    }
    for section in [incidents, periods] {
        assert!(!section.contains("36.1234") && !section.contains("32.6543"));
    }
    // Without reports there is nothing to say.
    assert!(!report_html(&sample.input()).contains("id=\"before-after\""));
}

#[test]
fn the_map_stands_alone() {
    let sample = Sample::titled("Sample");
    let svg = map_svg(&sample.input());
    assert_eq!(elements(&svg).first().map(String::as_str), Some("svg"));
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert_eq!(svg.matches("http").count(), 1);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, other) = (Sample::titled("Sample"), Sample::titled("Sample"));
    assert_eq!(report_html(&one.input()), report_html(&other.input()));
    assert_eq!(summary_json(&one.input()), summary_json(&other.input()));
}

#[test]
fn a_hostile_title_stays_text() {
    let hostile = "</title><script>alert(1)</script>\u{202e}]]><!--\u{1}&amp;";
    let sample = Sample::titled(hostile);
    let html = report_html(&sample.input());
    assert!(!elements(&html).iter().any(|name| name == "script"));
    assert!(!html.contains('\u{202e}') && html.contains("&amp;amp;"));
    elements(&map_svg(&sample.input()));
}

#[test]
fn nothing_at_all_is_reported_as_nothing() {
    let sample = Sample::titled("Sample");
    let html = report_html(&empty_of(&sample));
    elements(&html);
    assert!(html.contains("nothing was admitted") && html.contains("No finding"));
}

#[test]
fn an_agreement_without_areas_shows_its_region() {
    let mut sample = Sample::titled("Sample");
    sample.pack.areas.clear();
    sample.pack.clauses.clear();
    elements(&map_svg(&empty_of(&sample)));
}

#[test]
fn no_place_of_a_launch_or_of_an_observer_is_drawn() {
    let sample = Sample::titled("Sample");
    let input = sample.input();
    assert_eq!((input.reports.len(), input.reports_undrawn), (4, 1));
    let launched = sample::at(36.222_222, 32.777_777);
    assert!(input.reports.iter().all(|report| report.place() != launched));
    for written in [report_html(&input), map_svg(&input), summary_json(&input)] {
        for digits in ["36.2222", "32.7777", "36.1234", "32.6543", "3612345", "3265432"] {
            assert!(!written.contains(digits), "{digits}");
        }
    }
}

#[test]
fn every_verdict_has_its_sign_in_the_map_and_its_word_in_the_table() {
    let sample = Sample::titled("Sample");
    let (svg, html) = (map_svg(&sample.input()), report_html(&sample.input()));
    for verdict in assess::Verdict::ALL {
        let sign = format!("href=\"#map-sign-{}\"", verdict.as_str());
        assert!(svg.matches(&sign).count() >= 2, "{sign} is on the map and in its legend");
        assert!(html.contains(&format!("#page-sign-{}", verdict.as_str())));
    }
}

#[test]
fn a_line_of_findings_holds_the_canonical_finding_between_its_id_and_its_locators() {
    let sample = Sample::titled("Sample");
    let input = sample.input();
    for recorded in &sample.findings {
        let line = publish::jsonl::finding_line(recorded, &input.inputs, None);
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["locators"][0]["file"], "flight.jsonl");
        let from = line.find(",\"").unwrap() + 1;
        let body = format!("{{{}}}", &line[from..line.rfind(",\"locators\"").unwrap()]);
        let id = agreement::Digest::of_bytes(body.as_bytes());
        assert_eq!(parsed["id"], id.to_string());
    }
}

#[test]
fn feeds_are_named_and_not_numbered() {
    let sample = Sample::titled("Sample");
    let input = sample.input();
    let line = publish::jsonl::anomaly_line(&sample.anomalies[0], &input.inputs);
    assert!(line.contains("\"subject\":{\"feed\":\"reports.jsonl\""), "{line}");
}

#[test]
fn every_line_but_a_finding_is_canonical_json() {
    let sample = Sample::titled("Sample");
    let input = sample.input();
    let alerts = sample.alerts.iter().map(|a| publish::jsonl::alert_line(a, &input.inputs));
    let anomalies = sample.anomalies.iter().map(|a| publish::jsonl::anomaly_line(a, &input.inputs));
    for line in alerts.chain(anomalies) {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let canonical = agreement::canonical::canonical_bytes(&value).unwrap();
        assert_eq!(line.trim_end().as_bytes(), canonical);
    }
}

#[test]
fn the_summary_counts_what_there_is() {
    let sample = Sample::titled("Sample");
    let summary: serde_json::Value = serde_json::from_str(&summary_json(&sample.input())).unwrap();
    assert_eq!(summary["findings"]["verdicts"]["alleged"], 2);
    assert_eq!(summary["findings"]["total"], 6);
    assert_eq!(summary["inputs"][0]["admitted"], 900);
}

#[test]
fn the_small_map_is_what_it_was() {
    let mut sample = Sample::titled("Sample");
    sample.findings.truncate(1);
    sample.reports.truncate(1);
    let input = ReportInput { tracks: &[], ..sample.input() };
    let svg = map_svg(&input);
    let drawing = svg.split("</defs>").last().unwrap();
    insta::assert_snapshot!(drawing.replace("><", ">\n<"));
}
