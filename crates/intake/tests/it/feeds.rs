//! Every text and binary feed on small inputs, good and bad.

use std::collections::BTreeSet;
use std::io::Cursor;

use agreement::track::TrackPoint;
use intake::avr::Avr;
use intake::beast::Beast;
use intake::jsonl_frames::JsonlFrames;
use intake::open::{Format, NotOpened, open_stream};
use intake::readsb::Readsb;
use intake::sbs::Sbs;
use intake::state_vectors::Units;
use intake::state_vectors_csv::StateVectorsCsv;
use intake::zone::LocalZone;
use intake::{Batch, Feed, Options, Rejection};
use proptest::prelude::*;

/// Two halves of a position, 8D40621D..., and one with a flipped bit.
const EVEN: &str = "8D40621D58C382D690C8AC2863A7";
const ODD: &str = "8D40621D58C386435CC412692AD6";
const FLIPPED: &str = "8D40621D58C386435CC412692AD7";

fn all() -> Options {
    Options {
        keep_raw: true,
        clock: "first=2024-07-06T06:00:00Z".parse().ok(),
        zone: Some(LocalZone::utc()),
        ..Options::default()
    }
}

fn drain(mut feed: impl Feed<TrackPoint>) -> (Vec<TrackPoint>, Vec<Rejection>, u64) {
    let (mut points, mut rejections, mut passed_over) = (Vec::new(), Vec::new(), 0);
    let mut batch = Batch::default();
    while feed.read(&mut batch).unwrap() {
        points.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
        passed_over += batch.passed_over;
    }
    (points, rejections, passed_over)
}

fn codes(rejections: &[Rejection]) -> Vec<(u64, &'static str)> {
    rejections.iter().map(|r| (r.locator.record, r.code.name)).collect()
}

/// Where the pair of frames lies.
fn is_textbook_place(point: &TrackPoint) -> bool {
    let place = point.position;
    (place.lat_degrees() - 52.2658).abs() < 1e-3 && (place.lon_degrees() - 3.9389).abs() < 1e-3
}

#[test]
fn avr_lines_become_a_position_and_a_reason_each() {
    let lines = [
        format!("@000000000000{EVEN};"),
        format!("@000000b71b00{ODD};"),
        format!("@000000b71b00{FLIPPED};"),
        format!("*{ODD};"),
        "@0000000000008D40621D;".into(),
        "@00000000000000000000000000;".into(),
        "@000000000000xy;".into(),
        "no frame".into(),
        "*7700;".into(),
        format!("<000000b71b00ff{ODD};"),
        format!("@000000000000{ODD}"),
    ];
    let text = lines.join("\r\n");
    let (points, rejections, passed_over) = drain(Avr::new(text.as_bytes(), all()));
    assert_eq!(points.len(), 2, "{rejections:?}");
    assert!(points.iter().all(is_textbook_place), "{points:?}");
    assert_eq!(points[0].observed_at.to_string(), "2024-07-06T06:00:01Z");
    assert_eq!(points[0].altitude_baro.unwrap().cm(), 1_158_240);
    assert_eq!(
        codes(&rejections),
        [
            (1, "cpr-no-pair"),
            (3, "bad-crc"),
            (4, "no-counter"),
            (5, "frame-length"),
            (6, "empty-frame"),
            (7, "not-hex"),
            (8, "not-avr"),
            (11, "not-avr"),
        ]
    );
    assert_eq!(rejections[6].raw.as_deref(), Some(&b"no frame"[..]));
    assert_eq!(passed_over, 1);
}

#[test]
fn a_feed_without_a_clock_is_rejected_once_with_the_advice() {
    let told = Options::default;
    let sbs = "MSG,3,1,1,4CA251,1,2024/07/06,06:43:09.5,,,,1000,,,48.0,2.0,,,,,,0\n".repeat(3);
    for (feed, code, advice) in [
        (drain(Avr::new(&b"@;\n@;\n"[..], told())), "no-clock-origin", "--clock-origin"),
        (drain(Avr::new(&b"\r\n*8D;\n*8D;\n"[..], told())), "no-counter", "begin with @"),
        (drain(Beast::new(&b"\x1a2"[..], told())), "no-clock-origin", "--clock-origin"),
        (drain(Sbs::new(sbs.as_bytes(), told())), "naive-time", "--sbs-zone"),
    ] {
        assert_eq!(codes(&feed.1), [(0, code)]);
        assert!(feed.1[0].code.repair.contains(advice));
    }
}

/// A Beast record with its escapes doubled.
fn beast(counter: u64, frame: &str) -> Vec<u8> {
    let hex = intake::hex::Frame::parse(frame.as_bytes()).unwrap();
    let kind = if hex.bytes().len() == 14 { b'3' } else { b'2' };
    let mut out = vec![0x1a, kind];
    let counter = counter.to_be_bytes();
    for &byte in counter[2..].iter().chain(&[0x1a]).chain(hex.bytes()) {
        out.extend(std::iter::repeat_n(byte, if byte == 0x1a { 2 } else { 1 }));
    }
    out
}

#[test]
fn a_torn_beast_record_costs_no_other() {
    let (first, second) = (beast(0x1a1a, EVEN), beast(12_000_000, ODD));
    let bytes = [b"xx", &first[..], &first[..8], &second, b"\x1a9", &second, &first[..5]].concat();
    let (points, rejections, _) = drain(Beast::new(&bytes[..], all()));
    assert_eq!(points.len(), 2);
    assert!(points.iter().all(is_textbook_place));
    assert_eq!(
        codes(&rejections),
        [
            (1, "not-beast"),
            (2, "cpr-no-pair"),
            (3, "beast-cut"),
            (5, "beast-type"),
            (7, "beast-cut")
        ]
    );
}

#[test]
fn a_real_recording_of_beast_frames_has_no_bad_record() {
    let bytes = include_bytes!("../data/beast/sample_dump1090.bin");
    let (points, rejections, passed_over) = drain(Beast::new(&bytes[..], all()));
    let unpaired = rejections.iter().filter(|r| r.code.name.starts_with("cpr-")).count();
    let damaged = rejections.iter().filter(|r| r.code.name == "bad-crc").count();
    assert_eq!(unpaired + damaged, rejections.len(), "{rejections:?}");
    assert_eq!(points.len() + rejections.len() + passed_over as usize, 239);
}

#[test]
fn sbs_messages_carry_call_sign_and_velocity_into_positions() {
    let head = "1,1,4CA251,1,2024/07/06,06:43:0";
    let lines = [
        format!("MSG,1,{head}0.000,,,RYR1AB  ,,,,,,,,,,,0"),
        format!("MSG,4,{head}1.000,,,,,450,90.5,,,-64,,,,,0"),
        format!("MSG,3,{head}2.500,,,,35000,,,48.5,2.25,,,,,,0"),
        format!("MSG,2,{head}2.600,,,,,,,48.5,2.25,,,,,,-1"),
        format!("MSG,3,{head}2.700,,,,35000,,,,,,,,,,0"),
        "STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,,,RM".into(),
        format!("MSG,3,{head}3.000,,,,35000,,,NaN,2.25,,,,,,0"),
        format!("MSG,3,{head}3.000,,,,35000,,,91.5,2.25,,,,,,0"),
        format!("MSG,3,{head}3.000,,,,high,,,48.5,2.25,,,,,,0"),
        "MSG,3,1,1,,1,2024/07/06,06:43:03.000,,,,,,,48.5,2.25,,,,,,0".into(),
        "MSG,3,1,1,4CA251,1,2024/07/06,25:43,,,,,,,48.5,2.25,,,,,,0".into(),
        format!("MSG,3,{head}4.000,,,,35000"),
    ];
    let text = lines.join("\r\n");
    let (points, rejections, passed_over) = drain(Sbs::new(text.as_bytes(), all()));
    assert_eq!((points.len(), passed_over), (2, 4));
    let airborne = points[0];
    assert_eq!(airborne.observed_at.to_string(), "2024-07-06T06:43:02.5Z");
    assert_eq!(airborne.callsign.unwrap().to_string(), "RYR1AB");
    assert_eq!((airborne.track_cdeg, airborne.vertical_rate_cm_s), (Some(9050), Some(-33)));
    assert!(points[1].on_ground && !airborne.on_ground);
    assert_eq!(
        codes(&rejections),
        [
            (7, "not-a-number"),
            (8, "off-the-globe"),
            (9, "bad-number"),
            (10, "bad-address"),
            (11, "bad-sbs-time"),
            (12, "not-sbs"),
        ]
    );
    assert_eq!(rejections[1].pointer.as_deref(), Some("latitude"));
}

#[test]
fn a_zone_with_summer_time_has_hours_that_name_no_instant() {
    let at = |time: &str, date: &str| {
        format!("MSG,3,1,1,4CA251,1,{date},{time},,,,35000,,,33.5,36.25,,,,,,0\n")
    };
    let text = at("00:30:00.0", "2017/03/31") + &at("23:30:00.0", "2017/10/26");
    let zone = "Asia/Damascus".parse().ok();
    let (_, rejections, _) = drain(Sbs::new(text.as_bytes(), Options { zone, ..all() }));
    assert_eq!(codes(&rejections), [(1, "time-in-gap"), (2, "time-in-fold")]);
}

#[test]
fn a_snapshot_of_readsb_keeps_quality_and_the_age_of_each_position() {
    let text = r#"{"now":1720248190.5,"messages":3,"aircraft":[
      {"hex":"4ca251","flight":"RYR1AB  ","alt_baro":35000,"alt_geom":35600,"gs":450.5,"track":90,
       "baro_rate":-64,"lat":48.5,"lon":2.25,"nic":8,"nac_p":9,"seen_pos":1.5},
      {"hex":"~2a0001","alt_baro":"ground","lat":48.5,"lon":2.25,"seen_pos":0},
      {"hex":"4ca252","alt_baro":1000},
      {"hex":"4ca253","lat":"north","lon":2.25,"seen_pos":0},
      {"hex":"4ca254","lat":48.5,"lon":2.25},
      {"hex":"zz","lat":48.5,"lon":2.25,"seen_pos":0},
      {"hex":"4ca255","lat":148.5,"lon":2.25,"seen_pos":0},
      17]}
      {"now":1720248191.5,"aircraft":[]}"#;
    let (points, rejections, passed_over) = drain(Readsb::new(text.as_bytes(), all()));
    assert_eq!((points.len(), passed_over), (2, 1));
    assert_eq!(points[0].observed_at.to_string(), "2024-07-06T06:43:09Z");
    assert_eq!((points[0].quality.nic, points[0].quality.nac_p), (Some(8), Some(9)));
    assert_eq!(points[0].altitude_ellipsoid.unwrap().cm(), 1_085_088);
    assert!(points[1].on_ground && !points[1].address.is_icao());
    assert_eq!(
        codes(&rejections),
        [
            (4, "bad-number"),
            (5, "bad-time"),
            (6, "bad-address"),
            (7, "off-the-globe"),
            (8, "not-an-entry"),
        ]
    );
    assert_eq!(rejections[0].pointer.as_deref(), Some("/aircraft/3/lat"));
}

#[test]
fn a_trace_of_readsb_tells_geometric_heights_apart() {
    let text = r#"{"icao":"4ca251","timestamp":1720248000.0,"trace":[
      [0.5,48.5,2.25,35000,450.0,90.0,0,-64,{"flight":"RYR1AB  ","nic":8,"nac_p":10},"adsb_icao",35600],
      [10.5,48.5,2.3,35600,450.0,90.0,8,null,null,"adsb_icao",null],
      [20.5,48.5,2.3,"ground",5.0,90.0,0,null,null,"adsb_icao",null],
      [30.5,48.5,null,35000],
      "row"]}"#;
    let (points, rejections, passed_over) = drain(Readsb::new(text.as_bytes(), all()));
    assert_eq!((points.len(), passed_over), (3, 1));
    assert_eq!(points[1].altitude_baro, None);
    assert_eq!(points[1].altitude_ellipsoid, points[0].altitude_ellipsoid);
    assert_eq!(points[1].callsign, points[0].callsign);
    assert_eq!(points[1].quality.nac_p, Some(10));
    assert!(points[2].on_ground);
    assert_eq!(codes(&rejections), [(5, "not-an-entry")]);
    let (_, torn, _) = drain(Readsb::new(&text.as_bytes()[..300], all()));
    assert_eq!(codes(&torn), [(0, "not-readsb")]);
}

#[test]
fn a_table_tells_times_with_offsets_and_asks_for_the_zone_of_others() {
    let text = "time,icao24,lat,lon,callsign,velocity,baroaltitude,geoaltitude,onground\n\
        1720248190.25,4ca251,48.5,2.25,\"RYR1AB  \",230.5,10668,10851,false\n\
        2024-07-06T08:43:10.25+02:00,4ca251,48.5,2.25,,,,,true\n\
        2024-07-06T06:43:10,4ca251,48.5,2.25,,,,,\n\
        1720248190,4ca251,,,,,,,\n\
        1720248190,4ca251,48.5\n\
        1720248190,4ca251,48.5,2.25,,fast,,,\n\
        1720248190,,48.5,2.25,,,,,\n\
        1720248190000,4ca251,48.5,2.25,,,,,\n\
        1720248190,4ca251,NaN,2.25,,,,,\n\
        1720248190,4ca251,48.5,200,,,,,\n";
    let options = Options { zone: None, ..all() };
    let (points, rejections, passed_over) = drain(StateVectorsCsv::new(text.as_bytes(), options));
    assert_eq!((points.len(), passed_over), (2, 1));
    assert_eq!(points[0].observed_at, points[1].observed_at);
    assert_eq!(points[0].altitude_baro.unwrap().cm(), 1_066_800);
    assert_eq!(points[0].altitude_ellipsoid.unwrap().cm(), 1_085_100);
    assert_eq!(points[0].ground_speed_cm_s, Some(23_050));
    assert!(points[1].on_ground);
    assert_eq!(
        codes(&rejections),
        [
            (4, "naive-time"),
            (6, "field-count"),
            (7, "bad-number"),
            (8, "bad-address"),
            (9, "bad-time"),
            (10, "not-a-number"),
            (11, "off-the-globe"),
        ]
    );
}

#[test]
fn a_table_of_open_units_is_refused_until_they_are_told() {
    let text = "timestamp,icao24,latitude,longitude,geoaltitude\n0,4ca251,48.5,2.25,1000\n";
    let (_, rejections, _) = drain(StateVectorsCsv::new(text.as_bytes(), all()));
    assert_eq!(codes(&rejections), [(0, "ambiguous-unit")]);
    let told = Options { units: Some(Units::Metric), ..all() };
    let (points, _, _) = drain(StateVectorsCsv::new(text.as_bytes(), told));
    assert_eq!(points[0].altitude_ellipsoid.unwrap().cm(), 100_000);
}

#[test]
fn frame_lines_that_are_none_are_told_apart() {
    let text = format!(
        "{{\"timestamp\":1720248190,\"frame\":\"{EVEN}\"}}\n\
         {{\"timestamp\":1720248190.5,\"frame\":\"{ODD}\",\"more\":[1]}}\n\
         {{\"timestamp\":1e300,\"frame\":\"{ODD}\"}}\n\
         {{\"frame\":\"{ODD}\"}}\n\
         {{\"timestamp\":1720248190.5,\"frame\":\"8g\"}}\n\
         {{\"timestamp\":17202"
    );
    let (points, rejections, _) = drain(JsonlFrames::new(text.as_bytes(), all()));
    assert_eq!(points.len(), 1);
    assert_eq!(
        codes(&rejections),
        [
            (1, "cpr-no-pair"),
            (3, "bad-timestamp"),
            (4, "not-a-frame-line"),
            (5, "not-hex"),
            (6, "not-a-frame-line"),
        ]
    );
    assert_eq!(rejections[4].detail.as_deref(), Some("the line breaks off"));
}

#[test]
fn a_line_without_end_is_rejected_in_every_text_format() {
    let line = "x".repeat(intake::limits::LINE_BYTES_MAX + 1) + "\n";
    let header = "time,icao24,lat,lon\n";
    for rejections in [
        drain(Avr::new(line.as_bytes(), all())).1,
        drain(Sbs::new(line.as_bytes(), all())).1,
        drain(JsonlFrames::new(line.as_bytes(), all())).1,
        drain(StateVectorsCsv::new((header.to_owned() + &line).as_bytes(), all())).1,
    ] {
        assert_eq!(rejections[0].code.name, "line-too-long");
    }
}

#[test]
fn formats_are_told_by_their_first_bytes() {
    let beast = beast(0, EVEN);
    for (head, format) in [
        (&b"PAR1\x15"[..], Some(Format::StateVectorsParquet)),
        (&beast, Some(Format::Beast)),
        (b"*8D40621D58C382D690C8AC2863A7;\n", Some(Format::Avr)),
        (b"MSG,3,1,1,4CA251", Some(Format::Sbs)),
        (b"{\"timestamp\":1,\"frame\":\"8d\"}", Some(Format::JsonlFrames)),
        (b"{\"now\":1,\"aircraft\":[", Some(Format::Readsb)),
        (b"Time,ICAO24,lat,lon\n", Some(Format::StateVectorsCsv)),
        (b"id,year,country\n", None),
        (b"", None),
    ] {
        assert_eq!(Format::detect(head), format, "{}", head.escape_ascii());
    }
    for &format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
}

#[test]
fn compressed_input_is_read_up_to_where_it_is_damaged() {
    use flate2::write::GzEncoder;
    use std::io::Write as _;
    // Rows too varied to be compressed away, so that half the bytes hold some of them.
    let row =
        |n: u64| format!("{},4ca251,48.{:09},2.25\n", 1_720_248_190 + n, n * 48_271 % 999_999_937);
    let text = "time,icao24,lat,lon\n".to_owned() + &(0..20_000).map(row).collect::<String>();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    let read = |bytes: &[u8]| {
        let opened = open_stream(Cursor::new(bytes.to_vec()), None, all());
        let Ok((Format::StateVectorsCsv, feed)) = opened else { panic!("not opened as CSV") };
        drain(feed)
    };
    assert_eq!(read(&bytes).0.len(), 20_000);
    let (points, rejections, _) = read(&bytes[..bytes.len() / 2]);
    assert!(points.len() > 1_000);
    assert_eq!(rejections.last().unwrap().code.name, "damaged-gzip");
}

#[test]
fn what_is_in_no_known_format_is_rejected_as_a_whole() {
    let opened = open_stream(Cursor::new(b"id,year\n1,2017\n"), None, all());
    let Err(NotOpened::Rejected(rejection)) = opened else { panic!("it was opened") };
    assert_eq!((rejection.code.name, rejection.locator.record), ("unknown-format", 0));
}

#[test]
fn no_two_kinds_of_rejection_share_a_name() {
    let declared = [
        intake::adsb::CODES,
        intake::avr::CODES,
        intake::beast::CODES,
        intake::clock::CODES,
        intake::merge::CODES,
        intake::open::CODES,
        intake::readsb::CODES,
        intake::sbs::CODES,
        intake::state_vectors::CODES,
        intake::state_vectors_csv::CODES,
        intake::state_vectors_parquet::CODES,
    ];
    let names: Vec<_> = declared.into_iter().flatten().map(|code| code.name).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(names.iter().all(|name| name.chars().all(plain)));
}

/// Bytes that look a little like a feed, so that more than its first check is reached.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let scraps = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[@*<][0-9a-f]{0,42};\r?\n?".prop_map(String::into_bytes),
        "MSG,[1-8],1,1,4CA251,1,2024/07/06,06:43:0[0-9].5,[-0-9a-zN,.]{0,40}\n"
            .prop_map(String::into_bytes),
        "\\{\"timestamp\":[0-9e.]{1,9},\"frame\":\"8[d0-9][0-9a-f]{26}\"\\}\n"
            .prop_map(String::into_bytes),
        "time,icao24,lat,lon,altitude\n([0-9]{1,4},4ca25[0-9],[-0-9.e]{0,5},[0-9\"]{0,4},\n){0,4}"
            .prop_map(String::into_bytes),
        "\\{\"now\":[0-9]{1,4},\"aircraft\":\\[[\\[\\]{}:,\"a-z0-9.-]{0,40}\\]\\}"
            .prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 7..14)
            .prop_map(|rest| { [&[0x1a, b'3', 0, 0, 0, 0, 0, 0, 0, 0x8d], &rest[..]].concat() }),
    ];
    proptest::collection::vec(scraps, 0..12).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_a_feed_panic_or_run_for_ever(bytes in hostile()) {
        drain(Avr::new(&bytes[..], all()));
        drain(Beast::new(&bytes[..], all()));
        drain(Sbs::new(&bytes[..], all()));
        drain(JsonlFrames::new(&bytes[..], all()));
        drain(Readsb::new(&bytes[..], all()));
        drain(StateVectorsCsv::new(&bytes[..], all()));
    }

    #[test]
    fn no_frame_with_sound_parity_makes_the_decoder_panic(
        frames in proptest::collection::vec((any::<[u8; 11]>(), 0i64..1 << 40, 1u8..32), 0..40),
        region in any::<bool>(),
    ) {
        let region = region.then(|| spacetime::Position::from_degrees(2.0, 46.0).unwrap());
        let mut decoder = intake::adsb::Decoder::new(region);
        for (mut head, at, type_code) in frames {
            head[0] = if head[0] & 1 == 0 { 0x8d } else { 0x90 | head[0] & 7 };
            let two = head[3] & 1;
            head[1..4].copy_from_slice(&[0x4c, 0xa2, two]);
            head[4] = type_code << 3 | head[4] & 7;
            let mut frame = [0; 14];
            frame[..11].copy_from_slice(&head);
            let parity = rs1090::decode::crc::modes_checksum(&frame, 112).unwrap();
            frame[11..].copy_from_slice(&parity.to_be_bytes()[1..]);
            let at = spacetime::Instant::from_micros(at);
            let heard = decoder.frame(&frame, at, Default::default());
            prop_assert_ne!(heard, intake::adsb::Heard::Rejected(&intake::adsb::BAD_CRC));
        }
    }
}
