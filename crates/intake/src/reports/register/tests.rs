//! Registers as guarantors keep them, good and bad.

use agreement::report::{Extent, PlaceForm};
use agreement::{Act, Report};
use spacetime::{Duration, Instant, zone_rules};

use super::{CODES, Mapping, Register};
use crate::feed::{Batch, Feed, Options};
use crate::rejection::Rejection;

const PAGE: &str = include_str!("../../../../../docs/register-mapping.md");

const HEAD: &str = "No;Date;Hour;Lat;Lon;What happened;By;Against\n";

fn of_the_page() -> String {
    let (_, rest) = PAGE.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn read_by(mapping: &str, name: &str, text: &str) -> (Vec<Report>, Vec<Rejection>) {
    let mapping = Mapping::read(mapping, name).unwrap();
    let zone = zone_rules("UTC").unwrap();
    let mut feed = Register::new(text.as_bytes(), Options::default(), mapping, zone);
    let (mut batch, mut reports, mut rejections) = (Batch::default(), Vec::new(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        reports.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
    }
    (reports, rejections)
}

fn read(rows: &str) -> (Vec<Report>, Vec<Rejection>) {
    read_by(&of_the_page(), "north", &format!("{HEAD}{rows}"))
}

#[test]
fn the_mapping_of_the_page_reads_a_register() {
    let (reports, rejections) = read(concat!(
        "1;09.07.2017;14:32;32,61;36,10;Mortar fire;The Regime;Southern Front\n",
        "2;10.07.2017;;32,62;36,11;small_arms;;\n",
    ));
    assert_eq!(rejections, []);
    let [first, second] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((first.id.as_str(), first.act), ("1", Act::Impact));
    assert_eq!(first.observed.start(), Instant::parse("2017-07-09T11:32:00Z").unwrap());
    assert_eq!(first.clock_sd, Some(Duration::from_seconds(1800)));
    assert_eq!(first.sides, ["Government of Syria", "Southern Front"]);
    let place = first.place.as_ref().unwrap();
    assert_eq!(place.extent, Extent::Radius { radius_m: 3000 });
    assert_eq!(place.nominal.unwrap().lat_e7(), 326_100_000);
    assert_eq!((&first.source.id[..], &first.source.kind[..]), ("north", "register"));
    assert_eq!(second.observed.length(), Duration::from_seconds(86_400));
    assert_eq!((second.clock_sd, second.act), (None, Act::SmallArms));
}

#[test]
fn what_is_wrong_with_a_row_costs_that_row_and_tells_no_coordinate() {
    let good = "1;09.07.2017;14:32;32,61;36,10;Mortar fire;A;B";
    let cases = [
        ("2;09.07.2017;14:32;32,61;36,10;bang;A;B", "kind-not-mapped", "kind"),
        ("2;09.07.2017;14:32;32,61;36,10;;A;B", "kind-not-mapped", "kind"),
        ("2;31.06.2017;14:32;32,61;36,10;small arms;A;B", "register-date", "date"),
        ("2;;14:32;32,61;36,10;small arms;A;B", "register-date", "date"),
        ("2;09.07.2017;25:00;32,61;36,10;small arms;A;B", "register-time", "time"),
        ("2;31.03.2017;00:30;32,61;36,10;small arms;A;B", "register-time-skipped", "time"),
        ("2;09.07.2017;14:32;32,61;north;small arms;A;B", "register-coordinate", "longitude"),
        ("2;09.07.2017;14:32;NaN;36,10;small arms;A;B", "register-coordinate", "latitude"),
        ("2;09.07.2017;14:32;132,61;36,10;small arms;A;B", "register-off-the-globe", "latitude"),
        ("2;09.07.2017;14:32;;36,10;small arms;A;B", "register-half-a-position", "latitude"),
        ("1;10.07.2017;14:32;32,61;36,10;small arms;A;B", "same-id-another-body", "id"),
        ("2;09.07.2017;14:32;32,61;36,10;small arms;A\u{202e};B", "bidi-control", "sides"),
        ("2;09.07.2017;14:32;32,61", "column-count", "-"),
    ];
    for (row, code, column) in cases {
        let (reports, rejections) = read(&format!("{good}\n{row}\n3;{}\n", &good[2..]));
        assert_eq!(reports.len(), 2, "{row}");
        let [why] = &rejections[..] else { panic!("{row}: {rejections:?}") };
        assert_eq!((why.code.name, why.locator.record), (code, 3), "{row}");
        assert_eq!(why.pointer.as_deref().unwrap_or("-"), column, "{row}");
        let said = format!("{} {}", why.reason(), why.code.repair);
        assert!(!said.contains("32,61") && !said.contains("36,10"), "{said}");
    }
}

/// Columns that the page's example leaves out.
const WIDE: &str = r#"
format = 1
[register.south]
zone = "Asia/Damascus"
[register.south.columns]
from = "start"
to = "end"
longitude = "x"
latitude = "y"
radius_m = "r"
pcode = "code"
place = "town"
kind = "kind"
count = "n"
deaths = "killed"
"#;
const WIDE_HEAD: &str = "start,end,x,y,r,code,town,kind,n,killed\n";

#[test]
fn every_other_column_is_read_or_rejected_where_it_stands() {
    let read = |row: &str| read_by(WIDE, "anything", &format!("{WIDE_HEAD}{row}\n"));
    let (reports, rejections) =
        read("2017-07-09 14:00,2017-07-09T12:00:00Z,36.1,32.6,500,SY1203,Nawa,explosion,5-7,2");
    assert_eq!(rejections, []);
    let row = &reports[0];
    assert_eq!((row.id.as_str(), row.deaths), ("line 2", Some(2)));
    assert_eq!(row.observed.length(), Duration::from_seconds(3600));
    assert_eq!(row.count.map(|c| (c.min, c.max)), Some((5, 7)));
    let forms = ["SY1203", "Nawa"].map(str::to_owned);
    assert_eq!(
        row.place_forms,
        [
            PlaceForm::Pcode(forms[0].clone()),
            PlaceForm::Name(forms[1].clone()),
            PlaceForm::Coordinates
        ]
    );
    // A day without a time is all of it, also one whose midnight was skipped, and to the end of the last.
    for (days, hours) in [("2017-07-09,", 24), ("2018-03-30,", 23), ("2018-03-30,2018-03-31", 47)] {
        let (reports, rejections) = read(&format!("{days},36.1,32.6,,,,explosion,,"));
        assert_eq!(rejections, [], "{days}");
        assert_eq!(reports[0].observed.length(), Duration::from_seconds(hours * 3600), "{days}");
        assert_eq!(reports[0].clock_sd, None, "{days}");
    }
    let named = read("2017-07-09T14:00:00Z,,,,,,Nawa,explosion,,").0;
    assert!(matches!(&named[0].place.as_ref().unwrap().extent,
        Extent::AdminUnit(unit) if unit.name == "Nawa"));
    for (row, code) in [
        ("2017-07-09 14:00,2017-07-09 13:00,,,,,,explosion,,", "register-ends-before-start"),
        ("2017-07-09 14:00,2019-07-09 13:00,,,,,,explosion,,", "register-lasts-too-long"),
        ("9 July,,,,,,,explosion,,", "register-date"),
        ("2017-07-09 14:00,,36.1,32.6,-5,,,explosion,,", "register-radius"),
        ("2017-07-09 14:00,,,,,sy1203,,explosion,,", "register-pcode"),
        ("2017-07-09 14:00,,,,,,,explosion,7-5,", "register-count"),
        ("2017-07-09 14:00,,,,,,,explosion,,1000000000", "register-count"),
    ] {
        let codes: Vec<_> = read(row).1.iter().map(|why| why.code.name).collect();
        assert_eq!(codes, [code], "{row}");
    }
}

#[test]
fn a_column_that_the_file_does_not_have_refuses_the_file() {
    let (reports, rejections) = read_by(&of_the_page(), "north", "No;Date\n1;09.07.2017\n");
    assert_eq!(reports, []);
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].code.name, "missing-column");
}

#[test]
fn a_time_that_the_clocks_showed_twice_is_an_hour() {
    let (reports, _) = read("1;26.10.2017;23:30;32,61;36,10;small arms;A;B\n");
    let length = reports[0].observed.length();
    assert_eq!(length, Duration::from_seconds(3600));
}

#[test]
fn a_mapping_that_would_misread_is_refused_with_its_repair() {
    let page = of_the_page();
    let refused = |from: &str, to: &str| {
        let changed = page.replacen(from, to, 1);
        assert_ne!(changed, page, "{from}");
        Mapping::read(&changed, "north").unwrap_err().to_string()
    };
    assert!(refused("format = 1", "format = 2").contains("format 2"));
    assert!(refused("\"impact\"", "\"inpact\"").contains("\"inpact\", which is no kind"));
    assert!(refused("%d.%m.%Y", "%d.%m").contains("date_format"));
    assert!(refused("%H:%M", "%H").contains("time_format"));
    assert!(refused("Asia/Damascus", "Asia/Daraa").contains("zone"));
    assert!(refused("\";\"", "\"x\"").contains("separator"));
    assert!(refused("latitude = \"Lat\"", "").contains("half a position"));
    assert!(refused("date = \"Date\"", "").contains("no time"));
    assert!(refused("kind = \"What happened\"", "sort = \"What happened\"").contains("sort"));
    let two = format!("{page}\n[register.south.columns]\ndate = \"D\"\nkind = \"K\"\n");
    assert!(Mapping::read(&two, "east").unwrap_err().to_string().contains("north, south"));
}

#[test]
fn codes_are_named_once() {
    let mut names: Vec<_> = CODES.iter().map(|code| code.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CODES.len());
}
