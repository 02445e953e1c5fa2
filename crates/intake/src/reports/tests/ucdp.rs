//! Events of UCDP, good and bad.

use super::*;

pub(super) const HEADER: &str = "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,\
    date_prec,date_start,date_end,number_of_sources,adm_1,adm_2,low,best,high,best_guess";

fn event(id: &str, changes: &[(&str, &str)]) -> String {
    let good = [
        ("id", id),
        ("type_of_violence", "1"),
        ("side_a", "Government of Syria"),
        ("side_b", "Syrian insurgents"),
        ("where_prec", "2"),
        ("latitude", "32.61889"),
        ("longitude", "36.10213"),
        ("date_prec", "1"),
        ("date_start", "2017-07-09"),
        ("date_end", "2017-07-09"),
        ("number_of_sources", "2"),
        ("adm_1", "Daraa Governorate"),
        ("adm_2", "Markaz Daraa district"),
        ("low", "1"),
        ("best", "2"),
        ("high", "3"),
        ("best_guess", ""),
    ];
    let value = |(name, value)| changes.iter().find(|(n, _)| *n == name).map_or(value, |c| c.1);
    good.map(value).join(",")
}

fn events(rows: &[String]) -> (Vec<Report>, Vec<Rejection>, u64) {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    all(UcdpGed::new(text.as_bytes(), Options::default(), zone_rules("Asia/Damascus").unwrap()))
}

#[test]
fn a_precision_code_becomes_a_region_and_a_day_a_local_day() {
    let precisions: Vec<String> =
        ["1", "2", "3", "4", "5", "6", "7"].map(|p| event(p, &[("where_prec", p)])).into();
    let (items, rejections, _) = events(&precisions);
    assert_eq!(said(&rejections), "");
    let radius = |report: &Report| match &report.place.as_ref().unwrap().extent {
        Extent::Radius { radius_m } => format!("{radius_m} m"),
        Extent::AdminUnit(unit) => format!("{} in {:?}", unit.name, unit.within),
        Extent::Unbounded => "unbounded".to_owned(),
    };
    assert_eq!(
        items.iter().map(radius).collect::<Vec<_>>(),
        [
            "3000 m",
            "25000 m",
            "Markaz Daraa district in [\"Daraa Governorate\"]",
            "Daraa Governorate in []",
            "100000 m",
            "unbounded",
            "unbounded",
        ]
    );
    let day = items[0].observed;
    assert_eq!(day.start(), Instant::parse("2017-07-09T00:00:00+03:00").unwrap());
    assert_eq!(day.end(), Instant::parse("2017-07-10T00:00:00+03:00").unwrap());
    assert_eq!(items[0].count.map(|c| (c.min, c.max)), Some((1, 3)));
    assert_eq!((items[0].deaths, items[0].source_count), (Some(2), 2));
}

#[test]
fn columns_go_by_name_in_any_order_and_some_may_be_missing() {
    let text = "\u{feff}Date_End,date_start,date_prec,longitude,latitude,where_prec,side_b,side_a,\
        type_of_violence,id\r\n2017-07-10 00:00:00.000,2017-07-09 00:00:00.000,2,36.1,32.6,1,\
        Civilians,\"IS, others\",3,9\r\n";
    let feed =
        UcdpGed::new(text.as_bytes(), Options::default(), zone_rules("Asia/Damascus").unwrap());
    let (items, rejections, _) = all(feed);
    assert_eq!(said(&rejections), "");
    assert_eq!(items[0].sides, ["IS, others", "Civilians"]);
    assert_eq!(items[0].observed.length(), Duration::from_seconds(2 * 86_400));
    assert_eq!((items[0].count, items[0].source_count), (None, 1));
}

#[test]
fn a_local_day_is_as_long_as_the_clocks_made_it() {
    let spring = event("1", &[("date_start", "2017-03-31"), ("date_end", "2017-03-31")]);
    let (items, _, _) = events(&[spring]);
    assert_eq!(items[0].observed.length(), Duration::from_seconds(23 * 3600));
}

#[test]
fn each_bad_event_is_rejected_with_a_repair_and_the_next_is_read() {
    let bad: &[&[(&str, &str)]] = &[
        &[("latitude", "95")],
        &[("longitude", "-180.5")],
        &[("latitude", "NaN")],
        &[("longitude", "east")],
        &[("date_start", "2017-02-30")],
        &[("date_end", "9 July")],
        &[("date_end", "2017-07-08")],
        &[("date_end", "2019-07-08")],
        &[("date_prec", "0")],
        &[("where_prec", "8")],
        &[("where_prec", "")],
        &[("where_prec", "3"), ("adm_2", "")],
        &[("type_of_violence", "4")],
        &[("best", "-2")],
        &[("high", "1000000000")],
        &[("number_of_sources", "0")],
        &[("side_a", "")],
        &[("side_b", "IS\u{202e}")],
        &[("id", "")],
        &[("side_b", "\"never closed")],
        &[("side_b", "one,too,many")],
    ];
    let mut rows = Vec::new();
    for (n, changes) in bad.iter().enumerate() {
        rows.push(event(&format!("bad-{n}"), changes));
        rows.push(event(&format!("good-{n}"), &[]));
    }
    rows.push(event("good-0", &[]));
    rows.push(event("good-1", &[("best", "3")]));
    let long = "x".repeat(700);
    rows.push(event("long", &[("side_a", &long)]));
    let (items, rejections, repeats) = events(&rows);
    assert_eq!((items.len(), repeats), (bad.len(), 1));
    insta::assert_snapshot!(said(&rejections));
}

#[test]
fn a_file_that_is_not_the_data_set_is_rejected_as_a_whole() {
    let of = |text: &str| {
        let feed =
            UcdpGed::new(text.as_bytes(), Options::default(), zone_rules("Asia/Damascus").unwrap());
        said(&all(feed).1)
    };
    let texts = ["", "id,date_start\n1,2017-07-09\n", "id,id\n", "\"id\n"];
    insta::assert_snapshot!(texts.map(of).concat());
}
