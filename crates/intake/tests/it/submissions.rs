//! Submissions of OpenRosa clients, as they come and as nobody should send them.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use agreement::report::{MediaKind, Method};
use agreement::{Act, Digest, Report};
use intake::reports::openrosa::{SUBMISSION_BYTES_MAX, UPLOAD_BYTES_MAX};
use intake::reports::{Places, Submissions};
use intake::{Batch, Feed as _, Options, Rejection};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// As ODK Collect writes it, with Arabic text, a photograph and an answer that was left out.
const SUBMISSION: &str = r#"<?xml version='1.0' ?>
<data id="armistice_report" version="1" submissionDate="2017-07-10T06:02:10.000Z"
      xmlns:orx="http://openrosa.org/xforms" xmlns:jr="http://openrosa.org/javarosa">
  <start>2017-07-10T06:00:00.000+03:00</start>
  <source><id>مراقب-05</id><post>P05</post><kind>human</kind>
    <position>32.7451323 36.0360402 610.0 4.2</position></source>
  <method>heard</method>
  <kind>explosion</kind>
  <from>2017-07-10T04:31:00.000+03:00</from>
  <to>2017-07-10T04:33:00.000+03:00</to>
  <count_how>about</count_how>
  <count><exact/><about>6</about></count>
  <bearing><deg>45</deg><step_deg>22.5</step_deg></bearing>
  <range><class>middle</class></range>
  <place><point>32.737 36.066 0 300.5</point></place>
  <side_a>Government of Syria</side_a>
  <side_b>المعارضة &amp; &#1581;&#1604;&#1601;&#1575;&#1572;</side_b>
  <weapon_class>mortar</weapon_class>
  <language>ar</language>
  <photo>1499657400000.jpg</photo>
  <orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta>
</data>"#;

fn with(id: &str, more: &[(&str, &str)]) -> String {
    let mut text = SUBMISSION.replace("uuid:1", id);
    for (from, to) in more {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

fn without_photo(id: &str, more: &[(&str, &str)]) -> String {
    with(id, more).replace("<photo>1499657400000.jpg</photo>", "")
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

type Drained = (Vec<Report>, Vec<Rejection>, u64);

fn drain(mut feed: Submissions) -> Drained {
    let (mut reports, mut rejections, mut passed_over) = (Vec::new(), Vec::new(), 0);
    let mut batch = Batch::default();
    while feed.read(&mut batch).unwrap() {
        reports.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
        passed_over += batch.passed_over;
    }
    (reports, rejections, passed_over)
}

fn read(bytes: Vec<u8>) -> Drained {
    drain(Submissions::of_bytes(bytes, &Options::default(), &Places::default()))
}

fn told(rejections: &[Rejection]) -> Vec<(u64, &'static str)> {
    rejections.iter().map(|why| (why.locator.record, why.code.name)).collect()
}

#[test]
fn a_submission_with_arabic_and_a_photograph_is_a_report() {
    let files = [
        ("instances/a/a.xml", SUBMISSION.as_bytes()),
        ("instances/a/1499657400000.jpg", b"\xff\xd8photo"),
    ];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!(told(&rejections), []);
    let report = &reports[0];
    assert_eq!(
        (report.id.as_str(), report.act, report.method),
        ("uuid:1", Act::Explosion, Method::Heard)
    );
    assert_eq!(report.source.id, "مراقب-05");
    assert!(report.source.position.is_some() && report.received_at.is_some());
    assert_eq!(report.sides, ["Government of Syria", "المعارضة & حلفاؤ"]);
    assert_eq!((report.count_about, report.range.map(|r| r.max_m)), (Some(6), Some(5_000)));
    assert_eq!(report.bearing.map(|b| (b.cdeg, b.step_cdeg)), Some((4_500, 2_250)));
    let photo = &report.media[0];
    assert_eq!((photo.kind, photo.sha256), (MediaKind::Photo, Digest::of_bytes(b"\xff\xd8photo")));
    let place = format!("{:?}", report.place.as_ref().unwrap().extent);
    assert_eq!(place, "Radius { radius_m: 301 }");
}

#[test]
fn an_edit_replaces_what_it_names_and_a_copy_counts_once() {
    let edit = |id: &str, of: &str| {
        let instance = format!("<orx:instanceID>{id}</orx:instanceID>");
        let both = format!("{instance}<orx:deprecatedID>{of}</orx:deprecatedID>");
        without_photo(id, &[(&*instance, &*both), (">6<", ">7<")])
    };
    let first = without_photo("uuid:1", &[]);
    let (second, third) = (edit("uuid:2", "uuid:1"), edit("uuid:3", "uuid:2"));
    let files = [
        ("1.xml", first.as_bytes()),
        ("1-copy.xml", first.as_bytes()),
        ("2.xml", second.as_bytes()),
        ("3.xml", third.as_bytes()),
    ];
    let (reports, rejections, passed_over) = read(zipped(&files));
    assert_eq!((reports.len(), passed_over, told(&rejections)), (1, 3, vec![]));
    assert_eq!((reports[0].id.as_str(), reports[0].count_about), ("uuid:3", Some(7)));
    assert_eq!(reports[0].replaces.as_deref(), Some("uuid:2"));

    let other = without_photo("uuid:1", &[(">6<", ">9<")]);
    let rival = edit("uuid:4", "uuid:1");
    let (round, about) = (edit("uuid:5", "uuid:6"), edit("uuid:6", "uuid:5"));
    let files = [
        ("1.xml", first.as_bytes()),
        ("1-other.xml", other.as_bytes()),
        ("2.xml", second.as_bytes()),
        ("4.xml", rival.as_bytes()),
        ("5.xml", round.as_bytes()),
        ("6.xml", about.as_bytes()),
    ];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!(reports.len(), 1);
    let expected = [
        (2, "same-id-another-body"),
        (4, "edited-twice"),
        (5, "edited-in-a-circle"),
        (6, "edited-in-a-circle"),
    ];
    assert_eq!(told(&rejections), expected);
}

#[test]
fn an_edit_keeps_the_attachments_that_it_left_as_they_were() {
    let edit = |id: &str, of: &str| {
        let instance = format!("<orx:instanceID>{id}</orx:instanceID>");
        let both = format!("{instance}<orx:deprecatedID>{of}</orx:deprecatedID>");
        with(id, &[(&*instance, &*both), (">6<", ">7<")])
    };
    // Clients do not send again what is unchanged, and an edit may be read before what it edits.
    let (first, second, third) =
        (with("uuid:1", &[]), edit("uuid:2", "uuid:1"), edit("uuid:3", "uuid:2"));
    let files = [
        ("a/instance.xml", third.as_bytes()),
        ("b/instance.xml", second.as_bytes()),
        ("c/instance.xml", first.as_bytes()),
        ("c/1499657400000.jpg", b"\xff\xd8photo"),
    ];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!((reports.len(), told(&rejections)), (1, vec![]));
    assert_eq!((reports[0].id.as_str(), reports[0].count_about), ("uuid:3", Some(7)));
    assert_eq!(reports[0].media[0].sha256, Digest::of_bytes(b"\xff\xd8photo"));
    // Of somebody else's submission it does not take them.
    let (reports, rejections, _) = read(zipped(&files[1..2]));
    assert_eq!((reports.len(), told(&rejections)), (0, vec![(1, "media-missing")]));
}

#[test]
fn what_the_form_says_of_a_later_time_is_from_the_future_whoever_received_it() {
    let unreceived = |id: &str, end: &str| {
        let text = without_photo(id, &[(" submissionDate=\"2017-07-10T06:02:10.000Z\"", "")]);
        text.replace("<method>", &format!("<end>{end}</end><method>"))
    };
    let (early, late) = (
        unreceived("uuid:1", "2017-07-10T04:20:00.000+03:00"),
        unreceived("uuid:2", "2017-07-10T06:00:00.000+03:00"),
    );
    let files = [("1.xml", early.as_bytes()), ("2.xml", late.as_bytes())];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!((reports.len(), told(&rejections)), (1, vec![(1, "in-the-future")]));
}

#[test]
fn an_observer_who_teleports_between_two_submissions_is_told() {
    let there = without_photo("uuid:1", &[]);
    let elsewhere = without_photo(
        "uuid:2",
        &[
            ("32.7451323 36.0360402", "33.5102000 36.2913000"),
            ("T04:31:00.000", "T04:34:00.000"),
            ("T04:33:00.000", "T04:35:00.000"),
        ],
    );
    let files = [("1.xml", there.as_bytes()), ("2.xml", elsewhere.as_bytes())];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!((reports.len(), told(&rejections)), (1, vec![(2, "observer-teleports")]));
    assert!(!serde_json::to_string(&rejections).unwrap().contains("33.5"));
}

#[test]
fn each_malformed_submission_is_rejected_with_a_reason_and_the_others_are_read() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let outside = "<!DOCTYPE data [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let after_decl = "<?xml version='1.0' ?>";
    let deep = format!("{}{}", "<g>".repeat(40), "</g>".repeat(40));
    let many = "<n>1</n>".repeat(3_000);
    let huge = format!("<n>{}</n>", "x".repeat(SUBMISSION_BYTES_MAX as usize));
    let bad: Vec<(&str, String)> = vec![
        ("xml-doctype", without_photo("a", &[(after_decl, &format!("{after_decl}{laughs}"))])),
        ("xml-doctype", without_photo("b", &[(after_decl, &format!("{after_decl}{outside}"))])),
        ("xml-entity", without_photo("c", &[("&amp;", "&x;")])),
        ("xml-too-deep", without_photo("d", &[("<method>", &format!("{deep}<method>"))])),
        ("xml-too-many-elements", without_photo("e", &[("<method>", &format!("{many}<method>"))])),
        ("submission-too-large", without_photo("f", &[("<method>", &format!("{huge}<method>"))])),
        ("not-xml", without_photo("g", &[("</method>", "</methud>")])),
        ("not-xml", without_photo("h", &[("</data>", "")])),
        ("not-xml", without_photo("i", &[("</data>", "</data><data/>")])),
        ("not-xml", "GIF89a".to_owned()),
        ("no-instance-id", without_photo("", &[])),
        (
            "in-the-future",
            without_photo(
                "k",
                &[("submissionDate=\"2017-07-10T06", "submissionDate=\"2016-07-10T06")],
            ),
        ),
        ("bidi-control", without_photo("l", &[("P05", "P\u{202e}05")])),
        ("count-out-of-range", without_photo("m", &[(">6<", ">-1<")])),
        ("count-out-of-range", without_photo("n", &[(">6<", ">1000000000<")])),
        ("wrong-type", without_photo("o", &[(">6<", ">six<")])),
        ("bearing-out-of-range", without_photo("p", &[(">45<", ">361<")])),
        ("bad-geopoint", without_photo("q", &[("36.066 0 300.5", "east")])),
        ("latitude-out-of-range", without_photo("r", &[("32.737 36.066", "95.5 36.066")])),
        ("duplicate-key", without_photo("s", &[("<method>", "<method>seen</method><method>")])),
        ("naive-local-time", without_photo("t", &[("04:31:00.000+03:00", "04:31:00.000")])),
        ("unknown-kind", without_photo("u", &[(">explosion<", ">thunder<")])),
        ("media-missing", with("v", &[])),
        ("media-missing", with("w", &[("1499657400000.jpg", "../../etc/passwd")])),
        ("misspelt-field", without_photo("x", &[("weapon_class>", "weapon_clas>")])),
    ];
    let names: Vec<String> = (0..bad.len()).map(|n| format!("{n:02}.xml")).collect();
    let good = without_photo("uuid:good", &[]);
    let mut files: Vec<(&str, &[u8])> =
        names.iter().zip(&bad).map(|(name, (_, text))| (name.as_str(), text.as_bytes())).collect();
    files.push(("99.xml", good.as_bytes()));
    let (reports, rejections, _) = read(zipped(&files));
    let expected: Vec<(u64, &str)> = (1..).zip(bad.iter().map(|(code, _)| *code)).collect();
    assert_eq!(told(&rejections), expected);
    assert_eq!(reports.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["uuid:good"]);
    let said = serde_json::to_string(&rejections).unwrap();
    assert!(!said.contains("36.06") && !said.contains("32.73"), "{said}");
    let entries: Vec<&str> = rejections.iter().filter_map(|why| why.entry.as_deref()).collect();
    assert_eq!(entries, names, "each names the file within the upload");
    assert!(said.contains(r#""entry":"00.xml""#), "{said}");
}

#[test]
fn a_zip_file_made_to_harm_costs_no_good_submission() {
    let good = without_photo("uuid:good", &[]);
    let photo = with("uuid:photo", &[]);
    let inner = zipped(&[("a.xml", good.as_bytes())]);
    let zeros = vec![0; 64 << 20];
    let files: [(&str, &[u8]); 6] = [
        ("../outside.xml", good.as_bytes()),
        ("/etc/outside.xml", good.as_bytes()),
        ("nested.zip", &inner),
        ("bomb/a.xml", photo.as_bytes()),
        ("bomb/1499657400000.jpg", &zeros),
        ("good.xml", good.as_bytes()),
    ];
    let (reports, rejections, _) = read(zipped(&files));
    assert_eq!(reports.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["uuid:good"]);
    let codes: Vec<_> = rejections.iter().map(|why| why.code.name).collect();
    assert_eq!(codes, ["zip-path-escapes", "zip-path-escapes", "zip-nested", "zip-swells"]);
    assert_eq!(rejections[0].entry.as_deref(), Some("../outside.xml"));

    let whole = zipped(&[("good.xml", good.as_bytes())]);
    let cut = whole[..whole.len() - 30].to_vec();
    assert_eq!(told(&read(cut).1), [(0, "not-zip")]);
    let mut crowded = whole.clone();
    let end = crowded.len() - 22;
    crowded[end + 10..end + 12].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(told(&read(crowded).1), [(0, "upload-too-large")]);
}

#[test]
fn an_upload_of_a_gigabyte_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.xml");
    // Sparse: it takes no room, and reading it would take seconds.
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    const { assert!(UPLOAD_BYTES_MAX < 1 << 30) };
    let feed = Submissions::open(&path, &Options::default(), &Places::default()).unwrap();
    assert_eq!(told(&drain(feed).1), [(0, "upload-too-large")]);
    // In a folder it costs itself only.
    std::fs::write(folder.path().join("good.xml"), without_photo("uuid:good", &[])).unwrap();
    let feed = Submissions::open(folder.path(), &Options::default(), &Places::default()).unwrap();
    let (reports, rejections, _) = drain(feed);
    assert_eq!((reports.len(), told(&rejections)), (1, vec![(2, "submission-too-large")]));
}

#[test]
fn report_files_are_told_by_content_and_unpacked() {
    use flate2::write::GzEncoder;
    use intake::reports::open::open;
    let folder = tempfile::tempdir().unwrap();
    let generated = include_str!("../../src/reports/testdata/gen_reports.jsonl");
    let gzipped = |text: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    };
    let ucdp = "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,date_prec,\
        date_start,date_end\n1,1,A,B,1,32.6,36.1,1,2017-07-09,2017-07-09\n";
    type Case = (&'static str, Vec<u8>, &'static str, usize, &'static [&'static str]);
    let cases: [Case; 8] = [
        ("lines.csv", generated.into(), "JSON lines", 24, &[]),
        ("lines.gz", gzipped(generated.as_bytes()), "JSON lines", 24, &[]),
        ("events.jsonl", ucdp.into(), "UCDP GED", 1, &[]),
        ("events", gzipped(ucdp.as_bytes()), "UCDP GED", 1, &[]),
        ("one", without_photo("a", &[]).into(), "OpenRosa submissions", 1, &[]),
        (
            "zip",
            zipped(&[("a.xml", without_photo("a", &[]).as_bytes())]),
            "OpenRosa submissions",
            1,
            &[],
        ),
        ("picture", b"\xff\xd8\xff\xe0".to_vec(), "unknown", 0, &["unknown-report-format"]),
        (
            "cut.gz",
            {
                let mut cut = gzipped(generated.as_bytes());
                cut.truncate(900);
                cut
            },
            "JSON lines",
            0,
            &[],
        ),
    ];
    for (name, bytes, format, reports, codes) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let zone = spacetime::zone_rules("Asia/Damascus").unwrap();
        let mut feed = open(&path, Options::default(), zone, Arc::default()).unwrap();
        assert_eq!(feed.format(), format, "{name}");
        let (mut read, mut told, mut batch) = (0, Vec::new(), Batch::default());
        while feed.read(&mut batch).unwrap() {
            read += batch.items.len();
            told.extend(batch.rejections.iter().map(|why| why.code.name));
        }
        if name == "cut.gz" {
            assert_eq!(told.last(), Some(&"damaged-gzip"));
        } else {
            assert_eq!((read, &told[..]), (reports, codes), "{name}");
        }
    }
}
