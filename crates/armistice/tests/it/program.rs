//! The program as somebody would run it, on small made-up input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder that goes away, with a pack and inputs in it.
pub(crate) struct Desk {
    folder: TempDir,
}

pub(crate) const AGREEMENT: &str = r#"format = 1
id = "desk"
title = "Two areas"
time_zone = "Asia/Damascus"
salt = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[region]
west = 35.0
south = 32.0
east = 38.0
north = 34.0

[[party]]
id = "north"
name = "Northern forces"
role = "adherent"
answered_for_by = ["guarantor"]

[[party]]
id = "south"
name = "Southern forces"
role = "adherent"
answered_for_by = ["guarantor"]

[[party]]
id = "guarantor"
name = "Guarantor"
role = "guarantor"

[[sensor]]
id = "radar"
party = "guarantor"
kind = "radar"
default_epu_m = 100
worst_epu_m = 1000

[[post]]
id = "hill"
party = "guarantor"
position = [36.1234567, 32.7654321]
reach_m = 5000

[[clause]]
id = "ceasefire"
title = "Nobody shells"
encodes = "Article 1"
kind = "ceasefire"
status = "adopted"
in_force = { from = 2017-07-09T12:00:00+03:00 }
areas = ["west"]
acts = ["impact", "small_arms"]
between = ["north", "south"]
protects_civilians = false

[[clause]]
id = "no-fly"
title = "Nobody flies"
encodes = "Article 2"
kind = "no-fly"
status = "adopted"
in_force = { from = 2017-07-09T12:00:00+03:00 }
areas = ["east"]
floor = "ground"
ceiling = "unlimited"
"#;

const AREAS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"west","name":"West"},"geometry":{"type":"Polygon",
"coordinates":[[[36.0,32.5],[36.4,32.5],[36.4,33.0],[36.0,33.0],[36.0,32.5]]]}},
{"type":"Feature","properties":{"id":"east","name":"East"},"geometry":{"type":"Polygon",
"coordinates":[[[36.6,32.5],[37.0,32.5],[37.0,33.0],[36.6,33.0],[36.6,32.5]]]}}]}"#;

impl Desk {
    /// With a sound pack, two track files and a file of reports.
    pub(crate) fn new() -> Self {
        let desk = Self { folder: TempDir::new().expect("a temporary folder") };
        fs::create_dir(desk.path("pack")).expect("a folder");
        desk.put("pack/agreement.toml", AGREEMENT);
        desk.put("pack/areas.geojson", AREAS);
        desk.put("pack/SOURCES.md", "Made up.");
        desk.put("through.csv", &track(0x71_c011, 36.5, 0.002));
        desk.put("beside.csv", &track(0x71_c022, 35.5, 0.000_5));
        desk.put("reports.jsonl", &[SHELL, ROCKET, "{\"id\":17}\n"].concat());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file can be written");
    }

    /// A secret key that only its owner can read.
    pub(crate) fn put_key(&self, name: &str, secret: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.put(name, &format!("{secret}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// Runs the program in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_armistice"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("the program starts");
        Ran(output)
    }
}

/// Half an hour of an aircraft flying east at 32.75 degrees north.
fn track(address: u32, from_lon: f64, step: f64) -> String {
    let row = |n: u32| {
        let seconds = 1_499_600_000 + n * 5;
        let lon = from_lon + f64::from(n) * step;
        format!("{seconds},{address:06x},{lon:.5},32.75,10000,5000\n")
    };
    let rows: String = (0..360).map(row).collect();
    format!("timestamp,icao24,longitude,latitude,altitude,geoaltitude\n{rows}")
}

const SHELL: &str = concat!(
    r#"{"id":"r1","source":{"id":"observer-1","post":"hill","kind":"human","lon":36.1234567,"#,
    r#""lat":32.7654321},"method":"heard","kind":"impact","from":"2017-07-09T14:00:00+03:00","#,
    r#""to":"2017-07-09T14:01:00+03:00","place":{"lon":36.2,"lat":32.7,"radius_m":1000},"#,
    r#""sides":["Northern forces","Southern forces"]}"#,
    "\n"
);
const ROCKET: &str = concat!(
    r#"{"id":"r2","source":{"id":"observer-1","post":"hill","kind":"human","lon":36.1234567,"#,
    r#""lat":32.7654321},"method":"seen","kind":"rocket","from":"2017-07-09T15:00:00+03:00","#,
    r#""to":"2017-07-09T15:01:00+03:00","place":{"lon":36.2987654,"lat":32.8123456,"radius_m":500}}"#,
    "\n"
);

/// What a run left behind.
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Panics with what was said when the code is another.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "{}{}", self.out(), self.err());
        self
    }
}

/// Every file of a folder with its bytes, by name.
pub(crate) fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}
