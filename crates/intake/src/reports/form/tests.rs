use std::collections::BTreeSet;

use agreement::pack::PackFiles;
use agreement::report::{MediaKind, RangeClass, WeaponClass};
use agreement::{Act, Pack};
use serde_json::Value;

use super::{Choice, Form, Kind, Only, Question, Sheet, steers};
use crate::feed::{Batch, Feed as _, Options};
use crate::reports::{Places, Submissions};

const SCHEMA: &str = include_str!("../../../../../docs/schema/report.schema.json");

fn pack() -> Pack {
    let files = PackFiles {
        agreement_toml: Some(include_bytes!(
            "../../../../../packs/southern-syria-2017/agreement.toml"
        )),
        areas_geojson: Some(include_bytes!(
            "../../../../../packs/southern-syria-2017/areas.geojson"
        )),
        has_sources: true,
    };
    agreement::reader::read(&files).unwrap().0
}

/// The paths whose answers are read, but for the times at which the form was opened and closed.
fn read_paths(with_pack: bool) -> BTreeSet<String> {
    let asked = Form::ours().questions.iter().filter(|question| {
        question.only.is_none_or(|only| (only == Only::Pack) == with_pack)
            && !matches!(question.kind, Kind::Group | Kind::Start | Kind::End)
    });
    asked.map(|question| question.path.clone()).filter(|path| !steers(path)).collect()
}

/// The fields of the schema as the form spells them.
fn fields_of_the_format() -> BTreeSet<String> {
    // Those that come with every submission, or say how to read what a form does not have.
    let of_the_envelope = ["id", "received_at", "replaces", "critical"];
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut paths = BTreeSet::new();
    for (name, field) in schema["properties"].as_object().unwrap() {
        let members = field.get("properties").and_then(Value::as_object);
        match (name.as_str(), members) {
            (name, _) if of_the_envelope.contains(&name) => {}
            ("media", _) => paths.extend(MediaKind::ALL.iter().map(|k| k.as_str().to_owned())),
            ("sides", _) => paths.extend(["side_a".to_owned(), "side_b".to_owned()]),
            (group, Some(members)) => {
                let point = if group == "source" { "position" } else { "point" };
                paths.extend(members.keys().map(|member| match member.as_str() {
                    "lon" | "lat" => format!("{group}/{point}"),
                    member => format!("{group}/{member}"),
                }));
            }
            (name, None) => drop(paths.insert(name.to_owned())),
        }
    }
    paths
}

#[test]
fn the_form_asks_for_every_field_of_the_format_and_for_no_other() {
    assert_eq!(read_paths(false), fields_of_the_format());
    assert_eq!(read_paths(true), fields_of_the_format());
}

#[test]
fn the_choices_are_the_words_that_the_reader_knows() {
    let names = |list: &str| -> Vec<&str> {
        Form::ours().lists[list].iter().map(|choice| choice.name.as_str()).collect()
    };
    assert_eq!(names("kinds"), Act::ALL.iter().map(|act| act.as_str()).collect::<Vec<_>>());
    let ranges = RangeClass::ALL.iter().map(|class| class.as_str()).collect::<Vec<_>>();
    assert_eq!(names("range_classes"), ranges);
    let weapons = WeaponClass::ALL.iter().map(|class| class.as_str()).collect::<Vec<_>>();
    assert_eq!(names("weapon_classes"), weapons);
    assert_eq!(names("methods"), ["heard", "seen", "told"]);
    let points: Vec<f64> =
        names("compass_points").iter().map(|name| name.parse().unwrap()).collect();
    assert_eq!(points, (0..16).map(|n| f64::from(n) * 22.5).collect::<Vec<_>>());
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}')
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{4ff}')
}

#[test]
fn every_text_is_there_in_each_of_three_languages() {
    let said = |question: &Question| {
        [&question.label, &question.hint, &question.message].map(Option::is_some)
    };
    let mut texts: Vec<[String; 3]> = Vec::new();
    for question in &Form::ours().questions {
        let silent = matches!(question.kind, Kind::Calculate | Kind::Start | Kind::End);
        assert_eq!(said(question)[0], !silent, "{}", question.path);
        let words = [&question.label, &question.hint, &question.message].into_iter().flatten();
        texts.extend(words.map(|words| words.each().map(str::to_owned)));
    }
    let choices = Form::ours().lists.values().flatten().cloned();
    texts.extend(choices.map(|Choice { en, ar, ru, .. }| [en, ar, ru]));
    for [en, ar, ru] in texts {
        assert!(en.is_ascii() && en.chars().any(|c| c.is_ascii_alphabetic()), "{en}");
        assert!(ar.chars().any(is_arabic) && !ar.chars().any(is_cyrillic), "{ar}");
        assert!(ru.chars().any(is_cyrillic) && !ru.chars().any(is_arabic), "{ru}");
    }
}

/// What else its group needs to be read.
fn beside(path: &str) -> &'static str {
    match path {
        "arrival/sd_s" => "<at>2017-07-10T01:31:30Z</at>",
        "bearing/sd_deg" => "<deg>0</deg>",
        "count/min" => "<max>100000</max>",
        "count/max" => "<min>0</min>",
        "place/radius_m" => "<point>32.6 36.1 0 0</point>",
        "range/min_m" => "<max_m>1000000</max_m>",
        "range/sd_log" => "<class>near</class>",
        _ => "",
    }
}

/// Whether the reader takes a submission with one answer more.
fn is_taken(path: &str, value: f64) -> bool {
    let answer = match path.split_once('/') {
        Some((group, name)) => {
            format!("<{group}>{}<{name}>{value}</{name}></{group}>", beside(path))
        }
        None => format!("<{path}>{value}</{path}>"),
    };
    let document = format!(
        "<data><source><id>a</id><kind>human</kind></source><method>heard</method>\
         <kind>helicopter</kind><from>2017-07-10T01:31:00Z</from><to>2017-07-10T01:33:00Z</to>\
         {answer}<meta><instanceID>uuid:1</instanceID></meta></data>"
    );
    let places = Places::default();
    let mut feed = Submissions::of_bytes(document.into_bytes(), &Options::default(), &places);
    let mut batch = Batch::default();
    assert!(feed.read(&mut batch).unwrap());
    batch.items.len() == 1
}

#[test]
fn a_phone_allows_the_numbers_that_the_reader_takes_and_no_others() {
    let asked = Form::ours().questions.iter().filter(|question| !steers(&question.path));
    let bounded = asked.filter_map(|question| Some((&question.path, question.bounds?)));
    let mut count = 0;
    for (path, bounds) in bounded {
        let bounds = bounds.of_the_reader();
        assert!(is_taken(path, bounds.low) && is_taken(path, bounds.high), "{path}");
        assert!(!is_taken(path, bounds.low - 1.0), "{path}");
        assert!(!is_taken(path, bounds.high + 1.0), "{path}");
        count += 1;
    }
    assert_eq!(count, 17);
    let unbounded = Form::ours().questions.iter().filter(|question| {
        matches!(question.kind, Kind::Integer | Kind::Decimal) && question.bounds.is_none()
    });
    assert_eq!(unbounded.count(), 0);
}

fn cells(sheets: &[Sheet]) -> Vec<&str> {
    sheets.iter().flat_map(|sheet| sheet.rows.iter().flatten()).map(String::as_str).collect()
}

#[test]
fn a_form_made_with_a_pack_offers_names_and_tells_nothing_that_is_protected() {
    let pack = pack();
    let sheets = Form::ours().sheets(Some(&pack));
    let cells = cells(&sheets);
    for offered in ["Al Ghāriyah", "الغارية", "Эль-Гария", "SY12", "Dar'a", "درعا", "opposition"]
    {
        assert!(cells.contains(&offered), "{offered}");
    }
    let all = cells.join("\n");
    let posts = pack.posts.keys().map(ToString::to_string);
    let sensors = pack.sensors.keys().map(ToString::to_string);
    let covered = pack.sensors.values().filter_map(|sensor| sensor.coverage.as_ref());
    let covered = covered.map(|coverage| pack.areas[&coverage.area].name.clone());
    let protected: Vec<String> = posts.chain(sensors).chain(covered).collect();
    assert!(protected.len() >= 4);
    for name in protected {
        assert!(!all.contains(&name), "{name} is in the form");
    }
    let first = pack.posts.values().next().unwrap();
    let position = first.position.expose();
    let digits = (position.lon_e7() / 100_000).to_string();
    assert!(!all.contains(&digits) && !all.contains("36.15"), "a position is in the form");
    // Each place once, the other one last, and a version that changes with the pack.
    let places: Vec<&str> =
        sheets[1].rows.iter().filter(|row| row[0] == "places").map(|row| &*row[1]).collect();
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
    assert_eq!(places.last(), Some(&"-other-"));
    assert!(sheets[2].rows[1][2].starts_with("1-"));
}
