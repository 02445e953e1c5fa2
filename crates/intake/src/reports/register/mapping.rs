//! How to read a register: which column is what, in which words (docs/register-mapping.md).

use std::collections::BTreeMap;

use agreement::Act;
use jiff::civil::{Date, Time};
use jiff::fmt::strtime;
use serde::Deserialize;
use spacetime::{ZoneRules, zone_rules};

use super::super::report::limits::RADIUS_M_MAX;

/// The format's version.
pub const FORMAT: u32 = 1;
/// Most bytes of a mapping.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Most registers in one mapping.
pub const REGISTERS_MAX: usize = 64;
/// Most words for kinds, and for sides, of one register.
pub const WORDS_MAX: usize = 10_000;
/// Widest spread of a time, seconds: a day.
pub const TIME_S_MAX: u32 = 86_400;

/// A point as registers give it stands for a place of this radius, unless the mapping says
/// otherwise: a village.
pub const PLACE_M: u32 = 2_000;
/// Standard deviation of a time as registers give it, unless the mapping says otherwise: half an
/// hour, between when it happened and when it was noted or heard.
pub const TIME_S: u32 = 1_800;

/// What is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {repair}")]
pub struct MappingFault {
    /// What.
    pub reason: String,
    /// How to mend it.
    pub repair: &'static str,
    /// Whether the mapping is sound, and has no register of the name that was asked for.
    pub is_name_unknown: bool,
}

fn fault(reason: impl Into<String>, repair: &'static str) -> MappingFault {
    MappingFault { reason: reason.into(), repair, is_name_unknown: false }
}

/// How to read one register.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) name: String,
    pub(super) zone: Option<ZoneRules>,
    pub(super) separator: u8,
    pub(super) decimal_comma: bool,
    pub(super) date_format: String,
    pub(super) time_format: String,
    pub(super) place_m: u32,
    pub(super) time_s: u32,
    pub(super) columns: Columns,
    /// By the register's word in lower case.
    pub(super) kinds: BTreeMap<String, Act>,
    pub(super) sides: BTreeMap<String, String>,
}

/// Which column is what, by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    pub(super) id: Option<String>,
    pub(super) date: Option<String>,
    pub(super) time: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) longitude: Option<String>,
    pub(super) latitude: Option<String>,
    pub(super) radius_m: Option<String>,
    pub(super) pcode: Option<String>,
    pub(super) place: Option<String>,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) sides: Vec<String>,
    pub(super) count: Option<String>,
    pub(super) deaths: Option<String>,
    pub(super) weapon: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    register: BTreeMap<String, Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    zone: Option<String>,
    separator: Option<String>,
    #[serde(default)]
    decimal_comma: bool,
    date_format: Option<String>,
    time_format: Option<String>,
    place_m: Option<u32>,
    time_s: Option<u32>,
    columns: Columns,
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    #[serde(default)]
    sides: BTreeMap<String, String>,
}

impl Mapping {
    /// The mapping of the register called `name`. A file with one register serves whatever the
    /// name is; the register is then called `name` all the same.
    ///
    /// # Errors
    /// [`MappingFault`], with the line where the TOML has one.
    pub fn read(toml: &str, name: &str) -> Result<Self, MappingFault> {
        let mut file = parsed(toml)?;
        let alone = file.register.len() == 1;
        let section = match file.register.remove(name) {
            Some(section) => section,
            None if alone => file.register.pop_first().expect("there is one").1,
            None => {
                let known: Vec<&str> = file.register.keys().map(String::as_str).collect();
                let reason = format!("it has no register \"{name}\", but {}", known.join(", "));
                let unknown = fault(reason, "write NAME=FILE with one of these names");
                return Err(MappingFault { is_name_unknown: true, ..unknown });
            }
        };
        Self::of(name, section)
    }

    /// Whether it tells the zone of times without an offset.
    #[must_use]
    pub const fn tells_zone(&self) -> bool {
        self.zone.is_some()
    }

    fn of(name: &str, section: Section) -> Result<Self, MappingFault> {
        let at = |key: &str| format!("[register.{name}] {key}");
        let zone = section.zone.as_deref().map(zone_rules).transpose();
        let zone = zone.map_err(|why| {
            fault(format!("{}: {why}", at("zone")), "write a name such as Asia/Damascus")
        })?;
        let separator = match section.separator.as_deref() {
            None => b',',
            Some("\t") => b'\t',
            Some(one) if matches!(one.as_bytes(), [b',' | b';' | b'|']) => one.as_bytes()[0],
            Some(_) => {
                let reason = format!("{} is none that tables are written with", at("separator"));
                return Err(fault(reason, "write \",\", \";\", \"|\" or \"\\t\""));
            }
        };
        let mapping = Self {
            name: name.to_owned(),
            zone,
            separator,
            decimal_comma: section.decimal_comma,
            date_format: section.date_format.unwrap_or_else(|| "%Y-%m-%d".to_owned()),
            time_format: section.time_format.unwrap_or_else(|| "%H:%M".to_owned()),
            place_m: section.place_m.unwrap_or(PLACE_M),
            time_s: section.time_s.unwrap_or(TIME_S),
            columns: section.columns,
            kinds: kinds(name, section.kinds)?,
            sides: section.sides.into_iter().map(|(word, side)| (folded(&word), side)).collect(),
        };
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), MappingFault> {
        let at = |key: &str| format!("[register.{}] {key}", self.name);
        let Columns { date, time, from, to, longitude, latitude, sides, .. } = &self.columns;
        let when = match (date, from) {
            (Some(_), None) => to.is_none(),
            (None, Some(_)) => time.is_none(),
            _ => false,
        };
        if !when {
            let reason = format!("{} tell no time, or two", at("columns"));
            return Err(fault(reason, "name `date` (and `time`), or `from` (and `to`)"));
        }
        if longitude.is_some() != latitude.is_some() {
            let reason = format!("{} name half a position", at("columns"));
            return Err(fault(reason, "name both `longitude` and `latitude`, or neither"));
        }
        if sides.len() > 2 {
            let reason = format!("{}: {} columns of sides", at("columns"), sides.len());
            return Err(fault(reason, "name one or two"));
        }
        if self.place_m > RADIUS_M_MAX || self.time_s > TIME_S_MAX {
            let reason = format!("{} is out of range", at("place_m or time_s"));
            return Err(fault(reason, "write metres up to 1000000 and seconds up to 86400"));
        }
        if self.kinds.len() > WORDS_MAX || self.sides.len() > WORDS_MAX {
            return Err(fault(at("has too many words"), "write at most 10000 kinds and sides"));
        }
        self.check_formats(&at)
    }

    /// A format that cannot read back what it writes would reject every row.
    fn check_formats(&self, at: &impl Fn(&str) -> String) -> Result<(), MappingFault> {
        let day = jiff::civil::date(2017, 7, 9);
        let written = strtime::format(&self.date_format, day).ok();
        if written.and_then(|text| self.date(&text)) != Some(day) {
            let reason = format!("{} does not tell a day", at("date_format"));
            return Err(fault(reason, "write it as strftime does, such as \"%d.%m.%Y\""));
        }
        let noon = jiff::civil::time(14, 32, 0, 0);
        let written = strtime::format(&self.time_format, noon).ok();
        if written.and_then(|text| self.time(&text)) != Some(noon) {
            let reason = format!("{} does not tell a time", at("time_format"));
            return Err(fault(reason, "write it as strftime does, such as \"%H:%M\""));
        }
        Ok(())
    }

    pub(super) fn date(&self, text: &str) -> Option<Date> {
        Date::strptime(&self.date_format, text).ok()
    }

    pub(super) fn time(&self, text: &str) -> Option<Time> {
        Time::strptime(&self.time_format, text).ok()
    }
}

fn parsed(toml: &str) -> Result<File, MappingFault> {
    if toml.len() > MAPPING_BYTES_MAX {
        return Err(fault("the mapping is too long", "write at most 256 KiB"));
    }
    let file: File = toml::from_str(toml).map_err(|why| {
        let before = why.span().and_then(|span| toml.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        fault(
            format!("line {line}: {}", why.message()),
            "write it as docs/register-mapping.md does",
        )
    })?;
    if file.format != FORMAT {
        return Err(fault(format!("format {} is not known", file.format), "write format = 1"));
    }
    if file.register.is_empty() || file.register.len() > REGISTERS_MAX {
        return Err(fault("it maps no register, or too many", "write from 1 to 64"));
    }
    Ok(file)
}

fn kinds(
    name: &str,
    words: BTreeMap<String, String>,
) -> Result<BTreeMap<String, Act>, MappingFault> {
    let act = |(word, kind): (String, String)| match Act::parse(&kind) {
        Some(act) => Ok((folded(&word), act)),
        None => Err(fault(
            format!("[register.{name}.kinds] \"{word}\" becomes \"{kind}\", which is no kind"),
            "write one of the kinds in docs/report-format.md, such as impact",
        )),
    };
    words.into_iter().map(act).collect()
}

/// A word as it is looked up: case and space around it do not matter.
pub(super) fn folded(word: &str) -> String {
    word.trim().to_lowercase()
}
