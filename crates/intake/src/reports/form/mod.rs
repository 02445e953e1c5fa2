//! The form that observers fill in on their phones, from one description: `report.toml`.
//!
//! Both sides are made from it: the workbook that ODK and Kobo servers convert ([`Form::sheets`]),
//! and what the reader of submissions ([`super::openrosa`]) takes for a number, a point or a file. The
//! limits that a phone enforces are the reader's own constants.

mod choices;
mod sheets;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub use self::sheets::{FORM_VERSION, Sheet};

use super::json::Bounds;
use super::report::limits;
use super::text::{NAME_CHARS_MAX, SIDE_CHARS_MAX};

/// The description of the form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    title: String,
    messages: Messages,
    #[serde(rename = "question")]
    questions: Vec<Question>,
    lists: BTreeMap<String, Vec<Choice>>,
}

static OURS: LazyLock<Form> = LazyLock::new(|| {
    toml::from_str(include_str!("report.toml")).expect("the form's description is part of the code")
});

impl Form {
    /// The form that this version reads and writes.
    #[must_use]
    pub fn ours() -> &'static Self {
        &OURS
    }

    /// The question whose answer lies at a path below the form's element.
    pub(super) fn question(&self, path: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.path == path)
    }
}

/// A text in every language of the form: one that is missing does not parse.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    en: String,
    ar: String,
    ru: String,
}

impl Words {
    /// In the order of [`sheets::LANGUAGES`].
    fn each(&self) -> [&str; 3] {
        [&self.en, &self.ar, &self.ru]
    }
}

/// What is said of an answer that is out of bounds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    number: Words,
    text: Words,
}

/// One of several answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    name: String,
    en: String,
    ar: String,
    ru: String,
}

/// A question, or a group of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Question {
    pub(super) path: String,
    #[serde(rename = "type")]
    kind: Kind,
    label: Option<Words>,
    hint: Option<Words>,
    message: Option<Words>,
    /// Its choices, by the name of a list.
    list: Option<String>,
    /// Whether the list is long enough to be searched.
    #[serde(default)]
    search: bool,
    #[serde(default)]
    required: bool,
    relevant: Option<String>,
    constraint: Option<String>,
    calculation: Option<String>,
    default: Option<String>,
    bounds: Option<NumberBounds>,
    chars: Option<CharBounds>,
    only: Option<Only>,
    /// A calculated answer that is a number.
    #[serde(default)]
    number: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Start,
    End,
    Note,
    Group,
    Text,
    Integer,
    Decimal,
    #[serde(rename = "datetime")]
    DateTime,
    Select,
    Point,
    MapPoint,
    Photo,
    Video,
    Audio,
    Document,
    Calculate,
}

/// Which of two kinds of form a question is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Only {
    Pack,
    NoPack,
}

/// The reader's bounds of a number, by the name of its constant.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NumberBounds {
    ClockSdS,
    Count,
    Deaths,
    Degrees,
    HeightM,
    RadiusM,
    RangeM,
    Sources,
    SpreadDeg,
    SpreadLog,
}

impl NumberBounds {
    const fn of_the_reader(self) -> &'static Bounds {
        match self {
            Self::ClockSdS => &limits::CLOCK_SD_S,
            Self::Count => &limits::COUNT,
            Self::Deaths => &limits::DEATHS,
            Self::Degrees => &limits::DEGREES,
            Self::HeightM => &limits::HEIGHT_M,
            Self::RadiusM => &limits::RADIUS_M,
            Self::RangeM => &limits::RANGE_M,
            Self::Sources => &limits::SOURCES,
            Self::SpreadDeg => &limits::SPREAD_DEG,
            Self::SpreadLog => &limits::SPREAD_LOG,
        }
    }
}

/// The reader's bounds of a text, by what it names.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CharBounds {
    Name,
    Side,
}

impl CharBounds {
    const fn chars_max(self) -> usize {
        match self {
            Self::Name => NAME_CHARS_MAX,
            Self::Side => SIDE_CHARS_MAX,
        }
    }
}

impl Question {
    pub(super) fn is_number(&self) -> bool {
        self.number || matches!(self.kind, Kind::Integer | Kind::Decimal)
    }

    pub(super) fn is_point(&self) -> bool {
        matches!(self.kind, Kind::Point | Kind::MapPoint)
    }

    /// Whether its answer names an attached file.
    pub(super) fn is_media(&self) -> bool {
        matches!(self.kind, Kind::Photo | Kind::Video | Kind::Audio | Kind::Document)
    }
}

/// Whether an answer of that name only steers others.
pub(super) fn steers(name: &str) -> bool {
    name.ends_with("_how")
}

#[cfg(test)]
mod tests;
